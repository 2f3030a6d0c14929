"""Builds the front end when its sources changed: `frontend/` → `static/dist/`.

A release archive carries `static/dist/` with its stamp, so nothing is built and no Node is needed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from launcher.arguments import ROOT
from launcher.bootstrap import environment_home, environment_python
from launcher.failure import LauncherError
from launcher.leash import die_with_parent
from launcher.notices import say
from launcher.quietly import run_quietly

OLDEST_NODE = (20, 19)
STAMP = ".inputs"
NOT_SOURCES = {"node_modules", "dist", "coverage"}


def ensure_frontend(data_dir: Path, root: Path = ROOT) -> None:
    """Sees that `static/dist` was built from exactly the sources that are there."""
    if not (root / "frontend" / "package.json").exists():
        say("      no frontend/package.json: nothing to build")
        return
    home = environment_home(root, data_dir)
    home.mkdir(parents=True, exist_ok=True)
    with (home / "frontend.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = digest_of_sources(root / "frontend")
        if not is_built(root, wanted):
            _build(root, data_dir)
            (root / "static" / "dist" / STAMP).write_text(wanted)


def build_meanwhile(data_dir: Path) -> None:
    """Builds in the background while something else takes its time; `ensure_frontend` waits.

    It says nothing: a failure repeats, with its words, when `ensure_frontend` tries again.
    """
    subprocess.Popen(
        [sys.executable, "-m", "launcher.frontend", str(data_dir)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads here
    )


def digest_of_sources(frontend: Path) -> str:
    """Hashes names and contents of everything a build reads."""
    digest = hashlib.sha256()
    for path in sorted(_sources(frontend)):
        digest.update(f"{path.relative_to(frontend)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_built(root: Path, wanted: str) -> bool:
    """Says whether `static/dist` carries the stamp of these sources."""
    built = root / "static" / "dist"
    stamp = built / STAMP
    return (built / "manifest.json").exists() and stamp.exists() and stamp.read_text() == wanted


def node_directory(root: Path, data_dir: Path) -> Path:
    """Returns the directory of a new enough `node` with `npm`: the machine's or the wheel's."""
    node = shutil.which("node")
    if node and shutil.which("npm") and node_version(node) >= OLDEST_NODE:
        return Path(node).parent
    say("      this machine has no Node 20.19 or newer: taking it from the package index")
    return environment_python(root, data_dir, "node").parent


def node_version(node: str) -> tuple[int, ...]:
    """Asks a `node` for its version; (0,) when it does not answer."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return (0,)
    return tuple(int(part) for part in re.findall(r"\d+", answer.stdout)) or (0,)


def _sources(frontend: Path) -> list[Path]:
    found: list[Path] = []
    for directory, names, files in os.walk(frontend):
        names[:] = [name for name in names if name not in NOT_SOURCES]
        found += [Path(directory) / name for name in files]
    return found


def _build(root: Path, data_dir: Path) -> None:
    frontend = root / "frontend"
    programs = node_directory(root, data_dir)
    _install(frontend, programs)
    say("      building the front end")
    _npm(frontend, programs, "run", "build")
    if not (root / "static" / "dist" / "manifest.json").exists():
        raise LauncherError("The front end's build left no static/dist/manifest.json.")


def _install(frontend: Path, programs: Path) -> None:
    """Runs `npm ci` once per state of the lock file."""
    stamp = frontend / "node_modules" / ".quarterdeck-lock"
    wanted = hashlib.sha256((frontend / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("      installing the front end's packages with npm")
    _npm(frontend, programs, "ci", "--no-audit", "--no-fund")
    stamp.write_text(wanted)


def _npm(frontend: Path, programs: Path, *arguments: str) -> None:
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    variables = {"PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false"}
    command = [str(programs / "npm"), *arguments]
    if not run_quietly(command, directory=frontend, variables=variables):
        message = f"The front end could not be built: `npm {' '.join(arguments)}` failed."
        raise LauncherError(message)


if __name__ == "__main__":
    ensure_frontend(Path(sys.argv[1]))
