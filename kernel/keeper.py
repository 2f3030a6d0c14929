"""One keeper leads, the others wait. The lock is a session advisory lock on a direct connection:
it dies with the process or the connection, and another keeper takes over."""

from __future__ import annotations

import logging
import signal
import threading
import time

import psycopg
from django.conf import settings
from django.db import close_old_connections

from kernel import duties
from kernel.actors import SystemActor
from kernel.context import entered

log = logging.getLogger(__name__)
LOCK = 0x51444B50
_IDLE = 0.1


class Keeper:
    """Runs the registered duties while it holds the lock."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._due: dict[str, float] = {}

    def run(self) -> None:
        """Lead when possible, until a signal."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        while not self._stop.is_set():
            try:
                self._try_to_lead()
            except psycopg.Error:
                log.warning("keeper lost the database; trying again")
            self._stop.wait(1)

    def _try_to_lead(self) -> None:
        with psycopg.connect(settings.DATABASE_DIRECT_URL, autocommit=True) as connection:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
            if not row or not row[0]:
                return
            log.info("keeper leads")
            while not self._stop.is_set():
                connection.execute("SELECT 1")
                self.round()
                self._stop.wait(_IDLE)

    def round(self) -> None:
        """Run every duty that is due; a failing one never stops the others."""
        for duty in list(duties.registry.values()):
            if self._due.get(duty.name, 0.0) > time.monotonic():
                continue
            try:
                with entered(actor=SystemActor("keeper"), verb=duty.name):
                    duty.run()
            except Exception:
                log.exception("duty failed", extra={"duty": duty.name})
            finally:
                close_old_connections()
                self._due[duty.name] = time.monotonic() + duty.every_seconds
