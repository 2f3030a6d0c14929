"""The cast of the contract: every verb is tried by every one of them."""

from __future__ import annotations

from dataclasses import dataclass, fields

from django.contrib.auth.models import Group

from identity import tokens
from identity.enums import OrganizationRole
from identity.models import ApiToken, Membership, Organization, Team, TeamMember, User
from kernel.ids import uuid7

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Cast:
    """alice owns acme, bob is in her team, charlie only in acme, dora owns another tenant,
    olga operates the installation, anna audits acme."""

    acme: Organization
    other: Organization
    team: Team
    alice: User
    bob: User
    charlie: User
    dora: User
    olga: User
    anna: User

    def people(self) -> dict[str, User]:
        """Name → user."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: one for name, one in found.items() if isinstance(one, User)}


def make_cast() -> Cast:
    """Make everybody, with a suffix so that parallel tests never meet."""
    tail = uuid7().hex[-8:]
    acme = Organization.objects.create(slug=f"acme-{tail}", name="Acme")
    other = Organization.objects.create(slug=f"other-{tail}", name="Other")
    group = Group.objects.create(name=f"team-{tail}")
    team = Team.objects.create(organization=acme, slug="platform", name="Platform", group=group)
    roles = {
        "alice": (acme, OrganizationRole.OWNER),
        "bob": (acme, OrganizationRole.MEMBER),
        "charlie": (acme, OrganizationRole.MEMBER),
        "dora": (other, OrganizationRole.OWNER),
        "anna": (acme, OrganizationRole.AUDITOR),
    }
    people = {name: _person(name, tail) for name in ("olga", *roles)}
    User.objects.filter(pk=people["olga"].pk).update(is_staff=True)
    people["olga"].is_staff = True
    for name, (organization, role) in roles.items():
        Membership.objects.create(organization=organization, user=people[name], role=role)
    for name in ("alice", "bob"):
        TeamMember.objects.create(team=team, user=people[name])
        people[name].groups.add(group)
    return Cast(acme=acme, other=other, team=team, **people)


def _person(name: str, tail: str) -> User:
    return User.objects.create_user(
        f"{name}-{tail}", PASSWORD, email=f"{name}-{tail}@example.org", full_name=name.title()
    )


def token_for(user: User) -> str:
    """A bearer token with all of somebody's rights."""
    fresh = tokens.new()
    membership = Membership.objects.filter(user=user).first()
    organization = membership.organization if membership else Organization.objects.first()
    ApiToken.objects.create(
        user=user,
        organization=organization,
        name="test",
        prefix=fresh.prefix,
        digest=fresh.digest,
    )
    return fresh.text
