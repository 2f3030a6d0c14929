"""httpx through the guard: redirects, rebinding, names kept for Host and TLS."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kernel.egress import EgressRefusedError, Guard, guarded_async_client, guarded_client
from tests.kernel.egress.conftest import EchoHandler, names


async def test_the_host_header_keeps_the_name(web: int) -> None:
    guard = Guard(["good.test"], resolver=names(good__test="127.0.0.1"))

    async with guarded_async_client(guard) as client:
        answer = await client.get(f"http://good.test:{web}/path?q=1")

    assert answer.text.startswith("GET /path?q=1\n")
    assert f"host: good.test:{web}\n" in answer.text


async def test_loopback_is_refused_with_the_reason(web: int) -> None:
    async with guarded_async_client(Guard()) as client:
        with pytest.raises(EgressRefusedError, match=r"127.0.0.1 is a loopback address"):
            await client.get(f"http://127.0.0.1:{web}/")
        with pytest.raises(EgressRefusedError, match="loopback"):
            await client.get(f"http://localhost:{web}/")


async def test_a_redirect_is_judged_again(web: int) -> None:
    guard = Guard(["good.test"], resolver=names(good__test="127.0.0.1", bad__test="127.0.0.1"))

    async with guarded_async_client(guard, follow_redirects=True) as client:
        fine = await client.get(f"http://good.test:{web}/to/http://good.test:{web}/end")
        for target in (f"http://bad.test:{web}/", "http://169.254.169.254/latest", "http://[::1]/"):
            with pytest.raises(EgressRefusedError):
                await client.get(f"http://good.test:{web}/to/{target}")

    assert fine.text.startswith("GET /end\n")


async def test_a_name_that_turns_private_between_calls_is_refused(web: int) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    guard = Guard(["127.0.0.1"], resolver=lambda _host, _port: next(answers))

    async with guarded_async_client(guard) as client:
        headers = {"Connection": "close"}
        assert (await client.get(f"http://turn.test:{web}/", headers=headers)).status_code == 200
        with pytest.raises(EgressRefusedError, match=r"10\.0\.0\.1"):
            await client.get(f"http://turn.test:{web}/", headers=headers)


async def test_the_environments_proxy_is_no_way_around(
    web: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{web}")

    async with guarded_async_client(Guard(resolver=names(some__test="10.0.0.1"))) as client:
        with pytest.raises(EgressRefusedError, match=r"some.test \(10.0.0.1\)"):
            await client.get("http://some.test/")


def test_the_blocking_client_does_the_same(web: int) -> None:
    guard = Guard(["good.test"], resolver=names(good__test="127.0.0.1"))

    with guarded_client(guard, follow_redirects=True) as client:
        assert client.get(f"http://good.test:{web}/x").text.startswith("GET /x\n")
        with pytest.raises(EgressRefusedError):
            client.get(f"http://good.test:{web}/to/http://127.0.0.1:{web}/")


async def test_a_server_that_is_down_is_httpx_own_error() -> None:
    async with guarded_async_client(Guard(["127.0.0.1"])) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:1/")


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext, list[str | None]]]:
    """A TLS server for `good.test`: port, a context that trusts it, and the names clients sent."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "good.test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("good.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    plain = serialization.NoEncryption()
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    sent: list[str | None] = []
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(pem)
    ours.sni_callback = lambda _socket, name, _context: sent.append(name)
    trust = ssl.create_default_context(cafile=str(pem))
    with ThreadingHTTPServer(("127.0.0.1", 0), EchoHandler) as server:
        server.socket = ours.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1], trust, sent
        server.shutdown()
        thread.join()


async def test_tls_is_spoken_to_the_name_and_checked_against_it(
    secure: tuple[int, ssl.SSLContext, list[str | None]],
) -> None:
    port, trust, sent = secure
    resolver = names(good__test="127.0.0.1", other__test="127.0.0.1")
    guard = Guard(["*.test"], resolver=resolver)

    async with guarded_async_client(guard, verify=trust) as client:
        answer = await client.get(f"https://good.test:{port}/")
        with pytest.raises(httpx.ConnectError, match=r"(?i)hostname mismatch"):
            await client.get(f"https://other.test:{port}/")

    assert f"host: good.test:{port}\n" in answer.text
    assert sent == ["good.test", "other.test"]
