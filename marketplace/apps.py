"""Django's registration of the app; nothing runs here but loading its declarations."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """Registers marketplace under its own label."""

    name = "marketplace"
    verbose_name = "Marketplace"
