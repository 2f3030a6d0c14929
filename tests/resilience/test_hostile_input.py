"""Whatever anybody sends to any address, they get a clear 4xx and nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.factories.cast import Cast, make_cast, token_for
from tests.factories.schema import METHODS, SCHEMA
from tests.resilience.hostile import (
    BODIES,
    VALUES,
    WORDS,
    Caller,
    addressed,
    cursors,
    objects,
    rows,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATHS = sorted(SCHEMA["paths"])
GROUPS = sorted({path.split("/")[3] for path in PATHS})


@pytest.fixture
def people() -> Cast:
    return make_cast()


def clear(answer: Any, said: str) -> None:
    """Never a fault of ours, and an error is a problem document."""
    assert answer.status_code < 500, (said, answer.content[:300])
    if answer.status_code >= 400:
        assert answer["Content-Type"].startswith("application/problem+json"), said
        assert answer.json()["code"], said


def paths_of(group: str) -> list[str]:
    return [path for path in PATHS if path.split("/")[3] == group]


def operations(group: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path in paths_of(group):
        for method, operation in SCHEMA["paths"][path].items():
            yield method, path, operation


def properties(operation: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a JSON body."""
    content = operation.get("requestBody", {}).get("content", {})
    shape = content.get("application/json", {}).get("schema", {})
    name = shape.get("$ref", "").rpartition("/")[2]
    shape = SCHEMA["components"]["schemas"].get(name, shape)
    return dict(shape.get("properties", {}))


@pytest.mark.parametrize("group", GROUPS)
def test_hostile_bodies(people: Cast, group: str) -> None:
    known, alice = objects(people), Caller(token_for(people.alice))

    for method, path, operation in operations(group):
        if method not in {"post", "patch", "put"}:
            continue
        where = addressed(path, known)
        for body in BODIES:
            answer = alice.send(method, where, body)
            clear(answer, f"{method} {path} {body[:60]!r}")
        for value in VALUES:
            body = json.dumps(dict.fromkeys(properties(operation), value)).encode()
            clear(alice.send(method, where, body), f"{method} {path} {body[:80]!r}")
        wrong = alice.send(method, where, b"a=1", content_type="application/x-www-form-urlencoded")
        clear(wrong, f"{method} {path} as a form")


@pytest.mark.parametrize("group", GROUPS)
def test_huge_bodies_are_too_large(people: Cast, group: str) -> None:
    known, alice = objects(people), Caller(token_for(people.alice))
    json_body = json.dumps({"name": "x" * (1 << 20)}).encode()

    for method, path, operation in operations(group):
        if "requestBody" not in operation:
            continue
        takes_files = "application/octet-stream" in operation["requestBody"]["content"]
        huge = b"x" * ((16 << 20) + 1) if takes_files else json_body
        answer = alice.send(method, addressed(path, known), huge)
        clear(answer, f"{method} {path}")
        assert answer.status_code == 413, f"{method} {path}: {answer.status_code}"


@pytest.mark.parametrize("group", GROUPS)
def test_hostile_queries(people: Cast, group: str) -> None:
    known, alice = objects(people), Caller(token_for(people.alice))

    for method, path, operation in operations(group):
        if method != "get":
            continue
        given = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
        for name in given:
            for word in WORDS if name != "cursor" else (*WORDS, *cursors()):
                where = f"{addressed(path, known)}?{urlencode({name: word})}"
                answer = alice.send("get", where)
                clear(answer, f"get {path}?{name}={word[:60]!r}")


@pytest.mark.parametrize("group", GROUPS)
def test_wrong_methods_are_405_and_say_what_is_possible(people: Cast, group: str) -> None:
    known, alice = objects(people), Caller(token_for(people.alice))

    for path in paths_of(group):
        offered = set(SCHEMA["paths"][path])
        for method in set(METHODS) - offered:
            answer = alice.send(method, addressed(path, known), b"{}")
            clear(answer, f"{method} {path}")
            assert answer.status_code == 405, f"{method} {path}: {answer.status_code}"


@pytest.mark.parametrize("group", GROUPS)
def test_another_tenants_ids_are_404_and_change_nothing(people: Cast, group: str) -> None:
    known, dora = objects(people), Caller(token_for(people.dora))
    before = rows()

    for method, path, _operation in operations(group):
        if "{" not in path or path.startswith("/api/v1/audit"):
            continue
        answer = dora.send(method, addressed(path, known), b"{}" if method != "get" else b"")
        clear(answer, f"{method} {path}")
        assert answer.status_code in {400, 403, 404}, f"{method} {path}: {answer.status_code}"
        if method in {"get", "delete"}:
            assert answer.status_code == 404, f"{method} {path}: {answer.status_code}"

    assert rows() == before


@pytest.mark.parametrize("group", GROUPS)
def test_strangers_without_a_token_are_401(people: Cast, group: str) -> None:
    known = objects(people)

    for token in ("", "qd_pat_x", "\x00", "x" * 5000):
        stranger = Caller(token or "-")
        for method, path, operation in operations(group):
            if operation.get("security") == [{}] or path.endswith("/invitations/accept"):
                continue
            answer = stranger.send(method, addressed(path, known), b"{}")
            clear(answer, f"{method} {path}")
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
