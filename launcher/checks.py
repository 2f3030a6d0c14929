"""`test`, `lint`, `types`, `bench`: the tools of the house, on a private database if needed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from launcher.arguments import ROOT, Options
from launcher.failure import LauncherError
from launcher.frontend import ensure_frontend
from launcher.leash import die_with_parent
from launcher.notices import say
from launcher.postgres import start_private
from launcher.system import ensure_browser, ensure_sandbox

WORKERS = "3"
"""Tests of whole installations wait more than they compute, on two cores too."""
PATIENCE_SECONDS = 3.0
"""After Ctrl-C a tool at a terminal stops by itself; elsewhere it has to be told."""
MEMORY_DISK = Path("/dev/shm")
MEMORY_DISK_BYTES = 2 * 1024**3
"""Free bytes a memory disk must have before tests use it (containers often give 64 MiB)."""


def run_tests(options: Options) -> int:
    """Runs pytest against a private server, or against `DATABASE_URL` when that is set."""
    parallel = (
        []
        if any(part.startswith(("-n", "--pdb")) for part in options.rest)
        else ["-n", WORKERS, "--dist", "loadgroup"]
    )
    ensure_frontend(options.data_dir)
    ensure_sandbox(allowed=options.system)
    ensure_browser(allowed=options.system)
    with test_database() as variables:
        return _run([sys.executable, "-m", "pytest", *parallel, *options.rest], variables)


def run_build(options: Options) -> int:
    """Builds the front end; the environment stands already, or we would not be here."""
    ensure_frontend(options.data_dir)
    return 0


def run_lint(_: Options) -> int:
    """Runs every linter to its end, so that one run shows all findings."""
    programs = Path(sys.executable).parent
    commands = (
        [str(programs / "ruff"), "check", "."],
        [str(programs / "ruff"), "format", "--check", "."],
        [str(programs / "lint-imports")],
    )
    return max(_run(command, {}) for command in commands)


def run_types(_: Options) -> int:
    """Runs mypy over everything but what pyproject.toml leaves out."""
    return _run([sys.executable, "-m", "mypy", "."], {})


def run_bench(options: Options) -> int:
    """Runs the benchmarks named, or all of them; each prints one JSON line."""
    with test_database() as variables:
        return _run([sys.executable, "-m", "benchmarks", *options.rest], variables)


@contextmanager
def test_database() -> Iterator[Mapping[str, str]]:
    """Yields the variables that lead to a database for tests."""
    if os.environ.get("DATABASE_URL"):
        yield {}
        return
    directory = Path(tempfile.mkdtemp(prefix="quarterdeck-test-", dir=_scratch()))
    try:
        with start_private(directory) as server:
            urls = server.urls
            yield {"DATABASE_URL": urls.runtime, "DATABASE_OWNER_URL": urls.owner}
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _scratch() -> Path | None:
    if MEMORY_DISK.is_dir() and os.access(MEMORY_DISK, os.W_OK):
        return MEMORY_DISK if shutil.disk_usage(MEMORY_DISK).free >= MEMORY_DISK_BYTES else None
    return None


def _run(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Runs a tool in the foreground; its failure of any kind is our 1."""
    try:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **variables},
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads here
        )
    except FileNotFoundError as error:
        raise LauncherError(f"{command[0]} is missing from the environment.") from error
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    patience = None
    while True:
        try:
            return 0 if process.wait(patience) == 0 else 1
        except KeyboardInterrupt:
            say("quarterdeck: stopping")
            patience = PATIENCE_SECONDS
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
