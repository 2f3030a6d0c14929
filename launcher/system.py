"""Packages of the operating system: installed as root with apt, announced, never without leave."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from launcher.notices import say, warn
from launcher.quietly import run_quietly


def ensure_sandbox(*, allowed: bool) -> None:
    """Sees that bubblewrap, the preferred sandbox, is there."""
    _ensure(("bwrap",), "bubblewrap", "agents' tools fall back to a weaker sandbox", allowed)


def ensure_browser(*, allowed: bool) -> None:
    """Sees that a Chromium is there for the browser tests."""
    names = ("chromium", "chromium-browser", "google-chrome")
    _ensure(names, "chromium", "the browser tests cannot run", allowed)


def _ensure(programs: Sequence[str], package: str, otherwise: str, allowed: bool) -> None:  # noqa: FBT001
    if any(shutil.which(program) for program in programs):
        return
    apt = shutil.which("apt-get")
    if not allowed or apt is None or os.geteuid() != 0:
        warn(f"{package} is not installed: {otherwise} (try: sudo apt-get install {package}).")
        return
    say(f"      installing the system package {package} with apt-get (--no-system forbids it)")
    if not _install(apt, package):
        warn(f"apt-get could not install {package}: {otherwise}.")


def _install(apt: str, package: str) -> bool:
    install = [apt, "install", "-qq", "-y", "--no-install-recommends", package]
    for command in ([apt, "update", "-qq"], install):
        succeeded = run_quietly(command, variables={"DEBIAN_FRONTEND": "noninteractive"})
    return succeeded
