"""Imports only go down, doors are used, engines are pure: import-linter's contracts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_import_contracts_hold() -> None:
    ran = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]


def test_ruff_finds_nothing() -> None:
    ruff = str(Path(sys.executable).parent / "ruff")

    checked = subprocess.run(
        [ruff, "check", "--no-cache", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    formatted = subprocess.run(
        [ruff, "format", "--no-cache", "--check", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout[-4000:]
    assert formatted.returncode == 0, formatted.stdout[-2000:]


def test_everything_is_typed() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]
