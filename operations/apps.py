"""Django's registration of the app; nothing runs here but loading its declarations."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Registers operations under its own label."""

    name = "operations"
    verbose_name = "Operations"
