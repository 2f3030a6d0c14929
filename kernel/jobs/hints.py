"""Hints to workers: a Celery message or a NOTIFY. Never carries more than an id."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import current_app
from django.db import DatabaseError, connection
from kombu.exceptions import ChannelError, OperationalError

log = logging.getLogger(__name__)
CHANNEL = "quarterdeck_jobs"


def send(queue: str, job_id: UUID) -> None:
    """Ask some Celery worker to look at a job; a dead broker only delays it to the sweep."""
    try:
        current_app.send_task("kernel.run_job", args=[str(job_id)], queue=queue, retry=False)
    except (OSError, OperationalError, ChannelError) as lost:
        log.warning("the broker did not take a hint", extra={"fault": type(lost).__name__})


def notify(queue: str) -> None:
    """Wake the processes that listen for this queue, or for one thing in it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, queue])
    except DatabaseError:
        log.warning("doorbell for jobs not rung", extra={"queue": queue})
