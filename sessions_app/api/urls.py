"""API addresses of sessions."""

from django.urls import path

from sessions_app.api import ag_ui, content, events, reports, secrets, sessions, shares, tasks

urlpatterns = [
    path("sessions", sessions.SessionsView.as_view()),
    path("sessions/<uuid:pk>", sessions.SessionView.as_view()),
    path("sessions/<uuid:pk>/messages", content.MessagesView.as_view()),
    path("sessions/<uuid:pk>/query", sessions.QueryView.as_view()),
    path("sessions/<uuid:pk>/cancel", sessions.CancelView.as_view()),
    path("sessions/<uuid:pk>/resume", sessions.ResumeView.as_view()),
    path("sessions/<uuid:pk>/fork", sessions.ForkView.as_view()),
    path("sessions/<uuid:pk>/archive", sessions.ArchiveView.as_view()),
    path("sessions/<uuid:pk>/restore", sessions.RestoreView.as_view()),
    path("sessions/<uuid:pk>/tool-calls", content.ToolCallsView.as_view()),
    path("sessions/<uuid:pk>/tool-calls/<uuid:call>/output", content.ToolOutputView.as_view()),
    path("sessions/<uuid:pk>/events", events.EventsView.as_view()),
    path("sessions/<uuid:pk>/stream", events.EventStreamView.as_view()),
    path("sessions/<uuid:pk>/ag-ui", ag_ui.AgUiView.as_view()),
    path("sessions/<uuid:pk>/shares", shares.SharesView.as_view()),
    path("sessions/<uuid:pk>/shares/<uuid:share>", shares.ShareView.as_view()),
    path("sessions/<uuid:pk>/secrets", secrets.SessionSecretsView.as_view()),
    path("sessions/<uuid:pk>/secrets/<uuid:attachment>", secrets.SessionSecretView.as_view()),
    path("approvals", content.ApprovalsView.as_view()),
    path("approvals/<uuid:pk>", content.ApprovalView.as_view()),
    path("approvals/<uuid:pk>/approve", content.ApproveView.as_view()),
    path("approvals/<uuid:pk>/deny", content.DenyView.as_view()),
    path("tasks", tasks.TasksView.as_view()),
    path("tasks/<uuid:pk>", tasks.TaskView.as_view()),
    path("tasks/<uuid:pk>/execute", tasks.ExecuteTaskView.as_view()),
    path("tasks/<uuid:pk>/pause", tasks.PauseTaskView.as_view()),
    path("tasks/<uuid:pk>/resume", tasks.ResumeTaskView.as_view()),
    path("tasks/<uuid:pk>/restore", tasks.RestoreTaskView.as_view()),
    path("task-executions", tasks.ExecutionsView.as_view()),
    path("task-executions/<uuid:pk>", tasks.ExecutionView.as_view()),
    path("reports", reports.ReportsView.as_view()),
    path("reports/<uuid:pk>", reports.ReportView.as_view()),
    path("reports/<uuid:pk>/download", reports.DownloadReportView.as_view()),
]
