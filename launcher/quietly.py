"""Runs a long command without its chatter: signs of life meanwhile, the end of it on failure."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.notices import say

SIGN_OF_LIFE_SECONDS = 10.0
SHOWN_LINES = 30


def run_quietly(
    command: Sequence[str], *, directory: Path | None = None, variables: Mapping[str, str] = {}
) -> bool:
    """Runs a command to its end; says whether it succeeded."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while _still_runs(process):
                say(f"      … {time.monotonic() - begun:.0f} s")
        finally:
            process.kill()
            code = process.wait()
        if code != 0:
            output.seek(0)
            say("\n".join(output.read().decode(errors="replace").splitlines()[-SHOWN_LINES:]))
    return code == 0


def _still_runs(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(SIGN_OF_LIFE_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False
