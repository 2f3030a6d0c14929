"""Makes the Python environment from hashed requirements, once per state of the requirements.

Runs on a bare Python: standard library only. Environments live under `.quarterdeck/`, named by the
hash of what went into them, so a second start finds its own and takes no time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from launcher.failure import LauncherError
from launcher.notices import say
from launcher.quietly import run_quietly
from launcher.uvwheel import fetch_uv

LOCKED = ("--no-deps", "--require-hashes")
"""The lists are complete. Resolved again, `pydantic[email]` would match a release newer than the
pin, for which there is no hash: to pip a name with extras is another name."""
PIP_OPTIONS = ("--quiet", "--no-compile", *LOCKED)
"""Without compiling everything a third of the time is saved; what is imported gets compiled."""
EXTRAS = ("claude",)
"""Requirements that nobody gets who does not ask for them."""
COMPLETE = ".complete"
"""Written last: a directory without it was interrupted and is made anew."""


@dataclass(frozen=True)
class Installer:
    """The two commands that make an environment and fill it."""

    name: str
    create: tuple[str, ...]
    install: tuple[str, ...]


def environment_python(root: Path, data_dir: Path, kind: str) -> Path:
    """Returns the interpreter of the environment of a kind (`base`, `dev`, `node`), made if absent.

    `QUARTERDECK_PYTHON` names an interpreter that already has everything and is taken as it is.
    """
    given = os.environ.get("QUARTERDECK_PYTHON")
    if given and kind != "node":
        return Path(shutil.which(given) or given)
    home = environment_home(root, data_dir)
    python = find_environment(root, data_dir, kind) or _make(root, home, kind)
    if kind != "node":
        for extra in wanted_extras():
            _add(root, home, python.parent.parent, extra)
    return python


def wanted_extras() -> list[str]:
    """Returns the optional requirements that `QUARTERDECK_EXTRAS` names, separated by commas."""
    names = os.environ.get("QUARTERDECK_EXTRAS", "").replace(",", " ").split()
    for name in names:
        if name not in EXTRAS:
            message = f"There is no extra {name}: QUARTERDECK_EXTRAS takes {', '.join(EXTRAS)}."
            raise LauncherError(message)
    return names


def find_environment(root: Path, data_dir: Path, kind: str) -> Path | None:
    """Returns the interpreter of an environment that is there; the tests' has all of `base`."""
    home = environment_home(root, data_dir)
    for candidate in ("base", "dev") if kind == "base" else (kind,):
        path = environment_path(root, home, candidate)
        if is_complete(path):
            return path / "bin" / "python"
    return None


def is_cold(root: Path, data_dir: Path, kind: str) -> bool:
    """Says whether making the environment will take its time."""
    given = os.environ.get("QUARTERDECK_PYTHON")
    return not given and find_environment(root, data_dir, kind) is None


def environment_home(root: Path, data_dir: Path) -> Path:
    """Returns where environments are kept: beside the code, or in D where that is read-only."""
    home = root / ".quarterdeck"
    writable = os.access(home if home.exists() else root, os.W_OK)
    return home if writable else data_dir


def environment_path(root: Path, home: Path, kind: str) -> Path:
    """Names an environment by its requirements and the interpreter that it is made with."""
    digest = hashlib.sha256((root / "requirements" / f"{kind}.txt").read_bytes())
    for part in (sys.implementation.cache_tag, sys.base_prefix, platform.machine()):
        digest.update(f"\0{part}".encode())
    return home / f"env-{kind}-{digest.hexdigest()[:16]}"


def is_complete(path: Path) -> bool:
    """Says whether an environment was made to its end and its interpreter still exists."""
    return (path / COMPLETE).exists() and (path / "bin" / "python").exists()


def choose_installer(path: Path, home: Path) -> Installer:
    """Takes `uv` on PATH, else venv and pip of this Python, else the pinned uv wheel."""
    uv = shutil.which("uv")
    if uv is None and can_venv():
        create = (sys.executable, "-m", "venv", str(path))
        pip = (str(path / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check")
        return Installer("pip", create, (*pip, *PIP_OPTIONS, "-r"))
    uv = uv or str(fetch_uv(home))
    make = (uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(path))
    python = ("--python", str(path / "bin" / "python"))
    return Installer("uv", make, (uv, "pip", "install", *python, *LOCKED, "-r"))


def can_venv() -> bool:
    """Says whether this Python can make an environment with pip in it (Debian splits that off)."""
    return find_spec("venv") is not None and find_spec("ensurepip") is not None


def _make(root: Path, home: Path, kind: str) -> Path:
    path = environment_path(root, home, kind)
    home.mkdir(parents=True, exist_ok=True)
    with _only_one(home / "env.lock"):
        if not is_complete(path):
            shutil.rmtree(path, ignore_errors=True)
            installer = choose_installer(path, home)
            say(f"      installing requirements/{kind}.txt with {installer.name}")
            _run(installer.create)
            _run([*installer.install, str(root / "requirements" / f"{kind}.txt")])
            (path / COMPLETE).touch()
    return path / "bin" / "python"


def _add(root: Path, home: Path, path: Path, extra: str) -> None:
    """Fills an environment with an extra, once per state of its requirements."""
    requirements = root / "requirements" / f"{extra}.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
    mark = path / f".extra-{extra}-{digest}"
    with _only_one(home / "env.lock"):
        if not mark.exists():
            installer = choose_installer(path, home)
            say(f"      installing requirements/{extra}.txt with {installer.name}")
            _run([*installer.install, str(requirements)])
            mark.touch()


def _run(command: Sequence[str]) -> None:
    if not run_quietly(command):
        message = f"The Python environment could not be made: `{' '.join(command[:4])} …` failed."
        raise LauncherError(message)


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
