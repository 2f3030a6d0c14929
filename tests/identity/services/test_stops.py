"""Halts: who, of what, once; and who ends them."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from identity.errors import StoppedError, UnknownPersonError
from identity.events import WorkResumed, WorkStopped
from identity.models import Stop
from identity.selectors.stops import require_going, stop_over
from identity.services.stops import resume_work, stop
from kernel.actors import SystemActor
from kernel.errors import InvalidError
from tests.factories.cast import Cast
from tests.factories.facts import Facts


def test_a_halt_is_written_published_and_the_same_again_changes_nothing(
    cast: Cast, facts: Facts
) -> None:
    first = stop(cast.alice, cast.acme, reason="a leak")
    second = stop(cast.alice, cast.acme, reason="another")

    assert second == first
    assert (first.scope, first.reason, first.stopped_by) == ("organization", "a leak", cast.alice)
    (published,) = facts.of(WorkStopped)
    assert published.target_id == first.pk
    assert published.reason.value == "a leak"
    assert "a leak" not in str(published.data())


def test_what_each_halt_covers(cast: Cast) -> None:
    bob, alice = {cast.bob.pk}, {cast.alice.pk}
    of_bob = stop(cast.alice, cast.acme, person=cast.bob)

    assert stop_over(cast.acme.pk, people=bob) == of_bob
    assert stop_over(cast.acme.pk, people=alice, tools=["shell"]) is None
    of_git = stop(cast.alice, cast.acme, tool="git")
    assert stop_over(cast.acme.pk, people=alice, tools=["git.push"]) == of_git
    assert stop_over(cast.acme.pk, people=alice, tools=["git"]) == of_git
    assert stop_over(cast.acme.pk, people=alice, tools=["github.push"]) is None
    everything = stop(cast.alice, cast.acme)
    assert stop_over(cast.acme.pk, people=alice) == everything
    assert stop_over(cast.other.pk, people=alice) is None


def test_the_refusal_says_who_what_why_and_until_when(cast: Cast) -> None:
    made = stop(cast.alice, cast.acme, reason="A leak.")

    with pytest.raises(StoppedError) as refused:
        require_going(cast.acme.pk)

    name = cast.alice.display_name
    words = "It waits until an owner or admin resumes."
    assert refused.value.detail == f"{name} stopped all agents: A leak. {words}"
    assert (refused.value.status, refused.value.code) == (409, "stopped")
    assert refused.value.extra["stop_id"] == str(made.pk)


def test_resuming_ends_it_once_and_it_may_be_stopped_again(cast: Cast, facts: Facts) -> None:
    made = stop(SystemActor("operator"), cast.acme)

    resume_work(cast.alice, made)
    resume_work(cast.alice, made)
    require_going(cast.acme.pk)
    again = stop(cast.alice, cast.acme)

    assert made.stopped_by is None
    assert again != made
    assert len(facts.of(WorkResumed)) == 1


def test_nonsense_is_refused_and_changes_nothing(cast: Cast) -> None:
    with pytest.raises(InvalidError):
        stop(cast.alice, cast.acme, person=cast.bob, tool="shell")
    with pytest.raises(InvalidError):
        stop(cast.alice, cast.acme, reason="x" * 301)
    with pytest.raises(UnknownPersonError):
        stop(cast.alice, cast.acme, person=cast.dora)

    assert not Stop.objects.exists()


def test_the_table_holds_one_open_halt_of_a_kind(cast: Cast) -> None:
    stop(cast.alice, cast.acme)

    with pytest.raises(IntegrityError), transaction.atomic():
        Stop.objects.create(organization=cast.acme, scope="organization")
    with pytest.raises(IntegrityError), transaction.atomic():
        Stop.objects.create(organization=cast.acme, scope="person")
