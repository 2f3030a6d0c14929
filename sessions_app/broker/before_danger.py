"""Providers asked before a dangerous call executes, whether it was approved or auto-allowed.

Snapshots plug in here. When a provider raises, the call does not run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sessions_app.safety import Verdict


@dataclass(frozen=True, kw_only=True)
class DangerousCall:
    """What is about to happen, and where."""

    session_id: UUID
    run_id: UUID
    tool_call_id: UUID
    tool: str
    danger: Verdict
    workspace: Path


Provider = Callable[[DangerousCall], Awaitable[None]]
_providers: dict[str, Provider] = {}


def before_danger(name: str) -> Callable[[Provider], Provider]:
    """Register a provider under a name; registering again replaces it."""

    def register(provider: Provider) -> Provider:
        _providers[name] = provider
        return provider

    return register


async def prepare(call: DangerousCall) -> str:
    """Ask every provider in turn; the first failure's text stops the call, "" lets it run."""
    for name, provider in _providers.items():
        try:
            await provider(call)
        except Exception as failure:
            return f"{name} could not prepare for this call ({type(failure).__name__})."
    return ""
