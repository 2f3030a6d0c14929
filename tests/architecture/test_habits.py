"""What the house forbids, each with the failure that taught it."""

from __future__ import annotations

import ast
import os
import subprocess

import pytest
from django.apps import apps

from tests.architecture.source import ROOT, functions, modules

FORBIDDEN_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}
OUR_APPS = {
    "kernel", "identity", "audit", "marketplace", "sessions_app", "templates_app", "workflows",
    "analytics", "assistant", "operations",
}  # fmt: skip
STOREYS = [
    "kernel", "identity", "audit", "marketplace", "sessions_app", "templates_app", "workflows",
    "analytics", "assistant", "operations",
]  # fmt: skip
EDGES = {"api", "web", "consumers.py"}


def imports(tree: ast.Module) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.lineno, node.module))
            found += [(node.lineno, f"{node.module}.{name.name}") for name in node.names]
        elif isinstance(node, ast.Import):
            found += [(node.lineno, name.name) for name in node.names]
    return found


def test_no_import_hides_inside_a_function() -> None:
    """Cycles are hidden that way; seven products were measured, all had some."""
    hidden = [
        f"{path}:{node.lineno}"
        for path, tree in modules().items()
        for function in functions(tree)
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]

    assert hidden == []


def test_no_model_signals() -> None:
    """Control flow that nobody reads; `update()` passes them by."""
    words = ("django.db.models.signals", "django.dispatch", "django.core.signals")
    used = [
        f"{path}:{line}"
        for path, tree in modules().items()
        for line, name in imports(tree)
        if name.startswith(words)
    ]

    assert used == []


def test_nobody_waits_with_wait_for() -> None:
    """Python 3.11 loses a cancellation there that comes as the awaited ends: a reader of streams
    outlived its hub. `async with asyncio.timeout(…)` does not."""
    waiting = [
        f"{path}:{node.lineno}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "wait_for"
        and isinstance(node.value, ast.Name)
        and node.value.id == "asyncio"
    ]

    assert waiting == []


def test_no_rooms_without_a_purpose() -> None:
    assert [str(p) for p in modules() if p.name in FORBIDDEN_NAMES] == []


def test_importlib_stands_in_plugins_only() -> None:
    users = {
        str(path)
        for path, tree in modules().items()
        for _line, name in imports(tree)
        if name.split(".")[0] == "importlib" and path.parts[0] != "launcher"
    }

    assert users <= {"kernel/plugins.py"}


def test_only_env_reads_the_environment() -> None:
    readers = []
    for path, tree in modules().items():
        if path.parts[0] == "launcher":
            continue
        for node in ast.walk(tree):
            direct = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if direct and node.value.id == "os" and node.attr in {"environ", "getenv"}:
                readers.append(f"{path}:{node.lineno}")

    allowed = (
        "config/settings/env.py",
        "config/settings/test.py",
        "config/asgi.py",
        "config/celery.py",
        # The CLI is its own process: it is started with what the SDK hands over, and drops it.
        "sessions_app/runtimes/claude/launch.py",
    )
    assert [one for one in readers if not one.startswith(allowed)] == []


def test_settings_files_are_short() -> None:
    folder = ROOT / "config" / "settings"
    long = [p.name for p in folder.glob("*.py") if len(p.read_text().splitlines()) > 150]

    assert long == []


def test_celery_messages_are_sent_by_one_function() -> None:
    """A bare `.delay()` inside a transaction loses work when the process dies in between."""
    senders = []
    for path, tree in modules().items():
        if path.parts[0] == "launcher":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in {
                "delay", "apply_async", "send_task",
            }:  # fmt: skip
                senders.append(str(path))

    assert set(senders) <= {"kernel/jobs/hints.py"}


def test_foreign_keys_point_down_and_leave_no_trace_above() -> None:
    wrong = []
    for model in apps.get_models():
        label = model._meta.app_label
        if label not in OUR_APPS:
            continue
        for field in model._meta.get_fields():
            remote = getattr(field, "related_model", None)
            if not field.concrete or remote is None or isinstance(remote, str):
                continue
            other = remote._meta.app_label
            if other in STOREYS and STOREYS.index(other) > STOREYS.index(label):
                wrong.append(f"{label}.{model.__name__}.{field.name} points up")
    assert wrong == []


def test_every_model_says_where_it_lives() -> None:
    """Retrofitting regions took others years; no control row may point at a cell row."""
    silent, upward = [], []
    for model in apps.get_models():
        if model._meta.app_label not in OUR_APPS or model.__name__.startswith("Historical"):
            continue
        residency = getattr(model, "residency", None)
        if residency not in {"control", "cell"}:
            silent.append(model.__name__)
        for field in model._meta.concrete_fields:
            remote = getattr(field, "related_model", None)
            far = getattr(remote, "residency", "control") == "cell"
            if remote is not None and residency == "control" and far:
                upward.append(f"{model.__name__}.{field.name}")
    assert silent == []
    assert upward == []


def test_get_model_is_for_migrations() -> None:
    users = [
        f"{path}:{node.lineno}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "get_model"
    ]

    assert users == []


def test_the_repository_names_no_place_of_its_making() -> None:
    """Paths of the machine it was made on mean nothing to anybody else."""
    place = f"{ROOT.parent}/"
    if len(ROOT.parent.parts) < 2 or ROOT.parent.parts[1] in {"tmp", "home", "root"}:
        return
    listed = subprocess.run(
        ["git", "grep", "-lIF", place], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert listed.stdout.split() == []


@pytest.mark.xdist_group("alone")
def test_groups_reach_the_scheduler(request: pytest.FixtureRequest) -> None:
    """A release of pytest once hid them from xdist: every worker started its own installation."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process knows no groups")
    assert request.node.nodeid.endswith("@alone")
