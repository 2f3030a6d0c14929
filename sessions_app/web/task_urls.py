"""Pages of tasks, executions and reports."""

from django.urls import path

from sessions_app.web import reports, tasks

app_name = "tasks"
urlpatterns = [
    path("tasks", tasks.task_list, name="list"),
    path("tasks/new", tasks.task_new, name="new"),
    path("tasks/executions", tasks.execution_list, name="executions"),
    path("tasks/executions/<uuid:pk>", tasks.execution_page, name="execution"),
    path("tasks/reports", reports.report_list, name="reports"),
    path("tasks/reports/<uuid:pk>", reports.report_page, name="report"),
    path("tasks/<uuid:pk>", tasks.task_page, name="detail"),
    path("tasks/<uuid:pk>/edit", tasks.task_edit, name="edit"),
    path("tasks/<uuid:pk>/execute", tasks.execute, name="execute"),
    path("tasks/<uuid:pk>/pause", tasks.pause, name="pause"),
    path("tasks/<uuid:pk>/resume", tasks.resume, name="resume"),
    path("tasks/<uuid:pk>/trash", tasks.trash, name="trash"),
    path("tasks/<uuid:pk>/restore", tasks.restore, name="restore"),
]
