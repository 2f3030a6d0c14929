"""The errors a person at the terminal sees: one clear sentence each."""

from __future__ import annotations


class LauncherError(Exception):
    """Says in one sentence why the launcher stops and what to do about it."""

    exit_code = 1


class MisuseError(LauncherError):
    """The command line asks for something that makes no sense or is not allowed."""

    exit_code = 2
