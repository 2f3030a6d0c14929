"""Real MCP servers from PyPI and npm, installed once, pinned, outside of our own environment.

`QUARTERDECK_TEST_CACHE` names another folder than the default; it must be enterable for the
sandbox's user. Where the registry cannot be reached the tests that need it say so and are skipped.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PINS = Path(__file__).parent / "servers"
_SECONDS = 600


def cache() -> Path:
    """Where installed servers stay between runs."""
    default = "/var/cache" if os.geteuid() == 0 else str(Path.home() / ".cache")
    path = Path(os.environ.get("QUARTERDECK_TEST_CACHE", f"{default}/quarterdeck-tests"))
    path.mkdir(parents=True, exist_ok=True, mode=0o755)
    return path


def python_servers() -> Path:
    """A virtual environment with the PyPI servers; its interpreter is the system's."""
    return _installed("python", [PINS / "requirements.txt"], _install_python)


def node_servers() -> Path:
    """A folder whose node_modules holds the npm servers."""
    if shutil.which("npm", path="/usr/local/bin:/usr/bin") is None:
        pytest.skip("npm servers need Node.js in /usr")
    return _installed("node", [PINS / "package.json", PINS / "package-lock.json"], _install_node)


def system_python() -> str:
    """An interpreter that the sandbox shows: one below /usr."""
    for name in ("/usr/bin/python3", "/usr/local/bin/python3"):
        if Path(name).exists():
            return name
    pytest.skip("MCP servers in Python need an interpreter in /usr")


def _installed(kind: str, pins: list[Path], install: Callable[[Path], None]) -> Path:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in pins)).hexdigest()[:12]
    target = cache() / f"{kind}-{digest}"
    with _alone(kind):
        if not target.exists():
            half = target.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            try:
                install(half)
            except subprocess.CalledProcessError as failed:
                pytest.skip(f"{kind} servers not installed: {failed.stderr[-300:]}")
            half.rename(target)
    return target


@contextlib.contextmanager
def _alone(kind: str) -> Iterator[None]:
    """One installer at a time, also among parallel test processes."""
    with (cache() / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install_python(folder: Path) -> None:
    """A relocatable folder: packages by `--target`, run with `PYTHONPATH`."""
    requirements = str(PINS / "requirements.txt")
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        pip = [uv, "pip", "install", "--python", system_python(), "--compile-bytecode"]
    else:
        builder = folder / "builder"
        venv.create(builder, with_pip=True)
        pip = [str(builder / "bin" / "pip"), "install", "--disable-pip-version-check"]
    _run(
        [
            *pip,
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "-r",
            requirements,
            "--target",
            str(folder),
        ]
    )
    shutil.rmtree(folder / "builder", ignore_errors=True)


def _install_node(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, folder)
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)])


def _run(argv: list[str]) -> None:
    subprocess.run(argv, check=True, capture_output=True, text=True, timeout=_SECONDS)
