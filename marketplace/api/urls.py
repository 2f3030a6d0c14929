"""API addresses of marketplace."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
