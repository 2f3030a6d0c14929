"""Nothing outlives its run, whoever is killed."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kernel.sandbox import Jail, KillReason, Sandbox, SandboxError, StrayRegistry, Supervisor
from tests.kernel.sandbox.conftest import commands_with, make_jail, source_of, until

ROOT = Path(__file__).parents[3]


def descriptors() -> int:
    """How many descriptors this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.usefixtures("nothing_left")
async def test_processes_left_behind_end_with_the_command(
    supervisor: Supervisor, jail: Jail
) -> None:
    script = (
        "setsid sh -c 'setsid sleep 301.5 & sleep 301.5' & (sleep 301.5 &) ; sleep 0.2; echo bye"
    )

    done = await supervisor.run(jail, ["sh", "-c", script])

    assert done.output == b"bye\n"
    assert commands_with("sleep\x00301.5") == []


@pytest.mark.kill
async def test_nothing_is_left_when_the_supervisor_is_killed(backend: Sandbox, place: Path) -> None:
    jail = make_jail(place)
    owner = (jail.identity.uid, jail.identity.gid) if jail.identity else None
    program = f"""
import asyncio, pathlib
from kernel.sandbox import *
async def main():
    owner = {owner!r}
    identity = Identity(uid=owner[0], gid=owner[1]) if owner else None
    jail = Jail(workspace=pathlib.Path({str(jail.workspace)!r}), identity=identity)
    strays = StrayRegistry(pathlib.Path({str(place / "strays")!r}))
    supervisor = Supervisor({source_of(backend)}, strays=strays)
    await supervisor.run(jail, ["sh", "-c", "setsid sleep 302.5 & sleep 302.5 & sleep 302.5"])
asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)  # noqa: ASYNC220
    await until(lambda: len(commands_with("sleep\x00302.5")) == 3)

    parent.kill()
    parent.wait()

    if backend.name == "container":
        # It does not die with us: the next process of our name removes it when it starts.
        StrayRegistry(place / "strays").sweep()
    await until(lambda: commands_with("302.5") == [])
    if backend.name != "container":
        assert len(list((place / "strays").iterdir())) == 1
        assert StrayRegistry(place / "strays").sweep() == []
    assert list((place / "strays").iterdir()) == []


@pytest.mark.kill
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_nothing_is_left_when_the_event_loop_just_ends(backend: Sandbox, place: Path) -> None:
    jail = make_jail(place)

    async def abandon() -> None:
        supervisor = Supervisor(backend, strays=StrayRegistry(place / "strays"))
        process = await supervisor.spawn(jail, ["sh", "-c", "echo up; sleep 303.5"])
        assert await process.stdout.readline() == b"up\n"

    asyncio.run(abandon())

    asyncio.run(until(lambda: commands_with("303.5") == []))
    gc.collect()  # what was abandoned complains here, and not in another test


async def test_spawn_is_refused_outside_the_main_thread(supervisor: Supervisor, jail: Jail) -> None:
    refused: list[str] = []

    def elsewhere() -> None:
        try:
            asyncio.run(supervisor.spawn(jail, ["true"]))
        except SandboxError as error:
            refused.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.to_thread(thread.join)

    assert refused == ["Sandboxed processes must be started from the main thread."]


@pytest.mark.usefixtures("nothing_left")
async def test_a_spawned_process_talks_both_ways_and_is_closed(
    supervisor: Supervisor, jail: Jail
) -> None:
    process = await supervisor.spawn(jail, ["sh", "-c", "echo log >&2; exec cat"])
    assert process.stderr is not None

    process.stdin.write(b"x" * 3_000_000 + b"\n")
    line, log = await asyncio.gather(process.stdout.readline(), process.stderr.readline())
    ended = await process.aclose()

    assert (len(line), log) == (3_000_001, b"log\n")
    assert ended.killed_for is KillReason.KILLED


async def test_what_an_ended_process_wrote_stays_readable(
    supervisor: Supervisor, jail: Jail, place: Path
) -> None:
    process = await supervisor.spawn(jail, ["sh", "-c", "echo last words; exit 4"])

    ended = await process.wait()

    assert (ended.exit_code, ended.killed_for) == (4, None)
    assert await process.stdout.read() == b"last words\n"
    assert list((place / "strays").iterdir()) == []
    await process.aclose()


@pytest.mark.usefixtures("nothing_left")
async def test_a_killed_supervising_process_takes_all_with_it(
    supervisor: Supervisor, jail: Jail
) -> None:
    process = await supervisor.spawn(jail, ["sh", "-c", "sleep 305.5 & echo up; sleep 305.5"])
    await process.stdout.readline()

    os.kill(process.pid, signal.SIGTERM)
    await process.wait()

    await until(lambda: commands_with("305.5") == [])
    await process.aclose()


@pytest.mark.usefixtures("nothing_left")
async def test_many_runs_at_once_leave_no_descriptor_open(
    supervisor: Supervisor, jail: Jail
) -> None:
    await supervisor.run(jail, ["true"])
    before = descriptors()

    done = await asyncio.gather(*(supervisor.run(jail, ["echo", str(n)]) for n in range(12)))

    assert [item.output for item in done] == [f"{n}\n".encode() for n in range(12)]
    await until(lambda: descriptors() <= before)
