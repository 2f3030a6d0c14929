"""What the embedded runtime can run, as people read it."""

from __future__ import annotations

_LINES = (
    ("/sh COMMAND", "run a shell command; a line ending in a backslash goes on in the next"),
    ("/read PATH", "show a file"),
    ("/write PATH", "write the lines below it, or the fenced block below it, to a file"),
    ("/edit PATH", "replace text: below it `<<<<<<<`, old lines, `=======`, new lines, `>>>>>>>`"),
    ("/grep PATTERN [PATH]", "search files; quote a pattern with spaces"),
    ("/ls [PATH]", "list files"),
    ("/tool SERVER.NAME {json}", "call a tool of an MCP server"),
    ("/help", "this list"),
    ("```sh", "a fenced block (sh, bash, shell) is run; several are run in order"),
    ("```yaml", "a fenced `plan:` of steps with tool, args, when, save_as, expect"),
)


def guide() -> str:
    """The list of commands as Markdown."""
    return "\n".join(f"- `` {command} `` {text}" for command, text in _LINES)
