"""The kernel's tables: nothing here knows a domain word."""

from kernel.models.blobs import Blob
from kernel.models.denials import DenialCount
from kernel.models.idempotency import IdempotencyKey
from kernel.models.jobs import Job
from kernel.models.schedule import ScheduleRow
from kernel.models.streams import StreamEvent, StreamOwner

__all__ = [
    "Blob",
    "DenialCount",
    "IdempotencyKey",
    "Job",
    "ScheduleRow",
    "StreamEvent",
    "StreamOwner",
]
