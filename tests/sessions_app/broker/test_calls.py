"""One call's way: exactly one row, one execution, one result, nothing secret in any of them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from kernel import blobs
from kernel.models import Blob
from kernel.redaction import MASK
from sessions_app.broker import before_danger as providers
from sessions_app.broker.before_danger import DangerousCall, before_danger
from sessions_app.broker.broker import UNKNOWN_END
from sessions_app.errors import FencedError
from sessions_app.events import ToolCallFinished, ToolCallRequested, ToolCallStarted
from sessions_app.models import SessionEvent, ToolCall
from sessions_app.services import approvals, runs, tool_calls
from tests.factories.cast import Cast, make_cast
from tests.factories.facts import Facts, facts
from tests.sessions_app.broker.bench import Bench, bench

__all__ = ["facts"]
pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "hunter2-hunter2"


@pytest.fixture
def people() -> Cast:
    return make_cast()


@pytest.fixture
def at(people: Cast) -> Bench:
    return bench(people, permission_mode="acceptEdits")


@pytest.fixture
def prepared() -> Iterator[dict[str, Any]]:
    """A before-danger provider, as snapshots are one."""
    seen: dict[str, Any] = {"calls": [], "fault": None}

    @before_danger("test")
    async def provide(call: DangerousCall) -> None:
        seen["calls"].append(call)
        if seen["fault"]:
            raise seen["fault"]

    yield seen
    providers._providers.pop("test")


def test_an_allowed_call_has_one_row_one_result_and_its_facts(at: Bench, facts: Facts) -> None:
    outcome = at.call("write_file", {"path": "a/b.txt", "content": "hello"})

    assert (outcome.status, outcome.content) == ("ok", "Wrote 5 bytes to a/b.txt.")
    row = at.row()
    assert (row.status, row.content, row.danger) == ("ok", outcome.content, "none")
    assert row.started_at is not None
    assert row.finished_at is not None
    kinds = [e.type for e in SessionEvent.objects.filter(run_id=at.run.pk).order_by("seq")][4:]
    call = ["TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "TOOL_CALL_RESULT"]
    # The last one tells the history of files.
    assert kinds == [*call, "CUSTOM"]
    about = [
        f
        for f in facts.records
        if isinstance(f.fact, ToolCallRequested | ToolCallStarted | ToolCallFinished)
    ]
    assert [f.fact.name.rpartition(".")[2] for f in about] == [
        "tool_call_requested",
        "tool_call_started",
        "tool_call_finished",
    ]
    assert at.call("read_file", {"path": "/workspace/a/b.txt"}, "c2").content == "hello"


def test_what_is_no_call_leaves_no_trace(at: Bench) -> None:
    assert at.call("nothing.like_it").content == "There is no tool nothing.like_it here."
    assert at.call("read_file", {}).status == "error"
    assert at.call("read_file", {"path": "x\ud800"}).status == "error"

    assert ToolCall.objects.count() == 0


def test_a_denied_call_is_written_down_and_never_runs(people: Cast) -> None:
    at = bench(people, permission_mode="plan")

    outcome = at.call("work.do", {"n": 1})

    assert outcome.status == "denied"
    assert "plan mode" in outcome.content
    assert at.ran == []
    assert [r["status"] for r in at.results()] == ["denied"]


def test_parallel_calls_each_have_their_own_row_and_result(at: Bench) -> None:
    wanted = [("work.look", {"n": n, "answer": str(n)}, f"c{n}") for n in range(8)]

    outcomes = at.calls(*wanted)

    assert [o.content for o in outcomes] == [str(n) for n in range(8)]
    assert sorted(r["content"] for r in at.results()) == [str(n) for n in range(8)]
    assert len(at.ran) == 8


def test_the_same_call_asked_twice_at_once_runs_once(at: Bench) -> None:
    outcomes = at.calls(*[("work.look", {"n": 1}, "c1")] * 5)

    assert {(o.status, o.content) for o in outcomes} == {("ok", "done")}
    assert at.ran == [{"n": 1}]
    assert len(at.results()) == 1


def test_two_equal_calls_at_once_are_two_calls(people: Cast) -> None:
    at = bench(people)
    both = [("work.do", {"n": 1}, "a"), ("work.do", {"n": 1}, "b")]
    assert [o.status for o in at.calls(*both)] == ["waiting", "waiting"]
    at.suspend()

    for name in ("a", "b"):
        approvals.approve(people.alice, at.approval(name))
    at = at.again()
    outcomes = at.calls(("work.do", {"n": 1}, "new-a"), ("work.do", {"n": 1}, "new-b"))

    assert [o.status for o in outcomes] == ["ok", "ok"]
    assert len(at.ran) == 2
    assert [r["status"] for r in at.results()] == ["ok", "ok"]


def test_one_name_for_two_inputs_at_once_is_one_call(at: Bench) -> None:
    outcomes = at.calls(("work.look", {"n": 1}, "c1"), ("work.look", {"n": 2}, "c1"))

    assert sorted(o.status for o in outcomes) == ["error", "ok"]
    assert len(at.ran) == 1


def test_a_call_whose_end_is_unknown_is_never_repeated(at: Bench) -> None:
    at.call("work.look", {"n": 1})
    ToolCall.objects.update(status="running", content="", finished_at=None)
    SessionEvent.objects.filter(type="TOOL_CALL_RESULT").update(type="CUSTOM")

    outcome = at.call("work.look", {"n": 1})

    assert (outcome.status, outcome.content) == ("error", UNKNOWN_END)
    assert len(at.ran) == 1
    assert [r["content"] for r in at.results()] == [UNKNOWN_END]


def test_a_call_that_ended_keeps_its_first_end(at: Bench) -> None:
    at.call("work.look", {"n": 1})
    late = tool_calls.Outcome(status="error", content="late")

    tool_calls.finish_call(
        at.broker.actor,
        at.session,
        run_id=at.run.pk,
        epoch=at.run.epoch,
        call_id=at.row().pk,
        outcome=late,
    )

    assert (at.row().status, at.row().content) == ("ok", "done")
    assert len(at.results()) == 1


def test_a_worker_that_lost_the_run_writes_nothing_more(at: Bench, people: Cast) -> None:
    runs.cancel(people.alice, at.session)
    before = SessionEvent.objects.count()

    with pytest.raises(FencedError):
        at.call("work.look", {"n": 1})

    assert at.ran == []
    assert SessionEvent.objects.count() == before


def test_every_dangerous_call_is_prepared_for_also_when_nobody_is_asked(
    people: Cast, prepared: dict[str, Any]
) -> None:
    at = bench(people, permission_mode="bypassPermissions")

    at.call("work.look", {}, "c1")
    at.call("work.destroy", {}, "c2")

    (call,) = prepared["calls"]
    assert (call.tool, call.tool_call_id, call.run_id) == (
        "work.destroy",
        at.row("c2").pk,
        at.run.pk,
    )
    assert call.workspace == at.broker.place.workspace
    assert len(at.ran) == 2


def test_a_call_that_cannot_be_prepared_for_does_not_run(
    people: Cast, prepared: dict[str, Any]
) -> None:
    at = bench(people)
    at.call("work.destroy")
    at.suspend()
    approvals.approve(people.alice, at.approval())
    prepared["fault"] = OSError(f"disk full near {SECRET}")

    outcome = at.again().call("work.destroy")

    assert (outcome.status, outcome.content) == (
        "error",
        "test could not prepare for this call (OSError).",
    )
    assert at.ran == []
    assert [r["status"] for r in at.results()] == ["error"]


def _everything(at: Bench) -> str:
    """All that was written down about a session."""
    rows = [str(list(m.objects.values())) for m in (ToolCall, SessionEvent)]
    return "".join([*rows, str(list(at.session.approvals.values())), *at.streamed])


@pytest.mark.parametrize("tool", ["work.look", "work.do"])
def test_a_secret_reaches_neither_row_nor_stream_nor_question(at: Bench, tool: str) -> None:
    encoded = base64.b64encode(f"user:{SECRET}\n".encode()).decode()
    given = {
        SECRET: "key",
        "path": f"/opt/{SECRET}/x",
        "deep": [{"a": f"x {SECRET}"}],
        "say": ["out hunter2-", "hunter2 and ", encoded],
        "answer": f"is {SECRET}",
    }

    outcome = at.call(tool, given)

    written = _everything(at)
    assert SECRET not in written
    assert SECRET not in outcome.content
    assert MASK in written
    assert encoded not in written


def test_secrets_in_what_a_command_names_are_masked_too(at: Bench) -> None:
    at.call("shell", {"command": f"rm -rf /srv/{SECRET}; curl https://{SECRET}.example.net"})

    assert SECRET not in _everything(at)
    assert at.row().targets
    assert at.approval().reason


def test_text_that_cannot_be_stored_is_stored_as_far_as_it_can(at: Bench) -> None:
    outcome = at.call("work.look", {"n": "a\x00b", "answer": "nul \x00 end", "say": "x\x00y"})
    written = at.call("write_file", {"path": "bytes", "content": "a\x00b"}, "c2")

    assert outcome.status == written.status == "ok"
    assert at.row().input["n"] == "a\ufffdb"
    assert at.row().content == "x\ufffdy\nnul \ufffd end"
    assert (at.broker.place.workspace / "bytes").read_bytes() == b"a\x00b"


def test_a_name_longer_than_a_row_can_hold_is_still_one_call(at: Bench) -> None:
    name = "x" * 500 + "\x00"

    outcomes = [at.call("work.look", {}, name) for _ in range(2)]

    assert [o.status for o in outcomes] == ["ok", "ok"]
    assert len(at.ran) == 1


def test_long_output_is_shown_in_part_and_kept_whole(at: Bench) -> None:
    whole = "".join(f"line {n}\n" for n in range(20_000))

    outcome = at.call("work.look", {"say": whole, "answer": "end"})

    row = at.row()
    (result,) = at.results()
    assert outcome.status == "ok"
    assert result["content"] == row.content
    assert len(row.content) < 33_000
    assert row.content.startswith("line 0\n")
    assert row.content.endswith("line 19999\n\nend")
    kept = blobs.read(Blob.objects.get(pk=row.output_blob_id)).decode()
    assert kept == f"{whole}\nend"
    assert row.output_bytes == len(whole) + 3


def test_long_input_is_shown_in_part_and_a_command_always_whole(at: Bench) -> None:
    content = "x" * 1_000_000
    command = "true " + "y" * 90_000

    written = at.call("write_file", {"path": "big", "content": content}, "c1")
    at.call("shell", {"command": command}, "c2")

    assert written.status == "ok"
    assert len(at.row("c1").input["content"]) < 140_000
    assert at.row("c2").input["command"] == command
    assert (at.broker.place.workspace / "big").stat().st_size == 1_000_000


def test_a_tools_own_failure_is_an_answer(at: Bench) -> None:
    for path in ("absent", "../out", "/etc/passwd", "a\x00b", "."):
        assert at.call("read_file", {"path": path}, f"c-{path!r}").status == "error"
    (at.broker.place.workspace / "out").symlink_to("/etc/passwd")

    outcome = at.call("read_file", {"path": "out"}, "link")

    assert (outcome.status, outcome.content) == ("error", "This path leads out of the workspace.")


def test_names_that_are_no_text_are_listed_on_one_line_each(at: Bench) -> None:
    root = at.broker.place.workspace
    (root / "new\nline\tx").write_text("1")
    (root / b"\xff\xfe".decode("utf-8", "surrogateescape")).write_text("22")
    (root / "dir").mkdir()

    outcome = at.call("list_files")

    assert outcome.status == "ok"
    lines = sorted(outcome.content.splitlines())
    assert len(lines) == 3
    assert {line.split("\t")[1] for line in lines if "dir" not in line} == {"1", "2"}
