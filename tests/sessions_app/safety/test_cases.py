"""The labelled cases: every one of development, and the promised figures on the held-out part."""

from __future__ import annotations

import pytest

from benchmarks.danger import Case, load, measure
from sessions_app.safety import classify

CATEGORIES = sorted({case.name.partition("/")[0] for case in load("development")})


@pytest.mark.parametrize("category", CATEGORIES)
def test_development_cases_have_the_class_they_were_given(category: str) -> None:
    cases = [case for case in load("development") if case.name.startswith(category + "/")]

    found = {case.name: (case.danger, classify(case.call).danger) for case in cases}

    assert cases
    assert {name: pair for name, pair in found.items() if pair[0] != pair[1]} == {}


def test_held_out_cases_reach_the_promised_figures() -> None:
    figures = measure(load("held_out"))

    assert figures.recall >= 0.97
    assert figures.false_alarm <= 0.05


def test_a_fixed_third_of_at_least_three_hundred_cases_is_held_out() -> None:
    held_out, development = load("held_out"), load("development")

    total = len(held_out) + len(development)
    assert total >= 300
    assert len(held_out) >= 0.3 * total


def test_no_case_stands_in_both_parts() -> None:
    held_out, development = load("held_out"), load("development")

    def text(case: Case) -> str:
        return repr((case.call.tool, case.call.arguments, case.call.annotations))

    assert {text(case) for case in held_out} & {text(case) for case in development} == set()
