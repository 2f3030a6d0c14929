"""Django's registration of the app; loads its declarations once the models are ready."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """People, teams, organizations, roles, tokens, secrets."""

    name = "identity"
    verbose_name = "Identity"
