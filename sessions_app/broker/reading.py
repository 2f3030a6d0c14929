"""Shell commands that only read, for plan mode: known programs, without what makes them write
a file or start another program."""

from __future__ import annotations

from sessions_app.safety import Anatomy, Program
from sessions_app.safety.text import listed

_PLACES = ("", "/bin/", "/usr/bin/")
_READERS = frozenset(
    listed(
        "cat head tail ls stat wc grep egrep fgrep rg find sort uniq cut tr diff cmp du df pwd "
        "echo printf true false test [ date which type basename dirname realpath readlink tree nl "
        "od sha256sum md5sum uname id whoami jq file git"
    )
)
# Option beginnings, as programs take them abbreviated too.
_CHANGING = {
    "rg": ("--pre", "--hostname-bin"),
    "sort": ("--co",),
    "file": ("-C", "--c"),
    "git": ("--ou", "--ext", "--textc", "-O", "--open"),
}
_GIT_READS = frozenset(listed("status log diff show branch rev-parse ls-files blame describe grep"))
_BRANCH_LISTS = frozenset(
    listed("-a -r -v -vv --all --remotes --list --show-current --verbose --no-color")
)


def only_reads(anatomy: Anatomy) -> bool:
    """Whether every program of a command is known to change nothing."""
    return all(_reads(program) for program in anatomy.programs)


def _reads(program: Program) -> bool:
    name, arguments = program.name, program.argv[1:]
    # `./ls` is whatever lies in the workspace under that name.
    if program.argv[0] not in {f"{place}{name}" for place in _PLACES} or name not in _READERS:
        return False
    if any(word.startswith(_CHANGING.get(name, ())) for word in arguments):
        return False
    if name == "git":
        return _git_reads(arguments)
    if name == "uniq":
        return sum(not word.startswith("-") for word in arguments) <= 1
    if name == "tree":
        return not any(word.startswith("-") and "o" in word for word in arguments)
    return True


def _git_reads(arguments: tuple[str, ...]) -> bool:
    if not arguments or arguments[0] not in _GIT_READS:
        return False
    return arguments[0] != "branch" or set(arguments[1:]) <= _BRANCH_LISTS
