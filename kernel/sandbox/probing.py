"""The self-test of a back end: a real command in a real jail tries to get out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from kernel.egress import Guard
from kernel.sandbox.backend import ProbeResult, Sandbox
from kernel.sandbox.errors import SandboxError
from kernel.sandbox.jail import Jail, Limits, Network, UidRange
from kernel.sandbox.ownership import prepare_workspace
from kernel.sandbox.strays import StrayRegistry
from kernel.sandbox.supervisor import Supervisor

_LIMITS = Limits(wall_seconds=20.0, cpu_seconds=10, disk_bytes=None, open_files=333)
_SCRIPT = """
cat "$1" && exit 11
kill -0 "$2" && exit 12
touch /usr/.probe && exit 13
touch probe || exit 14
[ "$(ulimit -n)" = 333 ] || exit 15
echo sealed
"""
_FAULTS = {
    11: "it can read files outside its workspace",
    12: "it can signal processes outside",
    13: "it can write to the system",
    14: "it cannot write to its workspace",
    15: "its limits are not set",
}


async def probe_command(
    sandbox: Sandbox, *, remedy: str, network: bool = True, note: str = ""
) -> ProbeResult:
    """Run the script in a jail of its own, once without and once with an opened network."""
    with tempfile.TemporaryDirectory(prefix="sandbox-probe-") as name:
        root = Path(name)
        root.chmod(0o711)  # noqa: ASYNC240 - a moment at start
        try:
            failure = await _attempt(sandbox, root, None)
        except SandboxError as error:
            failure = str(error)
        if failure:
            return ProbeResult(ok=False, reason=failure, remedy=remedy)
        try:
            opened = network and not await _attempt(sandbox, root, Network(domains=()))
        except SandboxError as error:
            opened, note = False, f"The network cannot be opened by domain: {error} {note}".strip()
        return ProbeResult(ok=True, network=opened, note=note)


async def _attempt(sandbox: Sandbox, root: Path, network: Network | None) -> str:
    """One run of the script; an empty answer means it is sealed in."""
    secret = root / "secret"
    secret.write_text("outside", encoding="ascii")
    secret.chmod(0o644)
    identity = UidRange().identity(root.name)
    workspace = root / "workspace"
    prepare_workspace(workspace, identity)
    jail = Jail(workspace=workspace, identity=identity, network=network, limits=_LIMITS)
    supervisor = Supervisor(sandbox, strays=StrayRegistry(root / "strays"), guard=Guard())
    argv = ["/bin/sh", "-c", _SCRIPT, "probe", str(secret), _pid_not_inside()]
    ended = await supervisor.run(jail, argv)
    if ended.exit_code == 0 and ended.output.endswith(b"sealed\n"):
        return ""
    said = ended.output.decode(errors="replace").strip()[-500:]
    fault = _FAULTS.get(ended.exit_code, f"exit {ended.exit_code}")
    return f"The self-test failed: {fault}. {said}"


def _pid_not_inside() -> str:
    """Our pid, unless it is so low (a container's process 1) that one inside has it too."""
    return str(os.getpid() if os.getpid() > 100 else 2**22 + 1)
