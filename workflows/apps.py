"""Django's registration of the app; nothing runs here but loading its declarations."""

from django.apps import AppConfig


class WorkflowsConfig(AppConfig):
    """Registers workflows under its own label."""

    name = "workflows"
    verbose_name = "Workflows"
