"""Listeners and facts for the tests of the pump."""

from __future__ import annotations

import os
from uuid import UUID

from django.db import transaction

from kernel.actors import SystemActor
from kernel.context import entered
from kernel.denials import StrangersDenied
from kernel.events import Delivered, Record, publish


def fact(number: int = 1) -> StrangersDenied:
    """Any fact; `number` tells it from others."""
    return StrangersDenied(
        organization_id=None,
        target_id=None,
        denied_verb="sessions.create",
        origin_digest="0f",
        refusals=number,
    )


def committed(number: int = 1) -> Record:
    """A fact in a transaction of its own."""
    with entered(actor=SystemActor("keeper")), transaction.atomic():
        return publish(fact(number))


class Heard:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.facts: list[Delivered] = []

    def __call__(self, delivered: Delivered) -> None:
        self.facts.append(delivered)

    @property
    def ids(self) -> list[UUID]:
        """In the order of delivery."""
        return [one.fact_id for one in self.facts]


def key() -> str:
    """A listener's key that no other test uses."""
    return f"test.{os.urandom(6).hex()}"
