"""Finds and ends processes that belong to a supervisor but no longer have one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil

TREE_VARIABLE = "QUARTERDECK_TREE"
"""Marks every process of one supervisor, so that strays are found wherever they end up."""


def tree_name(data_dir: Path) -> str:
    """Names the tree of this supervisor: its data directory and its own process."""
    return f"{data_dir}#{os.getpid()}"


def end_strays(data_dir: Path) -> int:
    """Kills what earlier supervisors of this data directory left behind; says how many."""
    prefix = f"{data_dir}#"
    return _end(lambda mark: mark.startswith(prefix))


def end_tree(name: str) -> int:
    """Kills every process that carries the mark of one supervisor; says how many."""
    return _end(lambda mark: mark == name)


def end_orphans(known: set[int]) -> int:
    """Kills our adopted children, those the supervisor did not start itself, with their own."""
    strangers = [child for child in psutil.Process().children() if child.pid not in known]
    for stranger in strangers:
        for process in (*_descendants(stranger), stranger):
            _kill(process)
    return len(strangers)


def signal_group(group: int, deadly: signal.Signals) -> bool:
    """Sends a signal to a process group; says whether the group still had anybody."""
    try:
        os.killpg(group, deadly)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def has_members(group: int) -> bool:
    """Says whether anybody is left in a process group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end(is_ours: Callable[[str], bool]) -> int:
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    ended = 0
    for process in psutil.process_iter():
        if process.pid not in spared and is_ours(_mark(process)):
            _kill(process)
            ended += 1
    return ended


def _mark(process: psutil.Process) -> str:
    try:
        mark: str = process.environ().get(TREE_VARIABLE, "")
    except (psutil.Error, OSError):
        return ""
    return mark


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return found


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
