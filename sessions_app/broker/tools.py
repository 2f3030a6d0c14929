"""The built-in tools: names, what they do, and the JSON Schema of their input."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jsonschema

from sessions_app.runtimes.base import ToolSpec

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


def fault_in(spec: ToolSpec, arguments: Mapping[str, Any]) -> str:
    """What is wrong with the arguments, in one sentence, or ""."""
    checker = jsonschema.Draft202012Validator(dict(spec.input_schema))
    found = next(iter(sorted(checker.iter_errors(dict(arguments)), key=str)), None)
    if found is None:
        return ""
    where = "/".join(str(part) for part in found.absolute_path) or "input"
    return f"{spec.name}: {where}: {found.message[:300]}"


def input_hash(tool: str, arguments: Mapping[str, Any]) -> str:
    """Binds an approval to exactly what was shown."""
    canonical = json.dumps([tool, arguments], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
