"""Doing one job: claim, restore the causal chain, heartbeat, call the handler, finish or fail."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import close_old_connections

from kernel.actors import SystemActor
from kernel.context import restored
from kernel.jobs.leases import Lease, LostLeaseError, claim_one
from kernel.jobs.registry import kinds
from kernel.models.jobs import Job

log = logging.getLogger(__name__)


def worker_name() -> str:
    """Who holds a lease: host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_job(job_id: UUID) -> bool:
    """Do one job if it is due and free; False when there was nothing to do."""
    kind_name = Job.objects.filter(pk=job_id).values_list("kind", flat=True).first()
    kind = kinds.get(kind_name or "")
    if kind is None:
        return False
    lease = claim_one(job_id, worker_name(), seconds=kind.lease_seconds)
    if lease is None:
        return False
    with restored(lease.context, actor=SystemActor("worker"), causation_id=job_id):
        _work(lease)
    return True


def _work(lease: Lease) -> None:
    try:
        with _beating(lease):
            kinds[lease.kind].handle(lease.run)
        lease.finish()
    except LostLeaseError:
        log.warning("lease lost", extra={"job": str(lease.job_id), "kind": lease.kind})
    except Exception as fault:
        log.exception("job failed", extra={"job": str(lease.job_id), "kind": lease.kind})
        lease.fail(type(fault).__name__)


@contextmanager
def _beating(lease: Lease) -> Iterator[None]:
    """Renew the lease every third of its length from a thread beside the handler."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(lease.seconds / 3):
            try:
                lease.heartbeat()
            except LostLeaseError:
                return
            finally:
                close_old_connections()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)
