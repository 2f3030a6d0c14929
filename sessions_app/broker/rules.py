"""Rules people write about tools: `shell`, `git.*`, `shell(git push*)`, `write_file(docs/*)`,
`domain:*.example.com`.

Paths are compared as the workspace sees them, so `./docs/x`, `/workspace/docs/x` and
`a/../docs/x` are all `docs/x`; commands by their words, with and without the program's directory.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from kernel.egress.hosts import HostRule, normalize_host
from sessions_app.safety import Anatomy, Call, Program, without_options
from sessions_app.safety.tools import PATH_KEYS

_FORM = re.compile(r"(?P<tool>[\w.*?-]+)(?:\((?P<detail>.*)\))?\Z", re.DOTALL)
_DOMAIN = "domain:"
READERS, WRITERS = ("read_file",), ("write_file", "edit_file")
_AT_ROOT = frozenset({"list_files", "grep"})


@dataclass(frozen=True)
class Rule:
    """A tool pattern, and what its path or command must look like."""

    tool: str
    detail: str = ""

    @property
    def pattern(self) -> str:
        """The detail as a pattern of paths relative to the workspace."""
        return self.detail.removeprefix("./").removeprefix("/workspace/")

    def covers_any(self, tools: Iterable[str]) -> bool:
        """Whether it is about one of these tools."""
        return any(fnmatchcase(tool, self.tool) for tool in tools)


def parse(text: str) -> Rule | None:
    """A rule, or None when the text is none."""
    match = _FORM.match(text.strip())
    return Rule(match["tool"], match["detail"] or "") if match else None


def domains_of(rules: Iterable[str]) -> tuple[str, ...]:
    """The domains that rules name, for the proxy, which knows nothing of tools."""
    return tuple(text.removeprefix(_DOMAIN) for text in rules if text.startswith(_DOMAIN))


def any_match(rules: Iterable[str], call: Call, anatomy: Anatomy) -> str:
    """The first rule that covers something of this call, or ""."""
    for text in rules:
        if text.startswith(_DOMAIN):
            pattern = text.removeprefix(_DOMAIN)
            if any(domain_matches(pattern, host) for host in anatomy.hosts):
                return text
            continue
        rule = parse(text)
        if rule is None:
            continue
        if fnmatchcase(call.tool, rule.tool) and _touches(rule, call, anatomy):
            return text
        if call.tool == "shell" and rule.detail and _opened_by_shell(rule, anatomy):
            return text
    return ""


def all_covered(rules: Sequence[str], call: Call, anatomy: Anatomy) -> bool:
    """Whether allow rules cover the whole call; what could not be read is covered by none."""
    found = [rule for text in rules if (rule := parse(text)) and fnmatchcase(call.tool, rule.tool)]
    if any(not rule.detail for rule in found):
        return True
    if call.tool == "shell":
        parts = [" ".join(program.argv) for program in anatomy.programs]
        parts = parts if anatomy.complete else []
    else:
        parts = _paths(call)
    return bool(parts) and all(any(_matches(rule, part) for rule in found) for part in parts)


def domain_matches(pattern: str, host: str) -> bool:
    """`example.com` is itself; `*.example.com` is everything below it; ports are the proxy's."""
    try:
        rule, name = HostRule.parse(pattern), normalize_host(host)
    except ValueError:
        return False
    return rule.matches(name, rule.port or 0, default_ports=None)


def _touches(rule: Rule, call: Call, anatomy: Anatomy) -> bool:
    if not rule.detail:
        return True
    if call.tool == "shell":
        parts = [form for program in anatomy.programs for form in _commands(program)]
    else:
        parts = _paths(call)
    return any(_matches(rule, part) for part in parts)


def _opened_by_shell(rule: Rule, anatomy: Anatomy) -> bool:
    """Whether a command visibly does to a path what the rule denies to our own tools."""
    paths = [*anatomy.reads] if rule.covers_any(READERS) else []
    if rule.covers_any(WRITERS):
        paths += [*anatomy.writes, *anatomy.deletes]
    return any(_matches(rule, _normal(path)) for path in paths)


def _matches(rule: Rule, part: str) -> bool:
    return fnmatchcase(part, rule.pattern)


def _commands(program: Program) -> set[str]:
    """A program's words as they stand, by its bare name, and without the options before what it
    is to do: a rule against `git push` means `git -C . push` too."""
    bare = (program.name, *program.argv[1:])
    return {" ".join(words) for words in (program.argv, bare, without_options(program))}


def _paths(call: Call) -> list[str]:
    """Every path a call names, relative to the workspace where it lies in it."""
    given = [text for key in PATH_KEYS for text in _texts(call.arguments.get(key))]
    if not given and call.tool in _AT_ROOT:
        given = ["."]
    return [_normal(text) for text in given]


def _texts(value: Any) -> list[str]:
    many = value if isinstance(value, (list, tuple)) else [value]
    return [each for each in many if isinstance(each, str)]


def _normal(path: str) -> str:
    whole = posixpath.normpath(posixpath.join("/workspace", path))
    # POSIX leaves two leading slashes alone; they mean one here.
    whole = "/" + whole.lstrip("/")
    return posixpath.relpath(whole, "/workspace") if _inside(whole) else whole


def _inside(path: str) -> bool:
    return path == "/workspace" or path.startswith("/workspace/")
