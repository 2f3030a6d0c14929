"""Conditions of a plan: structured tests over saved results, with no code in them.

A condition is a mapping. `of` names the value it looks at (a path; in `expect` it is `result`
unless said otherwise) and every test beside it must hold:

    equals: VALUE     contains: TEXT or ITEM     matches: REGULAR EXPRESSION
    exit_code: N      status: ok|error|denied    exists: true|false

`not`, `all` and `any` combine conditions. A test of a missing value does not hold, except
`exists: false`. Regular expressions run in linear time (the Rust engine), so a pattern cannot
stall the runner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

from sessions_app.runtimes.embedded.values import MISSING, PATH, Saved, lookup, plain, text_of

DEPTH = 20
RESULT = "result"


class ConditionError(Exception):
    """The condition is not well formed; the text says why."""


@dataclass(frozen=True)
class Condition:
    """A parsed condition; `names` are the saved values it needs."""

    holds: Callable[[Saved], bool]
    names: frozenset[str]


def parse_condition(source: Any, *, default: str = "", depth: int = 0) -> Condition:
    """Build a condition from its mapping; `default` is the path looked at without `of`."""
    if not isinstance(source, Mapping) or not source:
        raise ConditionError("a condition is a mapping such as {of: log, exit_code: 0}")
    if depth > DEPTH:
        raise ConditionError(f"conditions may be nested {DEPTH} deep at most")
    subject = source.get("of", default)
    parts = [
        _part(key, value, (subject, default, depth)) for key, value in source.items() if key != "of"
    ]
    if not parts:
        raise ConditionError("`of` needs a test beside it, such as `exists: true`")
    return _every(parts)


def _part(key: Any, value: Any, context: tuple[Any, str, int]) -> Condition:
    subject, default, depth = context
    if key == "not":
        return _negated(parse_condition(value, default=default, depth=depth + 1))
    if key in ("all", "any"):
        if not isinstance(value, list) or not value:
            raise ConditionError(f"`{key}` takes a list of conditions")
        parts = [parse_condition(item, default=default, depth=depth + 1) for item in value]
        return _every(parts) if key == "all" else _some(parts)
    test = _TESTS.get(key)
    if test is None:
        raise ConditionError(f"`{key}` is not a test; tests are {', '.join(_TESTS)}, not, all, any")
    if not isinstance(subject, str) or re.fullmatch(PATH, subject) is None:
        raise ConditionError("say with `of` which saved value is meant, such as {of: log.content}")
    check = test(value)
    root = subject.split(".", 1)[0]
    return Condition(lambda saved: check(lookup(subject, saved)), frozenset({root}))


def _every(parts: list[Condition]) -> Condition:
    return Condition(lambda saved: all(part.holds(saved) for part in parts), _names(parts))


def _some(parts: list[Condition]) -> Condition:
    return Condition(lambda saved: any(part.holds(saved) for part in parts), _names(parts))


def _negated(part: Condition) -> Condition:
    return Condition(lambda saved: not part.holds(saved), part.names)


def _names(parts: list[Condition]) -> frozenset[str]:
    return frozenset(_each_name(parts))


def _each_name(parts: list[Condition]) -> Iterator[str]:
    for part in parts:
        yield from part.names


Check = Callable[[Any], bool]


def _equals(wanted: Any) -> Check:
    return lambda value: value is not MISSING and _same(plain(value), wanted)


def _same(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _contains(wanted: Any) -> Check:
    def check(value: Any) -> bool:
        value = plain(value)
        if isinstance(value, str):
            return text_of(wanted) in value
        return isinstance(value, list | Mapping) and wanted in value

    return check


def _matches(pattern: Any) -> Check:
    if not isinstance(pattern, str):
        raise ConditionError("`matches` takes a regular expression as text")
    try:
        expression = SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        message = f"`{pattern}` is not a regular expression (look-around is not supported)"
        raise ConditionError(message) from None
    return lambda value: value is not MISSING and expression.isinstance_python(text_of(value))


def _field(name: str) -> Callable[[Any], Check]:
    def test(wanted: Any) -> Check:
        return lambda value: isinstance(value, Mapping) and _same(value.get(name), wanted)

    return test


def _exists(wanted: Any) -> Check:
    if not isinstance(wanted, bool):
        raise ConditionError("`exists` takes true or false")
    return lambda value: (value is not MISSING) == wanted


_TESTS: Mapping[Any, Callable[[Any], Check]] = {
    "equals": _equals,
    "contains": _contains,
    "matches": _matches,
    "exit_code": _field("exit_code"),
    "status": _field("status"),
    "exists": _exists,
}
