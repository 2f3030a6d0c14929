"""A run: what goes in, what comes out, what it used."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from kernel.sandbox import (
    Jail,
    JailNotPossibleError,
    Limits,
    Sandbox,
    SandboxFailedError,
    StrayRegistry,
    Supervisor,
)
from tests.kernel.sandbox.conftest import make_jail, skip_on_container


async def test_output_arrives_while_the_command_runs(supervisor: Supervisor, jail: Jail) -> None:
    seen: list[bytes] = []

    async def answer_the_first(chunk: bytes) -> None:
        seen.append(chunk)
        (jail.workspace / "go").touch()

    done = await supervisor.run(
        jail,
        ["sh", "-c", "echo one; until [ -e go ]; do sleep 0.02; done; echo two"],
        on_output=answer_the_first,
    )

    assert seen == [b"one\n", b"two\n"]
    assert done.output == b"one\ntwo\n"
    assert (done.exit_code, done.signal, done.killed_for) == (0, None, None)


async def test_input_is_read_and_both_streams_keep_their_order(
    supervisor: Supervisor, jail: Jail
) -> None:
    done = await supervisor.run(jail, ["sh", "-c", "cat; echo err >&2; echo out"], stdin=b"in\n")

    assert done.output == b"in\nerr\nout\n"
    assert done.output_bytes == 11


async def test_input_larger_than_a_pipe_may_stay_unread(supervisor: Supervisor, jail: Jail) -> None:
    done = await supervisor.run(jail, ["true"], stdin=b"x" * 1_000_000)

    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("script", "code", "signal"),
    [("exit 3", 3, None), ("kill -9 $$", 137, "SIGKILL"), ("kill -15 $$", 143, "SIGTERM")],
)
async def test_the_end_is_told_as_a_shell_would(
    supervisor: Supervisor, jail: Jail, script: str, code: int, signal: str | None
) -> None:
    done = await supervisor.run(jail, ["sh", "-c", script])

    assert (done.exit_code, done.signal, done.output) == (code, signal, b"")


async def test_an_unknown_command_is_127_with_its_name(supervisor: Supervisor, jail: Jail) -> None:
    done = await supervisor.run(jail, ["no-such-command"])

    assert done.exit_code == 127
    assert b"no-such-command" in done.output


async def test_the_environment_is_only_what_was_given(
    supervisor: Supervisor, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    # A container's variables cannot hold a line break; that they are refused is tested there.
    greeting = "hello" if supervisor.sandbox.name == "container" else "hello\nworld"
    jail = make_jail(place, env={"GREETING": greeting, "HOME": "/elsewhere"})

    done = await supervisor.run(jail, ["env", "-0"])

    values = dict(item.split("=", 1) for item in done.output.decode().split("\0") if item)
    inside = supervisor.sandbox.workspace_inside(jail)
    assert values.pop("PWD", inside) == inside
    assert values.pop("TMPDIR")
    values.pop("GIT_CONFIG_NOSYSTEM", None)
    if supervisor.sandbox.name == "container":
        assert (values.pop("container"), values.pop("HOSTNAME")) == ("podman", "sandbox")
    assert values == {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "HOME": f"{inside}/.home",
        "GREETING": greeting,
    }


async def test_it_starts_in_the_asked_directory(supervisor: Supervisor, place: Path) -> None:
    jail = make_jail(place, cwd="deep/er")
    await supervisor.run(replace(jail, cwd="."), ["mkdir", "-p", "deep/er"])

    done = await supervisor.run(jail, ["pwd"])

    inside = supervisor.sandbox.workspace_inside(jail)
    assert done.output.decode() == f"{inside}/deep/er\n"


async def test_files_it_makes_belong_to_the_workspaces_owner(
    supervisor: Supervisor, jail: Jail
) -> None:
    await supervisor.run(jail, ["touch", "made"])

    assert (jail.workspace / "made").stat().st_uid == jail.workspace.stat().st_uid


async def test_processor_time_and_memory_are_accounted(supervisor: Supervisor, jail: Jail) -> None:
    skip_on_container(supervisor.sandbox, "the engine accounts, and we do not ask it")
    script = (
        "import time; x = bytearray(b'1') * 300_000_000; "
        "sum(i * i for i in range(3_000_000)); time.sleep(1)"
    )

    done = await supervisor.run(jail, ["/usr/bin/python3", "-c", script])

    assert done.exit_code == 0
    assert 0.1 < done.cpu_seconds < 30
    assert done.wall_seconds > 0.1
    assert 300_000_000 < done.max_rss_bytes < 400_000_000


async def test_time_of_processes_it_left_behind_is_accounted(
    supervisor: Supervisor, jail: Jail
) -> None:
    skip_on_container(supervisor.sandbox, "the engine accounts, and we do not ask it")
    loop = "i=0; while [ $i -lt 1500000 ]; do i=$((i+1)); done; touch done"
    script = f"setsid sh -c '{loop}; sleep 60' & until [ -e done ]; do sleep 0.05; done"

    done = await supervisor.run(jail, ["sh", "-c", script])

    assert done.exit_code == 0
    assert done.cpu_seconds > 0.1


async def test_a_sandbox_that_cannot_be_set_up_is_not_an_exit_code(
    supervisor: Supervisor, jail: Jail
) -> None:
    broken = replace(jail, workspace=jail.workspace / "missing")

    with pytest.raises(SandboxFailedError, match="missing"):
        await supervisor.run(broken, ["true"])


@pytest.mark.usefixtures("nothing_left")
async def test_a_run_that_cannot_be_recorded_is_not_left_running(
    backend: Sandbox, place: Path, jail: Jail
) -> None:
    strays = StrayRegistry(place / "strays")
    (place / "strays").rmdir()

    with pytest.raises(SandboxFailedError, match="could not be recorded"):
        await Supervisor(backend, strays=strays).run(jail, ["sleep", "300"])


async def test_a_slow_reader_is_not_interrupted_by_the_wall_time(
    supervisor: Supervisor, place: Path
) -> None:
    seconds = 3.0 if supervisor.sandbox.name == "container" else 0.3  # an engine starts slowly
    jail = make_jail(place, limits=Limits(wall_seconds=seconds, disk_bytes=None))
    finished: list[bytes] = []

    async def slow(chunk: bytes) -> None:
        await asyncio.sleep(1.0)
        finished.append(chunk)

    done = await supervisor.run(jail, ["sh", "-c", "echo one; sleep 300"], on_output=slow)

    assert (done.timed_out, finished) == (True, [b"one\n"])


@pytest.mark.usefixtures("nothing_left")
async def test_a_failing_reader_ends_the_command(supervisor: Supervisor, jail: Jail) -> None:
    async def fail(_chunk: bytes) -> None:
        raise LookupError("the reader broke")

    with pytest.raises(LookupError, match="the reader broke"):
        await supervisor.run(jail, ["sh", "-c", "echo one; sleep 300"], on_output=fail)


@pytest.mark.parametrize(
    ("change", "argv", "message"),
    [
        ({"cwd": "../other"}, ["true"], "inside the workspace"),
        ({"cwd": "/etc"}, ["true"], "inside the workspace"),
        ({}, [], "at least one word"),
        ({}, ["echo", "a\0b"], "NUL"),
        ({"env": {"A=B": "c"}}, ["true"], "not valid"),
    ],
)
async def test_impossible_jails_are_refused(
    supervisor: Supervisor, jail: Jail, change: dict[str, object], argv: list[str], message: str
) -> None:
    with pytest.raises(JailNotPossibleError, match=message):
        await supervisor.run(replace(jail, **change), argv)  # type: ignore[arg-type]


async def test_root_is_refused(
    supervisor: Supervisor, jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)

    with pytest.raises(JailNotPossibleError, match="may not run as root"):
        await supervisor.run(replace(jail, identity=None), ["true"])
