"""Verbs of the ledger are about looking at it; the machinery that writes and delivers it stands
beside them and is called by the kernel's events and the keeper."""

from audit.services import erasure, export, ledger, partitions, pump, reading

__all__ = ["erasure", "export", "ledger", "partitions", "pump", "reading"]
