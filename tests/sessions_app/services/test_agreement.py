"""Stream and rows agree: for every event there is, and after any sequence of verbs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from identity.services.secrets import SecretSpec, create_secret
from kernel import clock
from kernel.actors import SystemActor
from kernel.errors import DomainError
from sessions_app.enums import ACTIVE_RUNS, OPEN_CALLS
from sessions_app.errors import FencedError
from sessions_app.models import AgentSession, Approval, Run, SessionEvent, SessionSecret, ToolCall
from sessions_app.services import (
    approvals,
    forking,
    lifecycle,
    prompting,
    retention,
    runs,
    secrets,
    sharing,
)
from tests.factories.cast import Cast
from tests.sessions_app.stream_state import (
    State,
    assert_stream_matches_fetch,
    caught_up,
    fetched,
    word_of,
    words_known,
)
from tests.sessions_app.work import Work, make

KEEPER = SystemActor("keeper")
# Files and terminals change nothing that a session's fetch shows; their tests read these events.
BESIDE = {"file_changed", "file_refused"} | {
    f"terminal_{word}" for word in ("opened", "started", "output", "ended")
}


def test_every_event_tells_what_the_rows_say(cast: Cast) -> None:
    session, seen = make(cast), State()
    made: dict[str, Any] = {}

    def keep(name: str, value: Any) -> None:
        made[name] = value

    def work() -> Work:
        return made["work"]

    def approved(name: str) -> None:
        approvals.approve(cast.alice, work().question(made[name]))

    def attach(name: str) -> SessionSecret:
        spec = SecretSpec(name=name, value="a-secret-value")
        secret = create_secret(cast.alice, cast.acme, spec=spec)
        return secrets.attach_secret(cast.alice, session, secret=secret)

    deeds: list[Callable[[], Any]] = [
        lambda: prompting.prompt(cast.alice, session, content="first"),
        lambda: prompting.prompt(cast.alice, session, content="second"),
        lambda: keep("work", Work(session).start()),
        lambda: work().say(),
        lambda: work().custom("REASONING_MESSAGE_CONTENT", delta="hm"),
        lambda: work().custom(name="tool.observed", tool="x", brokered=False),
        lambda: work().meter(),
        lambda: keep("free", work().ask("allow")),
        lambda: work().execute(made["free"]),
        lambda: work().custom(name="tool.output", tool_call_id=str(made["free"].pk), delta="go"),
        lambda: work().result(made["free"]),
        lambda: work().ask("deny"),
        lambda: keep("asked", work().ask()),
        lambda: keep("other", work().ask()),
        lambda: work().suspend(),
        lambda: approved("asked"),
        lambda: approvals.deny(cast.alice, work().question(made["other"]), reason="No."),
        lambda: work().start(),
        lambda: work().execute(made["asked"]),
        lambda: work().result(made["asked"], status="error", exit_code=2),
        lambda: work().finish(),
        lambda: keep("work", Work(session).start()),
        lambda: keep("open", work().ask()),
        lambda: work().begin_message(),
        lambda: runs.cancel(cast.alice, session),
        lambda: runs.resume(cast.alice, session),
        lambda: keep("work", Work(session).start()),
        lambda: work().fail(),
        lambda: lifecycle.rename(cast.alice, session, name="Other"),
        lambda: lifecycle.configure(cast.alice, session, sdk_options={"max_turns": 2}),
        lambda: sharing.share(cast.alice, session, subject=cast.bob, role="editor"),
        lambda: sharing.share(cast.alice, session, subject=cast.team, role="viewer"),
        lambda: sharing.unshare(cast.alice, session, share_id=session.team_grants.get().pk),
        lambda: keep("kept", attach("registry")),
        lambda: keep("gone", attach("mirror")),
        lambda: secrets.detach_secret(cast.alice, session, attachment_id=made["gone"].pk),
        lambda: lifecycle.transfer(cast.alice, session, to=cast.bob),
        lambda: secrets.withdraw_secret(KEEPER, session, attachment_id=made["kept"].pk),
        lambda: lifecycle.archive(cast.bob, session),
        lambda: runs.resume(cast.bob, session),
        lambda: lifecycle.trash(cast.bob, session),
        lambda: lifecycle.restore(cast.bob, session),
        lambda: _later(retention.pause, session),
        lambda: prompting.prompt(cast.bob, session, content="awake"),
    ]

    for deed in deeds:
        before = AgentSession.objects.get(pk=session.pk).last_seq
        assert_stream_matches_fetch(session, deed, seen)
        assert SessionEvent.objects.filter(session=session).count() >= before
    copy = assert_stream_matches_fetch(
        session, lambda: forking.fork(cast.bob, session, message_id=None), seen
    )

    assert caught_up(copy).known() == fetched(copy)
    assert {word_of(event) for event in SessionEvent.objects.all()} == words_known() - BESIDE


def _later(verb: Any, session: AgentSession) -> None:
    with clock.shifted(days=400):
        verb(KEEPER, session)


def test_the_reducer_knows_every_event_the_code_can_write() -> None:
    root = Path(settings.BASE_DIR) / "sessions_app"
    text = "".join(path.read_text() for path in root.rglob("*.py"))
    types = set(re.findall(r'type="([A-Z_]+)"', text)) - {"CUSTOM"}
    types |= set(re.findall(r'_put\("([A-Z_]+)"', text)) - {"CUSTOM"}
    names = set(re.findall(r'"name": "([a-z_.]+)"', text))
    names |= set(re.findall(r'_(?:note|become)\([^"]*"((?:session|secret)\.[a-z]+)"', text))

    written = {word.lower().replace(".", "_") for word in types | names}

    assert written == words_known()


# Any sequence of verbs, by people and by the runner.

People = Callable[[Cast, AgentSession], Any]
VERBS: dict[str, People] = {
    "prompt": lambda cast, s: prompting.prompt(_owner(s), s, content="go"),
    "cancel": lambda cast, s: runs.cancel(_owner(s), s),
    "resume": lambda cast, s: runs.resume(_owner(s), s),
    "rename": lambda cast, s: lifecycle.rename(_owner(s), s, name=f"n{s.last_seq % 3}"),
    "archive": lambda cast, s: lifecycle.archive(_owner(s), s),
    "trash": lambda cast, s: lifecycle.trash(_owner(s), s),
    "restore": lambda cast, s: lifecycle.restore(_owner(s), s),
    "share": lambda cast, s: sharing.share(_owner(s), s, subject=cast.team, role="editor"),
    "unshare": lambda cast, s: sharing.unshare(
        _owner(s), s, share_id=s.team_grants.get().pk if s.team_grants.exists() else s.pk
    ),
    "transfer": lambda cast, s: lifecycle.transfer(
        _owner(s), s, to=cast.bob if s.owner_id == cast.alice.pk else cast.alice
    ),
    "fork": lambda cast, s: forking.fork(_owner(s), s),
    "pause": lambda cast, s: _later(retention.pause, s),
    "archive_old": lambda cast, s: _later(retention.archive_old, s),
    "approve": lambda cast, s: approvals.approve(_owner(s), _question(s)),
    "deny": lambda cast, s: approvals.deny(_owner(s), _question(s)),
    "expire": lambda cast, s: _later_question(s),
    "start": lambda cast, s: _start(s),
    "say": lambda cast, s: _at_work(s).say(),
    "half": lambda cast, s: _at_work(s).begin_message(),
    "ask": lambda cast, s: _at_work(s).ask(),
    "allow": lambda cast, s: _at_work(s).ask("allow"),
    "denied": lambda cast, s: _at_work(s).ask("deny"),
    "execute": lambda cast, s: _at_work(s).execute(_call(s)),
    "result": lambda cast, s: _at_work(s).result(_call(s)),
    "meter": lambda cast, s: _at_work(s).meter(),
    "suspend": lambda cast, s: _at_work(s).suspend(),
    "finish": lambda cast, s: _at_work(s).finish(),
    "fail": lambda cast, s: _at_work(s).fail(),
    "lost": lambda cast, s: _give_up(s),
}


class NothingToDoError(DomainError):
    """Nobody would do this now."""


def _owner(session: AgentSession) -> Any:
    return AgentSession.objects.select_related("owner").get(pk=session.pk).owner


def _question(session: AgentSession) -> Approval:
    return _one_of(session, session.approvals.order_by("requested_at", "id"))


def _one_of(session: AgentSession, rows: Any) -> Any:
    """Any of them, but the same one when the sequence is played again."""
    found = list(rows)
    if not found:
        raise NothingToDoError
    return found[session.last_seq % len(found)]


def _later_question(session: AgentSession) -> None:
    with clock.shifted(days=15):
        approvals.expire(KEEPER, _question(session))


def _head(session: AgentSession) -> Work:
    if not session.runs.filter(status__in=ACTIVE_RUNS).exists():
        raise NothingToDoError
    held = session.runs.filter(status__in=["running", "waiting"]).first()
    return Work(session, held)


def _start(session: AgentSession) -> None:
    work = _head(session)
    if work.run.status == "running" or work.job() is None:
        raise NothingToDoError
    if work.run.status == "waiting" and work.run.approvals.filter(status="pending").exists():
        raise NothingToDoError
    work.start()


def _at_work(session: AgentSession) -> Work:
    """Of a runner that holds the run, or believes so: a stale one is fenced."""
    work = _head(session)
    if work.run.attempt == 0:
        raise NothingToDoError
    return work


def _call(session: AgentSession) -> ToolCall:
    calls = session.tool_calls.filter(run=_head(session).run)
    return _one_of(session, calls.order_by("created_at", "id"))


def _give_up(session: AgentSession) -> None:
    work = _head(session)
    runs.give_up(KEEPER, session, run_id=work.run.pk, epoch=work.run.epoch, code=runs.LOST)


def _holds(session: AgentSession) -> None:
    """What is true between any two verbs."""
    row = AgentSession.objects.get(pk=session.pk)
    events = list(SessionEvent.objects.filter(session=row).order_by("seq"))
    assert [event.seq for event in events] == list(range(1, row.last_seq + 1))
    ends = Counter(e.run_id for e in events if e.type in {"RUN_FINISHED", "RUN_ERROR"})
    for run in Run.objects.filter(session=row):
        assert ends[run.pk] == (0 if run.status in ACTIVE_RUNS else 1), run.status
    results = Counter(e.data["tool_call_id"] for e in events if e.type == "TOOL_CALL_RESULT")
    for call in ToolCall.objects.filter(session=row):
        assert results[str(call.pk)] == (0 if call.status in OPEN_CALLS else 1), call.status
    held = row.runs.filter(status__in=["running", "waiting"])
    assert held.count() <= 1
    assert not row.approvals.filter(status="pending").exclude(run__in=held).exists()
    _moves(row)


def _moves(row: AgentSession) -> None:
    """Whoever has work has somebody who will do it: a job, a runner, or a person asked."""
    active = row.runs.filter(status__in=ACTIVE_RUNS).exists()
    assert (row.status in {"queued", "running", "waiting"}) == active
    assert not (active and (row.archived_at or row.trashed_at))
    if row.status == "queued":
        assert _head(row).job() is not None
    if row.status == "waiting":
        assert row.approvals.filter(status="pending").exists()


@pytest.mark.parametrize("part", range(4))
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(verbs=st.lists(st.sampled_from(sorted(VERBS)), min_size=5, max_size=40))
def test_any_sequence_of_verbs_keeps_what_must_hold(
    cast: Cast, part: int, verbs: list[str]
) -> None:
    session, seen = make(cast), State()
    # Half of the sequences begin at work, where most can happen.
    begin = ["prompt", "start", "ask", "prompt"] if part % 2 else []

    for verb in [*begin, *verbs]:
        session = AgentSession.objects.get(pk=session.pk)

        def deed(verb: str = verb, session: AgentSession = session) -> None:
            before = session.last_seq
            try:
                VERBS[verb](cast, session)
            except (DomainError, FencedError):
                assert AgentSession.objects.get(pk=session.pk).last_seq == before

        assert_stream_matches_fetch(session, deed, seen)
        _holds(session)
