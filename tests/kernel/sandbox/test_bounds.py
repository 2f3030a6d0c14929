"""Runaway commands are contained, ended and named."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from kernel.sandbox import Completed, Jail, KillReason, Limits, Supervisor
from kernel.sandbox.jail import MIB
from tests.kernel.sandbox.conftest import commands_with, make_jail, skip_on_container, until

pytestmark = pytest.mark.usefixtures("nothing_left")

PYTHON = "/usr/bin/python3"


def ended_by_memory(supervisor: Supervisor, done: Completed) -> bool:
    """An engine's cgroup kills without telling us why."""
    if supervisor.sandbox.name == "container":
        return done.signal == "SIGKILL"
    return done.killed_for is KillReason.MEMORY


async def test_ten_gigabytes_of_output_stop_at_the_limit(
    supervisor: Supervisor, place: Path
) -> None:
    jail = make_jail(place, limits=Limits(output_bytes=3 * MIB, disk_bytes=None))
    delivered = 0

    async def count(chunk: bytes) -> None:
        nonlocal delivered
        delivered += len(chunk)

    done = await supervisor.run(jail, ["head", "-c", "10G", "/dev/zero"], on_output=count)

    assert (done.truncated, done.killed_for) == (True, KillReason.OUTPUT)
    assert delivered == done.output_bytes == 3 * MIB
    assert done.output == b"\0" * 65536


async def test_output_of_exactly_the_limit_is_whole(supervisor: Supervisor, place: Path) -> None:
    jail = make_jail(place, limits=Limits(output_bytes=100_000, disk_bytes=None))

    done = await supervisor.run(jail, ["head", "-c", "100000", "/dev/zero"])

    assert (done.truncated, done.killed_for, done.exit_code) == (False, None, 0)
    assert done.output_bytes == 100_000


async def test_a_fork_bomb_cannot_pass_its_limit_and_ends_with_the_run(
    supervisor: Supervisor, place: Path
) -> None:
    limits = Limits(processes=60, wall_seconds=3.0, disk_bytes=None)
    jail = make_jail(place, limits=limits)
    bomb = (
        "import os, time  # qd-bomb\nwhile True:\n"
        " try: os.fork()\n except OSError: time.sleep(0.01)"
    )
    peak = 0

    running = asyncio.create_task(supervisor.run(jail, [PYTHON, "-c", bomb]))
    while not running.done():
        peak = max(peak, len(commands_with("qd-bomb")))
        await asyncio.sleep(0.05)
    done = await running

    assert (done.timed_out, done.killed_for) == (True, KillReason.WALL_TIME)
    assert 40 < peak < 75
    assert commands_with("qd-bomb") == []


async def test_one_sessions_bomb_leaves_another_its_processes(
    supervisor: Supervisor, place: Path
) -> None:
    limits = Limits(processes=40, wall_seconds=20.0, disk_bytes=None)
    full = (
        "import os, time  # qd-full\n"
        "while True:\n try: os.fork() or time.sleep(300)\n except OSError: time.sleep(0.05)"
    )
    bomber = asyncio.create_task(
        supervisor.run(make_jail(place, "bomber", limits=limits), [PYTHON, "-c", full])
    )
    await until(lambda: len(commands_with("qd-full")) > 30)

    other = await supervisor.run(
        make_jail(place, "other", limits=limits),
        ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.3 & done; wait; echo fine"],
    )
    bomber.cancel()
    await asyncio.gather(bomber, return_exceptions=True)

    assert other.output == b"fine\n"


async def test_an_endless_loop_ends_by_processor_time(supervisor: Supervisor, place: Path) -> None:
    jail = make_jail(place, limits=Limits(cpu_seconds=1, wall_seconds=60.0, disk_bytes=None))

    done = await supervisor.run(jail, ["sh", "-c", "while :; do :; done"])

    assert done.killed_for is KillReason.CPU_TIME
    assert done.cpu_seconds < 4
    assert done.cpu_seconds > 0.5 or supervisor.sandbox.name == "container"


async def test_processor_time_is_bounded_over_all_processes(
    supervisor: Supervisor, place: Path
) -> None:
    skip_on_container(supervisor.sandbox, "processor time is bounded for each process")
    jail = make_jail(place, limits=Limits(cpu_seconds=2, wall_seconds=120.0, disk_bytes=None))
    script = "for i in 1 2 3 4 5 6; do sh -c 'while :; do :; done' & done; wait"

    done = await supervisor.run(jail, ["sh", "-c", script])

    assert done.killed_for is KillReason.CPU_TIME
    assert done.cpu_seconds < 6


async def test_sleeping_for_ever_ends_by_wall_time(supervisor: Supervisor, place: Path) -> None:
    jail = make_jail(place, limits=Limits(wall_seconds=0.5, disk_bytes=None))

    done = await supervisor.run(jail, ["sh", "-c", "echo before; sleep 300"])

    assert (done.timed_out, done.killed_for) == (True, KillReason.WALL_TIME)
    assert done.output == b"before\n"
    assert 0.5 <= done.wall_seconds < 10


async def test_one_process_gets_no_more_memory_than_the_limit(
    supervisor: Supervisor, place: Path
) -> None:
    jail = make_jail(place, limits=Limits(memory_bytes=200 * MIB, disk_bytes=None))
    script = "try:\n x = bytearray(300_000_000)\nexcept MemoryError:\n print('refused')"

    done = await supervisor.run(jail, [PYTHON, "-c", script])

    assert done.output == b"refused\n"


async def test_many_processes_together_end_at_the_memory_limit(
    supervisor: Supervisor, place: Path
) -> None:
    jail = make_jail(place, limits=Limits(memory_bytes=200 * MIB, disk_bytes=None))
    script = "import os, time\nfor _ in range(3): os.fork()\nx = b'x' * 80_000_000\ntime.sleep(300)"

    done = await supervisor.run(jail, [PYTHON, "-c", script])

    assert ended_by_memory(supervisor, done)
    assert done.wall_seconds < 30


async def test_shared_memory_counts_although_no_rlimit_sees_it(
    supervisor: Supervisor, place: Path
) -> None:
    jail = make_jail(place, limits=Limits(memory_bytes=100 * MIB, disk_bytes=None))
    script = (
        "import mmap, time\nm = mmap.mmap(-1, 400_000_000)\n"
        "for i in range(0, 400_000_000, 4096): m[i] = 1\ntime.sleep(300)"
    )

    done = await supervisor.run(jail, [PYTHON, "-c", script])

    assert ended_by_memory(supervisor, done)


async def test_pages_shared_by_forks_are_counted_once(supervisor: Supervisor, place: Path) -> None:
    jail = make_jail(place, limits=Limits(memory_bytes=300 * MIB, disk_bytes=None))
    script = (
        "import os, time\nx = b'x' * 150_000_000\n"
        "pids = [os.fork() for _ in range(1)]\nif pids[0] == 0: os.fork()\n"
        "time.sleep(1.5); print('lived') if pids[0] else None"
    )

    done = await supervisor.run(jail, [PYTHON, "-c", script])

    assert (done.killed_for, done.output) == (None, b"lived\n")


async def test_a_file_cannot_grow_past_its_limit(supervisor: Supervisor, place: Path) -> None:
    jail = make_jail(place, limits=Limits(file_bytes=MIB, disk_bytes=None))

    done = await supervisor.run(jail, ["head", "-c", "5M", "/dev/zero"], stdin=b"")
    into = await supervisor.run(jail, ["sh", "-c", "exec head -c 5M /dev/zero > big"])

    assert done.exit_code == 0
    assert into.killed_for is KillReason.FILE_SIZE
    assert (jail.workspace / "big").stat().st_size == MIB


async def test_filling_the_workspace_ends_at_the_quota(supervisor: Supervisor, place: Path) -> None:
    jail = make_jail(place, limits=Limits(disk_bytes=20 * MIB, wall_seconds=60.0))
    script = "i=0; while :; do head -c 1M /dev/zero > f$i; i=$((i+1)); sleep 0.01; done"

    done = await supervisor.run(jail, ["sh", "-c", script])

    assert done.killed_for is KillReason.DISK


async def test_files_cannot_hide_from_the_quota_in_the_deep(
    supervisor: Supervisor, place: Path
) -> None:
    jail = make_jail(place, limits=Limits(disk_bytes=20 * MIB, wall_seconds=60.0))
    script = (
        "import os, time\nname = 'd' * 200\n"
        "for _ in range(60): os.mkdir(name); os.chdir(name)\ntime.sleep(300)"
    )

    done = await supervisor.run(jail, [PYTHON, "-c", script])

    assert done.killed_for is KillReason.DISK


async def test_cancelling_ends_everything_before_it_returns(
    supervisor: Supervisor, jail: Jail
) -> None:
    script = "setsid sleep 304.25 & sh -c 'sleep 304.25 & sleep 304.25' & sleep 304.25"
    running = asyncio.create_task(supervisor.run(jail, ["sh", "-c", script]))
    deadline = time.monotonic() + 20
    while len(commands_with("sleep\x00304.25")) < 4:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert commands_with("sleep\x00304.25") == []
