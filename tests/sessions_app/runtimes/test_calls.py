"""Names of calls and tools."""

import re

import pytest

from sessions_app.runtimes.base import ToolOutcome
from sessions_app.runtimes.calls import CallIds, ToolNames, told
from tests.sessions_app.runtimes.turns import spec


def test_the_same_calls_have_the_same_ids_in_a_repeated_turn():
    calls = [("a", {"x": 1, "y": 2}), ("a", {"y": 2, "x": 1}), ("b", {}), ("a", {"x": "1"})]

    first, second = CallIds(), CallIds()
    ids = [first.request(*call).call_id for call in calls]

    assert [second.request(*call).call_id for call in calls] == ids
    assert len(set(ids)) == 4


def test_a_withdrawn_call_asks_under_its_id_again_also_from_exported_counts():
    ids = CallIds()
    ids.request("a", {})
    waiting = ids.request("a", {})

    ids.withdraw(waiting)

    assert CallIds(ids.counts).request("a", {}).call_id == waiting.call_id


def test_wire_names_are_unique_and_acceptable_to_providers():
    names = ["shell", "git.log", "git__log", "a b.ü", "a_b.ü", f"s.{'x' * 80}", f"s.{'x' * 81}"]

    table = ToolNames([spec(name) for name in names]).by_wire_name

    assert [tool.name for tool in table.values()] == names
    assert list(table)[:2] == ["shell", "git__log"]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in table)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (ToolOutcome(status="ok", content="x", exit_code=0), "x"),
        (ToolOutcome(status="ok", content="x", data={"n": 1}), "x"),
        (ToolOutcome(status="ok", data={"n": "é"}), '{"n": "é"}'),
        (ToolOutcome(status="ok", content="x", exit_code=2), "exit code 2\nx"),
        (ToolOutcome(status="denied", content="no"), "This call was denied: no"),
        (ToolOutcome(status="denied"), "This call was denied."),
        (ToolOutcome(status="error", content="boom"), "boom"),
        (ToolOutcome(status="ok"), "(no output)"),
    ],
)
def test_an_agent_is_told_what_became_of_its_call(outcome, words):
    assert told(outcome) == words
