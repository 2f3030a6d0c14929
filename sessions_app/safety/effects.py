"""The doctrine of files: what a use of a place means, by whose ground it is and how open the "
"set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.paths import Place, Zone, canonical
from sessions_app.safety.places import (
    AUTOMATION_PLACES,
    EVIDENCE_PLACES,
    MAX_NAME,
    PRIVATE_PLACES,
    PUBLIC,
    REPOSITORY_PLACES,
    SAMPLES,
    SECRET_PLACES,
    STARTUP_PLACES,
    TOOL_MADE,
    named,
)
from sessions_app.safety.trace import Trace

NONE, CAUTION, DANGEROUS = Danger.NONE, Danger.CAUTION, Danger.DANGEROUS


class Use(StrEnum):
    """What happens to a path. TREE deletes with everything below, EMPTY truncates."""

    READ = "read"
    LIST = "list"
    CREATE = "create"
    WRITE = "write"
    APPEND = "append"
    EMPTY = "empty"
    DELETE = "delete"
    TREE = "tree"
    WIPE = "wipe"
    MOVE = "move"
    RIGHTS = "rights"
    RIGHTS_TREE = "rights_tree"


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a use means on one kind of ground, for one named thing and for an open set."""

    named: Danger
    open: Danger


_WS, _TMP, _HOME = Zone.WORKSPACE, Zone.SCRATCH, Zone.HOME
_OUT, _SYS, _WHO = Zone.OUTSIDE, Zone.SYSTEM, Zone.UNKNOWN
_ORDER = (_WS, _TMP, _HOME, _OUT, _SYS, _WHO)


def _row(spec: str) -> dict[Zone, _Ground]:
    """`"cd n …"`: one entry a zone in `_ORDER`; a letter for named, one for open (same if one)."""
    letters = {"n": NONE, "c": CAUTION, "d": DANGEROUS}
    grounds = [_Ground(letters[each[0]], letters[each[-1]]) for each in spec.split()]
    return dict(zip(_ORDER, grounds, strict=True))


DOCTRINE = {
    #                   workspace scratch home outside system unknown
    Use.READ: _row("n n n n n n"),
    Use.LIST: _row("n n n n n n"),
    Use.CREATE: _row("n n c c c n"),
    Use.WRITE: _row("nc nc d d d c"),
    Use.APPEND: _row("n n c c d c"),
    Use.EMPTY: _row("cd cd d d d d"),
    Use.DELETE: _row("cd cd d d d d"),
    Use.TREE: _row("d cd d d d d"),
    Use.WIPE: _row("d cd d d d d"),
    Use.MOVE: _row("c n c c d c"),
    Use.RIGHTS: _row("n n c c c c"),
    Use.RIGHTS_TREE: _row("c n d d d c"),
}
SENTENCES = {
    Use.CREATE: ("files.create_outside", "Creates something outside the workspace."),
    Use.WRITE: ("files.overwrite", "Overwrites files that no snapshot of the workspace holds."),
    Use.APPEND: ("files.append_outside", "Adds to a file outside the workspace."),
    Use.EMPTY: ("files.empty", "Empties files; their content is lost."),
    Use.DELETE: ("files.delete", "Deletes files."),
    Use.TREE: ("files.delete_tree", "Deletes directories with everything below them."),
    Use.WIPE: ("files.wipe", "Overwrites content so that it cannot be recovered."),
    Use.MOVE: ("files.move", "Moves files away from where others expect them."),
    Use.RIGHTS: ("files.rights", "Changes rights or owner."),
    Use.RIGHTS_TREE: ("files.rights_tree", "Changes rights or owner of a whole tree."),
}
SAFER = {
    Use.DELETE: "List the files first and delete them by name.",
    Use.TREE: "Move the directory aside (mv dir dir.old) and delete it when nothing missed it.",
    Use.EMPTY: "Copy the file first, or move it aside.",
    Use.WIPE: "Delete the file by name instead; a snapshot can bring it back.",
    Use.WRITE: "Write to a new file in the workspace and show the difference.",
    Use.MOVE: "Copy, check the copy, then remove the original.",
    Use.RIGHTS_TREE: "Name the files that need it; take one directory at a time.",
}
CHANGES = frozenset({Use.CREATE, Use.WRITE, Use.APPEND, Use.EMPTY, Use.MOVE, Use.WIPE})
DELETES = frozenset({Use.DELETE, Use.TREE, Use.WIPE})
NOTED = {Use.READ: "read", Use.LIST: "read"} | dict.fromkeys(DELETES, "delete")


def use(trace: Trace, kind: Use, place: Place) -> Finding | None:
    """Note what happens to a place; answers the finding, which is also added to the trace."""
    if place.zone is Zone.SINK:
        return None
    trace.path(NOTED.get(kind, "write"), place.shown())
    finding = judge(kind, place)
    if finding is not None:
        trace.add(finding)
    return finding


def judge(kind: Use, place: Place) -> Finding | None:
    """The finding for one use of one place, or None when it is harmless."""
    if place.zone in {Zone.DEVICE, Zone.NETWORK}:
        return _device(kind, place)
    special = _special(kind, place)
    if special is not None and special.danger is DANGEROUS:
        return special
    ground = DOCTRINE[kind][place.zone]
    danger = ground.open if place.open else ground.named
    if kind in DELETES and danger > CAUTION and _tool_made(place):
        danger = CAUTION
    if special is not None and danger <= special.danger:
        return special
    if danger is NONE:
        return None
    code, text = SENTENCES[kind]
    return Finding(danger, Reason(code, text), _reach(place), _target(place), SAFER.get(kind))


def _target(place: Place, kind: str = "path") -> tuple[Target, ...]:
    return (Target(kind, place.shown()),)


def _reach(place: Place) -> Reach:
    if place.zone is Zone.SYSTEM or place.path == "/":
        return Reach.MACHINE
    if place.zone in {Zone.WORKSPACE, Zone.SCRATCH}:
        return Reach.WORKSPACE if place.open or place.root else Reach.FILE
    return Reach.WORKSPACE if place.zone is Zone.UNKNOWN else Reach.HOME


def _tool_made(place: Place) -> bool:
    """Directories and files only tools fill, inside the workspace."""
    if place.zone not in {Zone.WORKSPACE, Zone.UNKNOWN} or "/.git" in place.path:
        return False
    return len(place.name) <= MAX_NAME and named(place.name, TOOL_MADE)


def _device(kind: Use, place: Place) -> Finding | None:
    if place.zone is Zone.NETWORK:
        reason = Reason("network.dev_tcp", "Opens a raw network connection from the shell.")
        return Finding(DANGEROUS, reason, Reach.SHARED, _target(place, "host"))
    if kind in {Use.READ, Use.LIST}:
        secret = SECRET_PLACES.holds(canonical(place))
        return _secret(place) if secret else _raw_device(CAUTION, place)
    return _raw_device(DANGEROUS, place)


def _raw_device(danger: Danger, place: Place) -> Finding:
    text = "Writes to a raw device." if danger is DANGEROUS else "Reads a raw device."
    return Finding(
        danger, Reason("disks.device", text), Reach.MACHINE, _target(place, "device"), None
    )


def _secret(place: Place) -> Finding:
    reason = Reason("secrets.read", "Reads credentials; they would stand in the transcript.")
    safer = "Ask for the secret to be granted to the session instead of reading its file."
    return Finding(DANGEROUS, reason, Reach.PRIVATE, _target(place), safer)


def _special(kind: Use, place: Place) -> Finding | None:
    """What special places add: secrets when read, startup files and hooks when written."""
    parts = canonical(place)
    if kind is Use.READ:
        return _read(place, parts)
    if kind is Use.LIST or (kind in {Use.DELETE, Use.TREE} and not EVIDENCE_PLACES.holds(parts)):
        return None
    if kind in {Use.RIGHTS, Use.RIGHTS_TREE}:
        return None
    return _planted(kind, place, parts)


def _read(place: Place, parts: list[str]) -> Finding | None:
    if named(place.name, PUBLIC):
        return None
    if SECRET_PLACES.holds(parts):
        return _secret(place)
    if PRIVATE_PLACES.holds(parts) and not named(place.name, SAMPLES):
        reason = Reason("secrets.private", "Reads a file that usually holds secrets.")
        return Finding(CAUTION, reason, Reach.PRIVATE, _target(place))
    return None


def _planted(kind: Use, place: Place, parts: list[str]) -> Finding | None:
    if EVIDENCE_PLACES.holds(parts):
        if kind is Use.APPEND:
            return None
        reason = Reason("system.evidence", "Erases history or logs that others rely on.")
        return Finding(DANGEROUS, reason, Reach.MACHINE, _target(place))
    if STARTUP_PLACES.holds(parts) and not place.name.startswith("known_hosts"):
        text = "Changes a file that runs or is trusted at every start."
        reason = Reason("system.startup_file", text)
        return Finding(DANGEROUS, reason, Reach.HOME, _target(place))
    if place.zone is not Zone.SCRATCH and REPOSITORY_PLACES.holds(parts):
        text = "Changes the inside of a git repository, where hooks and settings run code."
        reason = Reason("git.internals", text)
        return Finding(DANGEROUS, reason, Reach.WORKSPACE, _target(place))
    if AUTOMATION_PLACES.holds(parts) and place.zone in {Zone.WORKSPACE, Zone.UNKNOWN}:
        text = "Changes what runs automatically for everybody (CI, editor or commit hooks)."
        reason = Reason("files.automation", text)
        return Finding(CAUTION, reason, Reach.SHARED, _target(place))
    return None


def leaving(place: Place) -> tuple[str, ...]:
    """The traits of content read from a place, for when it is sent away."""
    parts = canonical(place)
    if named(place.name, PUBLIC) or place.zone is Zone.SINK:
        return ()
    if SECRET_PLACES.holds(parts):
        return ("secret",)
    if PRIVATE_PLACES.holds(parts) and not named(place.name, SAMPLES):
        return ("secret",)
    if place.zone in {Zone.HOME, Zone.SYSTEM, Zone.OUTSIDE, Zone.DEVICE}:
        return ("outside",)
    return ("file",)
