"""Streams: append-only logs with a gapless `seq`. Rows are the truth, doorbells are hints."""

from kernel.streams.append import Entry, append
from kernel.streams.kinds import StreamKind, kind_of, register_kind
from kernel.streams.read import Page, envelope, page_after

__all__ = [
    "Entry",
    "Page",
    "StreamKind",
    "append",
    "envelope",
    "kind_of",
    "page_after",
    "register_kind",
]
