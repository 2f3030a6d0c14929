"""When the front end is built, and with which Node; `npm` is a script that notes its calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from launcher.arguments import ROOT
from launcher.failure import LauncherError
from launcher.frontend import ensure_frontend, node_version

NPM = """#!/bin/sh
echo "$@" >> ../npm-calls
case $1 in
    ci) mkdir -p node_modules ;;
    run) mkdir -p ../static/dist && cat src/main.ts > ../static/dist/manifest.json ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    frontend = tmp_path / "frontend"
    (frontend / "src").mkdir(parents=True)
    (frontend / "package.json").write_text("{}")
    (frontend / "package-lock.json").write_text("{}")
    (frontend / "src" / "main.ts").write_text("one")
    install(tmp_path, "node", "#!/bin/sh\necho v20.19.0\n")
    install(tmp_path, "npm", NPM)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def install(root: Path, name: str, text: str) -> None:
    (root / "bin").mkdir(exist_ok=True)
    (root / "bin" / name).write_text(text)
    (root / "bin" / name).chmod(0o755)


def build(root: Path) -> None:
    ensure_frontend(root / "data", root)


def calls(root: Path) -> list[str]:
    path = root / "npm-calls"
    return path.read_text().splitlines() if path.exists() else []


FIRST = ["ci --no-audit --no-fund", "run build"]


def test_the_first_build_installs_and_builds(project: Path) -> None:
    build(project)

    assert calls(project) == FIRST
    assert (project / "static" / "dist" / "manifest.json").read_text() == "one"


def test_nothing_is_done_when_nothing_changed(project: Path) -> None:
    build(project)
    (project / "frontend" / "node_modules" / "left.js").write_text("not a source")

    build(project)

    assert calls(project) == FIRST


def test_a_changed_source_is_built_without_installing_again(project: Path) -> None:
    build(project)
    (project / "frontend" / "src" / "main.ts").write_text("two")

    build(project)

    assert calls(project) == [*FIRST, "run build"]
    assert (project / "static" / "dist" / "manifest.json").read_text() == "two"


def test_a_changed_lock_file_installs_again(project: Path) -> None:
    build(project)
    (project / "frontend" / "package-lock.json").write_text('{"other": 1}')

    build(project)

    assert calls(project) == FIRST * 2


def test_a_release_with_built_assets_needs_no_node(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(project)
    (project / "npm-calls").unlink()
    monkeypatch.setenv("PATH", "/nowhere")

    build(project)

    assert calls(project) == []


def test_a_failing_build_shows_its_words_and_is_not_taken_for_done(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(project, "npm", "#!/bin/sh\nmkdir -p node_modules\necho broken $1\n[ $1 = ci ]\n")

    with pytest.raises(LauncherError, match=r"`npm run build` failed"):
        build(project)

    assert "broken run" in capsys.readouterr().err
    assert not (project / "static" / "dist").exists()


def test_without_a_front_end_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    build(tmp_path)

    assert capsys.readouterr().err == "      no frontend/package.json: nothing to build\n"


def test_the_version_of_node_is_asked(project: Path) -> None:
    assert node_version(str(project / "bin" / "node")) == (20, 19, 0)
    assert node_version("/nowhere/node") == (0,)


def test_the_front_end_needs_no_package_of_the_environment() -> None:
    code = "import launcher.frontend, sys; print(sorted({'psycopg', 'psutil'} & set(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
