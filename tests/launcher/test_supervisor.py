"""The supervisor over real processes: restarts, an orderly end, and the end of the supervisor."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.launcher.trees import Tree, lives, marked, wait_for, watchdogs_of

SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
STUBBORN = (
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print(os.getpid(), flush=True); time.sleep(600)"
)
WITH_GRANDCHILD = (
    "import os, subprocess, sys, time;"
    "child = subprocess.Popen(['sleep', '600'], start_new_session=True);"
    "print(os.getpid(), flush=True); print(child.pid, flush=True); time.sleep(600)"
)
NOTES_ITS_END = (
    "import pathlib, signal, sys, time\n"
    "def end(*_):\n"
    "    with open('order', 'a') as file: file.write(sys.argv[1] + '\\n')\n"
    "    sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, end)\n"
    "print('up', flush=True)\n"
    "time.sleep(600)"
)


def python(name: str, code: str, *arguments: str, **options: object) -> dict[str, object]:
    return {"name": name, "command": [sys.executable, "-c", code, *arguments], **options}


def test_a_child_that_dies_is_started_again(tree: Callable[..., Tree]) -> None:
    running = tree(python("web", SLEEPER))
    first = running.pid_of("web")

    os.kill(first, signal.SIGKILL)

    second = running.pid_of("web", 2)
    assert second != first
    assert psutil.pid_exists(second)
    assert "web ended (SIGKILL): starting it again" in running.complaints()


def test_a_crash_loop_is_reported_with_its_reason_and_tried_again(
    tree: Callable[..., Tree],
) -> None:
    running = tree(python("runner", "import sys; print('no such table: runs'); sys.exit(3)"))

    wait_for(lambda: len(running.log("runner")) >= 4, "a fourth try")

    complaint = next(line for line in running.complaints().splitlines() if "in a row" in line)
    log = running.data_dir / "logs" / "runner.log"
    assert complaint == (
        f"runner ended 3 times in a row (exit code 3): no such table: runs (see {log}; "
        "next try in 2 s)"
    )


def test_the_other_children_go_on_while_one_crashes(tree: Callable[..., Tree]) -> None:
    running = tree(python("web", SLEEPER), python("runner", "raise SystemExit(1)"))
    web = running.pid_of("web")

    wait_for(lambda: "in a row" in running.complaints(), "the crash loop is reported")

    assert psutil.pid_exists(web)
    assert len(running.log("web")) == 1


def test_a_program_that_is_not_there_is_reported_and_tried_again(
    tree: Callable[..., Tree],
) -> None:
    running = tree({"name": "gateway", "command": ["/nowhere/python"]}, python("web", SLEEPER))

    wait_for(lambda: "in a row" in running.complaints(), "the failure is reported")

    assert "gateway ended 3 times in a row (exit code 127): /nowhere/python cannot be" in (
        running.complaints()
    )
    assert psutil.pid_exists(running.pid_of("web"))


@pytest.mark.parametrize("deadly", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_cleanly(
    tree: Callable[..., Tree], home: Path, deadly: signal.Signals
) -> None:
    running = tree(python("web", SLEEPER), python("runner", WITH_GRANDCHILD))
    running.pid_of("runner", 2)

    code = running.stop(deadly)

    assert code == 0
    assert running.line() == "stopped"
    assert marked(home) == []
    assert running.complaints() == ""


def test_children_stop_stage_by_stage(tree: Callable[..., Tree], home: Path) -> None:
    running = tree(
        python("keeper", NOTES_ITS_END, "keeper", stage=2),
        python("web", NOTES_ITS_END, "web", stage=0),
        python("runner", NOTES_ITS_END, "runner", stage=1),
    )
    for name in ("keeper", "web", "runner"):
        wait_for(lambda name=name: running.log(name) == ["up"], f"{name} is up")

    running.stop()

    assert (home / "order").read_text().split() == ["web", "runner", "keeper"]


def test_a_child_that_ignores_the_request_is_killed_after_its_grace(
    tree: Callable[..., Tree],
) -> None:
    running = tree(python("worker", STUBBORN, grace_seconds=0.5))
    worker = running.pid_of("worker")

    code = running.stop()

    assert code == 0
    assert not psutil.pid_exists(worker)
    assert running.complaints() == "worker does not stop in time: killed\n"


@pytest.mark.kill
def test_grandchildren_of_a_killed_child_are_ended(tree: Callable[..., Tree]) -> None:
    running = tree(python("gateway", WITH_GRANDCHILD))
    first, grandchild = running.pid_of("gateway"), running.pid_of("gateway", 2)

    os.kill(first, signal.SIGKILL)

    wait_for(lambda: not psutil.pid_exists(grandchild), "the stray grandchild is ended")
    assert psutil.pid_exists(running.pid_of("gateway", 3))


@pytest.mark.kill
@pytest.mark.slow
def test_a_killed_supervisor_leaves_no_process(tree: Callable[..., Tree], home: Path) -> None:
    running = tree(
        python("web", SLEEPER), python("worker", STUBBORN), python("runner", WITH_GRANDCHILD)
    )
    running.pid_of("web"), running.pid_of("worker"), running.pid_of("runner", 2)
    assert len(marked(home)) == 4

    running.process.kill()
    running.process.wait()

    wait_for(lambda: marked(home) == [], "nothing of the tree is left")


@pytest.mark.kill
@pytest.mark.slow
def test_the_watchdog_is_replaced_when_it_dies(tree: Callable[..., Tree], home: Path) -> None:
    running = tree(python("worker", STUBBORN))
    running.pid_of("worker")

    def watchdogs() -> list[int]:
        return [child.pid for child in watchdogs_of(running.process.pid)]

    (first,) = watchdogs()
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: len(watchdogs()) == 1 and watchdogs() != [first], "a new watchdog")

    running.process.kill()
    running.process.wait()
    wait_for(lambda: marked(home) == [], "the new one does its duty")


@pytest.mark.kill
def test_a_new_supervisor_ends_what_an_earlier_one_left(
    tree: Callable[..., Tree], home: Path
) -> None:
    first = tree(python("worker", STUBBORN))
    worker = first.pid_of("worker")
    (watchdog,) = watchdogs_of(first.process.pid)
    first.process.send_signal(signal.SIGSTOP)
    watchdog.kill()
    first.process.kill()
    first.process.wait()
    assert psutil.pid_exists(worker)

    second = tree(python("web", SLEEPER))

    assert not lives(worker)
    assert psutil.pid_exists(second.pid_of("web"))


def test_an_idle_supervisor_takes_next_to_no_time(tree: Callable[..., Tree]) -> None:
    running = tree(python("web", SLEEPER))
    running.pid_of("web")
    supervisor = psutil.Process(running.process.pid)
    before = supervisor.cpu_times()

    time.sleep(2)

    after = supervisor.cpu_times()
    assert after.user + after.system - before.user - before.system < 0.1
