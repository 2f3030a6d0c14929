"""Django's registration of the app; nothing runs here but loading its declarations."""

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    """Registers sessions_app under its own label."""

    name = "sessions_app"
    verbose_name = "Sessions"
