"""Celery beat for operators' periodic tasks: of several beats one leads, the others wait."""

from __future__ import annotations

import logging
from typing import Any

import psycopg
from django.conf import settings
from django_celery_beat.schedulers import DatabaseScheduler

log = logging.getLogger(__name__)
LOCK = 0x51444245
IDLE_SECONDS = 1.0


class LeadingScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Ticks only while it holds a session advisory lock, which dies with it or its connection."""

    _link: psycopg.Connection[Any] | None = None

    def tick(self, *args: Any, **given: Any) -> float:
        """Send what is due, or wait for the lead; how long to sleep, in seconds."""
        try:
            if not self._leads():
                return IDLE_SECONDS
        except psycopg.Error:
            self.resign()
            return IDLE_SECONDS
        return float(min(super().tick(*args, **given), self.max_interval))

    def reserve(self, entry: Any) -> Any:
        """Keep what was sent in the schedule too: a heap made anew from it would send it again."""
        sent = super().reserve(entry)
        self._schedule[sent.name] = sent
        return sent

    def resign(self) -> None:
        """Let another beat lead."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def close(self) -> None:
        """Write down what was sent, then resign."""
        super().close()
        self.resign()

    def _leads(self) -> bool:
        if self._link is not None:
            self._link.execute("SELECT 1")
            return True
        link = psycopg.connect(settings.DATABASE_DIRECT_URL, autocommit=True)
        row = link.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if not row or not row[0]:
            link.close()
            return False
        log.info("beat leads")
        self._link = link
        # What another beat sent meanwhile stands in the database, not in our memory.
        self._initial_read, self._heap = True, None
        return True
