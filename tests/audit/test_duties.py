"""The keeper pumps, retries and makes months as part of its rounds."""

from __future__ import annotations

import time

import pytest

from audit.models import Cursor
from kernel import duties
from kernel.events import listen
from kernel.keeper import Keeper
from tests.audit.listening import Heard, committed, key
from tests.factories.ledger import skip_to_here


def test_the_duties_of_the_ledger_are_registered() -> None:
    rounds = {name: duty.every_seconds for name, duty in duties.registry.items()}

    assert rounds["audit.pump"] <= 1
    assert {"audit.dead_letters", "audit.partitions"} <= set(rounds)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_listeners")
def test_a_keeper_delivers_in_its_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = {name: one for name, one in duties.registry.items() if name.startswith("audit.")}
    monkeypatch.setattr(duties, "registry", mine)
    heard, name, keeper = Heard(), key(), Keeper()
    listen("kernel.strangers_denied", key=name)(heard)
    skip_to_here()
    record = committed()

    deadline = time.monotonic() + 60
    while not heard.ids and time.monotonic() < deadline:
        keeper.round()

    assert heard.ids == [record.fact_id]
    assert Cursor.objects.get(name=name).failures == 0
