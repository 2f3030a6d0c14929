"""The ledger by API."""

from __future__ import annotations

from typing import Any

import pytest

from audit.events import EntryRead
from audit.models import LedgerEntry
from kernel.context import Origin, entered
from kernel.events import Record, publish
from kernel.ids import uuid7
from tests.factories.cast import Cast
from tests.factories.http import Caller

pytestmark = pytest.mark.django_db


def _deed(cast: Cast, **given: Any) -> Record:
    with entered(
        actor=cast.bob,
        verb="sessions.create",
        origin=Origin(channel="web", address="192.0.2.7", device="Firefox"),
    ):
        return publish(EntryRead(**{"organization_id": cast.acme.pk, "target_id": None, **given}))


def _ids(answer: Any) -> list[str]:
    return [row["id"] for row in answer.json()["results"]]


def test_an_auditor_reads_an_entry_in_full(cast: Cast) -> None:
    target = uuid7()
    record = _deed(cast, target_id=target, target_type="agentsession")

    answer = Caller(cast.anna).get(f"/audit/events?target={target}")

    assert answer.status_code == 200
    (row,) = answer.json()["results"]
    assert {**row, "number": 0, "commitments": set(row["commitments"])} == {
        "id": str(record.fact_id),
        "number": 0,
        "recorded_at": record.recorded_at.isoformat().replace("+00:00", "Z"),
        "name": "audit.entry_read",
        "version": 1,
        "region": "local",
        "organization": str(cast.acme.pk),
        "actor": {
            "kind": "user",
            "id": str(cast.bob.pk),
            "name": "Bob",
            "on_behalf_of": None,
        },
        "verb": "sessions.create",
        "target": {"type": "agentsession", "id": str(target)},
        "outcome": "success",
        "origin": {"channel": "web"},
        "policy_version": 1,
        "causation_id": None,
        "correlation_id": str(record.context.correlation_id),
        "data": {},
        "commitments": {"origin.address", "origin.device"},
        "private": {"origin.address": "192.0.2.7", "origin.device": "Firefox"},
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("anna", 200), ("bob", 403), ("charlie", 403), ("olga", 403)],
)
def test_owner_and_auditor_only(cast: Cast, who: str, status: int) -> None:
    answer = Caller(cast.people()[who]).get("/audit/events")

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "not_allowed"


def test_nobody_is_401_and_another_tenants_ledger_404(cast: Cast) -> None:
    record = _deed(cast)

    assert Caller(None).get("/audit/events").status_code == 401
    assert Caller(None).get(f"/audit/events/{record.fact_id}").status_code == 401
    assert Caller(cast.dora).get(f"/audit/events?organization={cast.acme.slug}").status_code == 404
    assert Caller(cast.dora).get(f"/audit/events/{record.fact_id}").status_code == 404
    assert _ids(Caller(cast.dora).get("/audit/events?name=audit.entry_read")) == []


def test_a_look_is_an_entry_itself_with_its_token(cast: Cast) -> None:
    Caller(cast.anna).get("/audit/events?outcome=denied")

    look = LedgerEntry.objects.get(organization_id=cast.acme.pk, name="audit.ledger_read")
    assert look.actor_id == cast.anna.pk
    assert look.data["filters"] == ["outcome:denied"]
    assert look.data["origin"]["channel"] == "api"
    assert set(look.data["origin"]) == {"channel", "token_id"}


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_follow_each_other_both_ways(cast: Cast, order: str) -> None:
    anna = Caller(cast.anna)
    deeds = [str(_deed(cast).fact_id) for _ in range(7)]
    wanted = deeds if order == "asc" else deeds[::-1]

    first = anna.get(f"/audit/events?name=audit.entry_read&limit=3&order={order}")
    pages = [first]
    while pages[-1].json()["next"]:
        pages.append(anna.client.get(pages[-1].json()["next"]))
    back = anna.client.get(pages[-1].json()["previous"])

    assert [_ids(page) for page in pages] == [wanted[:3], wanted[3:6], wanted[6:]]
    assert _ids(back) == wanted[3:6]
    assert first.json()["previous"] is None


@pytest.mark.parametrize(
    "query", ["actor=bob", "since=soon", "limit=0", "limit=201", "order=up", "cursor=%00", "q=%00"]
)
def test_a_wrong_query_is_400_with_its_place(cast: Cast, query: str) -> None:
    answer = Caller(cast.anna).get(f"/audit/events?{query}")

    assert answer.status_code == 400
    assert [e["pointer"] for e in answer.json()["errors"]] == [f"/{query.partition('=')[0]}"]


def test_one_entry_is_read_and_the_look_recorded(cast: Cast) -> None:
    record = _deed(cast)

    answer = Caller(cast.alice).get(f"/audit/events/{record.fact_id}")

    assert answer.json()["private"]["origin.address"] == "192.0.2.7"
    assert answer.json()["changes"] == []
    look = LedgerEntry.objects.get(name="audit.entry_read", target_id=record.fact_id)
    assert look.actor_id == cast.alice.pk


@pytest.mark.parametrize("rows", [1, 10, 100])
def test_the_number_of_queries_does_not_grow(
    cast: Cast, rows: int, django_assert_max_num_queries: Any
) -> None:
    anna = Caller(cast.anna)
    for _ in range(rows):
        _deed(cast)
    anna.get("/audit/events?limit=1")

    with django_assert_max_num_queries(14):
        answer = anna.get("/audit/events?limit=200&name=audit.entry_read")

    assert len(answer.json()["results"]) == rows
