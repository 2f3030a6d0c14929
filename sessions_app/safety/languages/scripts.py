"""Perl, Ruby, JavaScript, PHP, Lua, AWK, …: read as tokens, by the words of their vocabulary.

No parser for these languages is worth its weight here. Names, strings and calls are told apart;
a call that the vocabulary knows is judged by its constant arguments, an unknown one asks for care.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sessions_app.safety.frame.start import Start
from sessions_app.safety.languages.deeds import NOWHERE, Argument, Deed, do
from sessions_app.safety.languages.vocabulary import FETCHING, FETCHING_MODULES, LOOPS, Vocabulary
from sessions_app.safety.model import Danger, Reach
from sessions_app.safety.text import hole
from sessions_app.safety.values.words import Word, ansi_c, unknown

MAX_TOKENS = 4000
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<ticks>`(?:[^`\\]|\\.)*`|%x\{[^}]*\}|%x\([^)]*\)|qx\{[^}]*\}|qx\([^)]*\)|qx/[^/]*/)
    |(?P<quoted>%[qQwW]?[\[({][^\])}]*[\])}]|q[qw]?[\[({][^\])}]*[\])}])
    |(?P<name>[$@]?[A-Za-z_][\w]*(?:(?:::|\.|->|\#)[A-Za-z_]\w*[!?]?)*[!?]?)
    |(?P<number>\d[\w.]*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_INTERPOLATED = re.compile(r"\$\{[^}]*\}|#\{[^}]*\}|\$[A-Za-z_]\w*|@\{[^}]*\}")
OPENERS, CLOSERS = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Token:
    """A name, a string (its text with holes), a shell text between ticks, or a sign."""

    kind: str
    text: str


def tokens(text: str, comment: str) -> list[Token]:
    """The tokens of a piece of code, comments and spaces left out."""
    found: list[Token] = []
    position = 0
    while position < len(text) and len(found) < MAX_TOKENS:
        if comment and text.startswith(comment, position) and _starts_line(text, position):
            position = _line_end(text, position)
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            break
        position = match.end()
        if match.lastgroup != "space":
            found.append(_token(match))
    return found


def _starts_line(text: str, position: int) -> bool:
    return position == 0 or text[position - 1].isspace() or text[position - 1] in ";{}"


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return end if end >= 0 else len(text)


def _token(match: re.Match[str]) -> Token:
    kind, raw = match.lastgroup or "other", match.group()
    if kind == "string":
        literal = ansi_c(raw[1:-1])
        return Token("string", literal if raw[0] == "'" else _with_holes(literal))
    if kind == "ticks":
        inner = raw[1:-1] if raw[0] == "`" else raw[3:-1]
        return Token("ticks", _with_holes(inner))
    if kind == "quoted":
        return Token("string", _with_holes(re.split(r"[\[({]", raw, maxsplit=1)[1][:-1]))
    return Token(kind, raw)


def _with_holes(text: str) -> str:
    return _INTERPOLATED.sub(lambda match: hole(match.group().strip("${}#@")), text)


def read_script(start: Start, vocabulary: Vocabulary, text: str) -> None:
    """Note what a piece of code in this language would do."""
    _Reader(start, vocabulary, tokens(text, vocabulary.comment)).run()


class _Reader:
    """Goes over the tokens once, with the constants it has seen assigned."""

    def __init__(self, start: Start, vocabulary: Vocabulary, found: list[Token]) -> None:
        self.start = start
        self.vocabulary = vocabulary
        self.tokens = found
        self.values: dict[str, Word] = {}
        self.fetches = any(
            self._bare(t.text) in FETCHING or (t.kind == "string" and t.text in FETCHING_MODULES)
            for t in found
        )

    def run(self) -> None:
        """Judge every call, tick and name in order."""
        self._together()
        for index, token in enumerate(self.tokens):
            self.start.shell.trace.keep_time()
            if token.kind == "ticks":
                self._ticks(token)
            elif token.kind == "name":
                self._name(index, token.text)
            elif token.kind == "string":
                self._string(token.text)

    def _together(self) -> None:
        named = {
            part
            for token in self.tokens
            if token.kind == "name" or (token.kind == "string" and token.text.isalpha())
            for part in re.split(r"\W+", token.text)
        }
        connects = any(t.kind == "string" and t.text.startswith("/inet") for t in self.tokens)
        if connects or any(words <= named for words in self.vocabulary.shells_from_sockets):
            text = "Connects a shell to a remote machine."
            self.start.note(Danger.DANGEROUS, "network.reverse_shell", text, Reach.MACHINE)

    def _ticks(self, token: Token) -> None:
        if self.vocabulary.ticks_run:
            do(self.start, Deed.SHELL, [Argument(Word(token.text))])

    def _string(self, text: str) -> None:
        """A string that names a deed (`array_map("unlink", …)`) is as good as a call."""
        if self.vocabulary.strings_call and text in self.vocabulary.calls:
            do(self.start, self.vocabulary.calls[text], [Argument(Word(hole("…"), glob=True))])

    def _bare(self, name: str) -> str:
        return name.lstrip("$@").replace("->", ".").replace("::", ".").replace("#", ".")

    def _name(self, index: int, text: str) -> None:
        name = self._bare(text)
        if self._assigns(index):
            self.values[text] = self._value(index + 2)
        deed = self._deed(name)
        if deed is None:
            self._unknown(index, name, text)
        elif deed is Deed.FORK:
            self._fork()
        elif not self._follows_definition(index):
            do(self.start, deed, self._arguments(index + 1))

    def _fork(self) -> None:
        looping = any(token.text in LOOPS for token in self.tokens if token.kind == "name")
        danger = Danger.DANGEROUS if looping else Danger.CAUTION
        text = "Starts copies of itself."
        self.start.note(danger, "system.fork_bomb", text, Reach.MACHINE)

    def _deed(self, name: str) -> Deed | None:
        calls = self.vocabulary.calls
        last = name.rpartition(".")[2]
        return calls.get(name) or calls.get(f"*.{last}" if last != name else name)

    def _follows_definition(self, index: int) -> bool:
        before = self.tokens[index - 1].text if index else ""
        return before in {"sub", "def", "function", "->", "class"}

    def _assigns(self, index: int) -> bool:
        following = [t.text for t in self.tokens[index + 1 : index + 3]]
        return following[:1] == ["="] and following[1:] not in (["="], ["~"], [">"])

    def _value(self, index: int) -> Word:
        if index < len(self.tokens) and self.tokens[index].kind == "string":
            return Word(self.tokens[index].text)
        return unknown("…", ["fetched"] if self.fetches else [])

    def _unknown(self, index: int, name: str, text: str) -> None:
        """A call of a name that is in no list asks for care; a mere word does not."""
        following = self.tokens[index + 1].text if index + 1 < len(self.tokens) else ""
        called = following == "(" and not self._follows_definition(index)
        head, _, rest = name.partition(".")
        own = text in self.values or head in self.vocabulary.harmless
        if (
            called and not own and not rest and head not in self.vocabulary.harmless
        ) or head in self.vocabulary.risky:
            do(self.start, Deed.UNKNOWN, [])

    def _arguments(self, index: int) -> list[Argument]:
        """The arguments after a call's name, with or without parentheses."""
        found: list[list[Token]] = [[]]
        depth = 0
        if index < len(self.tokens) and self.tokens[index].text == "(":
            index, depth = index + 1, 1
        bare = depth == 0
        for token in self.tokens[index : index + 60]:
            depth += (token.text in OPENERS) - (token.text in CLOSERS) if _sign(token) else 0
            if (not bare and depth == 0) or depth < 0 or (bare and _ends(token)):
                break
            if _sign(token) and token.text == "," and depth <= (0 if bare else 1):
                found.append([])
            else:
                found[-1].append(token)
        return [self._argument(each) for each in found if each] or [NOWHERE]

    def _argument(self, given: list[Token]) -> Argument:
        texts = [t for t in given if t.kind == "string"]
        if _sign(given[0]) and given[0].text == "[":
            items = tuple(Word(token.text) for token in texts)
            return Argument(Word(" ".join(word.text for word in items)), items)
        return Argument(self._text(given))

    def _text(self, given: list[Token]) -> Word:
        """Strings and known variables joined; anything else is a hole."""
        parts: list[Word] = []
        for token in given:
            if token.kind in {"string", "number"}:
                parts.append(Word(token.text))
            elif token.kind == "ticks":
                parts.append(Word(token.text) if not self.vocabulary.ticks_run else unknown("`…`"))
            elif token.kind == "name":
                parts.append(self.values.get(token.text) or self._named(token.text))
            elif token.text in {"-", "*", "/", "<"}:
                parts.append(Word(token.text))
        traits = frozenset[str]().union(*(word.traits for word in parts))
        text = "".join(word.text for word in parts)
        return Word(text, glob=any(w.glob for w in parts) or "*" in text, traits=traits)

    def _named(self, name: str) -> Word:
        traits = ["fetched"] if self.fetches else []
        many = self._bare(name).rpartition(".")[2] in {"glob", "entries", "readdirSync"}
        return Word(hole(name.lstrip("$@")), glob=many, traits=frozenset(traits))


def _sign(token: Token) -> bool:
    return token.kind == "other"


def _ends(token: Token) -> bool:
    return (_sign(token) and token.text in {";", "}", "\n"}) or token.text in {
        "if",
        "unless",
        "for",
    }
