"""The built-in tools: names, what they do, and the JSON Schema of their input."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from kernel.text import storable
from sessions_app.runtimes.base import ToolSpec

log = logging.getLogger(__name__)
INPUT_LIMIT = 2 * 1024 * 1024
_PATH = {"type": "string", "minLength": 1, "maxLength": 4096}


def _spec(name: str, description: str, required: tuple[str, ...], **fields: Any) -> ToolSpec:
    schema = {
        "type": "object",
        "properties": fields,
        "required": list(required),
        "additionalProperties": False,
    }
    return ToolSpec(name=name, description=description, input_schema=schema)


BUILT_IN: Mapping[str, ToolSpec] = {
    spec.name: spec
    for spec in (
        _spec(
            "shell",
            "Run a shell command in the working directory, in the sandbox.",
            ("command",),
            command={"type": "string", "minLength": 1, "maxLength": 100_000},
            timeout_seconds={"type": "integer", "minimum": 1, "maximum": 86_400},
        ),
        _spec(
            "read_file",
            "Read a text file of the working directory.",
            ("path",),
            path=_PATH,
            offset={"type": "integer", "minimum": 0},
        ),
        _spec(
            "write_file",
            "Write a file of the working directory, replacing what was there.",
            ("path", "content"),
            path=_PATH,
            content={"type": "string"},
        ),
        _spec(
            "edit_file",
            "Replace one exact piece of text in a file of the working directory.",
            ("path", "old", "new"),
            path=_PATH,
            old={"type": "string", "minLength": 1},
            new={"type": "string"},
        ),
        _spec(
            "grep",
            "Search the files of the working directory for an extended regular expression.",
            ("pattern",),
            pattern={"type": "string", "minLength": 1, "maxLength": 10_000},
            path=_PATH,
        ),
        _spec("list_files", "List a directory of the working directory.", (), path=_PATH),
    )
}


def _unread(*_given: Any) -> Iterator[ValidationError]:
    """Patterns of a server could keep us busy for ever; the server judges them itself."""
    yield from ()


def _additional(checker: Any, value: Any, given: Any, schema: Any) -> Iterator[ValidationError]:
    if "patternProperties" not in schema:
        plain = Draft202012Validator.VALIDATORS["additionalProperties"]
        yield from plain(checker, value, given, schema)


_Checker = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _unread,
        "patternProperties": _unread,
        "unevaluatedProperties": _unread,
        "additionalProperties": _additional,
    },
)


def fault_in(spec: ToolSpec, arguments: Mapping[str, Any]) -> str:
    """What is wrong with the arguments, in one sentence, or ""."""
    if fault := _unfit(arguments):
        return f"{spec.name}: {fault}"
    # An empty registry: a schema must not make us fetch what it refers to.
    checker = _Checker(dict(spec.input_schema), registry=Registry())
    try:
        found = next(iter(sorted(checker.iter_errors(dict(arguments)), key=str)), None)
    except Exception as fault:
        log.warning("schema unusable", extra={"tool": spec.name, "fault": type(fault).__name__})
        return f"{spec.name}: its input schema cannot be used."
    if found is None:
        return ""
    where = "/".join(str(part) for part in found.absolute_path) or "input"
    return f"{spec.name}: {where}: {found.message[:300]}"


def _unfit(arguments: Mapping[str, Any]) -> str:
    """Why no tool could take this, whatever its schema says."""
    try:
        text = json.dumps(dict(arguments), allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError):
        return "the input is not valid JSON."
    if len(text) > INPUT_LIMIT:
        return f"the input has {len(text)} bytes; at most {INPUT_LIMIT} are taken."
    return ""


def key_of(call_id: str) -> str:
    """A runtime's name of a call as it is stored: itself, unless it is none a row can hold."""
    if 0 < len(call_id) <= 200 and storable(call_id) == call_id:
        return call_id
    return hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()


def input_hash(tool: str, arguments: Mapping[str, Any]) -> str:
    """Binds an approval to exactly what was shown."""
    canonical = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
