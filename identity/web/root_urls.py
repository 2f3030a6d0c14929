"""Pages of identity that every storey adds to: they have a name without a prefix."""

from django.urls import path

from identity.web import settings

urlpatterns = [path("settings", settings.index, name="settings")]
