"""Every test that takes `backend` runs on each level this machine has; the others skip by name."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from kernel.egress import Guard
from kernel.sandbox import (
    BubblewrapSandbox,
    ContainerSandbox,
    Jail,
    LandlockSandbox,
    Limits,
    ProbeResult,
    Sandbox,
    StrayRegistry,
    Supervisor,
    UidRange,
    prepare_workspace,
)
from kernel.sandbox.processes import descendants, read_process
from tests.standins.container_image import engine_fault, local_image, working_runtime


def container() -> ContainerSandbox:
    """The container level on an image of this machine's own programs."""
    return ContainerSandbox(image=local_image(), runtime=working_runtime())


BACKENDS: dict[str, Callable[[], Sandbox]] = {
    "bubblewrap": BubblewrapSandbox,
    "landlock": LandlockSandbox,
    "container": container,
}


@cache
def probed(name: str) -> ProbeResult:
    """Probe each level once per test process."""
    if name == "container" and (missing := engine_fault()):
        return ProbeResult(ok=False, reason=missing)
    return asyncio.run(BACKENDS[name]().probe())


@pytest.fixture(scope="session", autouse=True)
def levels() -> None:
    """Probe all of them before a test's own loop runs: a test may be the first to ask."""
    for name in BACKENDS:
        probed(name)


@pytest.fixture(scope="session", params=list(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Sandbox:
    name: str = request.param
    if not probed(name).ok:
        pytest.skip(f"{name} is not available: {probed(name).reason}")
    return BACKENDS[name]()


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory the sandbox's user may pass through but not list (pytest's own is private)."""
    path = Path(tempfile.mkdtemp(prefix="qd-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def supervisor(backend: Sandbox, place: Path) -> Supervisor:
    return Supervisor(backend, strays=StrayRegistry(place / "strays"), guard=Guard())


def make_jail(place: Path, name: str = "workspace", **options: object) -> Jail:
    """A jail with a fresh workspace of its own; bounds tight enough for tests."""
    identity = UidRange().identity(f"{place}/{name}")
    prepare_workspace(place / name, identity)
    options.setdefault("limits", Limits(wall_seconds=60.0, disk_bytes=None))
    return Jail(workspace=place / name, identity=identity, **options)  # type: ignore[arg-type]


def source_of(backend: Sandbox) -> str:
    """The expression that makes the same back end in another process."""
    if isinstance(backend, ContainerSandbox):
        return f"ContainerSandbox(image={local_image()!r}, runtime={working_runtime()!r})"
    return f"{type(backend).__name__}()"


def skip_on_container(backend: Sandbox, reason: str) -> None:
    """What an engine does for us without telling is no promise of that level."""
    if backend.name == "container":
        pytest.skip(f"container: {reason}")


@pytest.fixture
def jail(place: Path) -> Jail:
    return make_jail(place)


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait for a condition, not for a time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, "the condition never came true"
        await asyncio.sleep(0.02)


def commands_with(marker: str) -> list[int]:
    """Pids of living processes whose command line contains the marker."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            process = read_process(int(entry.name))
            if marker.encode() in words and process is not None and process.state != "Z":
                found.append(int(entry.name))
    return found


def descendants_of(pid: int) -> list[int]:
    return [process.pid for process in descendants(pid)]


@pytest.fixture
async def nothing_left() -> AsyncIterator[None]:
    """Afterwards this process has no descendant it did not have before."""
    before = set(descendants_of(os.getpid()))
    yield
    await until(lambda: set(descendants_of(os.getpid())) <= before)
