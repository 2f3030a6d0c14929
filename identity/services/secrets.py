"""Secrets: sealed at rest, opened only for a purpose of the product, never shown again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from identity.engine import secrets as contents
from identity.enums import ProjectRole, SecretGrant, SecretScope, SecretType
from identity.errors import NameTakenError, UnknownPersonError
from identity.events import (
    SecretChanged,
    SecretCreated,
    SecretDeleted,
    SecretRotated,
    SecretUsed,
)
from identity.models import Organization, Project, Secret, Team
from identity.models.secrets import every_grant, place_of
from identity.policies.projects import role_in_project
from identity.policies.roles import is_manager, known_id, leads
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.crypto import open_sealed, seal
from kernel.errors import InvalidError, NotAllowedError
from kernel.events import publish
from kernel.ids import uuid7
from kernel.policies import visible_to

Circle = tuple[Team | None, Project | None]
_CIRCLE = ("organization_id", "owner_id", "team_id", "project_id")
_NOTE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SecretSpec:
    """What a new secret is called, whose it is, and its value, which no representation shows."""

    name: str
    value: object
    kind: str = SecretType.TOKEN
    scope: str = SecretScope.PERSONAL
    team_id: UUID | None = None
    project_id: UUID | None = None
    description: str = ""
    granted_to: Sequence[str] = field(default_factory=every_grant)

    def __repr__(self) -> str:
        return f"SecretSpec({self.name!r})"


@dataclass(frozen=True, kw_only=True)
class SecretChanges:
    """What to change; None leaves it as it is."""

    name: str | None = None
    description: str | None = None
    granted_to: Sequence[str] | None = None

    def against(self, secret: Secret) -> dict[str, Any]:
        """The fields that would really change."""
        granted = None if self.granted_to is None else _grants(self.granted_to)
        given = {"name": self.name, "description": self.description, "granted_to": granted}
        return {n: v for n, v in given.items() if v is not None and v != getattr(secret, n)}


@action("identity.create_secret", locks=False)
def create_secret(actor: Actor, organization: Organization, *, spec: SecretSpec) -> Secret:
    """Store a secret of one's own, of what one leads, or, as a manager, of everybody."""
    team, project = _scope(actor, organization, spec)
    owner_id = known_id(actor) if spec.scope == SecretScope.PERSONAL else None
    place = {
        "organization_id": organization.pk,
        "owner_id": owner_id,
        "team": team,
        "project": project,
    }
    _require_free(place, spec.name)
    content = contents.read(spec.kind, spec.value)
    key = uuid7()
    secret = Secret.objects.create(
        id=key,
        **place,
        name=spec.name,
        description=spec.description,
        granted_to=_grants(spec.granted_to),
        type=SecretType(spec.kind),
        sealed=seal(content.text, place_of(key)),
        expires_at=content.expires_at,
    )
    publish(
        SecretCreated(
            organization_id=organization.pk,
            target_id=key,
            scope=SecretScope(spec.scope).value,
            kind=secret.type,
        )
    )
    return secret


@action("identity.change_secret")
def change_secret(
    actor: Actor, secret: Secret, *, changes: SecretChanges
) -> Secret | Unchanged[Secret]:
    """Give a secret another name or description, or say what may use it; the value stays."""
    found = changes.against(secret)
    if not found:
        return Unchanged(secret)
    if "name" in found:
        _require_free({name: getattr(secret, name) for name in _CIRCLE}, found["name"])
    for name, value in found.items():
        setattr(secret, name, value)
    secret.save(update_fields=list(found))
    publish(
        SecretChanged(
            organization_id=secret.organization_id,
            target_id=secret.pk,
            changed=tuple(sorted(found)),
            granted_to=tuple(secret.granted_to),
        )
    )
    return secret


@action("identity.rotate_secret", dangerous=True)
def rotate_secret(actor: Actor, secret: Secret, *, value: object) -> Secret:
    """Replace the value; whoever uses the secret gets the new one from now on."""
    content = contents.read(secret.type, value)
    secret.put(content.text)
    secret.expires_at, secret.rotated_at = content.expires_at, clock.now()
    secret.save(update_fields=["sealed", "expires_at", "rotated_at"])
    publish(SecretRotated(organization_id=secret.organization_id, target_id=secret.pk))
    return secret


@action("identity.delete_secret", dangerous=True)
def delete_secret(actor: Actor, secret: Secret) -> None:
    """Delete a secret; what used it says so at its next start."""
    publish(SecretDeleted(organization_id=secret.organization_id, target_id=secret.pk))
    secret.delete()


@action("identity.use_secret", reads=True, internal=True)
def use_secret(actor: Actor, secret: Secret, *, purpose: str) -> str:
    """Open a secret for one purpose (an identifier such as `mcp:<id>`) and record it."""
    note_use(secret, purpose)
    return opened(secret)


def opened(secret: Secret) -> str:
    """The sealed text of a secret, for a verb that records the use, or for masking."""
    return open_sealed(bytes(secret.sealed), place_of(secret.pk))


def note_use(secret: Secret, purpose: str) -> None:
    """Record inside a verb that a secret is opened for a purpose; its moment to the minute."""
    now = clock.now()
    if secret.last_used_at is None or now - secret.last_used_at > _NOTE_EVERY:
        Secret.objects.filter(pk=secret.pk).update(last_used_at=now)
        secret.last_used_at = now
    publish(
        SecretUsed(organization_id=secret.organization_id, target_id=secret.pk, purpose=purpose)
    )


def _grants(words: Sequence[str]) -> list[str]:
    """Each of the known words once, in their order."""
    return [word for word in SecretGrant.values if word in words]


def _require_free(place: dict[str, Any], name: str) -> None:
    if Secret.objects.filter(**place, name=name).exists():
        raise NameTakenError


def _scope(actor: Actor, organization: Organization, spec: SecretSpec) -> Circle:
    """Check that the actor may store a secret for that circle, and find it."""
    scope = SecretScope(spec.scope)
    if scope == SecretScope.PERSONAL:
        if known_id(actor) is None:
            raise InvalidError.at("/scope", "Only a person has personal secrets.")
        return None, None
    manages = actor.actor_kind == "system" or is_manager(actor, organization.pk)
    if scope == SecretScope.ORGANIZATION:
        if not manages:
            raise NotAllowedError(verb="identity.create_secret")
        return None, None
    if scope == SecretScope.PROJECT:
        return None, _project(actor, organization, spec)
    rows = Team.objects.filter(organization=organization)
    team = rows.filter(pk=spec.team_id).first() if spec.team_id else None
    if team is None:
        raise UnknownPersonError("There is no such team in your organization.")
    if not manages and not leads(actor, team.pk):
        raise NotAllowedError(verb="identity.create_secret")
    return team, None


def _project(actor: Actor, organization: Organization, spec: SecretSpec) -> Project:
    found = visible_to(Project, actor) if actor.actor_kind != "system" else Project.objects.all()
    found = found.filter(organization=organization)
    project = found.filter(pk=spec.project_id).first() if spec.project_id else None
    if project is None:
        raise InvalidError.at("/project", "There is no such project in your organization.")
    if actor.actor_kind != "system" and role_in_project(actor, project) != ProjectRole.LEAD:
        raise NotAllowedError(verb="identity.create_secret")
    return project
