"""One command: is it a function, a builtin, a wrapper, an interpreter, or a program with rules?"""

from __future__ import annotations

from dataclasses import replace

from sessions_app.safety.frame.start import Start, base_name
from sessions_app.safety.frame.state import Frame, Function
from sessions_app.safety.model import Danger, Program, Reach
from sessions_app.safety.rules.registry import examine
from sessions_app.safety.shell.builtins import BUILTINS
from sessions_app.safety.shell.embedded import open_doors
from sessions_app.safety.shell.gatherers import GATHERERS, env, git
from sessions_app.safety.shell.interpreters import (
    SHELLS,
    Language,
    language_of,
    run_file,
    run_language,
    run_shell,
    run_stream,
)
from sessions_app.safety.shell.modules import module_of, run_module
from sessions_app.safety.shell.outputs import output
from sessions_app.safety.shell.unwrap import unwrap, wrapper_of
from sessions_app.safety.text import has_hole, is_hole, show
from sessions_app.safety.values.streams import EMPTY, Stream, computed
from sessions_app.safety.values.words import Word

BUILTIN_TREES = ("/bin/", "/usr/bin/", "/usr/local/bin/")
"""Where `/bin/echo` and its like do what the builtins of the same name do."""
RESERVED = frozenset({"{", "}", "!", "if", "then", "elif", "else", "fi", "while", "until", "do"})
RESERVED |= {"done", "esac"}
"""Reserved words the parser took for programs, as after `time` or `!`: what follows runs."""
MAX_CALLS = 3
"""How often a function may be on the stack of calls before its recursion is left alone."""


def run(start: Start) -> Stream:
    """Examine a command and what it starts; answers what it prints."""
    name = start.argv[0].text
    if not name or name in RESERVED:
        return run(replace(start, argv=start.argv[1:])) if start.argv[1:] else EMPTY
    if name in start.frame.functions and start.frame.calls.count(name) < MAX_CALLS:
        return _function(start, name, start.frame.functions[name])
    if name in start.frame.aliases and name not in start.frame.calls:
        return _alias(start, name)
    _note_program(start)
    if has_hole(name):
        return _unknown_name(start)
    return _known_name(start)


def _known_name(start: Start) -> Stream:
    installed = "/" not in start.argv[0].text or start.argv[0].text.startswith(BUILTIN_TREES)
    builtin = BUILTINS.get(start.name) if installed else None
    if builtin is not None:
        return builtin(start)
    if _is_script(start):
        return run_file(start, start.argv[0], start.arguments)
    if start.name in GATHERERS:
        return GATHERERS[start.name](start)
    inner = _special(start)
    if inner is not None:
        return inner
    return _wrapped(start)


def _special(start: Start) -> Stream | None:
    """Shells, languages, and the two wrappers that are programs in their own right."""
    if start.name in SHELLS:
        return run_shell(start)
    if start.name == "env":
        return env(start)
    if start.name == "git":
        git(start)
    if start.name in {"at", "batch"}:
        start.note(Danger.CAUTION, "system.later", "Runs commands at a later time.")
        return run_stream(start, start.stdin, [])
    language = language_of(start.name)
    return _in_language(start, language) if language is not None else None


def _in_language(start: Start, language: Language) -> Stream:
    open_doors(start)
    module = module_of(start) if language.name == "python" else None
    if module is not None:
        return run_module(start, *module)
    return run_language(start, language)


def _wrapped(start: Start) -> Stream:
    open_doors(start)
    found = wrapper_of(start)
    if found is not None:
        wrapper, layout = found
        runs = bool(layout.inner or layout.scripts) or wrapper.bare or wrapper.raises
        if runs:
            examine(start, wraps=True)
            return unwrap(start, wrapper, layout)
    return output(start, examine(start))


def _is_script(start: Start) -> bool:
    """Whether the program is a file of ours rather than an installed one."""
    name = start.argv[0].text
    if "/" not in name:
        return False
    path = start.place(start.argv[0]).path
    return path in start.frame.files


def _note_program(start: Start) -> None:
    known = not has_hole(start.argv[0].text)
    argv = tuple(show(word.text) for word in start.argv)
    program = Program(show(base_name(start.argv[0].text)), argv, start.frame.via, known)
    start.shell.trace.programs.append(program)


def _unknown_name(start: Start) -> Stream:
    """A name known only at run time; what follows may be the command after all (`$SUDO rm`)."""
    start.shell.trace.complete = False
    word = start.argv[0]
    if word.traits & {"fetched", "decoded"}:
        text = "Runs what was just downloaded or decoded."
        start.note(Danger.DANGEROUS, "packages.run_download", text, Reach.MACHINE)
    else:
        text = "Which program runs is known only at run time."
        start.note(Danger.CAUTION, "shell.unknown_name", text)
    if is_hole(word.text) and len(start.argv) > 1 and not start.argv[1].open:
        start.shell.command(start.arguments, start.frame, start.stdin)
    elif not is_hole(word.text):
        _by_last_part(start)
    return computed(start.stdin.traits)


def _by_last_part(start: Start) -> None:
    """`$DIR/rm -rf x`: the name's last component is known, so its rules speak."""
    last = start.argv[0].text.rpartition("/")[2]
    if last and not has_hole(last):
        argv = [Word(last), *start.arguments]
        start.shell.command(argv, start.frame, start.stdin)


def _function(start: Start, name: str, function: Function) -> Stream:
    start.frame.uncalled.pop(name, None)
    if len(start.frame.calls) > MAX_CALLS * 4:
        return computed()
    frame: Frame = replace(
        start.frame,
        arguments=tuple(start.arguments),
        source=function.source,
        calls=(*start.frame.calls, name),
        pick=0,
        width=1,
    )
    stream = start.shell.block(function.body, frame, start.stdin)
    start.frame.cwd = frame.cwd
    return stream


def _alias(start: Start, name: str) -> Stream:
    """An alias: its text with the arguments after it, walked as a script."""
    frame = replace(start.frame, calls=(*start.frame.calls, name))
    quoted = " ".join(_quoted(word.text) for word in start.arguments)
    return start.shell.script(f"{start.frame.aliases[name]} {quoted}", frame, start.stdin)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
