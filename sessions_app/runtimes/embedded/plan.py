"""Reads a plan: a YAML or JSON mapping whose `plan` is a list of steps.

plan:
  - name: history            # optional, for people
    tool: git.log
    args: {max_count: 5}
    save_as: log
    expect: {contains: fix}  # instead of "the call succeeds"
  - tool: shell
    args: {command: "grep -c fix <<< {{log.content}}"}
    when: {of: log, status: ok}
    on_error: continue       # or on_denied: continue
  - say: "{{log.data.count}} commits read"
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from sessions_app.runtimes.embedded.conditions import (
    RESULT,
    Condition,
    ConditionError,
    parse_condition,
)
from sessions_app.runtimes.embedded.program import OnFailure, PlanError, Program, Step
from sessions_app.runtimes.embedded.shellwords import UnsafeSlotError, check_slots
from sessions_app.runtimes.embedded.values import roots, split_placeholders

MAX_STEPS = 500
_KEYS = {"tool", "args", "say", "name", "save_as", "when", "expect", "on_denied", "on_error"}
_NAME = re.compile(r"[A-Za-z_][\w-]*")


class _PlainLoader(yaml.SafeLoader):
    """YAML with JSON's types only: no aliases (they can explode), dates stay text."""

    yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in pairs if not tag.endswith(":timestamp")]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases, compose everything else."""
        if self.check_event(yaml.AliasEvent):
            raise PlanError("a plan may not use YAML aliases")
        return super().compose_node(parent, index)


def parse_plan(text: str) -> Program:
    """The program of a plan's text; raises `PlanError` with the step and the reason."""
    document = _load(text)
    if not isinstance(document, Mapping) or set(document) != {"plan"}:
        raise PlanError("a plan is a mapping with the single key `plan`")
    items = document["plan"]
    if not isinstance(items, list) or not 0 < len(items) <= MAX_STEPS:
        raise PlanError(f"`plan` is a list of 1 to {MAX_STEPS} steps")
    known: set[str] = set()
    steps = tuple(_numbered(number, item, known) for number, item in enumerate(items, 1))
    return Program(steps=steps, is_plan=True)


def _load(text: str) -> Any:
    is_json = text.lstrip().startswith("{")
    try:
        document = json.loads(text) if is_json else yaml.load(text, Loader=_PlainLoader)  # noqa: S506
        json.dumps(document, allow_nan=False)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PlanError(f"line {line} of the plan: {error.problem}") from None
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        raise PlanError("the plan is not YAML or JSON with plain values") from None
    return document


def _numbered(number: int, item: Any, known: set[str]) -> Step:
    try:
        step = _step(item)
        _check_references(step, known)
    except (PlanError, ConditionError) as error:
        raise PlanError(f"step {number}: {error}") from None
    except UnsafeSlotError:
        message = "in a shell command a {{value}} must be a word of its own, outside quotes"
        raise PlanError(f"step {number}: {message}") from None
    known.update({step.save_as} - {""})
    return step


def _step(item: Any) -> Step:
    if not isinstance(item, Mapping):
        raise PlanError("a step is a mapping with `tool` and `args`, or `say`")
    unknown = {str(key) for key in item} - _KEYS
    if unknown:
        raise PlanError(f"unknown key {', '.join(sorted(unknown))}")
    if ("tool" in item) == ("say" in item):
        raise PlanError("a step has either `tool` or `say`")
    arguments = item.get("args", {})
    if not isinstance(arguments, Mapping):
        raise PlanError("`args` is a mapping")
    return Step(
        tool=_text(item, "tool"),
        arguments=arguments,
        say=_text(item, "say"),
        name=_text(item, "name"),
        save_as=_name(item),
        when=_condition(item, "when"),
        expect=_condition(item, "expect", RESULT),
        on_denied=_reaction(item, "on_denied"),
        on_error=_reaction(item, "on_error"),
    )


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key, "")
    if not isinstance(value, str) or (key in item and not value.strip()):
        raise PlanError(f"`{key}` is a text")
    return value


def _name(item: Mapping[str, Any]) -> str:
    value = _text(item, "save_as")
    if value and (value == RESULT or _NAME.fullmatch(value) is None):
        raise PlanError(f"`save_as` is a name of letters, digits, - and _, other than {RESULT}")
    return value


def _condition(item: Mapping[str, Any], key: str, default: str = "") -> Condition | None:
    return parse_condition(item[key], default=default) if key in item else None


def _reaction(item: Mapping[str, Any], key: str) -> OnFailure:
    value = item.get(key, "stop")
    if value not in ("stop", "continue"):
        raise PlanError(f"`{key}` is stop or continue")
    return "continue" if value == "continue" else "stop"


def _check_references(step: Step, known: set[str]) -> None:
    used = set(roots(step.arguments)) | set(roots(step.say))
    used |= step.when.names if step.when else frozenset()
    used |= (step.expect.names if step.expect else frozenset()) - {RESULT}
    if used - known:
        raise PlanError(f"no earlier step saves {', '.join(sorted(used - known))}")
    command = step.arguments.get("command")
    if step.tool == "shell" and isinstance(command, str):
        check_slots(split_placeholders(command)[0])
