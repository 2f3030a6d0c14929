"""The session's tools as pydantic-ai sees them: every call goes to the broker, one at a time."""

from __future__ import annotations

from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.exceptions import ApprovalRequired, ToolFailed
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool
from pydantic_core import SchemaValidator, core_schema

from sessions_app.runtimes.base import RuntimeIO, ToolSpec
from sessions_app.runtimes.calls import CallIds, ToolNames, told

RETRIES = 2
_ARGUMENTS = SchemaValidator(core_schema.dict_schema(keys_schema=core_schema.str_schema()))


class BrokerToolset(AbstractToolset[None]):
    """Hands each call to `RuntimeIO.call_tool`.

    When a call must wait, it and all calls after it are deferred, so that their order holds.
    """

    def __init__(self, names: ToolNames, io: RuntimeIO, ids: CallIds) -> None:
        self._names, self._io, self._ids = names, io, ids
        self._waiting = False

    @property
    def id(self) -> str:
        """The toolset's name within the agent."""
        return "broker"

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:
        """Every tool of the session."""
        return {
            name: ToolsetTool(
                toolset=self,
                tool_def=_definition(name, spec),
                max_retries=RETRIES,
                args_validator=_ARGUMENTS,
            )
            for name, spec in self._names.by_wire_name.items()
        }

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[None], tool: ToolsetTool[None]
    ) -> str:
        """Ask the broker; raises what pydantic-ai understands as deferred or failed."""
        if self._waiting:
            raise ApprovalRequired
        request = self._ids.request(self._names.by_wire_name[name].name, tool_args)
        outcome = await self._io.call_tool(request)
        if outcome.status == "waiting":
            self._waiting = True
            self._ids.withdraw(request)
            raise ApprovalRequired
        if outcome.status == "ok":
            return told(outcome)
        raise ToolFailed(told(outcome))


def _definition(name: str, spec: ToolSpec) -> ToolDefinition:
    return ToolDefinition(
        name=name,
        description=spec.description,
        parameters_json_schema=dict(spec.input_schema),
        sequential=True,
    )
