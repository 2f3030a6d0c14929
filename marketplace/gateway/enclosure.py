"""Which sandbox this gateway uses, and what it shows of the machine to each server."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from kernel.egress import Guard
from kernel.sandbox import (
    Bind,
    Enclosure,
    Jail,
    Level,
    Limits,
    Network,
    Supervisor,
    UidRange,
    enclose,
    prepare_workspace,
)
from kernel.sandbox.ownership import check_reachable
from marketplace.enums import WorkspaceMount
from marketplace.errors import SandboxMissingError, ServerStartError
from marketplace.gateway.plans import Plan, Values

MIB = 1 << 20
_HOME = "/workspace/.home"
# A server lives long: processor time counts over days, disk is that of its own home.
_LIMITS = Limits(cpu_seconds=86_400, memory_bytes=2048 * MIB, disk_bytes=512 * MIB)


@dataclass(frozen=True, kw_only=True)
class Sharer:
    """For whom a server runs: everybody, or one session with its working directory."""

    session_id: UUID | None = None
    workspace: Path | None = None

    @property
    def key(self) -> str:
        """Distinguishes processes that must not be shared."""
        return str(self.session_id) if self.session_id else "shared"


def supervisor_of(enclosure: Enclosure) -> Supervisor:
    """What starts servers; raises `SandboxMissingError` with reason and remedy."""
    if enclosure.supervisor is None:
        raise SandboxMissingError(enclosure.unavailable)
    return enclosure.supervisor


async def jail_for(enclosure: Enclosure, plan: Plan, values: Values, sharer: Sharer) -> Jail:
    """What one process of a server sees: /usr, its own home, and what it was granted."""
    level = supervisor_of(enclosure).sandbox.level
    return await asyncio.to_thread(_jail, plan, values, sharer, level)


async def choose() -> Enclosure:
    """The gateway's sandbox, with nothing left of an earlier gateway.

    Servers are programs of this machine and need the network by domain: no container offers that.
    """
    enclosure = await enclose(
        Path(settings.DATA_DIR) / "run" / "gateway",
        wanted=settings.SANDBOX_BACKEND,
        image="",
        guard=Guard(allow=settings.EGRESS_ALLOW),
    )
    await asyncio.to_thread(shutil.rmtree, _homes() / "sessions", ignore_errors=True)
    return enclosure


def forget(plan: Plan, sharer: Sharer) -> None:
    """Remove the home of a process that belonged to one session."""
    if sharer.session_id is not None:
        shutil.rmtree(_home(plan, sharer), ignore_errors=True)


def _jail(plan: Plan, values: Values, sharer: Sharer, level: Level) -> Jail:
    mounted = plan.mount != WorkspaceMount.NONE and sharer.workspace is not None
    owner = sharer.key if mounted else str(plan.server_id)
    identity = UidRange(base=settings.SANDBOX_UID).identity(owner)
    home = _home(plan, sharer)
    prepare_workspace(home, identity)
    binds = [Bind(source=path) for path in _granted(plan)]
    if identity is not None:
        for bind in binds:
            check_reachable(bind.source, identity)
    workspace = home
    if mounted and sharer.workspace is not None:
        workspace = _workspace(sharer.workspace)
        binds += _own_home(home, level)
        if plan.mount == WorkspaceMount.READ:
            binds.insert(0, Bind(source=workspace, target="/workspace"))
            workspace = home
    return Jail(
        workspace=workspace,
        identity=identity,
        binds=tuple(binds),
        env=values.env,
        network=Network(domains=plan.domains) if plan.domains else None,
        limits=_LIMITS,
    )


def _own_home(home: Path, level: Level) -> list[Bind]:
    """A home of the server's own over the session's, whose shell could read what lies there.

    Landlock cannot move directories; there the session's home has to do.
    """
    if level < Level.BUBBLEWRAP:
        return []
    return [Bind(source=home / ".home", target=_HOME, writable=True)]


def _granted(plan: Plan) -> list[Path]:
    """The folders a server may read, judged again by where they really lead."""
    roots = [Path(root).resolve() for root in settings.MCP_ROOTS]
    found = []
    for text in plan.read_only_paths:
        path = Path(text).resolve()
        if not any(path.is_relative_to(root) for root in roots):
            raise ServerStartError(f"{text} leads out of the folders that servers may read.")
        if not path.exists():
            raise ServerStartError(f"{text} does not exist on the gateway's machine.")
        found.append(Path(text))
    return found


def _workspace(path: Path) -> Path:
    """A session's working directory; nothing else can be mounted by asking for it."""
    real = path.resolve()
    if not real.is_relative_to((Path(settings.DATA_DIR) / "work").resolve()):
        raise ServerStartError("This is not the working directory of a session.")
    return real


def _homes() -> Path:
    return Path(settings.DATA_DIR) / "homes"


def _home(plan: Plan, sharer: Sharer) -> Path:
    if sharer.session_id is None:
        return _homes() / "shared" / str(plan.server_id)
    return _homes() / "sessions" / f"{plan.server_id}-{sharer.session_id}"
