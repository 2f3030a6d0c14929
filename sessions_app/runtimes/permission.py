"""The question a contained agent asks before it uses a tool of its own.

It is a call like any other to the broker, whose verdict is the answer; executing it does nothing.
"""

from __future__ import annotations

from sessions_app.runtimes.base import ToolSpec

PERMISSION = ToolSpec(
    name="request_permission",
    description="Let the agent use a tool of its own inside its container.",
    input_schema={
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "kind": {"type": "string"},
            "input": {},
            "paths": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["title", "kind", "input", "paths"],
        "additionalProperties": False,
    },
)
