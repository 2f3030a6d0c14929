"""Django's registration of the app; nothing runs here but loading its declarations."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Registers analytics under its own label."""

    name = "analytics"
    verbose_name = "Analytics"
