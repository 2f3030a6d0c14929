"""Lists: `{results, next, previous}` by cursor, fifty unless asked, two hundred at most."""

from __future__ import annotations

from uuid import UUID

from identity import tokens
from identity.models import ApiToken
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.factories.schema import operations
from tests.resilience.hostile import addressed, objects


def lists() -> list[str]:
    found = []
    for method, path, operation in operations():
        names = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        if method == "get" and {"limit", "cursor"} <= names:
            found.append(path)
    return found


def test_every_list_has_the_same_envelope_and_bounds(cast: Cast) -> None:
    known, alice = objects(cast), Caller(cast.alice)

    for path in lists():
        where = addressed(path, known).removeprefix("/api/v1")
        page = alice.get(where)
        assert page.status_code == 200, (path, page.content)
        assert set(page.json()) == {"results", "next", "previous"}, path
        assert alice.get(f"{where}?limit=200").status_code == 200, path
        for wrong in ("0", "201", "-1", "x", "1.5", ""):
            refused = alice.get(f"{where}?limit={wrong}")
            assert refused.status_code == 400, (path, wrong)
            assert refused.json()["errors"][0]["pointer"] == "/limit", path
        refused = alice.get(f"{where}?cursor=mine")
        assert refused.json()["errors"][0]["pointer"] == "/cursor", path

    assert len(lists()) >= 11


def test_every_row_is_named_by_a_uuid_of_version_7(cast: Cast) -> None:
    known, alice = objects(cast), Caller(cast.alice)

    for path in lists():
        where = addressed(path, known).removeprefix("/api/v1")
        for row in alice.get(where).json()["results"]:
            assert UUID(row["id"]).version == 7, (path, row)
            assert "uid" not in row
            assert "pk" not in row


def test_fifty_unless_asked_and_back_again(cast: Cast) -> None:
    alice = Caller(cast.alice)
    for fresh in (tokens.new() for _ in range(119)):
        ApiToken.objects.create(
            user=cast.alice, organization=cast.acme, name="t", prefix="p", digest=fresh.digest
        )

    pages, where = [], "/tokens"
    while where:
        page = alice.get(where).json()
        pages.append(page)
        where = (page["next"] or "").removeprefix("/api/v1")

    assert [len(page["results"]) for page in pages] == [50, 50, 20]
    assert pages[0]["previous"] is None
    back = alice.get(pages[2]["previous"].removeprefix("/api/v1")).json()
    assert back["results"] == pages[1]["results"]
    assert len(alice.get("/tokens?limit=200").json()["results"]) == 120
