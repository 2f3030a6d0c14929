"""The composition root: settings, urls, asgi, celery; it mounts everybody."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
