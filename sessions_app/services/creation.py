"""Making a session."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from identity.public import Organization, Project, User
from kernel.actions import action
from kernel.errors import InvalidError
from kernel.events import Private, publish
from kernel.policies import visible_to
from kernel.streams import Entry, append
from marketplace.public import usable_servers
from sessions_app.enums import PermissionMode, RuntimeName
from sessions_app.errors import BypassForbiddenError, SeedNotAllowedError, UnknownServerError
from sessions_app.events import SessionCreated
from sessions_app.models import OPTION_DEFAULTS, AgentSession, SessionServer, WorkingDirectory
from sessions_app.streams import SESSIONS


@dataclass(frozen=True, kw_only=True)
class SessionSpec:
    """What a new session shall be."""

    name: str
    runtime: str = ""
    sdk_options: Mapping[str, Any] = field(default_factory=dict)
    mcp_servers: Sequence[UUID] = ()
    working_directory: str = ""
    project_id: UUID | None = None


@action("sessions.create", locks=False)
def create_session(actor: User, organization: Organization, *, spec: SessionSpec) -> AgentSession:
    """Make a session in an organization; it is seen by its owner only, until it is shared."""
    return make_session(actor, organization, spec)


def make_session(actor: User, organization: Organization, spec: SessionSpec) -> AgentSession:
    """The session itself, for every verb that makes one."""
    project = _project(actor, organization, spec.project_id)
    options = {**OPTION_DEFAULTS, **_defaults(project), **spec.sdk_options}
    runtime = spec.runtime or (project.runtime if project else "") or RuntimeName.EMBEDDED.value
    check_mode(organization, str(options["permission_mode"]))
    _check_seed(spec.working_directory)
    _check_servers(actor, organization, spec.mcp_servers)
    place = WorkingDirectory.objects.create(organization=organization, seed=spec.working_directory)
    session = AgentSession.objects.create(
        organization=organization,
        owner_id=actor.actor_id,
        name=spec.name,
        runtime=runtime,
        project=project,
        sdk_options=options,
        working_directory=place,
    )
    SessionServer.objects.bulk_create(
        SessionServer(session=session, server_id=server)
        for server in dict.fromkeys(spec.mcp_servers)
    )
    append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", data={"name": "session.created"})])
    publish(
        SessionCreated(
            organization_id=organization.pk,
            target_id=session.pk,
            runtime=runtime,
            permission_mode=str(options["permission_mode"]),
            session_name=Private(spec.name, actor.actor_id),
        )
    )
    return session


def _project(actor: User, organization: Organization, pk: UUID | None) -> Project | None:
    """The project it shall belong to, in which one must work."""
    if pk is None:
        return None
    found = visible_to(Project, actor).filter(organization=organization, pk=pk).first()
    if found is None:
        raise InvalidError.at("/project", "There is no such project.")
    return found


def _defaults(project: Project | None) -> dict[str, Any]:
    return {"model": project.model} if project and project.model else {}


def check_mode(organization: Organization, mode: str) -> None:
    """An organization may forbid bypassPermissions."""
    if mode == PermissionMode.BYPASS and organization.forbid_bypass:
        raise BypassForbiddenError


def _check_servers(actor: User, organization: Organization, ids: Sequence[UUID]) -> None:
    """Only registered servers of the organization, which one may use."""
    usable = {server.pk for server in usable_servers(actor, organization.pk, ids)} if ids else set()
    if unknown := [one for one in ids if one not in usable]:
        raise UnknownServerError(server=str(unknown[0]))


def _check_seed(seed: str) -> None:
    """A working directory may start as a copy of a path beneath the operator's roots only."""
    if not seed:
        return
    path = PurePosixPath(seed)
    if ".." in path.parts or not path.is_absolute():
        raise InvalidError.at("/working_directory", "Give an absolute path without `..`.")
    if not any(path.is_relative_to(root) for root in settings.WORKSPACE_ROOTS):
        raise SeedNotAllowedError


def serialize_person(owner_id: UUID) -> None:
    """One person's quota is counted by one transaction at a time."""
    key = int.from_bytes(hashlib.sha256(owner_id.bytes).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
