"""Small files, small functions: the figures of ARCHITECTURE.md."""

from __future__ import annotations

import statistics

from tests.architecture.source import Function, functions, lines, modules


def quantile(values: list[int], share: float) -> int:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_files_are_small() -> None:
    sizes = {path: lines(path) for path in modules()}

    assert statistics.median(sizes.values()) <= 100
    assert quantile(list(sizes.values()), 0.95) <= 300
    assert [str(path) for path, size in sizes.items() if size > 500] == []


def test_functions_are_small() -> None:
    sizes = {
        f"{path}:{one.name}": length(one)
        for path, tree in modules().items()
        for one in functions(tree)
    }

    assert quantile(list(sizes.values()), 0.95) <= 35
    assert [name for name, size in sizes.items() if size > 60] == []


def test_the_verb_decorator_stays_under_sixty_lines() -> None:
    tree = next(t for path, t in modules().items() if str(path) == "kernel/actions.py")
    decorator = next(one for one in functions(tree) if one.name == "action")

    assert length(decorator) < 60
