"""Modes of files: those that open them to everybody, lend the owner's rights, or lock all out."""

from __future__ import annotations

import re

from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.rules.base import DANGEROUS
from sessions_app.safety.rules.invocation import Invocation
from sessions_app.safety.text import show


def mode_findings(call: Invocation) -> list[Finding]:
    """Modes that open a file to everybody, take all rights away, or lend the owner's."""
    mode = call.sub() if call.operands else ""
    mode = next((w.text for w in call.argv[1:] if re.fullmatch(r"-[rwxst]+", w.text)), mode)
    tree = call.has("R", "recursive")
    outside = any(word.text.startswith(("/", "\ue002")) for word in call.operands[1:])
    targets = tuple(Target("path", show(word.text)) for word in call.operands[1:10])
    if _lends(mode):
        text = "Lets everybody run a program with its owner's rights."
        return [Finding(DANGEROUS, Reason("files.setuid", text), Reach.MACHINE, targets)]
    if _opens(mode):
        danger = DANGEROUS if tree or outside else Danger.CAUTION
        text = "Lets everybody change files."
        safer = "Give the group or one user the right that is missing."
        return [
            Finding(danger, Reason("files.world_writable", text), Reach.MACHINE, targets, safer)
        ]
    if _locks(mode) and (tree or outside):
        text = "Takes all rights away, also from those who need the files."
        return [Finding(DANGEROUS, Reason("files.locked_out", text), Reach.WORKSPACE, targets)]
    return []


def _lends(mode: str) -> bool:
    return bool(re.fullmatch(r"[2467][0-7]{3}|[ugoa]*\+[rwx]*s[rwxst]*", mode))


def _opens(mode: str) -> bool:
    numeric = re.fullmatch(r"0?[0-7]{2}[2367]", mode) is not None
    return numeric or bool(re.search(r"(?:^|,)[ug]*[oa][uga]*[+=][rx]*w|(?:^|,)\+[rx]*w", mode))


def _locks(mode: str) -> bool:
    return bool(re.fullmatch(r"0{1,4}|a?-[rwx]*(?:rw|w)[rwx]*|a=|ugo-rwx|-r", mode))
