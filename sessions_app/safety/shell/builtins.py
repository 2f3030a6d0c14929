"""Shell builtins: they change what the script knows, run text, or only look."""

from __future__ import annotations

import re
from dataclasses import replace

from sessions_app.safety.frame.start import Runner, Start, joined
from sessions_app.safety.model import Danger, Reach
from sessions_app.safety.paths import resolve
from sessions_app.safety.shell.interpreters import remark_traits, run_file, unread
from sessions_app.safety.shell.outputs import echo, printf
from sessions_app.safety.text import HOME, hole, is_hole, listed
from sessions_app.safety.values.streams import EMPTY, Stream, computed
from sessions_app.safety.values.words import Word, unknown

RUN_BY_OTHERS = frozenset(
    listed(
        "GIT_SSH_COMMAND GIT_SSH GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_PAGER GIT_EXTERNAL_DIFF EDITOR "
        "VISUAL PAGER MANPAGER PROMPT_COMMAND LESSOPEN BROWSER GIT_ASKPASS SSH_ASKPASS "
        "SUDO_ASKPASS "
        "FCEDIT PYTHONSTARTUP PERL5OPT RUBYOPT NODE_OPTIONS GIT_PROXY_COMMAND"
    )
)
LOADED_BY_OTHERS = frozenset(
    listed(
        "LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH DYLD_INSERT_LIBRARIES BASH_ENV ENV PYTHONPATH "
        "PYTHONHOME PERL5LIB RUBYLIB NODE_PATH GIT_EXEC_PATH GCONV_PATH"
    )
)
HISTORY = frozenset(listed("HISTFILE HISTSIZE HISTFILESIZE HISTCONTROL HISTIGNORE"))
HISTORY_OFF = frozenset({"", "0", "/dev/null", "ignoreboth", "ignorespace", "*"})
PLAIN_EDITORS = frozenset(listed("vi vim nano emacs code less more cat most true : bat delta ssh"))


def _nothing(_start: Start) -> Stream:
    return EMPTY


def cd(start: Start) -> Stream:
    """`cd`: where the relative paths of what follows lie."""
    operands = [word for word in start.arguments if not word.text.startswith("-")]
    back = any(word.text == "-" for word in start.arguments)
    if back or (operands and operands[0].glob):
        start.frame.cwd = start.frame.workspace if back else None
    elif operands:
        start.frame.cwd = resolve(operands[0].text, start.frame.cwd)
    else:
        start.frame.cwd = HOME
    return EMPTY


def popd(start: Start) -> Stream:
    """`popd`: back to where the script began, as far as is known."""
    start.frame.cwd = start.frame.workspace
    return computed()


def evaluate(start: Start) -> Stream:
    """`eval`: its arguments are a script of this very shell."""
    traits = frozenset[str]().union(*(word.traits for word in start.arguments))
    text = joined(start.arguments).strip()
    if is_hole(text):
        kind = traits if traits & {"fetched", "decoded"} else frozenset({"generator"})
        unread(start, kind)
        return computed(traits)
    remark_traits(start, traits)
    return start.shell.script(text, start.frame.wrapped("eval"), start.stdin)


def source(start: Start) -> Stream:
    """`source file`: a script file walked in this shell when its text is known."""
    if not start.arguments:
        return EMPTY
    word = start.arguments[0]
    content = start.frame.files.get(word.text) or start.frame.files.get(start.place(word).path)
    if content is None:
        return run_file(start, word, start.arguments[1:])
    if content.text is None:
        generated = not content.traits & {"fetched", "decoded"}
        unread(start, content.traits | ({"generator"} if generated else frozenset()))
        return computed(content.traits)
    return start.shell.script(content.text, start.frame.wrapped("source"), start.stdin)


def trap(start: Start) -> Stream:
    """`trap action signal …`: the action runs later, so it is walked now."""
    operands = [word for word in start.arguments if word.text not in {"--", "-p", "-l", "-"}]
    if len(operands) > 1 and operands[0].text:
        start.shell.script(operands[0].text, start.frame.fork().wrapped("trap"), EMPTY)
    return EMPTY


def alias(start: Start) -> Stream:
    """`alias name=text`: walked when it is used."""
    for word in start.arguments:
        name, equals, text = word.text.partition("=")
        if equals:
            start.frame.aliases[name] = text
    return computed()


def read(start: Start) -> Stream:
    """`read name …`: the variable holds a line of standard input, where that is known."""
    names = []
    waiting = list(start.arguments)
    while waiting:
        word = waiting.pop(0)
        if re.fullmatch(r"-\w*[adinNptu]", word.text):
            if word.text.endswith("a") and waiting:
                names.append(waiting[0].text)
            del waiting[:1]
        elif not word.text.startswith("-"):
            names.append(word.text)
    for name in names or ["REPLY"]:
        start.frame.offer(name, _lines(start, name))
    return EMPTY


def _lines(start: Start, name: str) -> list[Word]:
    stdin = start.stdin
    if stdin.text is not None and stdin.text:
        glob = "pattern" in stdin.traits
        return [Word(line, glob, stdin.traits) for line in stdin.text.splitlines()[:20] if line]
    return [replace(unknown(f"${{{name}}}", stdin.traits), glob=True)]


def export(start: Start) -> Stream:
    """`export`, `declare`, `local`, …: variables that others load or run are worth a look."""
    listed = not start.arguments or all(w.text in {"-p", "-x", "-px"} for w in start.arguments)
    if listed and start.name in {"export", "declare", "typeset", "set"}:
        text = "Lists the environment, which may hold secrets."
        start.note(Danger.CAUTION, "secrets.environment", text, Reach.PRIVATE)
        return computed(["secret"])
    for word in start.arguments:
        name, equals, value = word.text.partition("=")
        if equals:
            _exported(start, name, replace(word, text=value))
    return EMPTY


def _exported(start: Start, name: str, value: Word) -> None:
    if name in LOADED_BY_OTHERS and name not in {"PYTHONPATH", "NODE_PATH", "LD_LIBRARY_PATH"}:
        text = "Makes every program load code from a file of the caller's choice."
        start.note(Danger.CAUTION, "system.preload", text)
    elif name in RUN_BY_OTHERS and value.text.split(" ")[0] not in PLAIN_EDITORS:
        text = "Gives other programs a command to run through the environment."
        start.note(Danger.CAUTION, "system.command_variable", text)
        start.shell.script(value.text, start.frame.fork().wrapped(name), EMPTY)
    elif name in HISTORY and value.text in HISTORY_OFF:
        hide_history(start)


def hide_history(start: Start) -> None:
    """Note that the shell stops recording what is done."""
    text = "Stops or erases the record of what is done here."
    start.note(Danger.DANGEROUS, "system.evidence", text, Reach.MACHINE)


def unset(start: Start) -> Stream:
    """`unset name …`."""
    for text in start.texts():
        start.frame.variables.pop(text, None)
        if text in HISTORY:
            hide_history(start)
    return EMPTY


def history(start: Start) -> Stream:
    """`history`: with -c, -d, -w or -r it erases what was recorded."""
    if any(re.fullmatch(r"-\w*[cdwr]\w*", text) for text in start.texts()):
        hide_history(start)
    return computed(["private"])


def settings(start: Start) -> Stream:
    """`set`: positional parameters, `+o history`, and without arguments the environment."""
    texts = start.texts()
    if not texts:
        return export(start)
    if "--" in texts:
        start.frame.arguments = tuple(start.arguments[texts.index("--") + 1 :])
    if texts[:2] in (["+o", "history"], ["-o", "nohistory"]):
        hide_history(start)
    return EMPTY


def command(start: Start) -> Stream:
    """`command name …` runs it; `command -v name` only looks it up."""
    arguments = list(start.arguments)
    while arguments and re.fullmatch(r"-\w+|--", arguments[0].text):
        if {"v", "V"} & set(arguments.pop(0).text):
            return look_up(start)
    return start.run(arguments) if arguments else EMPTY


def look_up(start: Start) -> Stream:
    """`which`, `type`, `command -v`: the path of a program, by its own name."""
    operands = [text for text in start.texts() if not text.startswith("-")]
    return Stream("\n".join(operands) + "\n") if operands else computed()


def mapfile(start: Start) -> Stream:
    """`mapfile name`: an array of the lines of standard input."""
    names = [text for text in start.texts() if not text.startswith("-")]
    start.frame.assign(names[-1] if names else "MAPFILE", tuple(_lines(start, "MAPFILE")))
    return EMPTY


def print_formatted(start: Start) -> Stream:
    """`printf`, also into a variable with -v."""
    texts = start.texts()
    if texts[:1] == ["-v"] and len(texts) > 2:
        stream = printf(replace(start, argv=[start.argv[0], *start.arguments[2:]]))
        text = stream.text if stream.text is not None else hole("printf")
        start.frame.assign(texts[1], (Word(text, traits=stream.traits),))
        return EMPTY
    return printf(start)


def print_words(start: Start) -> Stream:
    """`echo`; what a secret variable holds would stand in the transcript."""
    if any("private" in word.traits for word in start.arguments):
        text = "Prints a variable that holds a secret by its name."
        start.note(Danger.CAUTION, "secrets.printed", text, Reach.PRIVATE)
    return echo(start)


def directory(start: Start) -> Stream:
    """`pwd`."""
    return Stream(start.frame.cwd + "\n") if start.frame.cwd else computed()


BUILTINS: dict[str, Runner] = {
    "cd": cd,
    "chdir": cd,
    "pushd": cd,
    "popd": popd,
    "pwd": directory,
    "eval": evaluate,
    "source": source,
    ".": source,
    "trap": trap,
    "alias": alias,
    "unalias": _nothing,
    "read": read,
    "mapfile": mapfile,
    "readarray": mapfile,
    "export": export,
    "declare": export,
    "typeset": export,
    "local": export,
    "readonly": export,
    "unset": unset,
    "history": history,
    "set": settings,
    "command": command,
    "which": look_up,
    "type": look_up,
    "whence": look_up,
    "hash": _nothing,
    "echo": print_words,
    "printf": print_formatted,
    "true": _nothing,
    "false": _nothing,
    ":": _nothing,
    "test": _nothing,
    "[": _nothing,
    "[[": _nothing,
    "let": _nothing,
    "shift": _nothing,
    "return": _nothing,
    "exit": _nothing,
    "break": _nothing,
    "continue": _nothing,
    "wait": _nothing,
    "sleep": _nothing,
    "shopt": _nothing,
    "umask": _nothing,
    "ulimit": _nothing,
    "bind": _nothing,
    "jobs": _nothing,
    "fg": _nothing,
    "bg": _nothing,
    "disown": _nothing,
    "getopts": _nothing,
    "setopt": _nothing,
    "unsetopt": _nothing,
    "autoload": _nothing,
    "complete": _nothing,
    "compgen": _nothing,
    "caller": _nothing,
    "times": _nothing,
    "logout": _nothing,
    "suspend": _nothing,
    "enable": _nothing,
}
