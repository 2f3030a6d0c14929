"""Places: where a path of a call lies, and whether it names one thing or an open set."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from enum import StrEnum

from sessions_app.safety.text import HOLE_OPEN, HOME, has_hole, holes_as, is_hole, listed, show
from sessions_app.safety.values.words import Word

SCRATCH = ("/tmp", "/var/tmp", "/dev/shm", "/private/tmp", "/private/var/tmp")  # noqa: S108
SINKS = frozenset(
    {"/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/random", "/dev/urandom"}
)
SINK_TREES = ("/dev/fd", "/dev/std", "/dev/pts", "/proc/self/fd")
NETWORK_TREES = ("/dev/tcp/", "/dev/udp/")
SYSTEM = listed(
    "/etc /usr /bin /sbin /lib /lib32 /lib64 /boot /sys /proc /dev /var /run /System /Library "
    "/Applications /Windows"
)
HOMES = ("/home/", "/Users/")


class Zone(StrEnum):
    """Whose ground a path lies on."""

    WORKSPACE = "workspace"
    SCRATCH = "scratch"
    HOME = "home"
    OUTSIDE = "outside"
    SYSTEM = "system"
    DEVICE = "device"
    SINK = "sink"
    NETWORK = "network"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """A resolved path; `open` when it may stand for more than the one thing it names."""

    path: str
    zone: Zone
    open: bool = False
    root: bool = False

    def parts(self) -> list[str]:
        """The components below the zone's root, holes as `*`."""
        return [holes_as(part, "*") for part in self.path.split("/") if part]

    @property
    def name(self) -> str:
        """The last component."""
        return posixpath.basename(self.path)

    def shown(self) -> str:
        """The path as people may read it."""
        return show(self.path) or "."


def place(word: Word, cwd: str | None, workspace: str) -> Place:
    """Resolve an argument that names a file, without looking at any file system."""
    path = resolve(word.text, cwd)
    if path is None:
        return Place(word.text, Zone.UNKNOWN, open=True)
    zone = zone_of(path, workspace)
    if zone is Zone.SCRATCH:
        at_top = _open_at_top(path)
        return Place(path, zone, open=at_top, root=at_top)
    return Place(path, zone, open=word.open, root=path in {workspace, "/"})


def resolve(text: str, cwd: str | None) -> str | None:
    """The normalized absolute path (or one below `HOME`); None when its start is not known."""
    if text.startswith("file://"):
        text = text.removeprefix("file://")
    if text.startswith(HOME):
        return _below_home(text)
    if text.startswith("/"):
        return posixpath.normpath("/" + text.lstrip("/"))
    if cwd is None or text.startswith(HOLE_OPEN):
        return None
    return resolve(cwd.rstrip("/") + "/" + text, None)


def _below_home(text: str) -> str:
    """A path that starts at home; `..` above it leads to the homes of others."""
    path = posixpath.normpath("/home/~" + text[len(HOME) :])
    if path == "/home/~" or path.startswith("/home/~/"):
        return HOME + path.removeprefix("/home/~")
    return path


def zone_of(path: str, workspace: str) -> Zone:
    """The zone of a resolved path."""
    if inside(path, workspace):
        return Zone.WORKSPACE
    if path.startswith((HOME, *HOMES)) or inside(path, "/root"):
        return Zone.HOME
    if any(inside(path, tree) for tree in SCRATCH):
        return Zone.SCRATCH
    if path.startswith(("/dev/", "/proc/self/fd")):
        return _device_zone(path)
    system = path == "/" or any(inside(path, tree) for tree in SYSTEM)
    return Zone.SYSTEM if system else Zone.OUTSIDE


def _device_zone(path: str) -> Zone:
    if path.startswith(NETWORK_TREES):
        return Zone.NETWORK
    return Zone.SINK if path in SINKS or path.startswith(SINK_TREES) else Zone.DEVICE


def inside(path: str, tree: str) -> bool:
    """Whether the path is the tree or lies below it."""
    return path == tree or path.startswith(tree.rstrip("/") + "/")


def _open_at_top(path: str) -> bool:
    """`/tmp`, `/tmp/*` and `/tmp/$x` mean everybody's scratch, `/tmp/a*` does not."""
    for tree in SCRATCH:
        if inside(path, tree):
            first = path[len(tree) :].strip("/").partition("/")[0]
            return not first.strip("*?.") or (is_hole(first) and "mktemp" not in first)
    return False


def canonical(place_: Place) -> list[str]:
    """Components for the tables of special places: every home directory becomes `~`."""
    path = place_.path
    if has_hole(path):
        path = holes_as(path, "*")
    parts = [part for part in path.replace(HOME, "~").split("/") if part]
    if parts[:1] == ["root"]:
        return ["~", *parts[1:]]
    if parts[:1] in (["home"], ["Users"]) and len(parts) > 1:
        return ["~", *parts[2:]]
    return parts if path.startswith(HOME) or parts[:1] == ["~"] else ["/", *parts]
