"""What a sandboxed command cannot see, touch or reach."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kernel.sandbox import Bind, Jail, JailNotPossibleError, Sandbox, StrayRegistry, Supervisor
from tests.kernel.sandbox.conftest import make_jail, skip_on_container

PYTHON = "/usr/bin/python3"


async def said(supervisor: Supervisor, jail: Jail, *argv: str) -> str:
    """What a command said, whether it succeeded or not."""
    return (await supervisor.run(jail, argv)).output.decode(errors="replace")


@contextmanager
def listener(
    family: socket.AddressFamily, address: object, kind: int = socket.SOCK_STREAM
) -> Iterator[tuple[socket.socket, list[bytes]]]:
    """A server outside that notes whoever gets through to it."""
    heard: list[bytes] = []
    with socket.socket(family, kind) as server:
        server.bind(address)
        server.settimeout(0.1)
        if kind == socket.SOCK_STREAM:
            server.listen()
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    if kind == socket.SOCK_STREAM:
                        client, _ = server.accept()
                        heard.append(b"connected")
                        client.close()
                    else:
                        heard.append(server.recv(100))
                except TimeoutError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server, heard
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize(
    "path", ["/root", "/etc/shadow", "/var/log", "/home", "/proc/{us}/environ"]
)
async def test_the_hosts_own_files_are_out_of_sight(
    supervisor: Supervisor, jail: Jail, path: str
) -> None:
    path = path.format(us=os.getpid())

    done = await supervisor.run(jail, ["sh", "-c", f"cat {path} || ls {path}/"])

    assert done.exit_code != 0


async def test_a_readable_file_outside_stays_unread(
    supervisor: Supervisor, jail: Jail, place: Path
) -> None:
    (place / "secret").write_text("the secret")
    (place / "secret").chmod(0o644)

    assert "the secret" not in await said(supervisor, jail, "cat", str(place / "secret"))


async def test_another_sessions_workspace_is_out_of_reach(
    supervisor: Supervisor, place: Path
) -> None:
    mine, other = make_jail(place, "mine"), make_jail(place, "other")
    await supervisor.run(other, ["sh", "-c", "echo theirs > note; chmod -R 777 ."])
    path = other.workspace / "note"

    heard = await said(supervisor, mine, "sh", "-c", f"cat {path}; echo mine > {path}; ls {path}")

    assert "theirs" not in heard
    assert path.read_text() == "theirs\n"


async def test_a_link_out_of_the_workspace_leads_nowhere(
    supervisor: Supervisor, jail: Jail, place: Path
) -> None:
    (place / "secret").write_text("the secret")
    (place / "secret").chmod(0o666)

    heard = await said(
        supervisor, jail, "sh", "-c", f"ln -s {place}/secret l; cat l; echo changed > l"
    )

    assert "the secret" not in heard
    assert (place / "secret").read_text() == "the secret"


@pytest.mark.parametrize("path", ["/usr/x", "/etc/x", "/bin/x", "/x", "/dev/x", "/proc/sys/vm/x"])
async def test_the_system_is_read_only(supervisor: Supervisor, jail: Jail, path: str) -> None:
    done = await supervisor.run(jail, ["touch", path])

    assert done.exit_code != 0
    assert not Path(path).exists()  # noqa: ASYNC240


async def test_binds_are_seen_and_read_only_unless_writable(
    supervisor: Supervisor, place: Path
) -> None:
    jail = make_jail(place, "workspace")
    tools, scratch = make_jail(place, "tools").workspace, make_jail(place, "scratch").workspace
    for path in (tools, scratch):
        path.chmod(0o777)
    (tools / "tool").write_text("a tool\n")
    binds = (Bind(source=tools), Bind(source=scratch, writable=True))
    jail = Jail(workspace=jail.workspace, identity=jail.identity, binds=binds)

    heard = await said(
        supervisor, jail, "sh", "-c", f"cat {tools}/tool; touch {tools}/x; touch {scratch}/y"
    )

    assert heard.startswith("a tool\n")
    assert sorted(path.name for path in tools.iterdir()) == [".home", "tool"]
    assert (scratch / "y").exists()


async def test_a_bind_at_another_path(backend: Sandbox, place: Path) -> None:
    jail = make_jail(place, binds=(Bind(source=Path("/usr/share"), target="/data"),))
    if backend.name == "landlock":
        with pytest.raises(JailNotPossibleError, match="another path"):
            backend.command(jail, ["true"])
        return

    supervisor = Supervisor(backend, strays=StrayRegistry(place / "strays"))
    assert "doc" in (await said(supervisor, jail, "ls", "/data")).split()


async def test_the_hosts_loopback_is_out_of_reach(supervisor: Supervisor, jail: Jail) -> None:
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as (server, heard):
        script = (
            f"import socket\nsocket.create_connection({server.getsockname()}, 3)\nprint('through')"
        )
        assert "through" not in await said(supervisor, jail, PYTHON, "-c", script)

    assert heard == []


async def test_a_database_socket_is_out_of_reach(
    supervisor: Supervisor, jail: Jail, place: Path
) -> None:
    path = place / ".s.PGSQL.5432"
    with listener(socket.AF_UNIX, str(path)) as (_, heard):
        path.chmod(0o777)
        script = (
            "import socket\ns = socket.socket(socket.AF_UNIX)\n"
            f"s.connect({str(path)!r})\nprint('through')"
        )
        assert "through" not in await said(supervisor, jail, PYTHON, "-c", script)

    assert heard == []


async def test_an_abstract_socket_is_out_of_reach(supervisor: Supervisor, jail: Jail) -> None:
    name = f"\0qd-test-{os.getpid()}"
    with listener(socket.AF_UNIX, name) as (_, heard):
        script = (
            "import socket\ns = socket.socket(socket.AF_UNIX)\n"
            f"s.connect({name!r})\nprint('through')"
        )
        assert "through" not in await said(supervisor, jail, PYTHON, "-c", script)

    assert heard == []


async def test_a_datagram_pair_cannot_send_to_a_socket_outside(
    supervisor: Supervisor, jail: Jail, place: Path
) -> None:
    path = place / "log"
    with listener(socket.AF_UNIX, str(path), socket.SOCK_DGRAM) as (_, heard):
        path.chmod(0o777)
        for kind in ("SOCK_DGRAM", "SOCK_RAW", "SOCK_STREAM", "SOCK_SEQPACKET"):
            script = (
                "import socket\n"
                f"a, b = socket.socketpair(socket.AF_UNIX, socket.{kind})\n"
                f"a.sendto(b'through', {str(path)!r})"
            )
            await said(supervisor, jail, PYTHON, "-c", script)

    assert heard == []


async def test_ordinary_socket_pairs_work(supervisor: Supervisor, jail: Jail) -> None:
    script = "import asyncio\nasync def f(): print('loop')\nasyncio.run(f())"

    assert await said(supervisor, jail, PYTHON, "-c", script) == "loop\n"


async def test_processes_outside_cannot_be_signalled(supervisor: Supervisor, jail: Jail) -> None:
    done = await supervisor.run(
        jail, ["sh", "-c", f"kill -0 {os.getpid()} || kill -0 {os.getppid()}"]
    )

    assert done.exit_code != 0


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="system call numbers of x86_64")
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("io_uring_setup", "425, 8, 0"),
        ("keyctl", "250, 0, -3, 1"),
        ("bpf", "321, 0, 0, 0"),
        ("perf_event_open", "298, 0, 0, -1, -1, 0"),
        ("userfaultfd", "323, 0"),
        ("memfd_create", "319, b'x', 0"),
        ("unshare_user", "272, 0x10000000"),
        ("clone_user", "56, 0x10000011, 0, 0, 0, 0"),
        ("clone3", "435, 0, 0"),
        ("mount", "165, b'none', b'/tmp', b'tmpfs', 0, 0"),
        ("shmget_large", "29, 0, 1 << 20, 0o1600"),
        ("x32", "0x40000000 + 39"),
    ],
)
async def test_doors_into_the_kernel_are_shut(
    supervisor: Supervisor, jail: Jail, name: str, call: str
) -> None:
    if name in {"memfd_create", "shmget_large"}:
        skip_on_container(supervisor.sandbox, "the engine counts this memory")
    script = (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"r = libc.syscall({call})\nif r == 0 and 'clone' in {name!r}: os._exit(0)\n"
        "print(r, ctypes.get_errno())"
    )

    heard = await said(supervisor, jail, PYTHON, "-c", script)

    assert heard in {"-1 1\n", "-1 38\n", "-1 12\n"}  # EPERM, ENOSYS, ENOMEM


async def test_no_descriptor_of_ours_is_inherited(supervisor: Supervisor, jail: Jail) -> None:
    script = (
        "import os\nfor fd in range(3, 200):\n try: os.fstat(fd); print(fd)\n except OSError: pass"
    )

    assert await said(supervisor, jail, PYTHON, "-c", script) == ""


async def test_no_privilege_can_be_gained(supervisor: Supervisor, jail: Jail) -> None:
    script = (
        "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
        "print(libc.prctl(39, 0, 0, 0, 0), 0 in os.getresuid() + os.getresgid(), os.getgroups())"
    )

    heard = await said(supervisor, jail, PYTHON, "-c", script)

    assert heard.split()[:2] == ["1", "False"]
    assert "0" not in heard.split("[")[1].rstrip("]\n").split(", ")


def shown_of(pid: int, name: str) -> bytes:
    """A /proc file as we see it; nothing when the process keeps it even from its own user."""
    try:
        content = Path(f"/proc/{pid}/{name}").read_bytes()
    except PermissionError:
        return b""
    assert content
    return content


async def test_secrets_of_the_environment_show_in_no_process_outside(
    supervisor: Supervisor, place: Path
) -> None:
    jail = make_jail(place, env={"TOKEN": "qd-very-secret", "LD_PRELOAD": "/workspace/evil.so"})

    process = await supervisor.spawn(jail, ["sh", "-c", "echo $TOKEN; cat"])
    try:
        assert b"qd-very-secret\n" in {await process.stdout.readline() for _ in range(1)}
        assert b"qd-very-secret" not in shown_of(process.pid, "cmdline")
        environment = shown_of(process.pid, "environ")
        assert b"qd-very-secret" not in environment
        assert b"LD_PRELOAD" not in environment
    finally:
        await process.aclose()


async def test_temporary_files_are_private_and_bounded(supervisor: Supervisor, place: Path) -> None:
    if supervisor.sandbox.name == "landlock":
        pytest.skip("landlock mounts nothing: temporary files lie in the workspace")
    jail = make_jail(place)

    await supervisor.run(jail, ["sh", "-c", "echo mine > /tmp/left; echo mine > /dev/shm/left"])
    heard = await said(
        supervisor, jail, "sh", "-c", "ls /tmp /dev/shm; head -c 400M /dev/zero > /tmp/big"
    )

    assert "\nleft" not in heard
    assert "No space left" in heard


async def test_hidden_files_are_not_read_and_frozen_ones_not_changed(
    supervisor: Supervisor, backend: Sandbox, place: Path
) -> None:
    jail = make_jail(place)
    for name in ("hidden", "frozen", "closed/inner", "kept/inner", "free"):
        (jail.workspace / name).parent.mkdir(exist_ok=True)
        (jail.workspace / name).write_text(f"text of {name}")
        (jail.workspace / name).chmod(0o666)
    walled = replace(jail, hidden=("hidden", "closed"), frozen=("frozen", "kept"))
    if backend.name == "landlock":
        with pytest.raises(JailNotPossibleError, match="single files"):
            await supervisor.run(walled, ["true"])
        return

    text = await said(
        supervisor,
        walled,
        "/bin/sh",
        "-c",
        "cat hidden closed/inner frozen kept/inner; for f in hidden frozen kept/inner kept/new free;"
        " do echo changed > $f; done; mv hidden x; mv closed y; umount closed; cat hidden; cat free",
    )

    assert "text of hidden" not in text
    assert "text of closed/inner" not in text
    assert "text of frozentext of kept/inner" in text.replace("\n", "")
    assert "changed" in text
    for name in ("hidden", "closed/inner", "frozen", "kept/inner"):
        assert (jail.workspace / name).read_text() == f"text of {name}"
    assert not (jail.workspace / "kept/new").exists()
