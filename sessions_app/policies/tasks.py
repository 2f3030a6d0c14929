"""Who may do what with tasks, their executions and reports."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.enums import MAKERS
from identity.public import Membership, is_manager, known_id, open_to
from kernel.actors import Actor
from kernel.policies import Policy, register
from sessions_app.enums import TaskVisibility
from sessions_app.models import Report, Task, TaskExecution
from sessions_app.policies import access

open_to("tasks.create", *MAKERS)
INTERNAL = frozenset({"tasks.purge", "tasks.fire", "tasks.refuse"})
# What whoever knows of a task may do with it, in a session of their own.
SHARED = frozenset({"tasks.execute"})
# What owners and admins of the organization may stop, too, when it is not private.
BY_OFFICE = frozenset({"tasks.pause"})


def _belongs(who: UUID, roles: tuple[str, ...] | None = None) -> Q:
    rows = Membership.objects.filter(
        organization_id=OuterRef("organization_id"), user_id=who, user__is_active=True
    )
    return Q(Exists(rows.filter(role__in=roles) if roles else rows))


@register
class TaskPolicy(Policy[Task]):
    """The owner's, and for those who make sessions in the organization when it is shared there."""

    model = Task

    def allows(self, actor: Actor, verb: str, target: Task) -> bool:
        """Owners do everything, others execute; a former member nothing."""
        if not access.may_make(actor, target.organization_id):
            return False
        if verb in INTERNAL or target.purged_at:
            return False
        if target.owner_id == actor.actor_id:
            return True
        if target.visibility != TaskVisibility.ORGANIZATION or target.trashed_at:
            return False
        return verb in SHARED or (verb in BY_OFFICE and is_manager(actor, target.organization_id))

    def visible_to(self, actor: Actor) -> QuerySet[Task]:
        """Own ones, also in the trash, and those shared with the organization."""
        who = known_id(actor)
        if who is None:
            return Task.objects.none()
        shared = Q(visibility=TaskVisibility.ORGANIZATION, trashed_at=None)
        own = Q(owner_id=who, purged_at=None)
        return Task.objects.filter(_belongs(who, MAKERS)).filter(own | shared)


@register
class ExecutionPolicy(Policy[TaskExecution]):
    """Whoever executed, and whoever reads the session it made."""

    model = TaskExecution

    def allows(self, actor: Actor, verb: str, target: TaskExecution) -> bool:
        """Executions are driven by the product; people act on the session."""
        return False

    def visible_to(self, actor: Actor) -> QuerySet[TaskExecution]:
        """One's own, and those of readable sessions."""
        who = known_id(actor)
        if who is None:
            return TaskExecution.objects.none()
        rows = TaskExecution.objects.filter(_belongs(who))
        readable = access.readable_by(actor).values("pk")
        return rows.filter(Q(requested_by_id=who) | Q(session__in=readable))


@register
class ReportPolicy(Policy[Report]):
    """A report holds what its session holds: the same people read it."""

    model = Report

    def allows(self, actor: Actor, verb: str, target: Report) -> bool:
        """Reports are made by the product."""
        return False

    def visible_to(self, actor: Actor) -> QuerySet[Report]:
        """Reports of readable sessions."""
        readable = access.readable_by(actor).values("pk")
        return Report.objects.filter(execution__session__in=readable)
