"""The product's source as the architecture tests read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "config", "kernel", "identity", "audit", "marketplace", "sessions_app", "templates_app",
    "workflows", "analytics", "assistant", "operations", "launcher",
)  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> dict[Path, ast.Module]:
    """Every module but migrations, parsed."""
    paths = [p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))]
    return {
        path.relative_to(ROOT): ast.parse(path.read_text())
        for path in paths
        if "migrations" not in path.parts
    }


def lines(path: Path) -> int:
    """How long a file is."""
    return len((ROOT / path).read_text().splitlines())


def functions(tree: ast.Module) -> Iterator[Function]:
    """Every function of a module, nested ones included."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
