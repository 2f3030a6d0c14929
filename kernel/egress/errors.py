"""Refusals of the egress guard."""

from __future__ import annotations

from kernel.errors import RefusedError


class EgressRefusedError(RefusedError):
    """This address may not be reached from here.

    `host` and `port` are what was asked for; `reason` is a sentence a person can act on.
    """

    def __init__(self, reason: str, *, host: str, port: int) -> None:
        super().__init__(reason, host=host, port=port)
        self.reason = reason
        self.host = host
        self.port = port


class ResolveError(EgressRefusedError):
    """This name has no address."""
