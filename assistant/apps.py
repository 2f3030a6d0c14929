"""Django's registration of the app; nothing runs here but loading its declarations."""

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    """Registers assistant under its own label."""

    name = "assistant"
    verbose_name = "Assistant"
