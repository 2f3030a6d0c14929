"""Deciding approvals from pages."""

from django.urls import path

from sessions_app.web import deeds

app_name = "approvals"
urlpatterns = [
    path("approvals/<uuid:pk>/approve", deeds.approve, name="approve"),
    path("approvals/<uuid:pk>/deny", deeds.deny, name="deny"),
]
