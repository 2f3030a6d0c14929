"""An agent inside the real sandbox: contained, while its requests go through the broker."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kernel.sandbox import (
    Jail,
    SandboxedProcess,
    StrayRegistry,
    Supervisor,
    UidRange,
    prepare_workspace,
)
from sessions_app.runtimes.acp import AcpRuntime
from sessions_app.runtimes.host import AgentCommand, RuntimeHost
from sessions_app.runtimes.memory import MemoryIO
from tests.kernel.sandbox.conftest import BACKENDS, probed
from tests.sessions_app.runtimes.turns import answering, ok, turn

AGENT = Path(__file__).parents[2] / "standins" / "bare_agent.py"


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory the sandbox's user may pass through."""
    path = Path(tempfile.mkdtemp(prefix="qd-acp-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(params=list(BACKENDS))
def spawn(request, place):
    """The session's sandbox as the runner would hand it over."""
    if not probed(request.param).ok:
        pytest.skip(f"{request.param} is not available: {probed(request.param).reason}")
    supervisor = Supervisor(BACKENDS[request.param](), strays=StrayRegistry(place / "strays"))
    identity = UidRange().identity("acp")
    workspace = place / "workspace"
    prepare_workspace(workspace, identity)
    shutil.copy(AGENT, workspace / "agent.py")
    (workspace / "agent.py").chmod(0o644)
    jail = Jail(workspace=workspace, identity=identity)
    inside = supervisor.sandbox.workspace_inside(jail)

    async def start(argv: Sequence[str], env: Mapping[str, str]) -> SandboxedProcess:
        script = [part.replace("/workspace", inside) for part in argv]
        return await supervisor.spawn(replace(jail, env=env), script)

    return start


async def test_a_sandboxed_agent_is_contained_and_its_requests_are_brokered(
    spawn, place, monkeypatch
):
    monkeypatch.setenv("SECRET_OF_OURS", "x")
    hidden = place / "hidden.txt"
    hidden.write_text("you should not see this")
    argv = ("/usr/bin/python3", "/workspace/agent.py")
    agent = AgentCommand(argv=argv, env={"AGENT_KEY": "k"})
    io = MemoryIO(tools={"write_file": answering(ok()), "shell": answering(ok(exit_code=3))})

    outcome = await AcpRuntime(RuntimeHost(agent=agent, spawn=spawn)).run(turn(str(hidden)), io)

    assert outcome.status == "completed"
    assert io.journal.executed == [
        ("write_file", {"path": "out.txt", "content": "from the agent"}),
        ("shell", {"command": "ls"}),
    ]
    [(_, said)] = [event for event in io.transcript() if event[0] == "message"]
    assert said in {
        f"exit 3; hidden: {error}; env: AGENT_KEY"
        for error in ("FileNotFoundError", "PermissionError")
    }
    assert list((place / "strays").iterdir()) == []
