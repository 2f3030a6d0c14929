"""The programs every session needs work inside, on every level."""

from __future__ import annotations

import shutil

import pytest

from kernel.sandbox import Jail, Supervisor
from tests.kernel.sandbox.conftest import skip_on_container

SYSTEM = "/usr/local/bin:/usr/bin:/bin"
TOOLS = {
    "git": "git init -q r && cd r && git config user.email a@b.c && git config user.name a && "
    "echo hi > f && git add f && git commit -qm first && git log --format=%s",
    "awk": "echo first second | awk '{print $1}'",
    "python3": "python3 -c 'import ssl, json, subprocess, tempfile; "
    'print(subprocess.run(["echo", "first"], capture_output=True, text=True).stdout, end="")\'',
    "node": 'node -e \'require("child_process").execFile("echo", ["first"], '
    "(e, out) => process.stdout.write(out))'",
    "sed": "echo second | sed s/second/first/",
    "tar": "echo first > a && tar cf a.tar a && rm a && tar xf a.tar && cat a",
}


@pytest.mark.parametrize("tool", list(TOOLS))
async def test_a_tool_works_inside(supervisor: Supervisor, jail: Jail, tool: str) -> None:
    if shutil.which(tool, path=SYSTEM) is None:
        pytest.skip(f"{tool} is not installed in {SYSTEM}")

    if tool in {"git", "node"}:
        skip_on_container(supervisor.sandbox, f"{tool} is not in the test's image")

    done = await supervisor.run(jail, ["sh", "-c", TOOLS[tool]])

    assert done.output.decode() == "first\n"
    assert done.exit_code == 0


async def test_names_of_users_and_hosts_are_known(supervisor: Supervisor, jail: Jail) -> None:
    if supervisor.sandbox.name == "landlock":
        pytest.skip("landlock shows the machine's own passwd file")

    done = await supervisor.run(jail, ["sh", "-c", "whoami; hostname; getent hosts localhost"])

    user, host, address = done.output.decode().splitlines()
    assert host == "sandbox"
    assert user == "agent" or supervisor.sandbox.name == "container"
    assert "localhost" in address


async def test_a_script_of_the_workspace_runs(supervisor: Supervisor, jail: Jail) -> None:
    script = jail.workspace / "hello"
    script.write_text("#!/bin/sh\necho hello from $0\n")
    script.chmod(0o755)

    done = await supervisor.run(jail, ["./hello"])

    assert done.output == b"hello from ./hello\n"
