"""What time does: idle sessions pause, old ones are archived, trash is emptied for good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery

from kernel import blobs, clock
from kernel.actors import SystemActor
from kernel.blobs import store
from kernel.jobs import JobRun
from kernel.models import Blob, Job
from sessions_app import duties, events
from sessions_app.errors import NotInTrashError, TrashedError
from sessions_app.models import AgentSession, Run, SessionEvent, ToolCall
from sessions_app.runner.workspaces import make_workspace
from sessions_app.selectors.sessions import SessionFilter, sessions_visible_to
from sessions_app.services import lifecycle, prompting, retention, runs
from sessions_app.tasks import clear_workspace_task
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts
from tests.sessions_app.work import Work, make

__all__ = ["facts"]
KEEPER = SystemActor("keeper")


def now(session: AgentSession) -> AgentSession:
    """As it is."""
    return AgentSession.objects.get(pk=session.pk)


def retain(**later: float) -> None:
    """The keeper's round, later."""
    with clock.shifted(**later):
        duties.retain()


def test_a_session_nobody_works_in_pauses_and_a_prompt_wakes_it(cast: Cast, facts: Facts) -> None:
    session = make(cast)

    retain(hours=23)
    assert now(session).status == "idle"
    retain(hours=25)
    assert now(session).status == "paused"
    retain(hours=26)
    assert len(facts.of(events.SessionPaused)) == 1
    prompting.prompt(cast.alice, session, content="go")

    assert now(session).status == "queued"


def test_a_session_at_work_never_pauses(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="go")
    work = Work(session).start()
    work.ask()
    work.suspend()

    retain(days=400)

    assert now(session).status == "waiting"


def test_an_old_session_is_archived_and_stays_open_once_it_is_resumed(cast: Cast) -> None:
    session = make(cast)

    retain(days=2)
    retain(days=179)
    assert now(session).status == "paused"
    retain(days=181)
    assert now(session).status == "archived"
    with clock.shifted(days=200):
        runs.resume(cast.alice, session)
    for hours in (0, 1, 23):
        retain(days=200, hours=hours)

    assert now(session).status == "idle"


def test_a_session_taken_out_of_the_trash_is_not_put_away_at_once(cast: Cast) -> None:
    session = make(cast)
    retain(days=170)
    lifecycle.trash(cast.alice, session)

    with clock.shifted(days=190):
        lifecycle.restore(cast.alice, session)
    retain(days=190)

    assert now(session).status == "paused"


def test_what_changed_since_the_keeper_looked_is_left_alone(cast: Cast) -> None:
    session = make(cast)
    retain(days=2)
    lifecycle.trash(cast.alice, session)

    with clock.shifted(days=31):
        lifecycle.restore(cast.alice, session)
        lifecycle.trash(cast.alice, session)
        retention.purge(KEEPER, session)
        retention.archive_old(KEEPER, session)
        retention.pause(KEEPER, session)

    assert now(session).purged_at is None
    assert now(session).status == "paused"


def _lived(cast: Cast) -> AgentSession:
    """A session with something secret in every place there is."""
    session = make(cast, sdk_options={"system_prompt": "the SECRET way"})
    lifecycle.rename(cast.alice, session, name="SECRET")
    prompting.prompt(cast.alice, session, content="SECRET question")
    work = Work(session).start()
    work.say("SECRET answer")
    call = work.ask(targets=[{"kind": "file", "value": "SECRET"}])
    work.suspend()
    work.run = Run.objects.get(pk=work.run.pk)
    runs.cancel(cast.alice, session)
    runs.resume(cast.alice, session)
    work = Work(session).start()
    free = work.ask("allow")
    work.execute(free)
    spilled = blobs.write(cast.acme.pk, b"SECRET output " * 9)
    work.result(free, content="SECRET", spilled=spilled)
    work.fail()
    Run.objects.update(error="SECRET", state=b"SECRET")
    AgentSession.objects.filter(pk=session.pk).update(runtime_state=b"SECRET")
    ToolCall.objects.filter(pk=call.pk).update(reasons=[{"code": "x", "text": "SECRET"}])
    session.approvals.update(reason="SECRET", decision_reason="SECRET")
    return session


def _written(session: AgentSession) -> str:
    """Every row of a session, as text."""
    many = ["events", "messages", "tool_calls", "runs", "approvals"]
    rows: list[Any] = [list(getattr(session, name).values()) for name in many]
    rows.append(AgentSession.objects.filter(pk=session.pk).values().get())
    text = str(rows)
    for row in [r for group in rows[:-1] for r in group] + [rows[-1]]:
        text += "".join(
            bytes(v).decode("latin-1") for v in row.values() if isinstance(v, memoryview)
        )
    return text


def test_purge_empties_everything_and_keeps_the_numbers(cast: Cast, facts: Facts) -> None:
    session = _lived(cast)
    kept = now(session).last_seq
    path = make_workspace(session.working_directory, session.pk)
    (path / "SECRET").write_text("SECRET")
    (path / "closed").mkdir(mode=0o000)
    assert "SECRET" in _written(session)
    lifecycle.trash(cast.alice, session)

    retain(days=29)
    assert now(session).purged_at is None
    retain(days=31)

    assert "SECRET" not in _written(session)
    found = SessionEvent.objects.filter(session=session).order_by("seq")
    assert [e.seq for e in found] == list(range(1, kept + 2))
    assert all(e.data == {"erased": True} for e in found)
    assert {e.actor_name for e in found} == {""}
    assert len(facts.of(events.SessionPurged)) == 1
    query = SearchQuery("secret", config="simple")
    assert not session.messages.filter(search=query).exists()
    _clear(session)
    assert not path.exists()


def _clear(session: AgentSession) -> None:
    """The job that the purge left, as a worker does it."""
    job = Job.objects.get(key=f"clear:{session.working_directory_id}")
    clear_workspace_task(JobRun(job_id=job.pk, payload=job.payload, attempt=1, epoch=1))


def test_output_kept_as_a_blob_goes_unless_another_session_has_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "GRACE_SECONDS", -1.0)
    one, other = _lived(cast), _lived(cast)
    assert Blob.objects.count() == 1
    path = blobs.path_of(cast.acme.pk, Blob.objects.get().digest)

    for session, left in ((one, 1), (other, 0)):
        lifecycle.trash(cast.alice, session)
        retain(days=31)
        _clear(session)
        assert Blob.objects.count() == left
        assert Path(path).exists() == bool(left)


def test_content_written_anew_a_moment_ago_is_let_be(cast: Cast) -> None:
    session = _lived(cast)
    lifecycle.trash(cast.alice, session)
    retain(days=31)

    blobs.write(cast.acme.pk, b"SECRET output " * 9)
    _clear(session)

    assert blobs.read(Blob.objects.get()).startswith(b"SECRET")


def test_a_purged_session_is_gone_for_everybody(cast: Cast) -> None:
    session = _lived(cast)
    lifecycle.trash(cast.alice, session)
    retain(days=31)

    with pytest.raises(NotInTrashError):
        lifecycle.restore(cast.alice, session)
    for deed in (
        lambda: lifecycle.rename(cast.alice, session, name="x"),
        lambda: lifecycle.transfer(cast.alice, session, to=cast.bob),
        lambda: prompting.prompt(cast.alice, session, content="x"),
    ):
        with pytest.raises(TrashedError):
            deed()
    for shelf in ("open", "archive", "trash", "all"):
        assert not sessions_visible_to(cast.alice, SessionFilter(shelf=shelf)).exists()


def test_every_old_session_has_its_turn(cast: Cast, settings: Any) -> None:
    made = [make(cast) for _ in range(3)]
    duties._BATCH, kept = 2, duties._BATCH
    try:
        for _ in range(2):
            retain(days=2)
    finally:
        duties._BATCH = kept

    assert {now(one).status for one in made} == {"paused"}
