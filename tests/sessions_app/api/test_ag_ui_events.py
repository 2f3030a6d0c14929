"""From rows to AG-UI: what the stream leaves implicit, and what compaction and erasure took."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from ag_ui.core import UserMessage

from kernel.ids import uuid7
from sessions_app.api.ag_ui_events import Telling
from tests.sessions_app.api.ag_ui import parsed, told

RUN, SESSION = uuid7(), uuid7()
ASKED = {
    "name": "approval.requested", "tool_call_id": "c1", "tool": "shell", "input": {},
    "reason": "It deletes.", "danger": "dangerous", "expires_at": "2026-12-11T00:00:00Z",
    "version": 1,
}  # fmt: skip


def row(kind: str, run: UUID = RUN, **data: Any) -> dict[str, Any]:
    return {"type": kind, "run": str(run), "at": "2026-11-27T10:00:00Z", "data": data}


def custom(name: str, **data: Any) -> dict[str, Any]:
    return row("CUSTOM", name=name, **data)


def tell(*rows: dict[str, Any], after: int = 0, now: int | None = None) -> list[Any]:
    telling = Telling(
        session_id=SESSION,
        run_id=RUN,
        prompt=UserMessage(id="m", content="hello"),
        after=after,
        now=len(rows) if now is None else now,
    )
    text = ""
    for seq, one in enumerate(rows, 1):
        if not telling.done:
            text += telling(seq, json.dumps({"seq": seq, **one}))
    assert telling.done
    return parsed(text)


def test_reasoning_gets_its_beginning_and_its_end() -> None:
    events = tell(
        row("RUN_STARTED"),
        row("REASONING_MESSAGE_CONTENT", delta="a"),
        row("REASONING_MESSAGE_CONTENT", delta="b"),
        row("TEXT_MESSAGE_START", message_id="1", role="assistant"),
        row("TEXT_MESSAGE_CONTENT", message_id="1", role="assistant", delta="x"),
        row("TEXT_MESSAGE_END", message_id="1", role="assistant", text="x"),
        row("REASONING_MESSAGE_CONTENT", delta="c"),
        row("RUN_FINISHED", outcome="success"),
    )

    thought = [
        "REASONING_START", "REASONING_MESSAGE_START", "REASONING_MESSAGE_CONTENT",
        "REASONING_MESSAGE_CONTENT", "REASONING_MESSAGE_END", "REASONING_END",
    ]  # fmt: skip
    assert told(events) == [
        "RUN_STARTED", *thought, "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END",
        *thought[:3], *thought[4:], "RUN_FINISHED",
    ]  # fmt: skip
    spans = {e.message_id for e in events if e.type.value.startswith("REASONING")}
    assert len(spans) == 2


def test_a_compacted_message_is_told_whole() -> None:
    events = tell(
        row("TEXT_MESSAGE_START", message_id="1", role="assistant"),
        row("TEXT_MESSAGE_CONTENT", message_id="1", role="assistant", delta=""),
        row("TEXT_MESSAGE_END", message_id="1", role="assistant", text="the whole text"),
        row("RUN_FINISHED", outcome="success"),
    )

    told(events)
    said = [e.delta for e in events if e.type.value == "TEXT_MESSAGE_CONTENT"]
    assert "".join(said) == "the whole text"


def test_a_message_that_was_cut_off_is_closed() -> None:
    events = tell(
        row("RUN_STARTED"),
        row("TEXT_MESSAGE_START", message_id="1", role="assistant"),
        row("TEXT_MESSAGE_CONTENT", message_id="1", role="assistant", delta="half"),
        row("RUN_FINISHED", outcome="cancelled"),
    )

    assert told(events)[-2:] == ["TEXT_MESSAGE_END", "RUN_FINISHED"]
    assert events[-1].outcome.type == "cancelled"


def test_erased_rows_are_passed_over_and_the_end_still_comes() -> None:
    kinds = ("RUN_STARTED", "TEXT_MESSAGE_START", "TOOL_CALL_RESULT", "CUSTOM", "RUN_ERROR")

    events = tell(*(row(kind, erased=True) for kind in kinds))

    assert told(events) == ["RUN_STARTED", "RUN_ERROR"]
    assert events[-1].message


def test_usage_is_summed_by_model_on_the_last_event() -> None:
    def used(model: str, given: int, made: int) -> dict[str, Any]:
        return custom(
            "usage", provider="p", model=model, input_tokens=given, output_tokens=made,
            context_window=None, cost_usd=None,
        )  # fmt: skip

    events = tell(
        row("RUN_STARTED"), used("a", 1, 2), used("b", 10, 20), used("a", 3, 4),
        row("RUN_FINISHED", outcome="success"),
    )  # fmt: skip

    assert told(events) == ["RUN_STARTED", "RUN_FINISHED"]
    sums = [(one.model, one.input_tokens, one.output_tokens) for one in events[-1].usage]
    assert sums == [("a", 4, 6), ("b", 10, 20)]
    assert events[-1].usage[0].total_tokens == 10


def test_events_of_our_own_are_custom_with_a_value() -> None:
    events = tell(
        custom("session.created"),
        row("RUN_STARTED", sandbox="bubblewrap"),
        custom("tool.output", tool_call_id="c", delta="x"),
        row("TEXT_MESSAGE_END", run=uuid7(), message_id="9", role="assistant", text="other"),
        row("RUN_FINISHED", outcome="success"),
    )

    assert told(events) == ["RUN_STARTED", "CUSTOM", "RUN_FINISHED"]
    assert (events[1].name, events[1].value) == ("tool.output", {"tool_call_id": "c", "delta": "x"})


def test_only_what_is_still_open_is_an_interrupt() -> None:
    rows = (
        row("RUN_STARTED"),
        custom(**ASKED, approval_id="first"),
        custom(**ASKED, approval_id="second"),
        custom("run.waiting"),
        custom("approval.decided", approval_id="first", status="approved"),
    )

    events = tell(*rows)

    assert told(events)[-1] == "RUN_FINISHED"
    assert [one.id for one in events[-1].outcome.interrupts] == ["second"]
    assert events[-1].outcome.interrupts[0].message == "It deletes."
    answered = tell(*rows, after=4)
    assert told(answered) == ["RUN_STARTED", "RUN_FINISHED"]
    assert [one.id for one in answered[-1].outcome.interrupts] == ["second"]


def test_a_question_that_was_answered_before_is_no_end() -> None:
    events = tell(
        row("RUN_STARTED"),
        custom(**ASKED, approval_id="first"),
        custom("run.waiting"),
        custom("approval.decided", approval_id="first", status="approved"),
        custom("run.continued"),
        row("RUN_FINISHED", outcome="success"),
    )

    assert told(events).count("RUN_FINISHED") == 1
    assert events[-1].outcome.type == "success"
