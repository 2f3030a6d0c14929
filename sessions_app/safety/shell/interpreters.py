"""Interpreters: shells and languages that run text given as argument, file or standard input."""

from __future__ import annotations

from dataclasses import dataclass

from sessions_app.safety.effects import Use
from sessions_app.safety.frame.start import Start, base_name
from sessions_app.safety.languages.code import analyze
from sessions_app.safety.model import Danger, Reach
from sessions_app.safety.rules.registry import REGISTRY
from sessions_app.safety.text import is_hole, listed
from sessions_app.safety.values.streams import EMPTY, Stream, computed
from sessions_app.safety.values.words import Traits, Word

SHELLS = frozenset(
    listed("sh bash dash zsh ksh ksh93 mksh ash fish rbash yash csh tcsh elvish xonsh osh")
)
SHELL_VALUES = frozenset({"o", "O", "rcfile", "init-file"})
STANDARD_INPUT = frozenset({"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
REMOTE_TRAITS = frozenset({"fetched", "decoded"})


@dataclass(frozen=True, kw_only=True)
class Language:
    """How an interpreter takes code: `code` options hold it, `values` take another value."""

    name: str
    code: frozenset[str]
    values: frozenset[str] = frozenset()
    edits: bool = False
    operand: bool = False
    needs_word: str = ""


def _language(name: str, code: str, values: str = "", *, edits: bool = False) -> Language:
    return Language(
        name=name, code=frozenset(code.split()), values=frozenset(values.split()), edits=edits
    )


_PYTHON = _language("python", "c", "W X m")
_PERL = _language("perl", "e E", "I M m F C", edits=True)
_RUBY = _language("ruby", "e", "r I C E F", edits=True)
_NODE = _language("node", "e p eval print", "r require import loader C conditions")
_PHP = _language("php", "r R B E", "d c z S t")
_AWK = Language(
    name="awk", code=frozenset({"e", "source"}), values=frozenset(listed("F v f i l")), operand=True
)
LANGUAGES: dict[str, Language] = {
    "python": _PYTHON,
    "pypy": _PYTHON,
    "ipython": _PYTHON,
    "perl": _PERL,
    "ruby": _RUBY,
    "jruby": _RUBY,
    "node": _NODE,
    "nodejs": _NODE,
    "tsx": _NODE,
    "ts-node": _NODE,
    "deno": Language(name="node", code=frozenset(), needs_word="eval", operand=True),
    "php": _PHP,
    "lua": _language("lua", "e", "l"),
    "luajit": _language("lua", "e", "l j"),
    "awk": _AWK,
    "gawk": _AWK,
    "mawk": _AWK,
    "nawk": _AWK,
    "osascript": _language("applescript", "e", "l"),
    "Rscript": _language("r", "e"),
    "R": _language("r", "e"),
    "groovy": _language("groovy", "e"),
    "julia": _language("julia", "e E eval print", "L p t"),
    "elixir": _language("elixir", "e eval"),
    "jrunscript": _language("java", "e"),
    "jjs": _language("java", "e"),
    "jshell": _language("java", "e"),
    "iex": _language("elixir", "e eval"),
    "tclsh": _language("tcl", ""),
    "expect": _language("tcl", "c"),
    "pwsh": _language("powershell", "c Command command", "f File ExecutionPolicy"),
    "powershell": _language("powershell", "c Command command", "f File ExecutionPolicy"),
    "irb": _language("ruby", ""),
    "ghc": _language("haskell", "e"),
    "guile": _language("scheme", "c"),
    "swift": _language("swift", "e"),
    "scala": _language("scala", "e"),
}


def language_of(name: str) -> Language | None:
    """The language of an interpreter's name, versions cut off: python3.11 is python."""
    bare = name.rstrip("0123456789.-") or name
    return LANGUAGES.get(name) or LANGUAGES.get(bare)


def run_shell(start: Start) -> Stream:
    """`sh -c text`, `sh file`, or a shell that reads its standard input."""
    waiting = list(start.arguments)
    command = reads_input = False
    while waiting and waiting[0].text[:1] in {"-", "+"} and len(waiting[0].text) > 1:
        word = waiting.pop(0)
        name = word.text.lstrip("-+")
        if word.text == "--":
            break
        if name in SHELL_VALUES:
            del waiting[:1]
            continue
        single = not word.text.startswith("--")
        command = command or (single and "c" in name) or name == "command"
        reads_input = reads_input or (single and "s" in name)
    if command and waiting:
        return _text(start, waiting[0], waiting[2:])
    if waiting and not reads_input:
        return run_file(start, waiting[0], waiting[1:])
    return run_stream(start, start.stdin, waiting)


def _text(start: Start, word: Word, arguments: list[Word]) -> Stream:
    if is_hole(word.text):
        unread(start, word.traits)
        return computed(word.traits)
    remark_traits(start, word.traits)
    return start.script(word.text, arguments)


def run_stream(start: Start, stream: Stream, arguments: list[Word]) -> Stream:
    """A shell that runs what it is fed; without input it is an interactive one."""
    if stream.text is not None:
        return start.script(stream.text, arguments or None) if stream.text else EMPTY
    unread(start, stream.traits)
    return computed(stream.traits | {"shell"})


def remark_traits(start: Start, traits: Traits) -> None:
    """Say so when a part of the code comes from elsewhere."""
    if traits & REMOTE_TRAITS:
        unread(start, traits)


def unread(start: Start, traits: Traits) -> None:
    """Note that text runs which nobody can read before it does."""
    start.shell.trace.complete = False
    if "fetched" in traits:
        text = "Runs code that was just downloaded; nobody has read it."
        start.note(Danger.DANGEROUS, "packages.run_download", text, Reach.MACHINE)
    elif "decoded" in traits:
        text = "Runs code that is hidden in an encoding."
        start.note(Danger.DANGEROUS, "shell.run_decoded", text, Reach.MACHINE)
    elif "computed" in traits and "generator" not in traits and start.name in SHELLS:
        text = "Runs commands that are put together only when it runs."
        start.note(Danger.DANGEROUS, "shell.run_computed", text, Reach.MACHINE)
    else:
        text = "Runs text that is known only at run time."
        start.note(Danger.CAUTION, "shell.run_unknown", text)


def run_file(start: Start, word: Word, arguments: list[Word]) -> Stream:
    """A script in a file: walked when this call wrote it, otherwise unread."""
    if word.text in STANDARD_INPUT:
        return run_stream(start, start.stdin, arguments)
    content = start.frame.files.get(start.place(word).path)
    if content is None:
        start.use(Use.READ, word)
        content = Stream(None, word.traits)
        if not word.traits:
            text = "Runs a script whose text was not examined."
            start.note(Danger.CAUTION, "shell.script_file", text)
            return computed()
    if content.text is not None:
        return start.script(content.text, arguments)
    unread(start, content.traits)
    return computed(content.traits)


def run_language(start: Start, language: Language) -> Stream:
    """`python -c`, `perl -e`, `node script.js`, or code on standard input."""
    codes, operands, flags = _parts(start, language)
    if language.needs_word:
        if not operands or operands[0].text != language.needs_word:
            return _file_or_input(start, operands[1:] or operands)
        operands = operands[1:]
    if language.operand and not codes and operands and "f" not in flags:
        codes, operands = operands[:1], operands[1:]
    for word in codes:
        if is_hole(word.text):
            unread(start, word.traits)
        else:
            remark_traits(start, word.traits)
            analyze(start, language.name, word.text)
    if codes or flags & {"f", "m"}:
        _data_files(start, operands, edits=language.edits and "i" in flags)
        return computed(start.stdin.traits | ({"file"} if operands else frozenset()))
    if flags & {"h", "help", "v", "V", "version"}:
        return computed()
    return _file_or_input(start, operands)


def _parts(start: Start, language: Language) -> tuple[list[Word], list[Word], set[str]]:
    """The pieces of code, the operands and the flags of an interpreter's command line."""
    codes: list[Word] = []
    flags: set[str] = set()
    waiting = list(start.arguments)
    while waiting and waiting[0].text.startswith("-") and len(waiting[0].text) > 1:
        word = waiting.pop(0)
        if word.text == "--":
            break
        if word.text.startswith("--") or word.text.lstrip("-") in language.code:
            name, equals, value = word.text.lstrip("-").partition("=")
            flags.add(name)
            _option(language, name, Word(value) if equals else None, waiting, codes)
        else:
            _letters(language, word, waiting, codes, flags)
    return codes, waiting, flags


def _option(
    language: Language, name: str, value: Word | None, waiting: list[Word], codes: list[Word]
) -> None:
    takes = name in language.code or name in language.values
    if takes and value is None and waiting:
        value = waiting.pop(0)
    if value is not None and name in language.code:
        codes.append(value)


def _letters(
    language: Language, word: Word, waiting: list[Word], codes: list[Word], flags: set[str]
) -> None:
    """A bundle such as `-ne` or `-c'code'`; `-i.bak` ends it."""
    letters = word.text[1:]
    for index, letter in enumerate(letters):
        flags.add(letter)
        tail = letters[index + 1 :]
        if letter == "i" and language.edits:
            return
        if letter in language.code or letter in language.values:
            value = Word(tail, word.glob, word.traits) if tail else None
            _option(language, letter, value, waiting, codes)
            return


def _data_files(start: Start, operands: list[Word], *, edits: bool) -> None:
    for word in operands:
        if edits:
            start.use(Use.WRITE, word)
        elif "=" not in word.text:
            start.use(Use.READ, word)


def _file_or_input(start: Start, operands: list[Word]) -> Stream:
    if operands and operands[0].text not in STANDARD_INPUT:
        return _language_file(start, operands[0], operands[1:])
    language = language_of(start.name)
    if start.stdin.text is not None and language is not None:
        if start.stdin.text:
            analyze(start, language.name, start.stdin.text)
        return computed(start.stdin.traits)
    unread(start, start.stdin.traits)
    return computed(start.stdin.traits)


def _language_file(start: Start, word: Word, rest: list[Word]) -> Stream:
    content = start.frame.files.get(start.place(word).path)
    language = language_of(start.name)
    if content is not None and content.text is not None and language is not None:
        analyze(start, language.name, content.text)
    elif content is not None or word.traits:
        unread(start, content.traits if content is not None else word.traits)
    else:
        start.use(Use.READ, word)
        if REGISTRY.knows(base_name(word.text)):
            return start.run([word, *rest])
        text = "Runs a program whose text was not examined."
        start.note(Danger.CAUTION, "shell.program_file", text)
    return computed()
