"""API addresses of sessions."""

from django.urls import path

from sessions_app.api import ag_ui, attachments, content, events, files, sessions, shares, terminals

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
    path("sessions/<uuid:pk>/attachments", attachments.AttachmentsView.as_view()),
    path("sessions/<uuid:pk>/attachments/<uuid:attachment>", attachments.AttachmentView.as_view()),
    path("sessions/<uuid:pk>/files", files.FilesView.as_view()),
    path("sessions/<uuid:pk>/files/content", files.FileView.as_view()),
    path("sessions/<uuid:pk>/files/archive", files.ArchiveView.as_view()),
    path("sessions/<uuid:pk>/files/changes", files.ChangesView.as_view()),
    path("sessions/<uuid:pk>/files/changes/<uuid:change>", files.ChangeView.as_view()),
    path("sessions/<uuid:pk>/terminals", terminals.TerminalsView.as_view()),
    path("sessions/<uuid:pk>/terminals/<uuid:terminal>", terminals.TerminalView.as_view()),
    path("sessions/<uuid:pk>/terminals/<uuid:terminal>/input", terminals.TypingView.as_view()),
    path("sessions/<uuid:pk>/terminals/<uuid:terminal>/resize", terminals.ResizeView.as_view()),
    path("sessions/<uuid:pk>/events", events.EventsView.as_view()),
    path("sessions/<uuid:pk>/stream", events.EventStreamView.as_view()),
    path("sessions/<uuid:pk>/ag-ui", ag_ui.AgUiView.as_view()),
    path("sessions/<uuid:pk>/shares", shares.SharesView.as_view()),
    path("sessions/<uuid:pk>/shares/<uuid:share>", shares.ShareView.as_view()),
    path("approvals", content.ApprovalsView.as_view()),
    path("approvals/<uuid:pk>", content.ApprovalView.as_view()),
    path("approvals/<uuid:pk>/approve", content.ApproveView.as_view()),
    path("approvals/<uuid:pk>/deny", content.DenyView.as_view()),
]
