"""`.mcp.json`: the file in which clients keep their MCP servers, read and written.

Understood are the object `mcpServers` of Claude, Cursor and others, and `servers` of VS Code.
A value is taken as a secret, because nobody can tell; `${NAME}` means it is not in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.engine.spec import NAME, ServerSpec, Value
from marketplace.errors import InvalidDocumentError

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_KNOWN = {"type", "transport", "command", "args", "env", "url", "headers", "cwd", "disabled"}
_HTTP = {"http", "streamable-http", "streamableHttp", "streamable_http"}
_RESOLVING = {"npx", "uvx", "pipx", "bunx", "pnpm"}
MOST_SERVERS = 200


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One server of a document: its registration, or why there is none."""

    name: str
    spec: ServerSpec | None = None
    fault: str = ""
    warnings: tuple[str, ...] = ()


def read(document: object) -> list[Entry]:
    """The servers of a document, in its order; raises `InvalidDocumentError`."""
    servers = _servers(document)
    if len(servers) > MOST_SERVERS:
        raise InvalidDocumentError(f"At most {MOST_SERVERS} servers at a time.")
    return [_entry(str(name), raw) for name, raw in servers.items()]


def write(servers: Iterable[ServerSpec]) -> dict[str, Any]:
    """A document with placeholders in place of secrets."""
    return {"mcpServers": {spec.name: _written(spec) for spec in servers}}


def _servers(document: object) -> Mapping[str, Any]:
    if isinstance(document, Mapping):
        for key in ("mcpServers", "servers"):
            found = document.get(key)
            if isinstance(found, Mapping):
                return found
    raise InvalidDocumentError


def _entry(name: str, raw: object) -> Entry:
    if not isinstance(raw, Mapping):
        return Entry(name=name, fault="A server is described by an object.")
    fault = _shape_fault(raw)
    if fault:
        return Entry(name=name, fault=fault)
    own = _own_name(name)
    remote = bool(raw.get("url")) or raw.get("type") in _HTTP
    spec = _remote(own, raw) if remote else _process(own, raw)
    return Entry(name=own, spec=spec, warnings=tuple(_warnings(name, own, raw)))


def _shape_fault(raw: Mapping[str, Any]) -> str:
    if raw.get("type", raw.get("transport")) == "sse":
        return "The HTTP+SSE transport was replaced in 2025; register the Streamable HTTP address."
    texts = [raw.get("command", ""), raw.get("url", ""), *_list(raw.get("args"))]
    if not all(isinstance(text, str) for text in texts):
        return "command, url and args hold text only."
    if any(_PLACEHOLDER.search(text) for text in texts):
        return "Placeholders in command, args or url cannot be filled; write the value."
    for place in ("env", "headers"):
        values = raw.get(place) or {}
        if not isinstance(values, Mapping) or not all(map(_is_plain, values.values())):
            return f"{place} is an object of text values."
    return ""


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float, bool))


def _process(name: str, raw: Mapping[str, Any]) -> ServerSpec:
    return ServerSpec(
        name=name,
        transport="stdio",
        command=raw.get("command", ""),
        args=tuple(_list(raw.get("args"))),
        env=_values(raw.get("env")),
    )


def _remote(name: str, raw: Mapping[str, Any]) -> ServerSpec:
    headers = _values(raw.get("headers"))
    return ServerSpec(name=name, transport="http", url=raw.get("url", ""), headers=headers)


def _values(raw: Mapping[str, Any] | None) -> dict[str, Value]:
    found = {}
    for name, value in (raw or {}).items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        found[str(name)] = Value() if _PLACEHOLDER.search(text) else Value(text=text)
    return found


def _warnings(name: str, own: str, raw: Mapping[str, Any]) -> Iterator[str]:
    if own != name:
        yield f"{name!r} is registered as {own}."
    for key in sorted(set(raw) - _KNOWN) + (["cwd"] if raw.get("cwd") else []):
        yield f"{key} is not taken over."
    if raw.get("command") in _RESOLVING:
        yield (
            f"{raw['command']} downloads at every start and has no network in the sandbox; "
            "install the server and name its own program."
        )
    for place in ("env", "headers"):
        for key, value in (raw.get(place) or {}).items():
            if _PLACEHOLDER.search(str(value)):
                yield f"{place}/{key} must be set after the import."


def _own_name(name: str) -> str:
    """A name that tools can carry: `@scope/server-git` becomes `server-git`."""
    if NAME.match(name):
        return name
    last = name.rstrip("/").rsplit("/", 1)[-1]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", last).strip("-_")[:60] or "server"


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [None]


def _written(spec: ServerSpec) -> dict[str, Any]:
    if spec.transport == "http":
        headers = _shown(spec.headers)
        return {"type": "http", "url": spec.url, **({"headers": headers} if headers else {})}
    env = _shown(spec.env)
    found: dict[str, Any] = {"type": "stdio", "command": spec.command, "args": list(spec.args)}
    return {**found, **({"env": env} if env else {})}


def _shown(values: Mapping[str, Value]) -> dict[str, str]:
    return {
        name: f"${{{name}}}" if value.secret or value.text is None else value.text
        for name, value in values.items()
    }
