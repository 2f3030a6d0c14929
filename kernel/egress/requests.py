"""The head of a proxy request (RFC 9110, 9112): CONNECT, or plain HTTP in absolute form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

# Fields that concern one hop only, and those a proxy client may add for us alone.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*\Z")
_LINE = re.compile(rb"([A-Z]{1,20}) ([\x21-\x7e]+) HTTP/1\.[01]\Z")


class MalformedRequestError(Exception):
    """This is not a request a proxy understands."""

    def __init__(self, detail: str, *, status: int = 400) -> None:
        self.status = status
        super().__init__(detail)


@dataclass(frozen=True, kw_only=True)
class ProxyRequest:
    """Where a request wants to go; `head` and `body_bytes` are what to forward (not CONNECT)."""

    host: str
    port: int
    tunnel: bool
    head: bytes = b""
    body_bytes: int = 0


def parse_request(head: bytes) -> ProxyRequest:
    """Read a whole head, ending in an empty line; raises `MalformedRequestError`."""
    line, *field_lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    matched = _LINE.match(line)
    if matched is None:
        raise MalformedRequestError("The request line is not valid.")
    method, target = matched[1].decode(), matched[2].decode("ascii")
    if method == "CONNECT":
        host, port = _authority(f"//{target}", default_port=None)
        return ProxyRequest(host=host, port=port, tunnel=True)
    return _plain(method, target, _fields(field_lines))


def _plain(method: str, target: str, fields: list[tuple[str, bytes]]) -> ProxyRequest:
    parts = urlsplit(target)
    if parts.scheme != "http":
        raise MalformedRequestError("Only http:// targets and CONNECT are served.")
    host, port = _authority(target, default_port=80)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: " + parts.netloc.encode("ascii")]
    named = _connection_options(fields)
    for name, value in fields:
        if name not in _HOP_BY_HOP and name not in named:
            lines.append(name.encode() + b": " + value)
    lines += [b"Connection: close", b"", b""]
    return ProxyRequest(
        host=host,
        port=port,
        tunnel=False,
        head=b"\r\n".join(lines),
        body_bytes=_body_bytes(fields),
    )


def _authority(target: str, *, default_port: int | None) -> tuple[str, int]:
    try:
        parts = urlsplit(target)
        port = parts.port or default_port
    except ValueError as error:
        raise MalformedRequestError("The host or port is not valid.") from error
    if not parts.hostname or port is None or "@" in parts.netloc:
        raise MalformedRequestError("The target names no host and port.")
    return parts.hostname, port


def _fields(lines: list[bytes]) -> list[tuple[str, bytes]]:
    fields = []
    for line in lines:
        matched = _FIELD.match(line)
        if matched is None:
            raise MalformedRequestError("A header field is not valid.")
        fields.append((matched[1].decode().lower(), matched[2]))
    return fields


def _connection_options(fields: list[tuple[str, bytes]]) -> set[str]:
    """Further hop-by-hop fields that the client names itself (RFC 9110 section 7.6.1)."""
    values = b",".join(value for name, value in fields if name == "connection")
    return {option.strip().lower() for option in values.decode("latin-1").split(",")} - {
        "content-length"
    }


def _body_bytes(fields: list[tuple[str, bytes]]) -> int:
    if any(name == "transfer-encoding" for name, _ in fields):
        raise MalformedRequestError("Send the body with a Content-Length.", status=411)
    lengths = {value for name, value in fields if name == "content-length"}
    if not lengths:
        return 0
    value = lengths.pop()
    if lengths or not value.isdigit() or len(value) > 15:
        raise MalformedRequestError("The Content-Length is not valid.")
    return int(value)
