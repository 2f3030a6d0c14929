"""Wrappers with a grammar of their own: env, xargs, find, parallel, and git's settings."""

from __future__ import annotations

import re
from dataclasses import replace

from sessions_app.safety.effects import Use
from sessions_app.safety.frame.start import Runner, Start
from sessions_app.safety.model import Danger
from sessions_app.safety.rules.git import RUNNING_SETTINGS
from sessions_app.safety.shell.unwrap import ASSIGNMENT
from sessions_app.safety.text import listed
from sessions_app.safety.values.streams import Stream, computed, joined
from sessions_app.safety.values.words import Word, unknown, words

MAX_ITEMS = 200
MAX_RUNS = 8


def env(start: Start) -> Stream | None:
    """`env`: assignments and options, then a command; alone it prints the environment."""
    waiting = list(start.arguments)
    while waiting:
        start.shell.trace.keep_time()
        word = waiting.pop(0)
        text = word.text
        split = re.match(r"(?:-\w*S|--split-string)=?(.*)", text, re.DOTALL)
        if split:
            rest = [split.group(1)] if split.group(1) else [w.text for w in waiting[:1]]
            waiting = words(*" ".join(rest).split()) + waiting[0 if split.group(1) else 1 :]
        elif text in {"-u", "--unset", "-C", "--chdir"}:
            del waiting[:1]
        elif not text.startswith("-") and not ASSIGNMENT.match(text):
            return start.run([word, *waiting])
    return None


def xargs(start: Start) -> Stream:
    """`xargs`: the command with what standard input says, as far as that is known."""
    waiting = list(start.arguments)
    placeholder = ""
    while waiting and waiting[0].text.startswith("-"):
        option = waiting.pop(0).text
        if option.startswith(("-I", "--replace=")):
            placeholder = option.removeprefix("-I").removeprefix("--replace=")
            placeholder = placeholder or (waiting.pop(0).text if waiting else "{}")
        elif option in {"-i", "--replace"}:
            placeholder = "{}"
        elif option in {"-a", "--arg-file"}:
            del waiting[:1]
            start = replace(start, stdin=computed(["file"]))
        elif option in {"-d", "-E", "-L", "-n", "-P", "-s", "-l", "-R", "-J"}:
            del waiting[:1]
    command = waiting or words("echo")
    if not placeholder:
        return start.run([*command, *_items(start.stdin)], computed())
    runs = [
        start.run([_filled(word, placeholder, item) for word in command], computed())
        for item in _lines(start.stdin)[:MAX_RUNS]
    ]
    return joined(runs)


def _items(stdin: Stream) -> list[Word]:
    """The words on standard input; one open word when they are not known."""
    if not stdin.text:
        return [replace(unknown("$stdin", stdin.traits), glob=True)]
    found = stdin.text.replace("'", "").replace('"', "").split()
    glob = "pattern" in stdin.traits
    return [Word(text, glob, stdin.traits) for text in found[:MAX_ITEMS]]


def _lines(stdin: Stream) -> list[Word]:
    """The lines on standard input; one open word when they are not known."""
    if not stdin.text or stdin.text.count("\n") > MAX_RUNS:
        return [replace(unknown("$stdin", stdin.traits), glob=True)]
    glob = "pattern" in stdin.traits
    return [Word(line, glob, stdin.traits) for line in stdin.text.splitlines()]


def _filled(word: Word, placeholder: str, item: Word) -> Word:
    """The argument with the item in the placeholder's stead."""
    if placeholder not in word.text:
        return word
    text = word.text.replace(placeholder, item.text)
    return Word(text, word.glob or item.glob, word.traits | item.traits)


EXECS = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
WRITERS = frozenset({"-fprint", "-fprint0", "-fls", "-fprintf"})
NAMES = frozenset({"-name", "-iname", "-path", "-ipath", "-wholename"})
FIND_OPTIONS = frozenset({"-H", "-L", "-P", "-D", "-E", "-X", "-x", "-d"})


def find(start: Start) -> Stream:
    """`find`: what it deletes, runs or writes over the files its roots and names select."""
    arguments = start.arguments
    roots = _roots(arguments)
    found = _selected(roots, arguments)
    index = 0
    while index < len(arguments):
        text = arguments[index].text
        if text in EXECS:
            end = _end_of_exec(arguments, index)
            inner = arguments[index + 1 : end]
            for each in found[:MAX_RUNS]:
                start.run([_filled(word, "{}", each) for word in inner], computed())
            index = end
        elif text == "-delete":
            for each in found:
                start.use(Use.TREE if each.glob else Use.DELETE, each)
        elif text in WRITERS and index + 1 < len(arguments):
            start.use(Use.WRITE, arguments[index + 1])
        index += 1
    text = "".join(each.text + "\n" for each in found)
    return Stream(text, frozenset({"file", "pattern"}))


def _roots(arguments: list[Word]) -> list[Word]:
    roots = []
    for word in arguments:
        if word.text in FIND_OPTIONS or word.text.startswith("-O"):
            continue
        if word.text.startswith("-") or word.text in {"(", "!", ")"}:
            break
        roots.append(word)
    return roots or words(".")


def _selected(roots: list[Word], arguments: list[Word]) -> list[Word]:
    """One open word for each root and name pattern, standing for all it selects."""
    names = []
    for index, word in enumerate(arguments[:-1]):
        if word.text in NAMES:
            negated = index > 0 and arguments[index - 1].text in {"!", "-not"}
            names.append("*" if negated else arguments[index + 1].text)
    patterns = list(dict.fromkeys(names)) or ["*"]
    return [
        Word(root.text.rstrip("/") + "/" + pattern.lstrip("/"), glob=True, traits=root.traits)
        for root in roots
        for pattern in patterns
    ]


def _end_of_exec(arguments: list[Word], index: int) -> int:
    for end in range(index + 1, len(arguments)):
        text = arguments[end].text
        if text == ";" or (text == "+" and arguments[end - 1].text == "{}"):
            return end
    return len(arguments)


def parallel(start: Start) -> Stream:
    """GNU parallel: the command with every item, or the items as commands themselves."""
    texts = start.texts()
    marks = [i for i, text in enumerate(texts) if text in {":::", ":::+", "::::"}]
    cut = marks[0] if marks else len(texts)
    command = _without_options(start.arguments[:cut])
    items = start.arguments[cut + 1 :] if marks and texts[cut] != "::::" else _lines(start.stdin)
    outputs = []
    for item in items[:MAX_RUNS]:
        held = any("{" in word.text for word in command)
        filled = [_filled(word, "{}", item) for word in command]
        outputs.append(_as_script(start, filled if held else [*filled, item]))
    return joined(outputs)


PARALLEL_VALUES = frozenset(
    listed(
        "-j --jobs -S --sshlogin -a --arg-file --colsep -C -N -n -L --joblog --results --tmpdir "
        "--delay --timeout --retries --memfree --load --nice --wd --workdir -I"
    )
)


def _without_options(arguments: list[Word]) -> list[Word]:
    waiting = list(arguments)
    while waiting and waiting[0].text.startswith("-"):
        option = waiting.pop(0).text
        if option in PARALLEL_VALUES:
            del waiting[:1]
    return waiting


def _as_script(start: Start, argv: list[Word]) -> Stream:
    if any(word.open for word in argv[:1]) or len(argv) == 1:
        text = Word(" ".join(w.text for w in argv), traits=argv[0].traits)
        return start.run([Word("sh"), Word("-c"), text])
    return start.run(argv)


def git(start: Start) -> Stream | None:
    """`git -c name=value …`: settings that name a program to run are run."""
    arguments = start.arguments
    for index, word in enumerate(arguments[:-1]):
        if not word.text.startswith("-"):
            previous = arguments[index - 1].text if index else ""
            if previous not in {"-C", "-c", "--git-dir", "--work-tree"}:
                break
        if word.text == "-c":
            _setting(start, arguments[index + 1])
    return None


def _setting(start: Start, word: Word) -> None:
    name, _, value = word.text.partition("=")
    if RUNNING_SETTINGS.fullmatch(name) and value not in {"", "cat", "less", "true", "vi"}:
        text = "Gives git a program to run through its settings."
        start.note(Danger.CAUTION, "git.running_setting", text)
        start.run([Word("sh"), Word("-c"), replace(word, text=value.removeprefix("!"))])


GATHERERS: dict[str, Runner] = {
    "xargs": xargs,
    "gxargs": xargs,
    "find": find,
    "gfind": find,
    "parallel": parallel,
}
"""Runners whose answer is the whole story; `env` and `git` may leave the rest to others."""
