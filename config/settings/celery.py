"""Celery: rows are the truth, messages are hints, so every option favours losing a message."""

from typing import Any

from config.settings.env import environment

_folder = environment.broker_folder

CELERY_BROKER_URL = environment.celery_broker_url or environment.redis_url or "filesystem://"
CELERY_BROKER_TRANSPORT = "kernel.folder_broker:Transport" if _folder else ""
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {
        "data_folder_in": str(_folder / "messages"),
        "data_folder_out": str(_folder / "messages"),
        "control_folder": str(_folder / "control"),
        "store_processed": False,
        "polling_interval": 0.1,
    }
    if _folder
    else {}
)
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "kernel.schedule.beat:LeadingScheduler"
CELERY_BEAT_SYNC_EVERY = 1
CELERY_TIMEZONE = "UTC"
DJANGO_CELERY_BEAT_TZ_AWARE = True
