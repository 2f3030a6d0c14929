"""The surface of a server: what its tools say of themselves, and whether that has changed.

A tool's digest is the SHA-256 of its canonical JSON (RFC 8785), so that neither the order of
keys nor white space counts, but every word that a model or a person would read does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from kernel.errors import InvalidError

MOST_TOOLS = 500
MOST_BYTES = 2 << 20
_SPOKEN = ("name", "title", "description", "inputSchema", "outputSchema", "annotations", "icons")
_SAFE_INTEGER = 2**53 - 1


@dataclass(frozen=True, kw_only=True)
class ToolListing:
    """One tool as the server describes it, with the digest of that description."""

    name: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None
    annotations: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Everything a server shows at one moment; `digest` covers tools and instructions."""

    tools: tuple[ToolListing, ...]
    protocol_revision: str
    server_name: str = ""
    server_version: str = ""
    instructions: str = ""
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Names of tools that came, went, or say something else now."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def read_listing(
    tools: Sequence[Mapping[str, Any]],
    *,
    protocol_revision: str,
    server: tuple[str, str] = ("", ""),
    instructions: str = "",
) -> Listing:
    """Take tools as the protocol carries them (`Tool` objects of MCP) apart, in name order."""
    if len(tools) > MOST_TOOLS or len(json.dumps(tools)) > MOST_BYTES:
        raise InvalidError(f"A server may show at most {MOST_TOOLS} tools in {MOST_BYTES} bytes.")
    by_name = {tool.name: tool for tool in map(_tool, tools)}
    listed = tuple(by_name[name] for name in sorted(by_name))
    said = _clean(instructions)
    return Listing(
        tools=listed,
        protocol_revision=protocol_revision,
        server_name=_clean(server[0])[:200],
        server_version=_clean(server[1])[:100],
        instructions=said,
        digest=_digest({"tools": [tool.digest for tool in listed], "instructions": said}),
    )


def compare(approved: Mapping[str, str], shown: Mapping[str, str]) -> Difference:
    """What changed between two surfaces, each given as tool name → digest."""
    both = approved.keys() & shown.keys()
    return Difference(
        added=tuple(sorted(shown.keys() - approved.keys())),
        removed=tuple(sorted(approved.keys() - shown.keys())),
        changed=tuple(sorted(name for name in both if approved[name] != shown[name])),
    )


def _tool(raw: Mapping[str, Any]) -> ToolListing:
    spoken = {key: _clean(raw[key]) for key in _SPOKEN if raw.get(key) is not None}
    return ToolListing(
        name=str(spoken.get("name", ""))[:200],
        title=str(spoken.get("title", ""))[:200],
        description=str(spoken.get("description", "")),
        input_schema=spoken.get("inputSchema") or {"type": "object"},
        output_schema=spoken.get("outputSchema"),
        annotations=spoken.get("annotations") or {},
        digest=_digest(spoken),
    )


def _digest(value: Any) -> str:
    return hashlib.sha256(rfc8785.dumps(_exact(value))).hexdigest()


def _exact(value: Any) -> Any:
    """RFC 8785 knows only numbers a double can hold; longer ones count as their text."""
    if isinstance(value, dict):
        return {key: _exact(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_exact(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _SAFE_INTEGER:
        return f"integer {value}"
    return value


def _clean(value: Any) -> Any:
    """What PostgreSQL can store: neither NUL nor lone surrogates."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return value
