"""Django's registration of the app; nothing runs here but loading its declarations."""

from django.apps import AppConfig


class TemplatesConfig(AppConfig):
    """Registers templates_app under its own label."""

    name = "templates_app"
    verbose_name = "Templates"
