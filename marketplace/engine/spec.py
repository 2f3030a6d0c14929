"""What a registration of an MCP server says, as plain values, and whether it makes sense."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import urlsplit
from uuid import UUID

from kernel.errors import InvalidError
from kernel.redaction import shapes

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}\Z")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}\Z")
_DOMAIN = re.compile(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:\d{1,5})?\Z")
_OWN_HEADERS = {
    "accept", "connection", "content-length", "content-type", "host", "last-event-id",
    "mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id", "transfer-encoding",
}  # fmt: skip
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64")
_STATES = ("stateless", "session")
_MOUNTS = ("none", "read", "write")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MOST_ITEMS = 100
LONGEST = 8192
Fault = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Value:
    """What an environment variable or header is set to.

    `text` None without `secret_id` means: leave what is stored, or nothing is known yet.
    """

    text: str | None = None
    secret: bool = True
    secret_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ServerSpec:
    """A registration: `command`, `args`, `env` and the sandbox's openings belong to stdio,
    `url` and `headers` to http."""

    name: str
    transport: str
    title: str = ""
    description: str = ""
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, Value] = field(default_factory=dict)
    url: str = ""
    headers: Mapping[str, Value] = field(default_factory=dict)
    domains: tuple[str, ...] = ()
    state: str = "stateless"
    mount_workspace: str = "none"
    read_only_paths: tuple[str, ...] = ()
    timeout_seconds: int = 60


def check(spec: ServerSpec, *, roots: Sequence[str]) -> None:
    """Raise `InvalidError` with a pointer to every fault.

    `roots` are the folders of the machine that the operator lets servers read.
    """
    faults = list(_faults(spec, roots))
    if faults:
        errors = [{"pointer": pointer, "detail": detail} for pointer, detail in faults]
        raise InvalidError(faults[0][1], errors=errors)


def _faults(spec: ServerSpec, roots: Sequence[str]) -> Iterator[Fault]:
    if not NAME.match(spec.name):
        yield "/name", "A name has letters, digits, - and _, and starts with a letter or digit."
    if not 1 <= spec.timeout_seconds <= 3600:
        yield "/timeout_seconds", "A whole number from 1 to 3600."
    yield from _choice_faults(spec)
    if spec.transport == "stdio":
        yield from _process_faults(spec, roots)
    elif spec.transport == "http":
        yield from _remote_faults(spec)
    else:
        yield "/transport", "One of stdio, http."


def _choice_faults(spec: ServerSpec) -> Iterator[Fault]:
    if spec.state not in _STATES:
        yield "/state", f"One of {', '.join(_STATES)}."
    if spec.mount_workspace not in _MOUNTS:
        yield "/mount_workspace", f"One of {', '.join(_MOUNTS)}."
    if len(spec.title) > 120 or len(spec.description) > 2000:
        yield "/description", "A title has at most 120 characters, a description 2000."


def _process_faults(spec: ServerSpec, roots: Sequence[str]) -> Iterator[Fault]:
    if spec.url or spec.headers:
        yield "/url", "A server on stdio has a command, not a url or headers."
    yield from _command_faults(spec)
    yield from _path_faults(spec, roots)
    yield from _value_faults("env", spec.env, _VARIABLE)
    if "HOME" in spec.env:
        yield "/env/HOME", "Every server gets a HOME of its own."
    for index, domain in enumerate(spec.domains):
        if not _DOMAIN.match(domain):
            yield f"/domains/{index}", "A host name, *.domain, or either with :port."
    if len(spec.domains) > MOST_ITEMS:
        yield "/domains", f"At most {MOST_ITEMS}."


def _command_faults(spec: ServerSpec) -> Iterator[Fault]:
    if not spec.command or len(spec.command) > LONGEST or _CONTROL.search(spec.command):
        yield "/command", "A server on stdio needs the program to run, without control characters."
    elif "/" in spec.command and not _inside(spec.command, (*_SYSTEM, *spec.read_only_paths)):
        yield (
            "/command",
            "The sandbox does not show this program; name its folder in read_only_paths.",
        )
    if len(spec.args) > MOST_ITEMS:
        yield "/args", f"At most {MOST_ITEMS}."
    for index, word in enumerate(spec.args):
        if len(word) > LONGEST or "\0" in word:
            yield f"/args/{index}", f"At most {LONGEST} characters, without NUL."
        elif shapes(word) != word:
            yield f"/args/{index}", "This looks like a secret; hand it over in env instead."


def _path_faults(spec: ServerSpec, roots: Sequence[str]) -> Iterator[Fault]:
    if len(spec.read_only_paths) > MOST_ITEMS:
        yield "/read_only_paths", f"At most {MOST_ITEMS}."
    for index, path in enumerate(spec.read_only_paths):
        if not _inside(path, roots):
            where = ", ".join(roots) or "nowhere"
            yield f"/read_only_paths/{index}", f"Servers may read below: {where}."


def _remote_faults(spec: ServerSpec) -> Iterator[Fault]:
    if spec.command or spec.args or spec.env:
        yield "/command", "A server on http has a url and headers, not a command."
    if spec.domains or spec.read_only_paths or spec.mount_workspace != "none":
        yield "/domains", "Only servers on stdio run in the sandbox."
    yield from _url_faults(spec.url)
    yield from _value_faults("headers", spec.headers, _HEADER)
    for name in spec.headers:
        if name.lower() in _OWN_HEADERS:
            yield f"/headers/{name}", "The gateway sets this header itself."


def _url_faults(url: str) -> Iterator[Fault]:
    try:
        split = urlsplit(url)
        host, _port = split.hostname, split.port
    except ValueError:
        host, split = None, urlsplit("")
    if split.scheme not in {"http", "https"} or not host or len(url) > 2000 or _CONTROL.search(url):
        yield "/url", "An http or https address."
    elif split.username or split.password or split.fragment or shapes(url) != url:
        yield "/url", "Leave credentials out of the address; hand them over in headers."


def _value_faults(
    place: str, values: Mapping[str, Value], pattern: re.Pattern[str]
) -> Iterator[Fault]:
    if len(values) > MOST_ITEMS:
        yield f"/{place}", f"At most {MOST_ITEMS}."
    lower = [name.lower() for name in values]
    for name, value in values.items():
        if not pattern.match(name):
            yield f"/{place}", f"{name[:80]!r} is not a valid name."
        elif place == "headers" and lower.count(name.lower()) > 1:
            yield f"/{place}/{name}", "This header is named twice."
        text = value.text or ""
        if len(text) > LONGEST or "\0" in text or (place == "headers" and _CONTROL.search(text)):
            yield f"/{place}/{name}", f"At most {LONGEST} characters, without control characters."


def _inside(path: str, roots: Sequence[str]) -> bool:
    """Whether a path lies in one of the folders, judged by its words alone."""
    pure = PurePosixPath(path)
    if not pure.is_absolute() or ".." in pure.parts or _CONTROL.search(path):
        return False
    return any(pure == PurePosixPath(root) or PurePosixPath(root) in pure.parents for root in roots)
