"""The Celery application: one task, which looks at one job."""

import os

from celery import Celery

from config.settings.env import environment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.main")

app = Celery("quarterdeck")
if environment.broker_folder:
    for name in ("messages", "control"):
        (environment.broker_folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["kernel.jobs"], related_name="celery_tasks")
