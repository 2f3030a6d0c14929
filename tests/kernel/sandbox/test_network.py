"""A session's network, opened by domain: what is allowed gets through, all else is refused."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kernel.egress import Guard, Refusal
from kernel.sandbox import (
    BubblewrapSandbox,
    Jail,
    JailNotPossibleError,
    LandlockSandbox,
    Network,
    StrayRegistry,
    Supervisor,
)
from tests.kernel.sandbox.conftest import make_jail, probed

PYTHON = "/usr/bin/python3"
FETCH = """
import sys, urllib.request, urllib.error
try: print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode(), end='')
except urllib.error.HTTPError as error: print(error.code, error.read().decode(), end='')
except OSError as error: print('unreachable', error)
"""


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"hello from {self.headers['Host'].split(':')[0]}{self.path}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[int]:
    """A web server on the host's loopback; its port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hello) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def resolver(host: str, _port: int) -> list[str]:
    """Names of the test; only these exist."""
    names = {"allowed.test": "127.0.0.1", "sub.allowed.test": "127.0.0.1"}
    if host not in names:
        raise OSError("no such name")
    return [names[host]]


@pytest.fixture
def open_supervisor(place: Path) -> Supervisor:
    if not probed("bubblewrap").network:
        pytest.skip(f"bubblewrap cannot open the network: {probed('bubblewrap')}")
    guard = Guard(allow=["allowed.test", "*.allowed.test"], resolver=resolver)
    return Supervisor(BubblewrapSandbox(), strays=StrayRegistry(place / "strays"), guard=guard)


def open_jail(place: Path, *domains: str) -> Jail:
    return make_jail(place, network=Network(domains=domains))


async def test_an_allowed_domain_is_reached(
    open_supervisor: Supervisor, place: Path, server: int
) -> None:
    jail = open_jail(place, f"allowed.test:{server}")

    done = await open_supervisor.run(
        jail, [PYTHON, "-c", FETCH, f"http://allowed.test:{server}/page?q=1"]
    )

    assert done.output == b"hello from allowed.test/page?q=1\n"
    assert done.traffic.refused == ()
    assert done.traffic.sent_bytes > 50
    assert done.traffic.received_bytes > 40


async def test_curl_reaches_a_subdomain(
    open_supervisor: Supervisor, place: Path, server: int
) -> None:
    if shutil.which("curl", path="/usr/bin:/bin") is None:
        pytest.skip("curl is not installed")
    jail = open_jail(place, f"*.allowed.test:{server}")
    script = (
        f"curl -sS http://sub.allowed.test:{server}/a; "
        f"curl -sS --proxytunnel http://sub.allowed.test:{server}/b"
    )

    done = await open_supervisor.run(jail, ["sh", "-c", script])

    assert done.output == b"hello from sub.allowed.test/a\nhello from sub.allowed.test/b\n"


async def test_other_domains_are_refused_with_the_reason_and_reported(
    open_supervisor: Supervisor, place: Path, server: int
) -> None:
    jail = open_jail(place, "allowed.test")
    reported: list[Refusal] = []

    done = await open_supervisor.run(
        jail,
        [PYTHON, "-c", FETCH, f"http://evil.test:{server}/"],
        on_refused=reported.append,
    )

    reason = f"evil.test:{server} is not among the domains this session may reach."
    assert done.output.decode() == f"403 {reason}\n"
    assert done.traffic.refused == (Refusal(host="evil.test", port=server, reason=reason),)
    assert reported == list(done.traffic.refused)


async def test_an_allowed_domain_does_not_open_a_private_address(place: Path, server: int) -> None:
    if not probed("bubblewrap").network:
        pytest.skip("bubblewrap cannot open the network")
    guard = Guard(resolver=resolver)
    supervisor = Supervisor(BubblewrapSandbox(), strays=StrayRegistry(place / "s"), guard=guard)
    jail = open_jail(place, f"allowed.test:{server}")

    done = await supervisor.run(jail, [PYTHON, "-c", FETCH, f"http://allowed.test:{server}/"])

    assert done.output.decode().startswith("403 allowed.test (127.0.0.1) is a loopback address")


async def test_the_way_around_the_proxy_is_shut(
    open_supervisor: Supervisor, place: Path, server: int
) -> None:
    jail = open_jail(place, f"allowed.test:{server}")
    script = (
        "import socket\n"
        f"for address in (('127.0.0.1', {server}), ('10.0.0.1', 80), ('8.8.8.8', 53)):\n"
        "    try: socket.create_connection(address, 2); print('through')\n"
        "    except OSError as error: print('shut')\n"
        "print(open('/proc/net/dev').read().count(':'))"
    )

    done = await open_supervisor.run(jail, [PYTHON, "-c", script])

    assert done.output == b"shut\nshut\nshut\n1\n"


async def test_two_sessions_have_each_their_own_opening(
    open_supervisor: Supervisor, place: Path, server: int
) -> None:
    allowed = make_jail(place, "one", network=Network(domains=(f"allowed.test:{server}",)))
    barred = make_jail(place, "two", network=Network(domains=()))
    url = f"http://allowed.test:{server}/"
    waiting = await open_supervisor.spawn(
        allowed, ["sh", "-c", 'echo up; read line; exec "$@"', "sh", PYTHON, "-c", FETCH, url]
    )
    assert await waiting.stdout.readline() == b"up\n"

    refused = await open_supervisor.run(barred, [PYTHON, "-c", FETCH, url])
    waiting.stdin.write(b"go\n")
    reached = await waiting.stdout.readline()
    await waiting.aclose()

    assert refused.output.startswith(b"403 ")
    assert reached == b"hello from allowed.test/\n"


async def test_without_a_network_there_is_no_proxy(supervisor: Supervisor, jail: Jail) -> None:
    script = "import os, socket\nprint([n for n in os.environ if 'proxy' in n.lower()])\n"
    script += "try: socket.create_connection(('127.0.0.1', 3128), 2); print('through')\n"
    script += "except OSError: print('shut')"

    done = await supervisor.run(jail, [PYTHON, "-c", script])

    assert done.output == b"[]\nshut\n"


async def test_the_landlock_level_refuses_to_open_the_network(place: Path) -> None:
    with pytest.raises(JailNotPossibleError, match="cannot open the network by domain"):
        LandlockSandbox().command(open_jail(place, "allowed.test"), ["true"])
