"""What rules against reading or writing paths mean for files, whoever opens them.

A rule is judged by what a call says; a program may open what nobody said. So the files that such
rules name are closed to every command by the sandbox, and judged again where our own tools open
them. A directory that a rule names, or everything below it (`secrets/*`), is closed as a whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from kernel.sandbox import JailNotPossibleError
from sessions_app.broker import rules

MOST = 500


@dataclass(frozen=True)
class Walls:
    """Patterns of paths, as the workspace sees them, that nothing reads, or nothing changes."""

    unread: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def closes(self, path: str, *, writes: bool) -> bool:
        """Whether a path of the workspace is closed to one of our own tools."""
        patterns = self.unchanged if writes else self.unread
        parts = path.split("/")
        above = ("/".join(parts[: count + 1]) for count in range(len(parts)))
        return any(_names(patterns, one) for one in above)

    def standing(self, workspace: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What there is now to hide from a command, and to freeze for it."""
        found = tuple(tuple(_found(workspace, one)) for one in (self.unread, self.unchanged))
        if sum(map(len, found)) > MOST:
            raise JailNotPossibleError(
                f"The rules of your organization close more than {MOST} files here.",
                remedy="Have them name the directory instead.",
            )
        return found[0], found[1]


def walls_of(denied: Iterable[str]) -> Walls:
    """The walls that deny rules ask for."""
    found = [rule for text in denied if (rule := rules.parse(text)) and rule.detail]
    return Walls(
        unread=tuple(rule.pattern for rule in found if rule.covers_any(rules.READERS)),
        unchanged=tuple(rule.pattern for rule in found if rule.covers_any(rules.WRITERS)),
    )


def _found(workspace: Path, patterns: tuple[str, ...]) -> Iterator[str]:
    """Files and directories that patterns name, never by way of a link; nothing below a found
    directory, which is closed with it."""
    if not patterns:
        return
    for folder, folders, files in os.walk(workspace):
        here = os.path.relpath(folder, workspace)
        for name in [*folders, *files]:
            path = name if here == "." else f"{here}/{name}"
            if _names(patterns, path) and not Path(folder, name).is_symlink():
                yield path
                if name in folders:
                    folders.remove(name)


def _names(patterns: Iterable[str], path: str) -> bool:
    return any(fnmatchcase(path, one) or fnmatchcase(f"{path}/", one) for one in patterns)
