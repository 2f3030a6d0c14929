"""Jobs: a verb writes the intent, a leased job does the work, a second verb finishes it."""

from kernel.jobs.held import hold, recall
from kernel.jobs.leases import Lease, LostLeaseError, claim_next, claim_one
from kernel.jobs.outbox import enqueue
from kernel.jobs.registry import JobKind, JobRun, job, kinds

__all__ = [
    "JobKind",
    "JobRun",
    "Lease",
    "LostLeaseError",
    "claim_next",
    "claim_one",
    "enqueue",
    "hold",
    "job",
    "kinds",
    "recall",
]
