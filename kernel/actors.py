"""Who acts: a person, a service account, an agent on someone's behalf, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from kernel.ids import named


class Actor(Protocol):
    """What the kernel must know of whoever calls a verb."""

    @property
    def actor_kind(self) -> str:
        """One of user, service, agent, system, nobody."""

    @property
    def actor_id(self) -> UUID | None:
        """Stable id; None for somebody unknown."""

    @property
    def on_behalf_of_id(self) -> UUID | None:
        """The person an agent acts for."""


@dataclass(frozen=True)
class SystemActor:
    """The product acting by itself, named by its duty (keeper, runner, worker)."""

    duty: str
    on_behalf_of_id: UUID | None = None

    @property
    def actor_kind(self) -> str:
        """Always system."""
        return "system"

    @property
    def actor_id(self) -> UUID:
        """Derived from the duty's name, equal in every installation."""
        return named("system", self.duty)


@dataclass(frozen=True)
class AgentActor:
    """An agent that acts for a person; `actor_id` names what it runs in."""

    actor_id: UUID
    on_behalf_of_id: UUID | None
    display_name: str = "agent"
    actor_kind: str = "agent"


@dataclass(frozen=True)
class UnknownActor:
    """Somebody who has not said who they are."""

    actor_kind: str = "nobody"
    actor_id: UUID | None = None
    on_behalf_of_id: UUID | None = None


NOBODY = UnknownActor()
