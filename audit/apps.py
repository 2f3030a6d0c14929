"""Django's registration of the app; nothing runs here but loading its declarations."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Registers audit under its own label."""

    name = "audit"
    verbose_name = "Audit"
