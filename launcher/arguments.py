"""The command line: which commands there are and what each takes."""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.failure import MisuseError

ROOT = Path(__file__).resolve().parent.parent

COMMANDS = {
    "up": "start everything and print `ready http://…`",
    "demo": "the same as `up --demo`: with a lively organization and its cast",
    "backup": "write database, files and (apart) keys to one place, while everything goes on",
    "restore": "verify a backup and restore it into an empty data directory or database",
    "upgrade": "migrate the data of an older version, after a backup and a rehearsal",
    "doctor": "look for what is wrong, and say what to do about it",
    "stop": "halt all agents of an organization, or of a person, or one tool",
    "resume": "end a stop: what waited goes on",
    "session": "run one prompt in the terminal, on a running server or a private one",
    "test": "run the whole suite; further arguments go to pytest",
    "lint": "ruff check, ruff format --check and the import contracts",
    "types": "mypy --strict over everything",
    "build": "make the environment and build the front end",
    "bench": "run the benchmarks, or those named",
    "help": "show this",
}
PASSING = {"test", "bench"}
"""Commands whose further arguments belong to the program they run."""

SWITCH: dict[str, Any] = {"action": "store_true"}
OPTIONS: tuple[tuple[set[str], str, dict[str, Any]], ...] = (
    (set(), "--data-dir", {"type": Path, "default": ROOT / ".quarterdeck", "metavar": "D"}),
    (
        {"up", "demo", "test"},
        "--no-system",
        {
            "dest": "system",
            "action": "store_false",
            "help": "never install packages of the operating system",
        },
    ),
    (
        {"up", "demo", "doctor"},
        "--port",
        {"type": int, "default": 8000, "metavar": "P", "help": "0: a free one"},
    ),
    (
        {"up", "demo", "doctor"},
        "--bind",
        {"default": "127.0.0.1", "metavar": "A", "help": "address to listen on"},
    ),
    ({"up", "demo"}, "--verbose", {**SWITCH, "help": "show the log of every process"}),
    ({"up"}, "--demo", {**SWITCH, "help": "fill it with an organization and its cast"}),
    (
        {"backup"},
        "--to",
        {"type": Path, "metavar": "FILE|DIR", "help": "default: a new file in D/backups"},
    ),
    ({"restore"}, "file", {"type": Path, "metavar": "FILE", "help": "an archive of `backup`"}),
    ({"restore"}, "--keys", {"type": Path, "metavar": "FILE", "help": "default: FILE.keys"}),
    (
        {"upgrade"},
        "--no-rehearsal",
        {"dest": "rehearsal", "action": "store_false", "help": "where a copy has no room"},
    ),
    ({"doctor"}, "--json", {**SWITCH, "help": "print one JSON document"}),
    (
        {"stop", "resume"},
        "--org",
        {"default": "", "metavar": "SLUG", "help": "needed if there are several"},
    ),
    (
        {"stop", "resume"},
        "--person",
        {"default": "", "metavar": "NAME", "help": "only what agents do for them"},
    ),
    (
        {"stop", "resume"},
        "--tool",
        {"default": "", "help": "only this tool, or those of an MCP server"},
    ),
    ({"stop"}, "--reason", {"default": "", "help": "everybody in the organization reads it"}),
    (
        {"session"},
        "prompt",
        {"help": "what to ask; slash commands such as /sh work too"},
    ),
    ({"session"}, "--url", {"help": "a running server"}),
    ({"session"}, "--token", {"help": "an API token of that server"}),
)
"""Which commands (none: all) take an option, its name, and how argparse reads it."""


@dataclass(frozen=True)
class Options:
    """One parsed command line."""

    command: str
    data_dir: Path
    port: int = 8000
    bind: str = "127.0.0.1"
    demo: bool = False
    system: bool = True
    verbose: bool = False
    prompt: str = ""
    url: str | None = None
    token: str | None = None
    to: Path | None = None
    file: Path | None = None
    keys: Path | None = None
    json: bool = False
    rehearsal: bool = True
    org: str = ""
    person: str = ""
    tool: str = ""
    reason: str = ""
    rest: tuple[str, ...] = ()


def parse(arguments: Sequence[str]) -> Options:
    """Reads a command line; on misuse argparse says why and exits with 2."""
    asked_for_help = list(arguments[:1]) in ([], ["-h"], ["--help"])
    found, rest = _parser().parse_known_args(["help"] if asked_for_help else arguments)
    values = vars(found)
    command = values["command"]
    if rest and command not in PASSING:
        raise MisuseError(f"`{command}` does not know {' '.join(rest)} (see ./quarterdeck help).")
    paths = {name: _resolved(one) for name, one in values.items() if isinstance(one, Path)}
    values |= {"command": command, **paths, "rest": tuple(rest)}
    if command == "demo":
        values |= {"command": "up", "demo": True}
    return _checked(Options(**values))


def help_text() -> str:
    """Returns the text of `./quarterdeck help`."""
    return _parser().format_help()


def is_loopback(address: str) -> bool:
    """Says whether only this machine can reach what is bound to `address`."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _checked(options: Options) -> Options:
    if options.demo and not is_loopback(options.bind):
        message = "--demo has known passwords and tokens: it only binds to a loopback address."
        raise MisuseError(message)
    if not 0 <= options.port <= 65535:
        raise MisuseError(f"{options.port} is no port: take one from 1 to 65535, or 0 for any.")
    if options.token is not None and options.url is None:
        raise MisuseError("--token needs --url.")
    return options


def _resolved(path: Path) -> Path:
    caller = Path(os.environ.get("QUARTERDECK_CALLER_DIRECTORY") or Path.cwd())
    return (caller / path.expanduser()).resolve()


def _parser() -> argparse.ArgumentParser:
    listing = "\n".join(f"  {name:9}{text}" for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="./quarterdeck",
        usage="./quarterdeck COMMAND [options]",
        description=f"commands:\n{listing}\n\n./quarterdeck COMMAND --help tells its options.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    commands = parser.add_subparsers(dest="command", prog="./quarterdeck", help=argparse.SUPPRESS)
    for name, text in COMMANDS.items():
        _add_options(name, commands.add_parser(name, description=text, allow_abbrev=False))
    return parser


def _add_options(name: str, parser: argparse.ArgumentParser) -> None:
    for commands, flag, given in OPTIONS:
        if not commands or name in commands:
            parser.add_argument(flag, **given)
