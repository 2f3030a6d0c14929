"""How the Claude CLI is started: a home of its own, our tools only, our environment only."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, cast

import claude_agent_sdk
from claude_agent_sdk import ClaudeAgentOptions

from sessions_app.runtimes.base import TurnRequest
from sessions_app.runtimes.claude import launch
from sessions_app.runtimes.claude.store import TranscriptStore
from sessions_app.runtimes.claude.tools import SERVER, BrokerServer
from sessions_app.runtimes.conversation import instructions
from sessions_app.runtimes.host import ProviderConfig

RETRIES = 2
OUTPUT_TOKENS = "1000000"  # the broker caps a tool's output; the CLI is not to refuse it
CLI = Path(claude_agent_sdk.__file__).parent / "_bundled" / "claude"


def build_options(
    turn: TurnRequest,
    model: str,
    provider: ProviderConfig,
    home: Path,
    parts: tuple[BrokerServer, TranscriptStore],
) -> ClaudeAgentOptions:
    """The SDK's options for one attempt in the empty directory `home`.

    No built-in tool, settings file, skill or command of the CLI is active, and prompts reach the
    model verbatim (an `@path` in one would otherwise read a file outside the sandbox).
    """
    server, store = parts
    system_prompt = home / "system-prompt"
    system_prompt.write_text(instructions(turn), encoding="utf-8")
    return ClaudeAgentOptions(
        tools=[],
        mcp_servers={SERVER: server.config()},
        allowed_tools=server.allowed,
        strict_mcp_config=True,
        permission_mode="dontAsk",
        setting_sources=[],
        verbatim_prompts=True,
        system_prompt={"type": "file", "path": str(system_prompt)},
        model=model,
        max_turns=turn.options.max_turns,
        include_partial_messages=True,
        resume=store.session_id or None,
        session_store=cast("Any", store),
        cwd=home,
        env=_environment(provider, home),
        cli_path=_launcher(home),
        stderr=_discard,
    )


def _environment(provider: ProviderConfig, home: Path) -> dict[str, str]:
    ours: dict[str, str] = {
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home / ".claude"),
        "TMPDIR": str(home),
        "PATH": "/usr/bin:/bin",
        "ANTHROPIC_API_KEY": provider.api_key,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": str(RETRIES),
        "MAX_MCP_OUTPUT_TOKENS": OUTPUT_TOKENS,
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
    }
    if provider.base_url:
        ours["ANTHROPIC_BASE_URL"] = provider.base_url
    return {**ours, launch.CLI: str(CLI), launch.KEEP: ",".join([*ours, "PWD", "LANG"])}


def _launcher(home: Path) -> Path:
    """An executable that starts `launch.py` isolated; the SDK takes one path, not a command."""
    script = home / "claude"
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -I -S '{launch.__file__}' \"$@\"\n")
    script.chmod(0o700)
    return script


def _discard(_line: Any) -> None:
    """The CLI's log may hold what the session holds; it goes nowhere."""
