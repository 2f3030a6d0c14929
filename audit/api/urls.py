"""API addresses of audit."""

from django.urls import path

from audit.api import events

urlpatterns = [
    path("audit/events", events.EventsView.as_view()),
    path("audit/events/<uuid:fact_id>", events.EventView.as_view()),
    path("audit/export", events.ExportView.as_view(), name="audit-export"),
]
