"""The pump: at least once, in commit order, nothing lost, nobody blocked by somebody else."""

from __future__ import annotations

import random
import threading
import time
from uuid import UUID

import pytest
from django.db import connection, transaction

from audit import probes
from audit.models import Cursor, DeadLetter, LedgerEntry
from audit.selectors import delivery
from audit.services import cursors, pump
from kernel import clock
from kernel.context import current
from kernel.events import Delivered, listen, publish
from tests.audit.listening import Heard, committed, fact, key
from tests.factories.ledger import deliver_all, skip_to_here

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_listeners")]
NAME = "kernel.strangers_denied"


def _listening(*names: str) -> Heard:
    heard = Heard()
    listen(*names, key=key())(heard)
    skip_to_here()
    return heard


def test_a_fact_is_delivered_as_it_was_published() -> None:
    heard = _listening(NAME)
    record = committed(7)

    deliver_all()

    (delivered,) = heard.facts
    assert delivered == Delivered(
        fact_id=record.fact_id,
        name=NAME,
        version=1,
        recorded_at=record.recorded_at,
        organization_id=None,
        actor_kind="system",
        actor_id=record.context.actor.actor_id,
        target_type="",
        target_id=None,
        outcome="denied",
        data=record.fact.data(),
        correlation_id=record.context.correlation_id,
    )


def test_only_the_names_asked_for_arrive_and_star_gets_all() -> None:
    other, everything = _listening("identity.nothing"), _listening("*")
    record = committed()

    deliver_all()

    assert (other.ids, everything.ids) == ([], [record.fact_id])


def test_a_new_listener_starts_at_the_beginning() -> None:
    record = committed()
    heard = Heard()
    listen(NAME, key=key())(heard)

    deliver_all()

    assert record.fact_id in heard.ids


def test_a_listener_acts_within_the_causal_chain_of_the_fact() -> None:
    seen: list[tuple[UUID | None, UUID]] = []
    listen(NAME, key=key())(
        lambda _: seen.append((current().causation_id, current().correlation_id))
    )
    skip_to_here()
    record = committed()

    deliver_all()

    assert seen == [(record.fact_id, record.context.correlation_id)]


def test_a_lower_id_that_commits_later_is_not_skipped() -> None:
    heard = _listening(NAME)
    published, may_commit = threading.Event(), threading.Event()
    first: list[UUID] = []

    def slow() -> None:
        with transaction.atomic():
            first.append(publish(fact(1)).fact_id)
            published.set()
            assert may_commit.wait(30)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert published.wait(30)
    second = committed(2).fact_id
    pump.run()
    before = heard.ids
    may_commit.set()
    writer.join()
    deliver_all()

    assert before == []
    assert heard.ids == [first[0], second]


def test_many_writers_that_commit_out_of_order_lose_nothing() -> None:
    heard = _listening(NAME)
    written: list[UUID] = []

    def write(seed: int) -> None:
        dice = random.Random(seed)
        for number in range(25):
            with transaction.atomic():
                record = publish(fact(number))
                time.sleep(dice.random() / 200)
                transaction.set_rollback(dice.random() < 0.2)
                kept = not transaction.get_rollback()
            if kept:
                written.append(record.fact_id)
        connection.close()

    writers = [threading.Thread(target=write, args=[seed]) for seed in range(6)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        pump.deliver_once()
    deliver_all()

    assert sorted(heard.ids) == sorted(written)
    in_order = LedgerEntry.objects.raw(
        "SELECT * FROM audit_ledger WHERE fact_id = ANY(%s) ORDER BY era, xid, id", [written]
    )
    assert heard.ids == [row.fact_id for row in in_order]


def test_a_failing_listener_waits_and_is_tried_again_while_others_go_on() -> None:
    healthy, tried = _listening(NAME), Heard()

    def fail(delivered: Delivered) -> None:
        tried(delivered)
        raise ZeroDivisionError

    failing = key()
    listen(NAME, key=failing)(fail)
    skip_to_here()
    record = committed()

    while not tried.ids:
        pump.deliver_once()
    pump.run()
    waiting = Cursor.objects.get(name=failing)
    with clock.shifted(seconds=3):
        pump.run()

    assert healthy.ids == [record.fact_id]
    assert (waiting.failures, waiting.error) == (1, "ZeroDivisionError")
    assert tried.ids == [record.fact_id] * 2
    assert Cursor.objects.get(name=failing).failures == 2


def test_what_fails_again_and_again_is_parked_published_shown_and_tried_on() -> None:
    broken, taken, alarms = [True], Heard(), _listening("audit.delivery_failed")

    def picky(delivered: Delivered) -> None:
        if broken[0] and delivered.data["refusals"] == 666:
            raise ZeroDivisionError
        taken(delivered)

    failing = key()
    listen(NAME, key=failing)(picky)
    skip_to_here()
    bad, good = committed(666), committed(1)
    for failures in range(cursors.TRIES):
        with clock.shifted(hours=failures):
            deadline = time.monotonic() + 60
            while not _failed_times(failing, failures + 1) and time.monotonic() < deadline:
                pump.deliver_once()
    letter = DeadLetter.objects.get(listener=failing)
    deliver_all()

    assert letter.fact_id == bad.fact_id
    assert taken.ids == [good.fact_id]
    assert [alarm.target_id for alarm in alarms.facts] == [bad.fact_id]
    assert failing in probes.ledger_delivery()

    broken[0] = False
    with clock.shifted(hours=20):
        pump.retry_dead_letters()
    assert taken.ids == [good.fact_id, bad.fact_id]
    assert failing not in probes.ledger_delivery()


def _failed_times(listener: str, failures: int) -> bool:
    parked = DeadLetter.objects.filter(listener=listener).exists()
    return parked or Cursor.objects.filter(name=listener, failures=failures).exists()


def test_the_cursor_never_goes_back() -> None:
    name = key()
    committed()
    end = delivery.last()
    cursors.advance(name, end)

    cursors.advance(name, type(end)(end.era, end.xid - 1, end.number + 5))

    assert delivery.cursors()[name].position == end


def test_an_open_write_is_named_by_the_probe() -> None:
    published, done = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            publish(fact())
            published.set()
            done.wait(30)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert published.wait(30)
    deadline = time.monotonic() + 30
    while not probes.transaction_age() and time.monotonic() < deadline:
        time.sleep(0.05)
    sentence = probes.transaction_age()
    done.set()
    writer.join()

    assert sentence.startswith("A write transaction has been open for")
