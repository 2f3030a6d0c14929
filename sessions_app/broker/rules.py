"""Rules people write about tools: `shell`, `git.*`, `shell(git push*)`, `write_file(docs/*)`,
`domain:*.example.com`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sessions_app.safety import Anatomy, Call

_FORM = re.compile(r"(?P<tool>[\w.*?-]+)(?:\((?P<detail>.*)\))?\Z", re.DOTALL)
_DOMAIN = "domain:"


@dataclass(frozen=True)
class Rule:
    """A tool pattern, and what its path or command must look like."""

    tool: str
    detail: str = ""


def parse(text: str) -> Rule | None:
    """A rule, or None when the text is none."""
    match = _FORM.match(text.strip())
    return Rule(match["tool"], match["detail"] or "") if match else None


def any_match(rules: Iterable[str], call: Call, anatomy: Anatomy) -> str:
    """The first rule that covers something of this call, or ""."""
    for text in rules:
        if text.startswith(_DOMAIN):
            pattern = text.removeprefix(_DOMAIN)
            if any(domain_matches(pattern, host) for host in anatomy.hosts):
                return text
            continue
        rule = parse(text)
        if rule and fnmatchcase(call.tool, rule.tool) and _covers(rule, call, anatomy):
            return text
    return ""


def all_covered(rules: Sequence[str], call: Call, anatomy: Anatomy) -> bool:
    """Whether allow rules cover the whole call; what could not be read is covered by none."""
    plain = [rule for text in rules if (rule := parse(text)) and fnmatchcase(call.tool, rule.tool)]
    if any(not rule.detail for rule in plain):
        return True
    if call.tool != "shell" or not anatomy.complete or not anatomy.programs:
        return any(_covers(rule, call, anatomy) for rule in plain if call.tool != "shell")
    commands = [" ".join(program.argv) for program in anatomy.programs]
    return all(any(fnmatchcase(c, rule.detail) for rule in plain) for c in commands)


def domain_matches(pattern: str, host: str) -> bool:
    """`example.com` is itself; `*.example.com` is everything below it."""
    host, pattern = host.lower().rstrip("."), pattern.lower().rstrip(".")
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return host == pattern


def _covers(rule: Rule, call: Call, anatomy: Anatomy) -> bool:
    if not rule.detail:
        return True
    if call.tool == "shell":
        commands = [" ".join(program.argv) for program in anatomy.programs]
        return any(fnmatchcase(command, rule.detail) for command in commands)
    return fnmatchcase(str(call.arguments.get("path", "")), rule.detail)
