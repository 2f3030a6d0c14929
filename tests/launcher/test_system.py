"""Packages of the operating system that are missing: one sentence each, and no harm done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from launcher.system import ensure_browser, ensure_sandbox

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may install packages")
SENTENCE = (
    "warning: bubblewrap is not installed: agents' tools fall back to a weaker sandbox "
    "(try: sudo apt-get install bubblewrap).\n"
)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_missing_package_is_told_in_one_sentence(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ensure_sandbox(allowed=True)
    ensure_browser(allowed=False)

    said = capsys.readouterr().err
    assert said.startswith(SENTENCE)
    assert said.removeprefix(SENTENCE) == (
        "warning: chromium is not installed: the browser tests cannot run "
        "(try: sudo apt-get install chromium).\n"
    )


def test_a_package_that_is_there_needs_no_word(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs / "bwrap", "")

    ensure_sandbox(allowed=True)

    assert capsys.readouterr().err == ""


def test_nothing_is_installed_without_leave(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs / "apt-get", f'echo "$@" >> {programs}/asked')

    ensure_sandbox(allowed=False)

    assert capsys.readouterr().err == SENTENCE
    assert not (programs / "asked").exists()


@as_root
def test_a_package_that_cannot_be_installed_is_told(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs / "apt-get", f'echo "$@" >> {programs}/asked; exit 100')

    ensure_sandbox(allowed=True)

    assert capsys.readouterr().err.splitlines()[-1] == (
        "warning: apt-get could not install bubblewrap: "
        "agents' tools fall back to a weaker sandbox."
    )
    assert (programs / "asked").read_text().splitlines() == [
        "update -qq",
        "install -qq -y --no-install-recommends bubblewrap",
    ]
