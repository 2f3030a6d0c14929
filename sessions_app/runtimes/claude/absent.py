"""What stands in for the Claude runtime where its extra is not installed."""

from __future__ import annotations

from sessions_app.runtimes.base import RuntimeIO, TurnOutcome, TurnRequest
from sessions_app.runtimes.failures import Failure, failed
from sessions_app.runtimes.host import RuntimeHost
from sessions_app.runtimes.registry import RUNTIMES

REMEDY = (
    "The claude runtime is not installed here: the operator adds it by starting the server with"
    " QUARTERDECK_EXTRAS=claude; until then choose another runtime for this session."
)


class AbsentClaudeRuntime:
    """Fails every turn with the reason and the remedy."""

    name = "claude"
    capabilities = RUNTIMES["claude"].capabilities

    def __init__(self, host: RuntimeHost) -> None:
        """Take the host as every runtime does."""

    async def run(self, turn: TurnRequest, io: RuntimeIO) -> TurnOutcome:
        """Say what is missing."""
        return failed(Failure.UNAVAILABLE, REMEDY)
