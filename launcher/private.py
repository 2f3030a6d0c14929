"""A whole installation for a while, started by one of our own commands and stopped again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from launcher.arguments import ROOT
from launcher.failure import LauncherError
from launcher.leash import die_with_parent

STOP_SECONDS = 120.0


@contextmanager
def running(
    directory: Path, *more: str, environment: Mapping[str, str] = os.environ
) -> Iterator[str]:
    """Yields the address of an `up` on a directory once it is ready; stops it at the end."""
    command = [sys.executable, "-m", "launcher.inside", "up", *more, "--port", "0"]
    process = subprocess.Popen(
        [*command, "--no-system", "--data-dir", str(directory)],
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads here
    )
    try:
        said = process.stdout.readline() if process.stdout is not None else ""
        if not said.startswith("ready "):
            raise LauncherError("The private server did not start (see above).")
        yield said.split()[1]
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
