"""Programs with a door to the shell: editors, debuggers, database clients, archivers.

Each entry finds the shell texts in a program's own command line; they are walked as scripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sessions_app.safety.frame.start import Start
from sessions_app.safety.text import listed
from sessions_app.safety.values.words import Word

Doors = Callable[[Start], list[str]]
_ESCAPE = re.compile(
    r"(?:^|[\n;|'\"])\s*:?(?:[%\d,.$]*|silent!?|exe(?:cute)?\s*['\"]?)\s*!+\s*([^\n]+)"
)
_SYSTEM = re.compile(
    r"\b(?:system|shell_command|shell-command|jobstart|termopen)\s*\(?\s*['\"]([^'\"]+)"
)


def _values(start: Start, options: str, *, attached: str = "") -> list[str]:
    """The values of options, given as the next argument, after `=`, or attached to the letter."""
    wanted, found = options.split(), []
    texts = start.texts()
    for index, text in enumerate(texts):
        name, equals, value = text.partition("=")
        if text in wanted and index + 1 < len(texts):
            found.append(texts[index + 1])
        elif equals and name in wanted:
            found.append(value)
        elif attached and text.startswith(attached) and len(text) > len(attached):
            found.append(text[len(attached) :])
    return found


def _input(start: Start) -> list[str]:
    return [start.stdin.text] if start.stdin.text else []


def _editor(start: Start) -> list[str]:
    commands = [text[1:] for text in start.texts() if text.startswith("+")]
    scripts = [*commands, *_values(start, "-c --cmd -S"), *_input(start)]
    return [found for text in scripts for found in _escapes(text)]


def _escapes(text: str) -> list[str]:
    return [*_ESCAPE.findall(text), *_SYSTEM.findall(text)]


def _line_editor(start: Start) -> list[str]:
    return [found for text in _input(start) for found in _escapes(text)]


def _debugger(start: Start) -> list[str]:
    scripts = [*_values(start, "-ex -iex --eval-command -o --one-line"), *_input(start)]
    return [
        found
        for text in scripts
        for found in re.findall(r"(?:^|\n)\s*(?:shell|!|platform shell|make)\s*([^\n]+)", text)
    ]


def _database(start: Start) -> list[str]:
    found = re.compile(r"(?:^|\n|;)\s*(?:\\!|\.shell|\.system|system|!)\s+([^\n]+)")
    scripts = [*start.texts(), *_input(start)]
    return [each for text in scripts for each in found.findall(text)]


def _archive(start: Start) -> list[str]:
    actions = _values(start, "--checkpoint-action")
    found = [text.removeprefix("exec=") for text in actions if text.startswith("exec=")]
    programs = "--to-command -I --use-compress-program -F --info-script --new-volume-script"
    return found + _values(start, programs + " --rmt-command --rsh-command -TT --unzip-command")


def _stream_editor(start: Start) -> list[str]:
    found = re.compile(r"(?:^|[;\n{}/\d$])\s*e\s+([^\n;}]+)")
    return [each for text in start.texts() for each in found.findall(text)]


def _secure_shell(start: Start) -> list[str]:
    options = _values(start, "-o", attached="-o")
    found = re.compile(r"(?:ProxyCommand|LocalCommand|KnownHostsCommand)[ =]+(.+)", re.IGNORECASE)
    return [each for text in options for each in found.findall(text) if each != "none"]


def _synchronizer(start: Start) -> list[str]:
    shells = _values(start, "-e --rsh --rsync-path")
    return [text for text in shells if not re.match(r"(?:ssh|rsh)\b", text)]


def _tcl(start: Start) -> list[str]:
    scripts = [*_values(start, "-c"), *_input(start)]
    found = re.compile(r"(?:^|[;\n\[{])\s*(?:spawn|exec|system)\s+([^\n;\]}]+)")
    return [each for text in scripts for each in found.findall(text)]


def _splitter(start: Start) -> list[str]:
    return _values(start, "--filter")


def _finder(start: Start) -> list[str]:
    found = re.compile(r"(?:execute|become|reload|transform)(?:-silent)?[(:]([^)]+)")
    return [each for text in _values(start, "--bind --preview") for each in found.findall(text)]


def _lisp(start: Start) -> list[str]:
    scripts = _values(start, "--eval -eval --execute -e")
    return [each for text in scripts for each in _SYSTEM.findall(text.replace("\\", ""))]


def _pager(start: Start) -> list[str]:
    return [text[2:] for text in start.texts() if text.startswith("+!")]


def _manual(start: Start) -> list[str]:
    return _values(start, "-P --pager -H --html")


def _version_control(start: Start) -> list[str]:
    found = _values(
        start, "--upload-pack --receive-pack --exec --open-files-in-pager -O --ext-diff"
    )
    return [text for text in found if " " in text or "/" in text] + [
        text[6:] for text in start.texts() if text.startswith("ext::") and len(text) > 6
    ]


def _relay(start: Start) -> list[str]:
    found = re.compile(r"(?i)(?:^|,)(?:exec|system|shell):['\"]?([^,'\"]+)")
    return [each for text in start.texts() for each in found.findall(text)]


def _schedule(start: Start) -> list[str]:
    """The commands of a crontab on standard input: five fields, then shell text."""
    found = re.compile(r"(?m)^\s*(?:@\w+|(?:[\d*/,\-A-Za-z]+\s+){5})\s*(\S.*)$")
    return [each for text in _input(start) for each in found.findall(text)]


DOORS: dict[str, Doors] = {
    **dict.fromkeys(listed("vim vi nvim view ex gvim vimdiff rvim"), _editor),
    **dict.fromkeys(listed("ed red"), _line_editor),
    **dict.fromkeys(listed("gdb lldb pdb"), _debugger),
    **dict.fromkeys(listed("sqlite3 psql mysql mariadb mycli pgcli usql ftp sftp"), _database),
    **dict.fromkeys(listed("tar gtar bsdtar zip cpio"), _archive),
    **dict.fromkeys(listed("sed gsed"), _stream_editor),
    **dict.fromkeys(listed("ssh scp autossh"), _secure_shell),
    **dict.fromkeys(listed("expect tclsh wish"), _tcl),
    **dict.fromkeys(listed("emacs emacsclient guile sbcl clisp"), _lisp),
    **dict.fromkeys(listed("less more most"), _pager),
    "rsync": _synchronizer,
    "split": _splitter,
    "fzf": _finder,
    "man": _manual,
    "git": _version_control,
    "socat": _relay,
    "crontab": _schedule,
}


def open_doors(start: Start) -> None:
    """Walk the shell texts in a program's command line."""
    doors = DOORS.get(start.name)
    if doors is None:
        return
    traits = frozenset[str]().union(*(word.traits for word in start.argv))
    for text in doors(start)[:20]:
        start.run([Word("sh"), Word("-c"), Word(text.strip(), traits=traits)])
