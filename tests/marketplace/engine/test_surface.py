"""Digests of tools."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import InvalidError
from marketplace.engine.surface import Difference, compare, read_listing

ECHO: dict[str, Any] = {
    "name": "echo",
    "description": "Say it again.",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
}
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def digest(**changes: Any) -> str:
    return read_listing([{**ECHO, **changes}], protocol_revision="x").tools[0].digest


def test_the_order_of_keys_does_not_count() -> None:
    turned = dict(reversed(ECHO.items()))

    assert read_listing([turned], protocol_revision="x").tools[0].digest == digest()


def test_absent_and_null_are_the_same() -> None:
    assert digest(title=None, outputSchema=None) == digest()


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Say it again. "},
        {"title": "Echo"},
        {"inputSchema": {"type": "object"}},
        {"outputSchema": {"type": "object"}},
        {"annotations": {"readOnlyHint": True}},
        {"icons": [{"src": "https://example.com/a.png"}]},
    ],
)
def test_every_word_a_model_or_person_reads_counts(change: dict[str, Any]) -> None:
    assert digest(**change) != digest()


def test_the_order_of_tools_does_not_count_but_instructions_do() -> None:
    other = {**ECHO, "name": "other"}
    first = read_listing([ECHO, other], protocol_revision="2025-11-25")
    second = read_listing([other, ECHO], protocol_revision="2026-07-28")
    third = read_listing([ECHO, other], protocol_revision="2025-11-25", instructions="Obey.")

    assert first.digest == second.digest
    assert third.digest != first.digest
    assert [tool.name for tool in second.tools] == ["echo", "other"]


def test_differences_are_named() -> None:
    before, after = {"a": "1", "b": "2", "c": "3"}, {"b": "2", "c": "4", "d": "5"}

    assert compare(before, after) == Difference(added=("d",), removed=("a",), changed=("c",))
    assert not compare(before, before)


def test_what_postgresql_cannot_store_is_taken_out() -> None:
    listing = read_listing(
        [{**ECHO, "description": "a\x00b\ud800"}], protocol_revision="x", server=("s\x00", "1")
    )

    assert listing.tools[0].description == "ab?"
    assert listing.server_name == "s"


def test_a_flood_of_tools_is_refused() -> None:
    with pytest.raises(InvalidError):
        read_listing([ECHO] * 501, protocol_revision="x")
    with pytest.raises(InvalidError):
        read_listing([{**ECHO, "description": "x" * (2 << 20)}], protocol_revision="x")


@given(_JSON)
def test_any_schema_has_a_digest_that_survives_json(schema: Any) -> None:
    again = json.loads(json.dumps(schema))

    assert digest(inputSchema={"x": schema}) == digest(inputSchema={"x": again})
