"""Tenants: founding one, and the rules it sets for itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.utils.text import slugify

from identity.enums import OrganizationRole
from identity.errors import NameTakenError
from identity.events import MemberJoined, OrganizationChanged, OrganizationCreated
from identity.models import Membership, Organization, User
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.egress import HostRule
from kernel.errors import InvalidError
from kernel.events import Private, publish


@dataclass(frozen=True, kw_only=True)
class OrganizationChanges:
    """What to change; None leaves a rule as it is."""

    name: str | None = None
    separate_approver: bool | None = None
    forbid_bypass: bool | None = None
    denied_tools: Sequence[str] | None = None
    allowed_domains: Sequence[str] | None = None

    def against(self, organization: Organization) -> dict[str, Any]:
        """The fields that would really change."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        clean = {n: list(v) if n in _LISTS else v for n, v in given.items() if v is not None}
        return {n: v for n, v in clean.items() if v != getattr(organization, n)}


_RULE = re.compile(r"[\w.*?-]+(\(.+\))?\Z", re.DOTALL)
_LISTS = frozenset({"denied_tools", "allowed_domains"})


@action("identity.create_organization", locks=False)
def create_organization(
    actor: Actor, owner: User, *, name: str, slug: str = "", region: str = "local"
) -> Organization:
    """Found a tenant; its first owner is the break-glass one."""
    wanted = slug or slugify(name)[:60]
    if not wanted or wanted != slugify(wanted):
        raise InvalidError.at("/slug", "Lower-case letters, digits and hyphens, at most 60.")
    if Organization.objects.filter(slug=wanted).exists():
        raise NameTakenError
    organization = Organization.objects.create(slug=wanted, name=name, home_region=region)
    publish(
        OrganizationCreated(
            organization_id=organization.pk,
            target_id=organization.pk,
            owner_id=owner.pk,
            home_region=region,
        )
    )
    join(organization, owner, OrganizationRole.OWNER, is_break_glass=True)
    return organization


@action("identity.change_organization")
def change_organization(
    actor: Actor, organization: Organization, *, changes: OrganizationChanges
) -> Organization | Unchanged[Organization]:
    """Change a tenant's name and rules: who approves, which modes, tools and domains are open."""
    wanted = changes.against(organization)
    if not wanted:
        return Unchanged(organization)
    check_rules(wanted)
    for name, value in wanted.items():
        setattr(organization, name, value)
    organization.save(update_fields=list(wanted))
    publish(
        OrganizationChanged(
            organization_id=organization.pk,
            target_id=organization.pk,
            changed=tuple(wanted),
            separate_approver=organization.separate_approver,
            forbid_bypass=organization.forbid_bypass,
            denied_tools=Private(json.dumps(organization.denied_tools)),
            allowed_domains=Private(json.dumps(organization.allowed_domains)),
        )
    )
    return organization


def check_rules(wanted: Mapping[str, Any]) -> None:
    """A rule nobody can read would protect nothing, and nobody would notice."""
    for place, domain in enumerate(wanted.get("allowed_domains", ())):
        _check_domain(domain, f"/allowed_domains/{place}")
    for place, rule in enumerate(wanted.get("denied_tools", ())):
        pointer = f"/denied_tools/{place}"
        if rule.startswith("domain:"):
            _check_domain(rule.removeprefix("domain:"), pointer)
        elif not _RULE.match(rule):
            raise InvalidError.at(pointer, "A rule is `tool`, `tool(pattern)` or `domain:name`.")


def _check_domain(text: str, pointer: str) -> None:
    try:
        HostRule.parse(text)
    except ValueError as fault:
        raise InvalidError.at(pointer, str(fault)) from fault


def join(
    organization: Organization, user: User, role: str, *, is_break_glass: bool = False
) -> Membership:
    """Make somebody a member and record it: shared by founding and invitations."""
    membership = Membership.objects.create(
        organization=organization, user=user, role=role, is_break_glass=is_break_glass
    )
    publish(
        MemberJoined(
            organization_id=organization.pk,
            target_id=membership.pk,
            user_id=user.pk,
            role=role,
        )
    )
    return membership
