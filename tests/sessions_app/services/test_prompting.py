"""Prompts, their one order, and the quota of sessions at work."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery

from kernel.errors import InvalidError
from sessions_app.errors import (
    ArchivedError,
    NothingToCancelError,
    NothingToResumeError,
    SessionQuotaError,
)
from sessions_app.events import PromptPosted, RunFinished, RunResumed
from sessions_app.models import AgentSession, Message, Run
from sessions_app.services import lifecycle, prompting, runs
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts
from tests.factories.racing import at_once
from tests.sessions_app.work import Work, make

__all__ = ["facts"]


def statuses(session: AgentSession) -> list[str]:
    """Of its runs, oldest first."""
    return list(session.runs.order_by("created_at", "id").values_list("status", flat=True))


def test_a_prompt_is_stored_queued_and_published(cast: Cast, facts: Facts) -> None:
    session = make(cast)

    posted = prompting.prompt(cast.alice, session, content="go")

    message = Message.objects.get(pk=posted.pk)
    assert (message.content, message.role, message.seq) == ("go", "user", posted.seq)
    assert (message.author, message.author_name) == (cast.alice, "Alice")
    assert AgentSession.objects.get().status == "queued"
    assert Work(session).job() is not None
    (fact,) = facts.of(PromptPosted)
    assert (fact.run_id, fact.queued) == (posted.run_id, False)


def test_a_prompt_behind_a_run_queues_and_begins_when_that_ends(cast: Cast, facts: Facts) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="one")
    work = Work(session).start()
    second = prompting.prompt(cast.alice, session, content="two")

    assert Work(session, Run.objects.get(pk=second.run_id)).job() is None
    work.finish()

    assert statuses(session) == ["completed", "queued"]
    assert AgentSession.objects.get().status == "queued"
    assert Work(session).job() is not None
    assert [f.queued for f in facts.of(PromptPosted)] == [False, True]


@pytest.mark.parametrize("content", ["", " \n\t", "x" * 500_001])
def test_a_prompt_says_something_and_not_too_much(cast: Cast, content: str) -> None:
    session = make(cast)

    with pytest.raises(InvalidError):
        prompting.prompt(cast.alice, session, content=content)

    assert Message.objects.count() == Run.objects.count() == 0


def test_an_attachment_that_is_not_there_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidError) as refused:
        prompting.prompt(cast.alice, make(cast), content="see", attachments=["x"])

    assert refused.value.extra["errors"][0]["pointer"] == "/attachments/0"


@pytest.mark.parametrize("word", ["x", "界", "x\u0301"])
def test_the_longest_prompt_of_any_script_is_stored_and_found(cast: Cast, word: str) -> None:
    session = make(cast)
    unlike = " ".join(f"{word * 20}{n}" for n in range(60_000))
    content = f"needle {unlike}"[:500_000]

    prompting.prompt(cast.alice, session, content=content)
    Work(session).start().say(content * 3)

    query = SearchQuery("needle", config="simple")
    assert Message.objects.filter(search=query).count() == 2


def test_cancel_ends_the_run_and_the_next_prompt_goes_on(cast: Cast, facts: Facts) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="one")
    work = Work(session).start()
    prompting.prompt(cast.alice, session, content="two")

    assert runs.cancel(cast.alice, session).pk == work.run.pk
    assert statuses(session) == ["cancelled", "queued"]
    runs.cancel(cast.alice, session)
    assert statuses(session) == ["cancelled", "cancelled"]
    assert AgentSession.objects.get().status == "idle"

    with pytest.raises(NothingToCancelError):
        runs.cancel(cast.alice, session)
    assert [f.status for f in facts.of(RunFinished)] == ["cancelled", "cancelled"]


def test_what_was_half_said_is_kept_when_the_run_is_cut_off(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="one")
    key = Work(session).start().begin_message("Half a ")

    runs.cancel(cast.alice, session)

    message = Message.objects.get(pk=key)
    assert (message.content, message.role) == ("Half a ", "assistant")
    assert AgentSession.objects.get().total_messages == 2


def test_resume_repeats_the_last_run_and_only_that(cast: Cast, facts: Facts) -> None:
    session = make(cast)
    with pytest.raises(NothingToResumeError):
        runs.resume(cast.alice, session)
    first = prompting.prompt(cast.alice, session, content="one")
    Work(session).start().fail()

    again = runs.resume(cast.alice, session)

    assert again is not None
    assert again.message_id == first.pk
    assert statuses(session) == ["failed", "queued"]
    with pytest.raises(NothingToResumeError):
        runs.resume(cast.alice, session)
    Work(session).start().finish()
    with pytest.raises(NothingToResumeError):
        runs.resume(cast.alice, session)
    assert [f.former_run_id for f in facts.of(RunResumed)] == [first.run_id]


def test_a_failed_run_is_not_resumed_behind_a_newer_one(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="one")
    work = Work(session).start()
    prompting.prompt(cast.alice, session, content="two")
    work.fail()

    with pytest.raises(NothingToResumeError):
        runs.resume(cast.alice, session)

    assert statuses(session) == ["failed", "queued"]


# Quota


def _busy(cast: Cast, count: int) -> list[AgentSession]:
    made = [make(cast) for _ in range(count)]
    for session in made:
        prompting.prompt(cast.alice, session, content="go")
    return made


def test_a_sixth_session_at_work_is_refused_and_nothing_made(cast: Cast) -> None:
    busy = _busy(cast, 5)
    Work(busy[0]).start()
    waiting = Work(busy[1]).start()
    waiting.ask()
    waiting.suspend()
    sixth = make(cast)

    with pytest.raises(SessionQuotaError) as refused:
        prompting.prompt(cast.alice, sixth, content="go")

    assert (refused.value.extra["limit"], refused.value.extra["current"]) == (5, 5)
    assert refused.value.extra["remedy"]
    assert sixth.runs.count() == sixth.messages.count() == 0
    assert AgentSession.objects.get(pk=sixth.pk).last_seq == 1
    prompting.prompt(cast.alice, busy[4], content="a further prompt queues")
    runs.cancel(cast.alice, busy[2])
    prompting.prompt(cast.alice, sixth, content="go")


def test_idle_paused_archived_and_others_sessions_do_not_count(cast: Cast) -> None:
    for session in _busy(cast, 5):
        Work(session).start().finish()
        AgentSession.objects.filter(pk=session.pk).update(status="paused")
    lifecycle.archive(cast.alice, make(cast))
    theirs = make(cast)
    lifecycle.transfer(cast.alice, theirs, to=cast.bob)
    prompting.prompt(cast.bob, theirs, content="go")

    _busy(cast, 5)


def test_resume_counts_like_a_prompt(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="go")
    runs.cancel(cast.alice, session)
    _busy(cast, 5)

    with pytest.raises(SessionQuotaError):
        runs.resume(cast.alice, session)

    assert statuses(session) == ["cancelled"]


def test_a_session_at_work_cannot_be_given_to_whom_it_would_be_too_many(cast: Cast) -> None:
    for session in _busy(cast, 5):
        lifecycle.transfer(cast.alice, session, to=cast.bob)
    (sixth,) = _busy(cast, 1)

    with pytest.raises(SessionQuotaError):
        lifecycle.transfer(cast.alice, sixth, to=cast.bob)

    runs.cancel(cast.alice, sixth)
    lifecycle.transfer(cast.alice, sixth, to=cast.bob)


@pytest.mark.django_db(transaction=True)
def test_the_fifth_place_is_given_once(transactional_cast: Cast) -> None:
    cast = transactional_cast
    _busy(cast, 4)
    wanting = [make(cast) for _ in range(6)]

    found = at_once(
        *[lambda s=s: prompting.prompt(cast.alice, s, content="go").seq for s in wanting]
    )

    assert sorted(map(str, found)) == sorted(map(str, [4] + [SessionQuotaError] * 5))
    assert Run.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_prompt_and_archive_at_once_leave_no_archived_session_at_work(
    transactional_cast: Cast, settings: Any
) -> None:
    cast = transactional_cast
    settings.SESSIONS_PER_PERSON = 100
    for _ in range(5):
        session = make(cast)

        found = at_once(
            lambda s=session: prompting.prompt(cast.alice, s, content="go").seq,
            lambda s=session: lifecycle.archive(cast.alice, s).status,
        )

        row = AgentSession.objects.get(pk=session.pk)
        if row.archived_at:
            assert found == [ArchivedError, "archived"]
            assert row.runs.count() == 0
        else:
            assert row.status == "queued"


@pytest.mark.django_db(transaction=True)
def test_cancel_and_finish_at_once_make_one_end(transactional_cast: Cast) -> None:
    cast = transactional_cast
    for _ in range(5):
        session = make(cast)
        prompting.prompt(cast.alice, session, content="go")
        work = Work(session).start()

        def finish(work: Work = work) -> str:
            try:
                work.finish()
            except RuntimeError:
                return "fenced"
            return "finished"

        found = at_once(finish, lambda s=session: runs.cancel(cast.alice, s).status)

        ends = session.events.filter(type__in=["RUN_FINISHED", "RUN_ERROR"])
        assert ends.count() == 1
        assert found in (["fenced", "cancelled"], ["finished", NothingToCancelError])


@pytest.mark.django_db(transaction=True)
def test_prompts_at_once_begin_one_run(transactional_cast: Cast) -> None:
    cast = transactional_cast
    session = make(cast)

    at_once(*[lambda n=n: prompting.prompt(cast.alice, session, content=str(n)) for n in range(6)])

    jobs = [Work(session, run).job() for run in session.runs.all()]
    assert len([job for job in jobs if job]) == 1
    assert list(session.events.order_by("seq").values_list("seq", flat=True)) == list(
        range(1, AgentSession.objects.get(pk=session.pk).last_seq + 1)
    )
