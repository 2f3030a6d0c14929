"""Halting agents and letting them go on."""

from __future__ import annotations

from identity.enums import StopScope
from identity.errors import UnknownPersonError
from identity.events import WorkResumed, WorkStopped
from identity.models import Membership, Organization, Stop, User
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import InvalidError
from kernel.events import Private, publish
from kernel.jobs import recall

LONGEST_REASON = 300


@action("identity.stop", dangerous=True)
def stop(
    actor: Actor,
    organization: Organization,
    *,
    person: User | None = None,
    tool: str = "",
    reason: str = "",
) -> Stop | Unchanged[Stop]:
    """Halt all agents of an organization, or those of one person, or one tool, until resumed."""
    if person and tool:
        raise InvalidError.at("/tool", "Stop a person or a tool, not both at once.")
    if len(reason) > LONGEST_REASON:
        raise InvalidError.at("/reason", f"At most {LONGEST_REASON} characters.")
    if person and not Membership.objects.filter(organization=organization, user=person).exists():
        raise UnknownPersonError
    scope = StopScope.PERSON if person else StopScope.TOOL if tool else StopScope.ORGANIZATION
    same = Stop.objects.filter(organization=organization, scope=scope, person=person, tool=tool)
    if found := same.filter(ended_at=None).first():
        return Unchanged(found)
    made = Stop.objects.create(
        organization=organization,
        scope=scope,
        person=person,
        tool=tool,
        reason=reason,
        stopped_by_id=actor.actor_id if actor.actor_kind in {"user", "service"} else None,
    )
    publish(
        WorkStopped(
            organization_id=organization.pk,
            target_id=made.pk,
            scope=scope,
            person_id=person.pk if person else None,
            tool=Private(tool),
            reason=Private(reason),
        )
    )
    return made


@action("identity.resume_work")
def resume_work(actor: Actor, halt: Stop) -> Stop | Unchanged[Stop]:
    """End a halt: prompts that waited go on by themselves, turns that were cut stay cut."""
    if halt.ended_at:
        return Unchanged(halt)
    halt.ended_at = clock.now()
    halt.save(update_fields=["ended_at"])
    recall(halt.organization_id)
    publish(WorkResumed(organization_id=halt.organization_id, target_id=halt.pk, scope=halt.scope))
    return halt
