"""The session's socket."""

from __future__ import annotations

from kernel.streams.consumer import StreamConsumer


class SessionConsumer(StreamConsumer):
    """`/ws/sessions/{id}?after=N`."""

    kind_name = "sessions"
