"""The ledger's pages, without an island."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.events import EntryRead
from audit.models import LedgerEntry
from identity.models import Membership
from kernel.context import Origin, entered
from kernel.events import Record, publish
from tests import database
from tests.factories.cast import Cast, make_cast

pytestmark = pytest.mark.django_db


def _as(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _deed(cast: Cast, **given: Any) -> Record:
    here = Origin(channel="web", address="192.0.2.7")
    with entered(actor=cast.bob, verb="sessions.create", origin=here):
        return publish(EntryRead(**{"organization_id": cast.acme.pk, "target_id": None, **given}))


@pytest.mark.parametrize("who", ["alice", "anna"])
def test_owner_and_auditor_see_the_ledger(cast: Cast, who: str) -> None:
    record = _deed(cast)

    answer = _as(cast.people()[who]).get("/audit?verb=sessions.create")

    page = answer.content.decode()
    number = LedgerEntry.objects.get(fact_id=record.fact_id).number
    assert answer.status_code == 200
    assert f'href="/audit/{number}"' in page
    assert "append-only, enforced by the database" in page
    assert 'href="/api/v1/audit/export?verb=sessions.create"' in page
    assert [row["fact_id"] for row in answer.context["entries"]] == [record.fact_id]


@pytest.mark.parametrize("who", ["bob", "charlie", "olga"])
def test_others_get_the_reason(cast: Cast, who: str) -> None:
    answer = _as(cast.people()[who]).get("/audit")

    assert answer.status_code == 403
    assert "Your role does not allow this." in html.unescape(answer.content.decode())


def test_nobody_signs_in_first(cast: Cast) -> None:
    answer = Client().get("/audit")

    assert answer.status_code == 302
    assert "/sign-in" in answer["Location"]


@pytest.mark.django_db(transaction=True)
def test_the_page_says_plainly_that_append_only_is_not_enforced() -> None:
    with database.as_role(database.owner_url(connection.settings_dict["NAME"])):
        answer = _as(make_cast().anna).get("/audit")

    assert "append-only is not enforced" in answer.content.decode()


def test_the_organization_chosen_in_the_browser_is_the_one_shown(cast: Cast) -> None:
    Membership.objects.create(organization=cast.other, user=cast.anna, role="auditor")
    theirs, anna = _deed(cast, organization_id=cast.other.pk), _as(cast.anna)

    first = anna.get(f"/audit?name=audit.entry_read&organization={cast.other.slug}")
    second = anna.get("/audit?name=audit.entry_read")

    for answer in (first, second):
        assert [row["fact_id"] for row in answer.context["entries"]] == [theirs.fact_id]


def test_a_page_turns_and_keeps_its_filters(cast: Cast) -> None:
    anna = _as(cast.anna)
    for _ in range(5):
        _deed(cast)

    first = anna.get("/audit?name=audit.entry_read&limit=2")
    cursor = first.context["page"]["next"]
    second = anna.get(f"/audit?name=audit.entry_read&limit=2&cursor={cursor}")

    numbers = [row["id"] for page in (first, second) for row in page.context["entries"]]
    assert len(numbers) == 4
    assert numbers == sorted(numbers, reverse=True)
    assert "name=audit.entry_read" in first.content.decode()


def test_a_wrong_filter_is_explained(cast: Cast) -> None:
    answer = _as(cast.anna).get("/audit?since=yesterday")

    assert answer.status_code == 400
    assert "The filters are not valid." in html.unescape(answer.content.decode())


def test_an_entry_shows_all_it_has_and_its_chain(cast: Cast) -> None:
    with entered():
        record, sibling = _deed(cast), _deed(cast, outcome="denied")
    anna = _as(cast.anna)

    answer = anna.get(f"/audit/{record.fact_id}")
    number = LedgerEntry.objects.get(fact_id=record.fact_id).number

    page = answer.content.decode()
    assert answer.status_code == 200
    assert str(record.fact_id) in page
    assert "192.0.2.7" in page
    assert [row["fact_id"] for row in answer.context["related"]] == [
        record.fact_id,
        sibling.fact_id,
    ]
    assert anna.get(f"/audit/{number}").context["entry"]["fact_id"] == record.fact_id


@pytest.mark.parametrize("who", ["bob", "dora", "olga"])
def test_an_entry_is_404_for_others(cast: Cast, who: str) -> None:
    record = _deed(cast)

    assert _as(cast.people()[who]).get(f"/audit/{record.fact_id}").status_code == 404


def test_an_erased_field_says_so(cast: Cast) -> None:
    record = _deed(cast)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_private WHERE fact_id = %s", [record.fact_id])

    answer = _as(cast.anna).get(f"/audit/{record.fact_id}")

    ((name, _commitment, value),) = answer.context["entry"]["fields"]
    assert (name, value) == ("origin.address", None)
    assert '<span class="faint">erased</span>' in answer.content.decode()
    assert "192.0.2.7" not in answer.content.decode()


def test_the_page_asks_the_same_at_any_length(cast: Cast) -> None:
    browser, asked = _as(cast.anna), []
    browser.get("/audit")

    for more in (1, 9, 90):
        for _ in range(more):
            _deed(cast)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/audit?limit=200").status_code == 200
        asked.append(len(queries))

    assert len(set(asked)) == 1, asked
