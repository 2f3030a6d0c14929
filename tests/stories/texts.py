"""The criteria's own words: `@story("0.1")` makes them the test's docstring, word for word."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar

DOCS = Path(__file__).resolve().parents[2] / "docs"
F = TypeVar("F", bound=Callable[..., object])


@cache
def texts() -> dict[str, str]:
    """Id → text of every criterion, from the two documents of the mission."""
    found: dict[str, str] = {}
    base = (DOCS / "base-stories.md").read_text()
    for match in re.finditer(r"^- \*\*(0\.\d) .*$", base, re.M):
        found[match[1]] = match[0].removeprefix("- ")
    for match in re.finditer(r"(\d+)\. (\*\*.+?)(?= \d+\. \*\*|\n|$)", base.partition("## 8")[2]):
        found[f"8.{match[1]}"] = match[2].strip()
    story = ""
    number = 0
    for line in (DOCS / "user-stories.md").read_text().splitlines():
        if head := re.match(r"### User Story (\d\.\d):", line):
            story, number = head[1], 0
        elif line.startswith("- [ ] "):
            number += 1
            found[f"{story}.{number}"] = line.removeprefix("- [ ] ")
    return found


def story(criterion: str) -> Callable[[F], F]:
    """Prove a criterion by this test."""

    def mark(test: F) -> F:
        test.__doc__ = texts()[criterion]
        test.criterion = criterion  # type: ignore[attr-defined]
        return test

    return mark
