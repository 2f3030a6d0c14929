"""The parts around a run: quota, ownership, strays, selection."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from kernel.sandbox import (
    BubblewrapSandbox,
    Chosen,
    ContainerSandbox,
    Identity,
    Jail,
    LandlockSandbox,
    Level,
    Prepared,
    ProbeResult,
    StrayRegistry,
    UidRange,
    Unavailable,
    WorkspaceTooDeepError,
    WorkspaceUnreachableError,
    disk_usage,
    prepare_workspace,
    select,
)
from kernel.sandbox.processes import descendants, read_process


def test_usage_counts_blocks_once_and_follows_no_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"x" * 1_000_000)
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    empty = disk_usage(root).bytes
    (root / "sub" / "f").write_bytes(b"x" * 100_000)
    os.link(root / "sub" / "f", root / "again")
    (root / "link").symlink_to(outside)
    with (root / "hole").open("wb") as file:
        file.truncate(10_000_000)

    usage = disk_usage(root)

    assert 100_000 <= usage.bytes - empty < 120_000
    assert usage.entries == 5


def test_usage_refuses_what_it_cannot_name(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)

    with pytest.raises(WorkspaceTooDeepError):
        disk_usage(tmp_path)
    subprocess.run(["rm", "-rf", *tmp_path.iterdir()], check=True)


def test_usage_of_a_tree_deeper_than_the_recursion_limit(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)

    assert disk_usage(tmp_path).entries == 1500
    subprocess.run(["rm", "-rf", *tmp_path.iterdir()], check=True)


def test_an_identity_is_stable_unprivileged_and_in_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    uids = UidRange(base=50_000, count=100)

    found = {uids.identity(f"session-{n}") for n in range(500)}

    assert uids.identity("a") == uids.identity("a")
    assert {i.uid for i in found if i} <= set(range(50_000, 50_100))
    assert len(found) > 90
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert uids.identity("a") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over files")
def test_a_workspace_of_somebody_else_is_handed_over_but_not_what_links_point_to(
    place: Path,
) -> None:
    outside = place / "outside"
    outside.write_text("x")
    root = place / "workspace"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "f").write_text("x")
    (root / "link").symlink_to(outside)

    prepare_workspace(root, Identity(uid=64738, gid=64738))

    owned = [root, root / "sub", root / "sub" / "f", root / "link", root / ".home"]
    assert [path.lstat().st_uid for path in owned] == [64738] * 5
    assert outside.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another identity to reach for")
def test_a_closed_parent_is_named_with_its_remedy(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(WorkspaceUnreachableError) as caught:
        prepare_workspace(closed / "workspace", Identity(uid=64738, gid=64738))

    assert caught.value.remedy == f"Run: chmod o+x {closed}"


@pytest.mark.kill
def test_the_sweep_ends_what_a_dead_owner_left_and_nothing_else(tmp_path: Path) -> None:
    registry = StrayRegistry(tmp_path)
    stray, mine, reused = (subprocess.Popen(["sleep", "306"]) for _ in range(3))
    for process in (stray, mine, reused):
        registry.record(process.pid)
    _change(tmp_path, stray.pid, owner=[2**22 + 1, 1])
    _change(tmp_path, reused.pid, owner=[2**22 + 1, 1], process=[reused.pid, 1])
    (tmp_path / "torn.json").write_text('{"boot": "')

    found = registry.sweep()

    assert [item.pid for item in found] == [stray.pid]
    assert stray.wait(10) == -9
    assert (mine.poll(), reused.poll()) == (None, None)
    assert [path.name for path in tmp_path.iterdir()] == [f"{os.getpid()}-{mine.pid}.json"]
    for process in (mine, reused):
        process.kill()
        process.wait()


def test_the_sweep_runs_the_stop_command_of_a_dead_owner(tmp_path: Path) -> None:
    registry = StrayRegistry(tmp_path / "strays")
    registry.record(2**22 + 1, stop=["touch", str(tmp_path / "stopped")])
    _change(tmp_path / "strays", 2**22 + 1, owner=[2**22 + 1, 1])

    registry.sweep()

    assert (tmp_path / "stopped").exists()


def test_a_record_of_another_boot_touches_no_process(tmp_path: Path) -> None:
    registry = StrayRegistry(tmp_path)
    process = subprocess.Popen(["sleep", "307"])
    registry.record(process.pid)
    _change(tmp_path, process.pid, boot="another", owner=[2**22 + 1, 1])

    assert registry.sweep() == []
    assert (process.poll(), list(tmp_path.iterdir())) == (None, [])
    process.kill()
    process.wait()


def _change(directory: Path, pid: int, **values: object) -> None:
    path = directory / f"{os.getpid()}-{pid}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_our_own_line_of_the_process_table() -> None:
    process = read_process(os.getpid())

    assert process is not None
    assert (process.parent, process.state) == (os.getppid(), "R")
    assert read_process(2**22 + 1) is None


def test_descendants_are_found_listed_and_scanned_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    script = "sleep 309 & sh -c 'sleep 309 & wait' & echo up; wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        listed: set[int] = set()
        while len(listed) < 3:
            listed = {process.pid for process in descendants(parent.pid)}
        monkeypatch.setattr("os.path.exists", lambda _path: False)

        scanned = {process.pid for process in descendants(parent.pid)}

        for pid in (parent.pid, *listed):
            os.kill(pid, signal.SIGKILL)
    assert scanned == listed


@dataclass
class _Level:
    """A back end that only answers its probe, to try the order of selection."""

    name: str
    level: Level
    result: ProbeResult

    async def probe(self) -> ProbeResult:
        return self.result

    def command(self, jail: Jail, argv: Sequence[str]) -> Prepared:
        raise NotImplementedError

    def workspace_inside(self, jail: Jail) -> str:
        raise NotImplementedError


async def test_the_highest_level_that_holds_is_chosen() -> None:
    missing = ProbeResult(ok=False, reason="no engine", remedy="install one")
    low = _Level("low", Level.LANDLOCK, ProbeResult(ok=True))
    middle = _Level("middle", Level.BUBBLEWRAP, ProbeResult(ok=True))
    high = _Level("high", Level.CONTAINER, missing)

    chosen = await select([low, high, middle])

    assert isinstance(chosen, Chosen)
    assert chosen.sandbox is middle
    assert chosen.passed_over == {"high": missing}


async def test_nothing_is_chosen_where_nothing_holds() -> None:
    a = _Level("a", Level.LANDLOCK, ProbeResult(ok=False, reason="old kernel", remedy="upgrade"))
    b = _Level("b", Level.CONTAINER, ProbeResult(ok=False, reason="no engine", remedy="install"))

    refused = await select([a, b])

    assert isinstance(refused, Unavailable)
    assert refused.level is Level.NONE
    assert refused.reason == "No sandbox works on this machine. b: no engine a: old kernel"
    assert refused.remedy == "install Or: upgrade"
    assert isinstance(await select([]), Unavailable)


async def test_this_machine_has_a_level_that_holds() -> None:
    backends = [ContainerSandbox(image=""), LandlockSandbox(), BubblewrapSandbox()]

    chosen = await select(backends)

    assert isinstance(chosen, Chosen), f"{chosen.reason} {chosen.remedy}"
    assert chosen.passed_over["container"].reason == "No container image is configured."


async def test_a_probe_that_is_not_sealed_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (await LandlockSandbox().probe()).ok:
        pytest.skip("landlock is not available")
    monkeypatch.setattr("kernel.sandbox.landlock.ROOT_TREES", ("tmp", "lib64", "bin", "lib"))

    result = await LandlockSandbox().probe()

    assert not result.ok
    assert "it can read files outside its workspace" in result.reason


async def test_a_container_without_image_says_so() -> None:
    result = await ContainerSandbox(image="").probe()

    assert (result.ok, result.reason) == (False, "No container image is configured.")


async def test_a_container_without_engine_says_so() -> None:
    result = await ContainerSandbox(image="tools", engine="no-such-engine").probe()

    assert result.reason == "The program no-such-engine is not installed."
