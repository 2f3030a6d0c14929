"""Variables are typed; unknown, missing and wrong values are refused together, each at its place."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.errors import InvalidError
from sessions_app.engine.variables import (
    Variable,
    as_text,
    check,
    completed,
    from_text,
    resolve,
    stored,
)

KNOWN = [
    Variable(name="branch"),
    Variable(name="count", type="integer", default=5),
    Variable(name="share", type="number", required=False),
    Variable(name="deep", type="boolean", default=False),
    Variable(name="where", type="choice", choices=("east", "west"), default="east"),
]


def pointers(wrong: InvalidError) -> list[str]:
    return [one["pointer"] for one in wrong.extra["errors"]]


def test_defaults_fill_what_is_not_given() -> None:
    assert resolve(KNOWN, {"branch": "main"}) == {
        "branch": "main",
        "count": 5,
        "share": "",
        "deep": False,
        "where": "east",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("branch", 1),
        ("branch", True),
        ("branch", "a\0b"),
        ("branch", "a" * 100_001),
        ("branch", "\ud800"),
        ("count", 1.5),
        ("count", True),
        ("count", "5"),
        ("count", 10**400),
        ("share", float("nan")),
        ("share", "much"),
        ("deep", "true"),
        ("where", "north"),
        ("where", ["east"]),
        ("branch", {"a": 1}),
    ],
)
def test_a_wrong_value_is_refused_at_its_place(name: str, value: Any) -> None:
    with pytest.raises(InvalidError) as wrong:
        resolve(KNOWN, {"branch": "main", name: value})

    assert pointers(wrong.value) == [f"/variables/{name}"]


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidError) as wrong:
        resolve(KNOWN, {"un/known": "x", "count": "x"})

    assert pointers(wrong.value) == [
        "/variables/un~1known",
        "/variables/branch",
        "/variables/count",
    ]


@pytest.mark.parametrize(
    ("made", "at"),
    [
        ([Variable(name="a"), Variable(name="a")], "/variables/1/name"),
        ([Variable(name="a", type="choice")], "/variables/0/choices"),
        ([Variable(name="a", choices=("x",))], "/variables/0/choices"),
        ([Variable(name="a", type="integer", default="x")], "/variables/0/default"),
        ([Variable(name="a", type="choice", choices=("x",), default="y")], "/variables/0/default"),
    ],
)
def test_variables_that_contradict_themselves_are_refused(made: list[Variable], at: str) -> None:
    with pytest.raises(InvalidError) as wrong:
        check(made)

    assert pointers(wrong.value) == [at]


def test_what_is_only_used_is_a_required_text() -> None:
    assert completed(KNOWN[:1], ["branch", "extra"]) == [KNOWN[0], Variable(name="extra")]


def test_stored_ones_come_back() -> None:
    assert stored([one.document() for one in KNOWN]) == KNOWN


def test_texts_and_values() -> None:
    assert [as_text(v) for v in ("a b", 3, 1.5, True)] == ["a b", "3", "1.5", "true"]
    assert from_text(KNOWN[1], "7") == 7
    assert from_text(KNOWN[1], "seven") == "seven"
    assert from_text(KNOWN[2], "1.5") == 1.5
    assert from_text(KNOWN[3], "True") is True
