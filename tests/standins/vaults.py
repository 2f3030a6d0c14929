"""Where secrets come from outside: Vault's key-value engine, version 2, and a token exchange.

Both check what a real one checks and refuse in its words; requests are kept to be looked at.
Sources: HashiCorp Vault HTTP API (kv-v2), RFC 8693 section 2, RFC 6749 sections 2.3.1 and 5.2.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

Answer = tuple[int, dict[str, Any]]
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"


@dataclass
class VaultStandIn:
    """`versions[path]` are the writes of a secret, oldest first; the last may be deleted (None)."""

    token: str
    mount: str = "secret"
    namespace: str = ""
    versions: dict[str, list[dict[str, str] | None]] = field(default_factory=dict)
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def write(self, path: str, **data: str) -> None:
        self.versions.setdefault(path, []).append(data)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: str) -> Answer:
        self.asked.append(f"{method} {path}")
        if headers.get("x-vault-token") != self.token:
            return 403, {"errors": ["permission denied"]}
        if headers.get("x-vault-namespace", "") != self.namespace:
            return 403, {"errors": ["permission denied"]}
        split = urlsplit(path)
        prefix = f"/v1/{self.mount}/data/"
        if method != "GET" or not split.path.startswith(prefix):
            return 404, {"errors": []}
        written = self.versions.get(unquote(split.path.removeprefix(prefix)), [])
        wanted = int(parse_qs(split.query).get("version", ["0"])[0]) or len(written)
        if not 0 < wanted <= len(written):
            return 404, {"errors": []}
        data = written[wanted - 1]
        metadata = {
            "created_time": "2026-11-27T10:00:00.000000Z",
            "custom_metadata": None,
            "deletion_time": "" if data is not None else "2026-11-27T11:00:00.000000Z",
            "destroyed": False,
            "version": wanted,
        }
        outer = {"data": data, "metadata": metadata}
        whole = {"request_id": str(uuid4()), "lease_id": "", "renewable": False, "data": outer}
        return (200 if data is not None else 404), whole


@dataclass
class IssuerStandIn:
    """Exchanges one subject token for a fresh access token each time."""

    subject_token: str
    client_id: str
    client_secret: str
    url: str = ""
    issued: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: str) -> Answer:
        kind, _, given = headers.get("authorization", "").partition(" ")
        pair = base64.b64decode(given).decode().partition(":") if kind == "Basic" else ("", "", "")
        if (unquote(pair[0]), unquote(pair[2])) != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client"}
        if headers.get("content-type") != "application/x-www-form-urlencoded":
            return 400, {"error": "invalid_request"}
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.forms.append(form)
        if form.get("grant_type") != GRANT:
            return 400, {"error": "unsupported_grant_type"}
        if form.get("subject_token") != self.subject_token or "subject_token_type" not in form:
            return 400, {"error": "invalid_request", "error_description": "subject_token"}
        self.issued.append(f"short-lived-{uuid4().hex}")
        return 200, {
            "access_token": self.issued[-1],
            "issued_token_type": ACCESS,
            "token_type": "Bearer",
            "expires_in": 300,
        }


@contextmanager
def serving(standin: VaultStandIn | IssuerStandIn) -> Iterator[None]:
    """Serve on a free port of the loopback; `url` says where."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, document = standin.answer(self.command, self.path, headers, body)
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = _do  # noqa: N815

        def log_message(self, *_given: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    standin.url = f"http://127.0.0.1:{server.server_address[1]}"
    run: Callable[[], None] = server.serve_forever
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
