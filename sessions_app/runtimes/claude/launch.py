"""Starts the Claude CLI with the environment we chose, and nothing of this process's own.

The SDK merges our variables over those of its process, which may hold the database's address and
the master key; so it starts this file instead, which keeps the named variables and becomes the
CLI. Standard library only: it runs isolated (`python -I -S`).
"""

from __future__ import annotations

import os
import sys

CLI = "QUARTERDECK_CLAUDE_CLI"
KEEP = "QUARTERDECK_CLAUDE_KEEP"


def main() -> None:
    """Become the CLI."""
    kept = os.environ[KEEP].split(",")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in kept or name.startswith(("CLAUDE_", "ANTHROPIC_"))
    }
    cli = os.environ[CLI]
    os.execve(cli, [cli, *sys.argv[1:]], environment)  # noqa: S606 (no shell, by intention)


if __name__ == "__main__":
    main()
