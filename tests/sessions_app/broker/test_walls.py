"""Files that rules close, for our own tools and for what a command opens unseen."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kernel.redaction import Redactor
from kernel.sandbox import (
    JailNotPossibleError,
    Limits,
    PathDeniedError,
    StrayRegistry,
    Supervisor,
    UidRange,
)
from kernel.sandbox import prepare_workspace as prepare
from sessions_app.broker import execution
from sessions_app.broker.execution import Executed, Place
from sessions_app.broker.output import Output
from sessions_app.broker.walls import MOST, walls_of
from tests.kernel.sandbox.conftest import BACKENDS, probed

RULES = ["read_file(.env)", "read_file(secrets/*)", "read_file(*.pem)", "write_file(docs/*)"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for path in (".env", "secrets/a/key", "sub/tls.pem", "docs/guide", "open"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"content of {path}")
    (tmp_path / "link").symlink_to(".env")
    (tmp_path / "way").symlink_to("secrets")
    (tmp_path / "page").symlink_to("docs/guide")
    return tmp_path


def test_rules_name_files_directories_and_all_below_them(workspace: Path) -> None:
    hidden, frozen = walls_of(RULES).standing(workspace)

    assert sorted(hidden) == [".env", "secrets", "sub/tls.pem"]
    assert frozen == ("docs",)


@pytest.mark.parametrize("rule", ["shell(.env)", "read_file", "write_file(.env)", "domain:x.org"])
def test_other_rules_hide_nothing(workspace: Path, rule: str) -> None:
    assert walls_of([rule]).standing(workspace)[0] == ()


def test_too_many_files_are_refused_rather_than_left_open(workspace: Path) -> None:
    for number in range(MOST + 1):
        (workspace / f"{number}.pem").touch()

    with pytest.raises(JailNotPossibleError, match="more than 500"):
        walls_of(RULES).standing(workspace)


def tool(workspace: Path, way: Callable[..., Any], **arguments: Any) -> str:
    """What one of our tools answers."""
    said: list[str] = []

    async def keep(text: str) -> None:
        said.append(text)

    async def main() -> Executed:
        place = Place(
            session_id=None,  # type: ignore[arg-type]
            workspace=workspace,
            identity=None,
            limits=Limits(),
            walls=walls_of(RULES),
        )
        output = Output(Redactor(), keep)
        done: Executed = await way(place, arguments, output)
        await output.end()
        return replace(done, content="".join(said) + done.content)

    return asyncio.run(main()).content


@pytest.mark.parametrize("path", [".env", "link", "way/a/key", "secrets/a/key", "sub/tls.pem"])
def test_our_own_tool_reads_no_closed_file_by_any_way(workspace: Path, path: str) -> None:
    with pytest.raises(PathDeniedError):
        tool(workspace, execution.read_file, path=path)
    assert tool(workspace, execution.read_file, path="page") == "content of docs/guide"


@pytest.mark.parametrize("path", ["docs/guide", "page"])
def test_our_own_tool_changes_no_frozen_file_by_any_way(workspace: Path, path: str) -> None:
    with pytest.raises(PathDeniedError):
        tool(workspace, execution.write_file, path=path, content="other")
    with pytest.raises(PathDeniedError):
        tool(workspace, execution.edit_file, path=path, old="content", new="other")

    assert (workspace / "docs/guide").read_text() == "content of docs/guide"


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory the sandbox's user may pass through."""
    path = Path(tempfile.mkdtemp(prefix="qd-walls-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


UNSEEN = "import sys; print(open(sys.argv[1]).read())"


def test_a_program_that_opens_a_closed_file_unseen_gets_nothing(place: Path) -> None:
    if not probed("bubblewrap").ok:
        pytest.skip(f"bubblewrap is not available: {probed('bubblewrap').reason}")
    root = place / "workspace"
    prepare(root, UidRange().identity("walls"))
    for path in (".env", "secrets/a/key", "docs/guide", "open"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"content of {path}")
    command = (
        f"for f in .env secrets/a/key open docs/guide; do python3 -c '{UNSEEN}' $f; done; "
        "grep -r content . ; mv .env moved; rm -rf secrets; chmod 777 .env secrets; cat .env; "
        "ls secrets; echo x > docs/guide; rm docs/guide; echo x > docs/new"
    )
    said: list[str] = []

    async def keep(text: str) -> None:
        said.append(text)

    async def main() -> None:
        here = Place(
            session_id=None,  # type: ignore[arg-type]
            workspace=root,
            identity=UidRange().identity("walls"),
            limits=Limits(wall_seconds=60),
            walls=walls_of(RULES),
            supervisor=Supervisor(BACKENDS["bubblewrap"](), strays=StrayRegistry(place / "strays")),
        )
        output = Output(Redactor(), keep)
        await execution.run_shell(here, {"command": command}, output)
        await output.end()

    asyncio.run(main())

    text = "".join(said)
    assert "content of open" in text
    assert "content of docs/guide" in text
    assert "content of .env" not in text
    assert "content of secrets" not in text
    assert (root / ".env").read_text() == "content of .env"
    assert (root / "secrets/a/key").read_text() == "content of secrets/a/key"
    assert (root / "docs/guide").read_text() == "content of docs/guide"
    assert not (root / "docs/new").exists()
