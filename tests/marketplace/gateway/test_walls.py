"""What a server sees of the machine and of sessions, and that nothing of it stays."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from kernel.ids import uuid7
from kernel.sandbox import UidRange, prepare_workspace
from kernel.threads import threaded
from marketplace.errors import ServerStartError, ToolFailedError
from marketplace.models import MCPServer
from tests.marketplace.gateway.conftest import Gateway
from tests.marketplace.gateway.test_calls import _until

pytestmark = pytest.mark.django_db(transaction=True)
Raw = Callable[..., MCPServer]


@pytest.fixture
def session(data_dir: Path, settings: object) -> tuple[object, Path]:
    """A session with a working directory as the runner makes it."""
    session_id = uuid7()
    path = data_dir / "work" / str(uuid7())
    path.parent.mkdir(exist_ok=True, mode=0o711)
    base = settings.SANDBOX_UID  # type: ignore[attr-defined]
    prepare_workspace(path, UidRange(base=base).identity(str(session_id)))
    (path / "notes.txt").write_text("the session's notes")
    return session_id, path


async def test_files_of_the_machine_are_out_of_reach(
    gateway: Gateway, raw: Raw, data_dir: Path
) -> None:
    server = await threaded(raw)()
    hidden = data_dir / "hidden.txt"
    hidden.write_text("private")

    for path in (str(hidden), "/etc/shadow", "/root/.bashrc"):
        with pytest.raises(ToolFailedError):
            await gateway.call(server, "read", {"path": path})
    for path in ("/usr/x", str(Path(server.args[0]).parent / "x"), "/etc/x"):
        with pytest.raises(ToolFailedError):
            await gateway.call(server, "write", {"path": path})
    assert (await gateway.call(server, "write", {"path": "/workspace/.home/x"})).text == "written"


async def test_the_network_is_off(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        with pytest.raises(ToolFailedError, match=r"Error|refused|unreachable"):
            await gateway.call(server, "connect", {"port": port})


async def test_a_working_directory_is_mounted_only_when_asked_for(
    gateway: Gateway, raw: Raw, session: tuple[object, Path]
) -> None:
    session_id, path = session
    where = {"session_id": session_id, "workspace": path}
    nothing = await threaded(raw)("nothing")
    reads = await threaded(raw)("reads", mount_workspace="read")
    writes = await threaded(raw)("writes", mount_workspace="write")
    notes = {"path": "/workspace/notes.txt"}

    with pytest.raises(ToolFailedError):
        await gateway.call(nothing, "read", notes, **where)
    assert (await gateway.call(reads, "read", notes, **where)).text == "the session's notes"
    with pytest.raises(ToolFailedError):
        await gateway.call(reads, "write", {"path": "/workspace/new.txt"}, **where)
    await gateway.call(writes, "write", {"path": "/workspace/new.txt"}, **where)
    assert (path / "new.txt").read_text() == "written by the server"
    assert (path / "new.txt").stat().st_uid == path.stat().st_uid


async def test_a_servers_home_is_not_the_sessions(
    gateway: Gateway, raw: Raw, session: tuple[object, Path]
) -> None:
    session_id, path = session
    for mount in ("read", "write"):
        server = await threaded(raw)(mount, mount_workspace=mount)
        cache = {"path": "/workspace/.home/token-cache"}

        await gateway.call(server, "write", cache, session_id=session_id, workspace=path)

    assert list((path / ".home").iterdir()) == []


async def test_only_a_sessions_directory_can_be_mounted(
    gateway: Gateway, raw: Raw, data_dir: Path
) -> None:
    server = await threaded(raw)(mount_workspace="write")
    (data_dir / "work").mkdir(exist_ok=True)
    sneaky = data_dir / "work" / uuid7().hex
    sneaky.symlink_to("/etc")

    for path in (Path("/etc"), data_dir, sneaky):
        with pytest.raises(ServerStartError, match="not the working directory"):
            await gateway.call(server, "echo", session_id=uuid7(), workspace=path)


async def test_a_granted_folder_that_leads_elsewhere_is_refused(
    gateway: Gateway, raw: Raw, data_dir: Path
) -> None:
    link = data_dir / "servers" / uuid7().hex
    link.parent.mkdir(exist_ok=True)
    link.symlink_to("/root")
    server = await threaded(raw)(read_only_paths=(str(link),))

    with pytest.raises(ServerStartError, match="leads out"):
        await gateway.call(server, "echo")


async def test_sessions_do_not_share_a_stateful_server(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)(state="session")
    first, second = uuid7(), uuid7()

    counts = [
        (await gateway.call(server, "count", session_id=one)).text
        for one in (first, second, first, second, first)
    ]
    assert counts == ["1", "1", "2", "2", "3"]
    assert len(gateway.roots) == 2

    gateway.service.pool.forget(str(first))

    await _until(lambda: len(gateway.roots) == 1)
    assert (await gateway.call(server, "count", session_id=second)).text == "3"


async def test_what_a_server_started_ends_with_it(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()
    marker = f"stray-{uuid7().hex}"
    await gateway.call(server, "children", {"marker": marker})
    await _until(lambda: len(_named(marker)) == 2)

    await gateway.service.pool.aclose()

    assert _named(marker) == []
    assert gateway.processes == []


async def test_a_server_that_dies_takes_its_children_along(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()
    marker = f"stray-{uuid7().hex}"
    await gateway.call(server, "children", {"marker": marker})
    await _until(lambda: len(_named(marker)) == 2)

    with pytest.raises(Exception, match="ended during the call"):
        await gateway.call(server, "crash")

    await _until(lambda: not _named(marker))


def _named(marker: str) -> list[int]:
    """Processes anywhere on the machine whose command line holds the marker."""
    found = []
    for one in psutil.process_iter(["cmdline", "pid"]):
        if marker in (one.info["cmdline"] or []):
            found.append(one.info["pid"])
    return found
