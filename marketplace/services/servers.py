"""Registering MCP servers and changing what was registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from django.conf import settings

from identity.public import Organization, User
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.events import publish
from kernel.jobs import enqueue
from marketplace.engine.spec import ServerSpec, check
from marketplace.enums import VariablePlace
from marketplace.errors import ServerNameTakenError
from marketplace.events import (
    ServerDisabled,
    ServerEnabled,
    ServerRegistered,
    ServerRemoved,
    ServerUpdated,
)
from marketplace.models import MCPServer
from marketplace.services import variables

LIST_TOOLS = "marketplace.list_tools"
_VALUES = {"env", "headers"}
_PLAIN = tuple(f.name for f in fields(ServerSpec) if f.name not in _VALUES)
_LISTS = {"args", "domains", "read_only_paths"}


@action("marketplace.register_server")
def register_server(actor: Actor, organization: Organization, *, spec: ServerSpec) -> MCPServer:
    """Register a server; its secrets are sealed, and the gateway starts it once to list tools."""
    return create(actor, organization, spec)


@action("marketplace.update_server")
def update_server(
    actor: Actor, server: MCPServer, *, changes: Mapping[str, Any]
) -> MCPServer | Unchanged[MCPServer]:
    """Change fields of a registration; running processes of the old one are let go."""
    changed = change(actor, server, replace(spec_of(server), **changes))
    return server if changed else Unchanged(server)


@action("marketplace.remove_server", dangerous=True)
def remove_server(actor: Actor, server: MCPServer) -> None:
    """Delete a registration with the secrets made for it; sessions lose its tools."""
    publish(ServerRemoved(**_about(server)))
    variables.forget(list(server.variables.all()))
    server.delete()


@action("marketplace.enable_server")
def enable_server(actor: Actor, server: MCPServer) -> MCPServer | Unchanged[MCPServer]:
    """Let the server be called again."""
    if server.enabled:
        return Unchanged(server)
    server.enabled = True
    server.save(update_fields=["enabled", "updated_at"])
    publish(ServerEnabled(**_about(server)))
    return server


@action("marketplace.disable_server")
def disable_server(actor: Actor, server: MCPServer) -> MCPServer | Unchanged[MCPServer]:
    """Let nobody call the server until it is enabled."""
    if not server.enabled:
        return Unchanged(server)
    server.enabled = False
    server.save(update_fields=["enabled", "updated_at"])
    publish(ServerDisabled(**_about(server)))
    return server


def create(actor: Actor, organization: Organization, spec: ServerSpec) -> MCPServer:
    """The common part of registering and importing; inside a verb."""
    check(spec, roots=settings.MCP_ROOTS)
    _check_name(organization.pk, spec.name)
    server = MCPServer(organization=organization, created_by=_person(actor))
    _fill(server, spec)
    server.save()
    variables.store(actor, server, spec)
    publish(ServerRegistered(**_about(server), transport=spec.transport))
    want_listing(server)
    return server


def change(actor: Actor, server: MCPServer, spec: ServerSpec) -> tuple[str, ...]:
    """The common part of updating and importing; inside a verb. Returns what changed."""
    check(spec, roots=settings.MCP_ROOTS)
    changed = _changed(spec_of(server), spec)
    if not changed:
        return ()
    if "name" in changed:
        _check_name(server.organization_id, spec.name)
    _fill(server, spec)
    server.generation += 1
    server.save()
    variables.store(actor, server, spec)
    if "name" in changed:
        variables.rename(server)
    publish(ServerUpdated(**_about(server), changed=changed))
    want_listing(server)
    return changed


def spec_of(server: MCPServer) -> ServerSpec:
    """The registration as it stands; secrets without their text."""
    plain = {name: getattr(server, name) for name in _PLAIN}
    listed = {name: tuple(plain[name]) for name in _LISTS}
    return ServerSpec(
        **{**plain, **listed},
        env=variables.values_of(server, VariablePlace.ENV),
        headers=variables.values_of(server, VariablePlace.HEADER),
    )


def want_listing(server: MCPServer) -> bool:
    """Ask the gateway to start the server and list its tools, unless it could not start."""
    ready = server.enabled and all(row.is_set for row in server.variables.all())
    payload = {"server_id": str(server.pk)}
    return ready and enqueue(
        LIST_TOOLS, payload, queue="gateway", organization_id=server.organization_id
    )


def _changed(old: ServerSpec, new: ServerSpec) -> tuple[str, ...]:
    """Names of fields that differ; a value given anew counts, its text is never compared."""
    plain = [name for name in _PLAIN if getattr(old, name) != getattr(new, name)]
    for name in sorted(_VALUES):
        before, after = getattr(old, name), getattr(new, name)
        given = any(value.secret and value.text for value in after.values())
        if given or before != after:
            plain.append(name)
    return tuple(plain)


def _fill(server: MCPServer, spec: ServerSpec) -> None:
    for name in _PLAIN:
        value = getattr(spec, name)
        setattr(server, name, list(value) if name in _LISTS else value)


def _check_name(organization_id: UUID, name: str) -> None:
    if MCPServer.objects.filter(organization_id=organization_id, name=name).exists():
        raise ServerNameTakenError(f"A server named {name} is registered already.")


def _person(actor: Actor) -> User | None:
    return actor if isinstance(actor, User) else None


def _about(server: MCPServer) -> dict[str, Any]:
    return {
        "organization_id": server.organization_id,
        "target_id": server.pk,
        "target_type": "mcpserver",
    }
