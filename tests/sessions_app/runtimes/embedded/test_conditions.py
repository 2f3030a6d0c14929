"""Conditions over saved results."""

import time

import pytest

from sessions_app.runtimes.embedded.conditions import parse_condition

SAVED = {
    "log": {
        "status": "ok",
        "content": "v1.2 ready\nsecond",
        "data": {"count": 3, "tags": ["a", "b"], "on": True},
        "exit_code": 0,
    }
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"of": "log", "exit_code": 0}, True),
        ({"of": "log", "exit_code": 1}, False),
        ({"of": "log", "exit_code": False}, False),
        ({"of": "log", "status": "ok", "contains": "ready"}, True),
        ({"of": "log", "status": "ok", "contains": "steady"}, False),
        ({"of": "log", "equals": "v1.2 ready\nsecond"}, True),
        ({"of": "log.data.count", "equals": 3}, True),
        ({"of": "log.data.count", "equals": "3"}, False),
        ({"of": "log.data.count", "contains": 3}, False),
        ({"of": "log.data.on", "equals": 1}, False),
        ({"of": "log.data.tags", "contains": "b"}, True),
        ({"of": "log.data.tags.1", "equals": "b"}, True),
        ({"of": "log.data.tags.2", "equals": "b"}, False),
        ({"of": "log.data", "contains": "count"}, True),
        ({"of": "log", "matches": "^v[0-9]+\\.[0-9]"}, True),
        ({"of": "log", "matches": "(?m)^second$"}, True),
        ({"of": "log", "matches": "^ready"}, False),
        ({"of": "log.data.none", "exists": False}, True),
        ({"of": "log.data.none", "equals": None}, False),
        ({"of": "other", "exists": True}, False),
        ({"of": "other", "exit_code": 0}, False),
        ({"not": {"of": "log", "contains": "ready"}}, False),
        ({"all": [{"of": "log", "exit_code": 0}, {"of": "log", "status": "denied"}]}, False),
        ({"any": [{"of": "log", "exit_code": 1}, {"of": "log", "status": "ok"}]}, True),
    ],
)
def test_a_condition_holds_or_not(condition, holds):
    assert parse_condition(condition).holds(SAVED) is holds


def test_a_hostile_pattern_takes_linear_time():
    condition = parse_condition({"of": "v", "matches": "^(a+)+$"})
    started = time.process_time()

    assert condition.holds({"v": "a" * 100_000 + "b"}) is False
    assert time.process_time() - started < 2
