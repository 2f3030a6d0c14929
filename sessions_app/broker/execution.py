"""Executing an allowed call: shell and search in the sandbox, files by descriptor, MCP by gateway.

Each way answers with text, an exit code and whether it went well; it never raises for a tool's
own failure.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from kernel.sandbox import (
    Identity,
    Jail,
    KillReason,
    Limits,
    Network,
    SandboxError,
    Supervisor,
    Workspace,
)
from kernel.text import storable
from sessions_app.broker.output import Output
from sessions_app.broker.walls import Walls
from sessions_app.errors import WorkspaceQuotaError
from sessions_app.services.files import Made

READ_LIMIT = 2 * 1024 * 1024
# Files of secrets: in the private /tmp where there is one, gone with the command in any case. They
# come as variables of this shell alone, in base64 because an engine takes no value of two lines.
_WITH_FILES = """
set -e; umask 077; d=$(mktemp -d "${TMPDIR:-/tmp}/secrets.XXXXXXXX")
trap 'rm -rf "$d"' EXIT
for name in $QD_SECRET_FILES; do
  from="QD_SECRET_$name"; printf %s "${!from}" | base64 -d > "$d/$name"
  unset "$from"; export "$name=$d/$name"
done
unset QD_SECRET_FILES; set +e; umask 022
/bin/bash -c "$1"
"""
_TRAILER = {
    KillReason.WALL_TIME: "The time limit ended it.",
    KillReason.OUTPUT: "It wrote more than the output limit and was ended.",
    KillReason.MEMORY: "The memory limit ended it.",
    KillReason.DISK: "The working directory is full; it was ended.",
    KillReason.CPU_TIME: "The CPU limit ended it.",
    KillReason.FILE_SIZE: "A file grew over the size limit; it was ended.",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where calls of a session execute."""

    session_id: UUID
    workspace: Path
    identity: Identity | None
    limits: Limits
    domains: tuple[str, ...] = ()
    denied_domains: tuple[str, ...] = ()
    walls: Walls = field(default_factory=Walls)
    supervisor: Supervisor | None = None
    unavailable: str = ""
    level: str = "none"
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_files: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def network(self) -> Network | None:
        """What is open from inside; None closes everything."""
        if not self.domains:
            return None
        return Network(domains=self.domains, denied=self.denied_domains)


@dataclass(kw_only=True)
class Executed:
    """What a tool answered; text that was not streamed already stands in `content`."""

    ok: bool
    content: str = ""
    exit_code: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    made: Made | None = None


async def run_shell(place: Place, arguments: Mapping[str, Any], output: Output) -> Executed:
    """`/bin/bash -c` in the session's jail, with the session's secrets."""
    seconds = arguments.get("timeout_seconds")
    limits = replace(place.limits, wall_seconds=float(seconds)) if seconds else place.limits
    argv, env = ["/bin/bash", "-c", arguments["command"]], dict(place.secrets)
    if place.secret_files:
        argv = ["/bin/bash", "-c", _WITH_FILES, "shell", arguments["command"]]
        names = place.secret_files
        env["QD_SECRET_FILES"] = " ".join(names)
        env |= {
            f"QD_SECRET_{name}": base64.b64encode(names[name].encode()).decode() for name in names
        }
    return await _sandboxed(place, argv, output, limits, env)


async def search(place: Place, arguments: Mapping[str, Any], output: Output) -> Executed:
    """`grep -rnE`; nothing found is a good answer."""
    argv = ["grep", "-rnIE", "--exclude-dir=.git", "--exclude-dir=.home", "-e"]
    argv += [arguments["pattern"], "--", arguments.get("path", ".")]
    found = await _sandboxed(place, argv, output, place.limits)
    if found.exit_code == 1:
        return Executed(ok=True, content="Nothing found.", exit_code=1)
    return found


async def _sandboxed(
    place: Place,
    argv: list[str],
    output: Output,
    limits: Limits,
    env: Mapping[str, str] | None = None,
) -> Executed:
    if place.supervisor is None:
        return Executed(ok=False, content=place.unavailable)
    if any("\x00" in word for word in argv):
        return Executed(ok=False, content="A command cannot hold NUL bytes.")
    hidden, frozen = await asyncio.to_thread(place.walls.standing, place.workspace)
    jail = Jail(
        workspace=place.workspace,
        identity=place.identity,
        env=env or {},
        limits=limits,
        network=place.network,
        hidden=hidden,
        frozen=frozen,
    )
    try:
        ended = await place.supervisor.run(jail, argv, on_output=output.feed)
    except SandboxError as failure:
        return Executed(ok=False, content=str(failure))
    note = _TRAILER.get(ended.killed_for, "") if ended.killed_for else ""
    return Executed(ok=ended.exit_code == 0, content=note, exit_code=ended.exit_code)


async def read_file(place: Place, arguments: Mapping[str, Any], output: Output) -> Executed:
    """A file's text, or a part of it."""
    offset = arguments.get("offset", 0)

    def read() -> tuple[bytes, int]:
        with Workspace(place.workspace, place.walls.closes) as files:
            found = files.read(arguments["path"], max_bytes=READ_LIMIT, offset=offset)
            return found.data, found.size

    data, size = await asyncio.to_thread(read)
    await output.feed(data)
    rest = size - offset - len(data)
    return Executed(ok=True, content=f"[{rest} bytes more]" if rest > 0 else "")


async def write_file(place: Place, arguments: Mapping[str, Any], output: Output) -> Executed:
    """Replace or create a file."""
    data = str(arguments["content"]).encode()

    def write() -> Made:
        with Workspace(place.workspace, place.walls.closes) as files:
            _check_room(files, place, len(data))
            return _written(files, place, arguments["path"], data)

    made = await asyncio.to_thread(write)
    said = f"Wrote {len(data)} bytes to {arguments['path']}."
    return Executed(ok=True, content=said, made=made)


def _written(files: Workspace, place: Place, path: str, data: bytes) -> Made:
    """Write, and say for the history what was there."""
    before = files.size(path)
    files.write(path, data, max_bytes=place.limits.file_bytes)
    return Made(path=str(files.resolve(path)), size_before=before, size_after=len(data))


def _check_room(files: Workspace, place: Place, more: int) -> None:
    """Refuse what would not fit before anything is written."""
    limit = place.limits.disk_bytes
    current = files.usage().bytes
    if limit is not None and current + more > limit:
        raise WorkspaceQuotaError(
            limit=limit, current=current, remedy="Delete files of the working directory first."
        )


async def edit_file(place: Place, arguments: Mapping[str, Any], output: Output) -> Executed:
    """Replace the one place where `old` stands; none or several is an error."""

    def edit() -> str | Made:
        with Workspace(place.workspace, place.walls.closes) as files:
            path, old = arguments["path"], str(arguments["old"])
            found = files.read(path, max_bytes=READ_LIMIT)
            if found.size > READ_LIMIT:
                return "The file is too large to edit."
            text = found.data.decode("utf-8", errors="surrogateescape")
            if (count := text.count(old)) != 1:
                return f"The old text stands {count} times in {path}; it must stand once."
            whole = text.replace(old, str(arguments["new"]))
            new = whole.encode("utf-8", "surrogateescape")
            if len(new) > found.size:
                _check_room(files, place, len(new) - found.size)
            return _written(files, place, path, new)

    done = await asyncio.to_thread(edit)
    if isinstance(done, str):
        return Executed(ok=False, content=done)
    return Executed(ok=True, content=f"Edited {arguments['path']}.", made=done)


async def list_files(place: Place, arguments: Mapping[str, Any], output: Output) -> Executed:
    """Names, kinds and sizes."""

    def listing() -> str:
        with Workspace(place.workspace, place.walls.closes) as files:
            found = files.list(arguments.get("path", "."))
        marks = {"directory": "/", "link": "@", "other": "?"}
        lines = [
            f"{_shown(entry.name)}{marks.get(entry.kind, '')}\t{entry.size}"
            for entry in found.entries
            if entry.name != ".home"
        ]
        return "\n".join([*lines, *([] if found.complete else ["[more left out]"])])

    await output.feed((await asyncio.to_thread(listing)).encode())
    return Executed(ok=True)


def _shown(name: str) -> str:
    """A name on one line; what is no text in it is replaced."""
    return storable("".join(c if c.isprintable() else "\ufffd" for c in name))


async def nothing(place: Place, arguments: Mapping[str, Any], output: Output) -> Executed:
    """A question rather than a call: the broker's verdict is the whole answer."""
    return Executed(ok=True, content="Allowed.")


WAYS = {
    "shell": run_shell,
    "grep": search,
    "read_file": read_file,
    "write_file": write_file,
    "edit_file": edit_file,
    "list_files": list_files,
}
