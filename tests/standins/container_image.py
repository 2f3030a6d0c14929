"""An image for the container level, made of this machine's own programs: no registry is asked.

`python -m tests.standins.container_image` makes it and prints its name.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ENGINE = "podman"
PROGRAMS = (
    *("sh", "bash", "cat", "chmod", "cp", "date", "dd", "env", "grep", "head", "id", "ln", "ls"),
    *("mkdir", "mv", "pwd", "rm", "sed", "setsid", "sleep", "stat", "sort", "touch", "true"),
    *("uname", "wc", "python3", "awk", "echo", "getent", "hostname", "tar", "whoami"),
)
_FOLDERS = ("dev", "etc", "proc", "root", "run", "sys", "tmp", "var", "workspace")
_MODES = {"root": 0o700, "tmp": 0o1777}
_LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}
_ETC = {
    "passwd": "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "group": "root:x:0:\nnogroup:x:65534:\n",
}
_LEFT_OUT = {"test", "__pycache__", "idlelib", "ensurepip", "lib2to3", "pydoc_data"}


@cache
def engine_fault() -> str:
    """Why the engine cannot be used here, or ""."""
    if shutil.which(ENGINE) is None:
        return f"{ENGINE} is not installed"
    done = _engine("info")
    return "" if done.returncode == 0 else f"{ENGINE} info: {done.stderr.decode().strip()[-200:]}"


@cache
def working_runtime() -> str:
    """The OCI runtime that runs the image: the engine's own choice, or runc where that fails."""
    bare = ("run", "--rm", "--network", "none", "--ulimit", "nofile=256", "--ulimit", "nproc=256")
    own = _engine(*bare, local_image(), "true").returncode == 0
    return "" if own or shutil.which("runc") is None else "runc"


@cache
def local_image() -> str:
    """The name of the image, made unless the engine has it already."""
    files = sorted({path for path in _files() if path.exists()})
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in files:
        digest.update(f"{path}\0{path.stat().st_size}\n".encode())
    name = f"localhost/quarterdeck-test:{digest.hexdigest()[:16]}"
    if _engine("image", "exists", name).returncode:
        done = _engine("import", "-", name, given=_packed(files))
        assert done.returncode == 0, done.stderr.decode()
    return name


def _files() -> Iterator[Path]:
    programs = [Path("/usr/bin", name) for name in PROGRAMS if Path("/usr/bin", name).exists()]
    yield from programs
    library = _python_library()
    yield from _below(library)
    yield from _libraries([*programs, *Path(library, "lib-dynload").glob("*.so")])


def _python_library() -> Path:
    """The library of the system's Python, which need not be the one that runs this."""
    code = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    done = subprocess.run(
        ["/usr/bin/python3", "-c", code], capture_output=True, text=True, check=True
    )
    return Path(done.stdout.strip())


def _below(tree: Path) -> Iterator[Path]:
    for path in tree.rglob("*"):
        if path.is_file() and not _LEFT_OUT & set(path.relative_to(tree).parts):
            yield path


def _libraries(programs: Iterable[Path]) -> Iterator[Path]:
    """What the loader would open for them, under the merged /usr."""
    told = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False)
    for word in told.stdout.split():
        if word.startswith(("/lib", "/usr/lib")) and not word.endswith(":"):
            yield Path("/usr", word.removeprefix("/usr/").removeprefix("/"))


def _packed(files: Iterable[Path]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", dereference=True) as tar:
        for name, target in _LINKS.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
        for name in (*_FOLDERS, "usr", *_LINKS.values()):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, _MODES.get(name, 0o755)
            tar.addfile(folder)
        for name, text in _ETC.items():
            entry = tarfile.TarInfo(f"etc/{name}")
            entry.size, entry.mode = len(text), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
        for path in files:
            tar.add(path, str(path).lstrip("/"), recursive=False)
    return packed.getvalue()


def _engine(*words: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [ENGINE, *words]
    return subprocess.run(command, input=given, capture_output=True, timeout=300, check=False)


if __name__ == "__main__":
    print(local_image())
