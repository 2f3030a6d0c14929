"""The command line: which commands there are and what each takes."""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.failure import MisuseError

ROOT = Path(__file__).resolve().parent.parent

COMMANDS = {
    "up": "start everything and print `ready http://…`",
    "demo": "the same as `up --demo`: with a lively organization and its cast",
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
    rest: tuple[str, ...] = ()


def parse(arguments: Sequence[str]) -> Options:
    """Reads a command line; on misuse argparse says why and exits with 2."""
    asked_for_help = list(arguments[:1]) in ([], ["-h"], ["--help"])
    found, rest = _parser().parse_known_args(["help"] if asked_for_help else arguments)
    values = vars(found)
    command = values["command"]
    if rest and command not in PASSING:
        raise MisuseError(f"`{command}` does not know {' '.join(rest)} (see ./quarterdeck help).")
    values |= {"command": command, "data_dir": _resolved(values["data_dir"]), "rest": tuple(rest)}
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
    parser.add_argument("--data-dir", type=Path, default=ROOT / ".quarterdeck", metavar="D")
    if name in {"up", "demo", "test"}:
        _add_switch(parser, "--no-system", "never install packages of the operating system")
    if name in {"up", "demo"}:
        parser.add_argument("--port", type=int, default=8000, metavar="P", help="0: a free one")
        parser.add_argument("--bind", default="127.0.0.1", metavar="A", help="address to listen on")
        _add_switch(parser, "--verbose", "show the log of every process")
    if name == "up":
        _add_switch(parser, "--demo", "fill it with an organization and its cast")
    if name == "session":
        parser.add_argument("prompt", help="what to ask; slash commands such as /sh work too")
        parser.add_argument("--url", help="a running server")
        parser.add_argument("--token", help="an API token of that server")


def _add_switch(parser: argparse.ArgumentParser, flag: str, text: str) -> None:
    if flag == "--no-system":
        parser.add_argument(flag, dest="system", action="store_false", help=text)
    else:
        parser.add_argument(flag, action="store_true", help=text)
