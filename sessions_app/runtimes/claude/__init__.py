"""The runtime over the Claude Agent SDK, an optional extra (`QUARTERDECK_EXTRAS=claude`)."""

try:
    from sessions_app.runtimes.claude.runtime import ClaudeRuntime
except ModuleNotFoundError as missing:
    if missing.name != "claude_agent_sdk":
        raise
    from sessions_app.runtimes.claude.absent import (  # type: ignore[assignment]
        AbsentClaudeRuntime as ClaudeRuntime,
    )

__all__ = ["ClaudeRuntime"]
