"""What the database says of a server, read anew for every call: rights change while it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from identity.public import use_secret
from kernel import clock
from kernel.actors import SystemActor
from marketplace.enums import SurfaceStatus, Transport, VariablePlace, WorkspaceMount
from marketplace.errors import ServerDisabledError, ServerGoneError, ValuesMissingError
from marketplace.models import MCPServer, ServerVariable, ToolSurface
from marketplace.selectors.tools import approved_digest

GATEWAY = SystemActor("gateway")
_NOTE_EVERY = timedelta(minutes=1)
_TELLING = 8


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to reach a server, without its secrets.

    `fingerprint` changes whenever the registration or a secret does; a running connection of
    another fingerprint must not be used any more. `known` is the digest of the listing that was
    recorded last.
    """

    server_id: UUID
    name: str
    transport: str
    command: str
    args: tuple[str, ...]
    url: str
    domains: tuple[str, ...]
    mount: str
    per_session: bool
    read_only_paths: tuple[str, ...]
    timeout_seconds: float
    fingerprint: str
    known: str

    @property
    def is_process(self) -> bool:
        """Whether it is a child process of ours."""
        return self.transport == Transport.STDIO.value


@dataclass(frozen=True, kw_only=True)
class Values:
    """Environment and headers with their secrets opened; never shown."""

    env: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def plan_for(server_id: UUID) -> Plan:
    """The plan of a server that may be called; raises why it may not."""
    server = MCPServer.objects.filter(pk=server_id).prefetch_related("variables__secret").first()
    if server is None:
        raise ServerGoneError
    if not server.enabled:
        raise ServerDisabledError(f"The MCP server {server.name} is switched off.")
    variables = list(server.variables.all())
    missing = sorted(row.name for row in variables if not row.is_set)
    if missing:
        names = ", ".join(missing)
        raise ValuesMissingError(f"The MCP server {server.name} needs values for: {names}.")
    return Plan(
        server_id=server.pk,
        name=server.name,
        transport=server.transport,
        command=server.command,
        args=tuple(server.args),
        url=server.url,
        domains=tuple(server.domains),
        mount=server.mount_workspace,
        per_session=server.state == "session" or server.mount_workspace != WorkspaceMount.NONE,
        read_only_paths=tuple(server.read_only_paths),
        timeout_seconds=float(server.timeout_seconds),
        fingerprint=_fingerprint(server, variables),
        known=_known(server),
    )


def note_use(server_id: UUID) -> None:
    """When a server was last called, to the minute: telemetry, no deed."""
    now = clock.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _NOTE_EVERY)
    MCPServer.objects.filter(stale, pk=server_id).update(last_used_at=now)


def values_for(server_id: UUID) -> Values:
    """Open the secrets of a server that is about to start; every opening is recorded."""
    places: dict[str, dict[str, str]] = {place: {} for place in VariablePlace.values}
    secrets = []
    rows = ServerVariable.objects.filter(server_id=server_id).select_related("secret")
    for row in rows:
        value = row.value or ""
        if row.secret is not None:
            value = use_secret(GATEWAY, row.secret, purpose=f"mcp:{server_id}")
            # `Bearer abc`: a server may well repeat only the second half.
            secrets += [value, *(part for part in value.split() if len(part) >= _TELLING)]
        places[row.place][row.name] = value
    return Values(
        env=places[VariablePlace.ENV],
        headers=places[VariablePlace.HEADER],
        secrets=tuple(secrets),
    )


def approval_of(server_id: UUID, tool: str) -> str | None:
    """The approved digest of a tool, None when there is none."""
    return approved_digest(server_id, tool)


def _fingerprint(server: MCPServer, variables: list[ServerVariable]) -> str:
    digest = hashlib.sha256(str(server.generation).encode())
    for row in sorted(variables, key=lambda row: (row.place, row.name)):
        sealed = bytes(row.secret.sealed) if row.secret else (row.value or "").encode()
        digest.update(f"|{row.place}|{row.name}|".encode() + sealed)
    return digest.hexdigest()


def _known(server: MCPServer) -> str:
    """The listing seen last: the waiting one, else the approved; "" asks for recording anew."""
    if server.error_code:
        return ""
    rows = ToolSurface.objects.filter(server=server).exclude(status=SurfaceStatus.REPLACED)
    by_status = dict(rows.values_list("status", "digest"))
    return by_status.get(SurfaceStatus.PENDING.value) or by_status.get(
        SurfaceStatus.APPROVED.value, ""
    )
