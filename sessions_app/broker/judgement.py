"""The policy of one call: allow, ask or deny, by tool, path, command, domain and mode.

Deny rules and the organization's ceiling hold in every mode; `bypassPermissions` turns an ask
into an allow and nothing else.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from sessions_app.broker import rules
from sessions_app.broker.ceiling import Ceiling
from sessions_app.broker.reading import only_reads
from sessions_app.enums import PermissionMode
from sessions_app.safety import Anatomy, Call, Danger, Verdict, examine

READS = frozenset({"read_file", "list_files", "grep"})
EDITS = frozenset({"write_file", "edit_file"})
SHELL = "shell"
_SCRATCH = ("/workspace", "/tmp", "/dev/null", "/dev/stdout", "/dev/stderr")  # noqa: S108


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """`verdict` is allow, ask or deny; `reason` is for people."""

    verdict: str
    reason: str
    danger: Verdict


def judge(call: Call, ceiling: Ceiling) -> Judgement:
    """Judge one call."""
    danger, anatomy = examine(call)
    verdict, reason = _decide(call, ceiling, danger, anatomy)
    if verdict == "ask" and ceiling.mode == PermissionMode.BYPASS:
        verdict = "allow"
    return Judgement(verdict=verdict, reason=reason, danger=danger)


def _decide(call: Call, ceiling: Ceiling, danger: Verdict, anatomy: Anatomy) -> tuple[str, str]:
    denied = rules.any_match(ceiling.denied_tools, call, anatomy)
    if denied:
        return "deny", f"Your organization denies this by the rule {denied}."
    for tools, whose in ((ceiling.allowed_tools, "session"), (ceiling.project_tools, "project")):
        if tools and not rules.all_covered(tools, call, anatomy):
            return "deny", f"{call.tool} is not among the tools this {whose} allows."
    if ceiling.mode == PermissionMode.PLAN:
        return _plan(call, danger, anatomy)
    if danger.danger is Danger.DANGEROUS:
        return "ask", _first(danger)
    if call.tool in READS:
        return "allow", ""
    if call.tool in EDITS:
        return _edit(ceiling)
    if call.tool == SHELL:
        return _shell(ceiling, anatomy)
    return _mcp(call, danger)


def _plan(call: Call, danger: Verdict, anatomy: Anatomy) -> tuple[str, str]:
    """Reads only; a hint of a server never opens what its name or arguments speak against."""
    quiet = danger.danger is Danger.NONE
    if call.tool in READS:
        return ("allow", "") if danger.danger is not Danger.DANGEROUS else ("ask", _first(danger))
    if call.tool == SHELL:
        touches = anatomy.writes or anatomy.deletes or anatomy.hosts
        if quiet and anatomy.complete and not touches and only_reads(anatomy):
            return "allow", ""
    elif quiet and call.annotations.get("readOnlyHint") is True:
        return "allow", ""
    return "deny", "The session is in plan mode: it reads and changes nothing."


def _edit(ceiling: Ceiling) -> tuple[str, str]:
    if ceiling.mode == PermissionMode.ACCEPT_EDITS:
        return "allow", ""
    return "ask", "The session asks before it changes files; acceptEdits would allow it."


def _shell(ceiling: Ceiling, anatomy: Anatomy) -> tuple[str, str]:
    outside = [path for path in (*anatomy.writes, *anatomy.deletes) if not _inside(path)]
    if outside:
        return "ask", f"It writes outside the working directory: {', '.join(outside[:3])}."
    strange = [h for h in anatomy.hosts if not _opened(h, ceiling.allowed_domains)]
    if strange:
        return "ask", f"It reaches the network: {', '.join(strange[:3])}."
    return "allow", ""


def _mcp(call: Call, danger: Verdict) -> tuple[str, str]:
    if call.annotations.get("readOnlyHint") is True and danger.danger is Danger.NONE:
        return "allow", ""
    return "ask", _first(danger) or f"{call.tool} is not known to only read."


def _inside(path: str) -> bool:
    pure = PurePosixPath(posixpath.normpath(path))
    if not pure.is_absolute():
        return not path.startswith("~") and ".." not in pure.parts
    return any(pure.is_relative_to(place) for place in _SCRATCH)


def _opened(host: str, domains: Sequence[str]) -> bool:
    return any(rules.domain_matches(pattern, host) for pattern in domains)


def _first(danger: Verdict) -> str:
    return danger.reasons[0].text if danger.reasons else ""
