"""The secrets of one turn: opened by a verb, fetched from vaults outside of it, kept in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from identity.engine.vaults import resolve
from identity.errors import VaultError
from kernel.egress import Guard
from sessions_app.enums import SecretPlace
from sessions_app.services.secrets import OpenedSecret


@dataclass(frozen=True, kw_only=True)
class InForce:
    """What the sandbox gets, and what must be masked wherever it would be seen."""

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)


async def in_force(opened: Sequence[OpenedSecret]) -> InForce:
    """Fetch what is kept elsewhere; a vault that does not answer ends the turn with its reason."""
    env: dict[str, str] = {}
    files: dict[str, str] = {}
    hidden: list[str] = []
    guard = Guard(allow=settings.EGRESS_ALLOW)
    for one in opened:
        try:
            found = await resolve(one.kind, one.text, guard)
        except VaultError as failure:
            raise VaultError(f"The secret {one.name} could not be fetched: {failure}") from None
        hidden += found.hidden
        if one.place == SecretPlace.FILE:
            files[one.name] = "\n".join(found.values.values())
        else:
            env |= {f"{one.name}{suffix}": text for suffix, text in found.values.items()}
    return InForce(env=env, files=files, hidden=tuple(hidden))
