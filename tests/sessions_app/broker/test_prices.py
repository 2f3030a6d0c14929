"""Cost: by the table, or unknown; never a guess and never 0."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sessions_app.broker.prices import cost_of
from sessions_app.runtimes.base import Usage


def usage(model: str, provider: str, **counts: int) -> Usage:
    given = {"input_tokens": 1_000_000, "output_tokens": 100_000, **counts}
    return Usage(model=model, provider=provider, **given)


def test_a_known_model_has_a_price() -> None:
    cost = cost_of(usage("gpt-4o", "openai"))

    assert isinstance(cost, Decimal)
    assert cost > 1


@pytest.mark.parametrize(
    ("model", "provider"),
    [("", ""), ("nope-9", ""), ("nope-9", "nope"), ("gpt-4o", "nope"), ("\x00", "openai")],
)
def test_an_unknown_model_has_none(model: str, provider: str) -> None:
    assert cost_of(usage(model, provider)) is None


def test_counts_that_contradict_each_other_have_none() -> None:
    assert cost_of(usage("gpt-4o", "openai", cache_read_tokens=2_000_000)) is None


def test_cached_input_costs_less() -> None:
    plain = cost_of(usage("gpt-4o", "openai"))
    cached = cost_of(usage("gpt-4o", "openai", cache_read_tokens=900_000))

    assert plain is not None
    assert cached is not None
    assert cached < plain
