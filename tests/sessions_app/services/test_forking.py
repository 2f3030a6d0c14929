"""A fork is a session of one's own: the words up to a message, the files as they are now."""

from __future__ import annotations

from typing import Any

import pytest

from identity.models import Organization
from kernel.errors import NotFoundError
from kernel.jobs import JobRun
from kernel.models import Job
from sessions_app import events
from sessions_app.errors import TrashedError
from sessions_app.models import AgentSession, Message
from sessions_app.runner.workspaces import make_workspace
from sessions_app.services import forking, lifecycle, prompting, sharing
from sessions_app.tasks import copy_workspace_task
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts
from tests.sessions_app.stream_state import caught_up, fetched
from tests.sessions_app.work import Work, make

__all__ = ["facts"]


def talked(cast: Cast, **spec: Any) -> AgentSession:
    """Two questions, two answers."""
    session = make(cast, **spec)
    for word in ("one", "two"):
        prompting.prompt(cast.alice, session, content=word)
        work = Work(session).start()
        work.say(f"answer {word}")
        work.finish()
    return AgentSession.objects.get(pk=session.pk)


def words(session: AgentSession) -> list[str]:
    """What was said."""
    return list(session.messages.order_by("seq").values_list("content", flat=True))


@pytest.mark.parametrize("upto", [1, 2, 3, 4, None])
def test_a_fork_has_the_words_up_to_a_message(cast: Cast, facts: Facts, upto: int | None) -> None:
    session = talked(cast)
    said = list(session.messages.order_by("seq"))
    message = said[upto - 1] if upto else None

    copy = forking.fork(cast.alice, session, message_id=message.pk if message else None)

    assert words(copy) == words(session)[: upto or 4]
    assert copy.total_messages == len(words(copy))
    assert (copy.parent, copy.status, copy.runs.count()) == (session, "idle", 0)
    # An exported state knows the whole conversation, so only a whole fork has it.
    assert (copy.runtime_state is not None) == (upto is None)
    assert caught_up(copy).known() == fetched(copy)
    (fact,) = facts.of(events.SessionForked)
    assert (fact.parent_id, fact.message_id) == (session.pk, message.pk if message else None)


def test_a_fork_names_who_spoke(cast: Cast) -> None:
    session = talked(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="viewer")

    copy = forking.fork(cast.bob, session)

    assert copy.owner == cast.bob
    assert list(copy.messages.order_by("seq").values_list("author_name", flat=True)) == [
        "Alice",
        "",
        "Alice",
        "",
    ]
    assert set(copy.messages.values_list("pk")) & set(session.messages.values_list("pk")) == set()


def test_a_fork_does_not_inherit_the_right_to_never_ask(cast: Cast) -> None:
    session = talked(cast, sdk_options={"permission_mode": "bypassPermissions", "max_turns": 7})
    Organization.objects.filter(pk=cast.acme.pk).update(forbid_bypass=True)

    copy = forking.fork(cast.alice, session)

    assert copy.permission_mode == "default"
    assert copy.sdk_options["max_turns"] == 7


def test_a_message_of_another_session_is_not_found(cast: Cast) -> None:
    session, other = talked(cast), talked(cast)

    with pytest.raises(NotFoundError):
        forking.fork(cast.alice, session, message_id=other.messages.order_by("seq")[0].pk)

    assert AgentSession.objects.count() == 2
    assert Message.objects.count() == 8


def test_an_archived_session_may_be_forked_a_trashed_one_not(cast: Cast) -> None:
    session = lifecycle.archive(cast.alice, talked(cast))

    assert words(forking.fork(cast.alice, session)) == words(session)
    lifecycle.trash(cast.alice, session)
    with pytest.raises(TrashedError):
        forking.fork(cast.alice, session)


def _copy(session: AgentSession) -> None:
    """The job that the fork left, as a worker does it."""
    job = Job.objects.get(key=f"copy:{session.working_directory_id}")
    copy_workspace_task(JobRun(job_id=job.pk, payload=job.payload, attempt=1, epoch=1))


def test_files_are_those_of_the_moment_of_the_fork(cast: Cast) -> None:
    session = talked(cast)
    place = make_workspace(session.working_directory, session.pk)
    (place / "notes").write_text("before")
    (place / ".home" / "token").write_text("private")

    copy = forking.fork(cast.alice, session)
    _copy(copy)
    (place / "notes").write_text("after")
    (place / "later").write_text("secret")
    made = make_workspace(copy.working_directory, copy.pk)

    assert made != place
    assert (made / "notes").read_text() == "before"
    assert sorted(p.name for p in made.iterdir()) == [".home", "notes"]
    assert list((made / ".home").iterdir()) == []


def test_a_fork_of_what_has_no_files_has_none(cast: Cast) -> None:
    copy = forking.fork(cast.alice, talked(cast))

    _copy(copy)

    assert [p.name for p in make_workspace(copy.working_directory, copy.pk).iterdir()] == [".home"]
