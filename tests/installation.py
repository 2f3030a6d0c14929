"""One installation for all stories and browser tests, on one worker so that it starts once."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.marketplace.installed import cache
from tests.stories.house import House, house

ROOT = Path(__file__).parents[1]
SEEDS = "seeds"
MODEL_KEY = "sk-ant-canary-0123456789abcdefghij"
SCRIPT = [
    [{"say": "I look first. "}, {"call": "shell", "arguments": {"command": "echo from the model"}}],
    [{"say": "It answered."}],
]


@contextmanager
def model_standin(folder: Path) -> Iterator[str]:
    """The local Messages API, which calls a tool and then speaks."""
    script = folder / "script.json"
    script.write_text(json.dumps(SCRIPT))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.standins.messages_api"]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--script", str(script)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


# First: xdist reads the marks in a hook of the same name.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep everything that needs the house together."""
    for item in items:
        if "the_house" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("house"))


@pytest.fixture(scope="session")
def the_house() -> Iterator[House]:
    """`./quarterdeck up --demo` in a short-named directory (sockets need short paths)."""
    folder = Path(tempfile.mkdtemp(prefix="qds", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with (
            model_standin(folder) as address,
            house(
                folder / "d",
                QUARTERDECK_WORKSPACE_ROOTS=f"{ROOT},{folder / SEEDS}",
                QUARTERDECK_MCP_ROOTS=str(cache()),
                QUARTERDECK_EGRESS_ALLOW="127.0.0.1,127.0.0.2",
                ANTHROPIC_API_KEY=MODEL_KEY,
                ANTHROPIC_BASE_URL=address,
                QUARTERDECK_ACP_COMMAND="/usr/bin/python3 /workspace/bare_agent.py",
            ) as it,
        ):
            yield it
    finally:
        shutil.rmtree(folder, ignore_errors=True)
