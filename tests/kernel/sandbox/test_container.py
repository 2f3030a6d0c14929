"""The container level's command line, and that it is really stopped."""

from __future__ import annotations

import asyncio
import json
import os
import resource
from collections.abc import Sequence
from pathlib import Path

import pytest

from kernel.sandbox import (
    Bind,
    ContainerSandbox,
    Jail,
    JailNotPossibleError,
    Limits,
    Network,
    StrayRegistry,
    Supervisor,
)
from kernel.sandbox.engine_filter import tightened_profile
from tests.kernel.sandbox.conftest import make_jail, until


@pytest.fixture
def engine(place: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stand-in engine that notes its words, reads the environment file, and waits when told."""
    path = place / "podman"
    path.write_text(
        "#!/bin/sh\n"
        f'printf "%s\\n" "$*" >> {place}/words\n'
        'while [ $# -gt 0 ]; do case "$1" in\n'
        f"  --env-file) cat $2 > {place}/environment;;\n"
        "  wait) sleep 308.5;;\n"
        "esac; shift; done\n"
    )
    path.chmod(0o755)
    monkeypatch.setattr("kernel.sandbox.container._PATH", f"{place}:/usr/bin:/bin")
    return "podman"


def words_after(argv: Sequence[str], option: str) -> list[str]:
    return [argv[i + 1] for i, word in enumerate(argv) if word == option]


def test_every_bound_and_wall_is_on_the_command_line(place: Path, engine: str) -> None:
    limits = Limits(memory_bytes=1000, processes=7, open_files=9, file_bytes=11, cpu_seconds=5)
    bind = Bind(source=Path("/opt/tools"), target="/tools")
    jail = make_jail(place, limits=limits, binds=(bind,), cwd="sub")

    sandbox = ContainerSandbox(image="img", engine=engine, runtime="runsc", host="unix:///e")
    prepared = sandbox.command(jail, ["a", "b"])
    prepared.close()

    argv = list(prepared.argv)
    assert argv[:2] == [str(place / "podman"), "run"]
    assert argv[-7:] == ["img", "/bin/sh", "-c", 'exec "$@"', "sh", "a", "b"]
    assert {"--rm", "--read-only", "--init", "--interactive"} <= set(argv)
    assert words_after(argv, "--network") == ["none"]
    assert prepared.env["DOCKER_HOST"] == "unix:///e"
    assert words_after(argv, "--cap-drop") == ["ALL"]
    assert words_after(argv, "--security-opt")[0] == "no-new-privileges"
    assert words_after(argv, "--hostname") == ["sandbox"]
    assert words_after(argv, "--runtime") == ["runsc"]
    assert words_after(argv, "--memory") == words_after(argv, "--memory-swap") == ["1000"]
    assert words_after(argv, "--pids-limit") == ["7"]
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    processes = 32768 if hard == resource.RLIM_INFINITY else min(32768, hard)
    assert words_after(argv, "--ulimit") == [
        *("core=0:0", "data=1000:1000", "cpu=5:6", "fsize=11:11", "nofile=9:9"),
        f"nproc={processes}:{processes}",
    ]
    assert words_after(argv, "--mount") == [
        f"type=bind,source={jail.workspace},target=/workspace",
        "type=bind,source=/opt/tools,target=/tools,readonly",
    ]
    assert words_after(argv, "--workdir") == ["/workspace/sub"]
    owner = jail.identity or None
    expected = f"{owner.uid}:{owner.gid}" if owner else f"{os.geteuid()}:{os.getegid()}"
    assert words_after(argv, "--user") == [expected]
    assert list(prepared.stop) == [argv[0], "rm", "-f", words_after(argv, "--name")[0]]


def test_what_a_container_cannot_do_is_refused(place: Path, engine: str) -> None:
    sandbox = ContainerSandbox(image="img", engine=engine)

    for options in (
        {"network": Network(domains=("a.test",))},
        {"env": {"A": "two\nlines"}},
        {"binds": (Bind(source=Path("/a,b")),)},
    ):
        with pytest.raises(JailNotPossibleError):
            sandbox.command(make_jail(place, **options), ["true"])


async def test_the_environment_travels_by_descriptor(place: Path, engine: str) -> None:
    supervisor = Supervisor(
        ContainerSandbox(image="img", engine=engine), strays=StrayRegistry(place / "strays")
    )
    jail: Jail = make_jail(place, env={"TOKEN": "secret"})

    done = await supervisor.run(jail, ["true"])

    assert done.exit_code == 0
    assert "TOKEN=secret\n" in (place / "environment").read_text()
    assert "secret" not in (place / "words").read_text()


async def test_a_cancelled_run_removes_its_container(place: Path, engine: str) -> None:
    supervisor = Supervisor(
        ContainerSandbox(image="img", engine=engine), strays=StrayRegistry(place / "strays")
    )
    running = asyncio.create_task(supervisor.run(make_jail(place), ["wait"]))
    await until((place / "words").exists)

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    started, removed = (place / "words").read_text().splitlines()
    name = started.split("--name ")[1].split()[0]
    assert removed == f"rm -f {name}"


def test_podmans_own_profile_loses_its_open_doors() -> None:
    profile = json.loads(tightened_profile() or b"{}")
    if not profile:
        pytest.skip("container: Podman's seccomp profile is not installed")

    allowed = [rule for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    names = {name for rule in allowed for name in rule["names"]}
    [clone] = [rule for rule in allowed if "clone" in rule["names"]]

    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    assert {"read", "execve", "socket"} <= names
    assert not {"unshare", "mount", "keyctl", "setns", "clone3", "bpf"} & names
    assert clone["args"] == [
        {"index": 0, "value": 0x7E020080, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    ]
