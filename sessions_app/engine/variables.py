"""What the variables of a task take, and the values of one execution against them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kernel.errors import InvalidError
from kernel.text import storable

TYPES = ("string", "integer", "number", "boolean", "choice")
LONGEST = 100_000
_BIGGEST = 10**15
_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One variable of a template. Without a default a required one needs a value each time."""

    name: str
    type: str = "string"
    required: bool = True
    default: Any = None
    description: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        """Whether an execution must give a value."""
        return self.required and self.default is None

    def fault(self, value: Any) -> str:
        """Why a value is none of this variable's, or "" when it is one."""
        if self.type == "choice":
            return "" if value in self.choices else f"One of {', '.join(self.choices)}."
        if not _is_a(self.type, value):
            return f"This is not {_WORDS[self.type]}."
        if isinstance(value, str) and len(value) > LONGEST:
            return f"At most {LONGEST} characters."
        if isinstance(value, str) and storable(value) != value:
            return "This holds characters that no text has."
        return ""

    def document(self) -> dict[str, Any]:
        """As it is stored and shown."""
        return {**asdict(self), "choices": list(self.choices)}


def stored(rows: Sequence[Mapping[str, Any]]) -> list[Variable]:
    """Variables from what `document` made."""
    return [Variable(**{**row, "choices": tuple(row["choices"])}) for row in rows]


def completed(declared: Sequence[Variable], used: Sequence[str]) -> list[Variable]:
    """The declared variables, then those that are only used: required texts."""
    known = {one.name for one in declared}
    return [*declared, *(Variable(name=name) for name in used if name not in known)]


def check(variables: Sequence[Variable]) -> None:
    """Refuse variables that contradict themselves; every fault at its pointer."""
    faults = []
    for place, one in enumerate(variables):
        at = f"/variables/{place}"
        if one.name in {other.name for other in variables[:place]}:
            faults.append((f"{at}/name", f"{one.name} is declared twice."))
        if (one.type == "choice") != bool(one.choices):
            faults.append((f"{at}/choices", "A choice has choices, and nothing else has."))
        elif one.default is not None and (fault := one.fault(one.default)):
            faults.append((f"{at}/default", fault))
    _refuse(faults)


def resolve(
    variables: Sequence[Variable], given: Mapping[str, Any], *, at: str = "/variables"
) -> dict[str, Any]:
    """A value for every variable; unknown, missing and wrong ones are refused together."""
    known = {one.name: one for one in variables}
    faults = [(f"{at}/{_escaped(name)}", "There is no such variable.")
              for name in given if name not in known]  # fmt: skip
    values: dict[str, Any] = {}
    for name, one in known.items():
        value = given.get(name)
        if value is None and one.is_needed:
            faults.append((f"{at}/{_escaped(name)}", "This variable needs a value."))
        elif value is None:
            values[name] = "" if one.default is None else one.default
        elif fault := one.fault(value):
            faults.append((f"{at}/{_escaped(name)}", fault))
        else:
            values[name] = value
    _refuse(faults)
    return values


def from_text(variable: Variable, text: str) -> Any:
    """What somebody typed for a variable; what is no value of its stays the text, to be refused."""
    if variable.type == "boolean":
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if variable.type in {"integer", "number"}:
        try:
            return int(text) if variable.type == "integer" else float(text)
        except ValueError:
            return text
    return text


def as_text(value: Any) -> str:
    """A value as it stands in the prompt."""
    return value if isinstance(value, str) else json.dumps(value)


def _is_a(kind: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if kind == "integer" or whole:
        return whole and abs(value) <= _BIGGEST
    return isinstance(value, float) and math.isfinite(value)


def _refuse(faults: Sequence[tuple[str, str]]) -> None:
    if faults:
        errors = [{"pointer": pointer, "detail": detail} for pointer, detail in faults]
        raise InvalidError(faults[0][1], errors=errors)


def _escaped(name: str) -> str:
    """A name within a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
