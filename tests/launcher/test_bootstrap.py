"""How the environment is made: which installer, where, and when again."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import launcher.__main__
from launcher import bootstrap, uvwheel
from launcher.arguments import ROOT
from launcher.bootstrap import (
    choose_installer,
    environment_home,
    environment_path,
    environment_python,
    wanted_extras,
)
from launcher.failure import LauncherError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that requires nothing, and an environment that does not name an interpreter."""
    (tmp_path / "requirements").mkdir()
    for kind in ("base", "dev", "node"):
        (tmp_path / "requirements" / f"{kind}.txt").write_text(f"# {kind}\n")
    monkeypatch.delenv("QUARTERDECK_PYTHON", raising=False)
    return tmp_path


def program(directory: Path, name: str, text: str = "#!/bin/sh\n") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text(text)
    path.chmod(0o755)
    return path


class Index(http.server.BaseHTTPRequestHandler):
    """A package index with one page and one file."""

    content = b""
    name = ""

    def do_GET(self) -> None:
        page = f'<a href="../../files/{self.name}#sha256=ignored">{self.name}</a>'.encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(page if self.path.endswith("/uv/") else self.content)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Index]]:
    tag, _ = uvwheel.WHEELS[uvwheel.sys.platform, uvwheel.platform.machine().lower()]
    handler = type("Handler", (Index,), {"name": f"uv-{uvwheel.VERSION}-py3-none-{tag}.whl"})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    for variable in uvwheel.INDEX_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple/")
    yield handler
    server.shutdown()
    server.server_close()


def test_uv_on_path_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = program(tmp_path / "bin", "uv")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    installer = choose_installer(tmp_path / "env", tmp_path)

    assert installer.name == "uv"
    assert installer.create[0] == installer.install[0] == str(uv)
    assert {"--no-deps", "--require-hashes"} <= set(installer.install)


def test_without_uv_this_pythons_venv_and_pip_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    installer = choose_installer(tmp_path / "env", tmp_path)

    assert installer.name == "pip"
    assert installer.create == (sys.executable, "-m", "venv", str(tmp_path / "env"))
    assert {"--no-deps", "--require-hashes"} <= set(installer.install)


def test_without_ensurepip_the_pinned_uv_comes_from_the_configured_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: type[Index]
) -> None:
    _serve_wheel(index, tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None if name == "ensurepip" else 1)

    installer = choose_installer(tmp_path / "env", tmp_path / "home")

    assert installer.create[0] == str(tmp_path / "home" / f"uv-{uvwheel.VERSION}" / "uv")
    done = subprocess.run(installer.create[:1], capture_output=True, text=True, check=True)
    assert done.stdout == "uv speaking\n"


def test_a_wheel_that_is_not_the_pinned_one_is_refused(tmp_path: Path, index: type[Index]) -> None:
    index.content = b"something else"

    with pytest.raises(LauncherError, match="is not the pinned file: refused"):
        uvwheel.fetch_uv(tmp_path)

    assert list(tmp_path.rglob("uv")) == []


def test_an_index_without_the_wheel_is_told(tmp_path: Path, index: type[Index]) -> None:
    index.name = "uv-9.9.9-py3-none-any.whl"

    with pytest.raises(LauncherError, match="does not offer uv-"):
        uvwheel.fetch_uv(tmp_path)


def test_an_index_that_is_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")

    with pytest.raises(LauncherError, match="The package index cannot be read"):
        uvwheel.fetch_uv(tmp_path)


@pytest.mark.slow
def test_an_environment_is_made_once_and_that_of_the_tests_is_enough(project: Path) -> None:
    first = environment_python(project, project / "data", "dev")
    made_at = first.lstat().st_mtime_ns

    second = environment_python(project, project / "data", "dev")
    third = environment_python(project, project / "data", "base")

    assert first == second == third
    assert third.lstat().st_mtime_ns == made_at
    probe = [first, "-c", "import sys; print(sys.prefix != sys.base_prefix)"]
    assert subprocess.run(probe, capture_output=True, check=True).stdout == b"True\n"


@pytest.mark.slow
def test_an_extra_is_added_once_to_those_who_ask(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "requirements" / "claude.txt").write_text("# claude\n")
    environment_python(project, project / "data", "base")
    assert "claude" not in capsys.readouterr().err

    monkeypatch.setenv("QUARTERDECK_EXTRAS", "claude")
    python = environment_python(project, project / "data", "base")
    assert capsys.readouterr().err.count("installing requirements/claude.txt") == 1
    assert environment_python(project, project / "data", "base") == python
    assert capsys.readouterr().err == ""

    (project / "requirements" / "claude.txt").write_text("six==1.17.0\n")
    with pytest.raises(LauncherError, match="could not be made"):
        environment_python(project, project / "data", "base")


def test_an_unknown_extra_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTERDECK_EXTRAS", "claud")

    with pytest.raises(LauncherError, match="no extra claud: QUARTERDECK_EXTRAS takes claude"):
        wanted_extras()


def test_changed_requirements_make_another_environment(project: Path) -> None:
    before = environment_path(project, project, "base")

    (project / "requirements" / "base.txt").write_text("# other\n")

    assert environment_path(project, project, "base") != before


@pytest.mark.slow
def test_an_interrupted_environment_is_made_anew(project: Path) -> None:
    home = environment_path(project, project / ".quarterdeck", "base")
    rubbish = program(home / "bin", "python", "#!/bin/sh\nexit 7\n")

    python = environment_python(project, project / "data", "base")

    assert python == rubbish
    assert subprocess.run([python, "-c", ""], check=False).returncode == 0
    assert (home / ".complete").exists()


@pytest.mark.slow
def test_a_requirement_without_a_hash_is_refused(project: Path) -> None:
    (project / "requirements" / "base.txt").write_text("six==1.17.0\n")

    with pytest.raises(LauncherError, match="The Python environment could not be made"):
        environment_python(project, project / "data", "base")

    home = environment_home(project, project / "data")
    assert not (environment_path(project, home, "base") / ".complete").exists()


def test_an_interpreter_that_has_everything_is_taken_as_it_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUARTERDECK_PYTHON", sys.executable)

    assert environment_python(project, project / "data", "dev") == Path(sys.executable)
    assert not (project / ".quarterdeck").exists()


def test_the_first_half_of_the_launcher_needs_no_package(tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import launcher.__main__\n"
        "print(sorted(m for m in {n.split('.')[0] for n in set(sys.modules) - before}"
        " if m not in sys.stdlib_module_names))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "['launcher']\n"


def test_processes_keep_what_they_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("QUARTERDECK_PYTHON", sys.executable)
    monkeypatch.setattr(os, "execv", lambda *_: seen.append(dict(os.environ)))
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    launcher.__main__.main(["lint"])

    assert "PYTHONDONTWRITEBYTECODE" not in seen[0]


def test_the_script_works_from_anywhere_and_through_a_symlink(tmp_path: Path) -> None:
    link = tmp_path / "qd"
    link.symlink_to(ROOT / "quarterdeck")

    done = subprocess.run([link, "help"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert done.stdout.startswith("usage: ./quarterdeck COMMAND [options]")
    assert done.stderr == ""


def test_without_python_the_script_says_so_in_one_sentence(tmp_path: Path) -> None:
    for name in ("sh", "dirname", "readlink"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))

    done = subprocess.run(
        [ROOT / "quarterdeck", "up"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("quarterdeck: Python 3.11 or newer is needed and none was found")
    assert done.stderr.count("\n") == 1


def test_a_python_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    for name in ("sh", "dirname", "readlink"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    program(tmp_path, "python3", "#!/bin/sh\nexit 1\n")
    program(tmp_path, "python3.12", f'#!/bin/sh\nexec {sys.executable} "$@"\n')

    done = subprocess.run(
        [ROOT / "quarterdeck", "help"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def _serve_wheel(index: type[Index], directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = directory / "made.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        script = "#!/bin/sh\necho uv speaking\n"
        archive.writestr(f"uv-{uvwheel.VERSION}.data/scripts/uv", script)
    index.content = wheel.read_bytes()
    key = (uvwheel.sys.platform, uvwheel.platform.machine().lower())
    digest = hashlib.sha256(index.content).hexdigest()
    monkeypatch.setitem(uvwheel.WHEELS, key, (uvwheel.WHEELS[key][0], digest))
