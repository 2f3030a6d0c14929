"""Expansion: from the nodes of an argument to the words bash would pass on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from sessions_app.safety.frame.state import Frame, Shell, Value
from sessions_app.safety.shell.parameters import Parameters
from sessions_app.safety.shell.syntax import MAX_CHILDREN, SUBSTITUTIONS, substitutions
from sessions_app.safety.text import HOME, hole
from sessions_app.safety.trace import BudgetExceededError
from sessions_app.safety.values.streams import Stream, computed
from sessions_app.safety.values.words import (
    GLOB_CHARACTERS,
    Word,
    ansi_c,
    expand_braces,
    protect,
    restore,
    unknown,
)

MAX_FIELDS = 2000


@dataclass(slots=True)
class _Field:
    text: list[str] = field(default_factory=list)
    glob: bool = False
    traits: set[str] = field(default_factory=set)
    quoted: bool = False

    def empty(self) -> bool:
        return not self.quoted and not any(self.text)


class Fields:
    """Builds the fields of one argument from its quoted, unquoted and substituted pieces."""

    def __init__(self, separators: str) -> None:
        self.fields = [_Field()]
        self.separators = separators
        self.braces = False

    def literal(self, text: str, *, quoted: bool) -> None:
        """Text as written; outside quotes it may hold patterns, braces and a tilde."""
        current = self.fields[-1]
        if quoted:
            current.quoted = True
            current.text.append(protect(text))
            return
        if text.startswith("~") and current.empty():
            text = _tilde(text)
        self.braces = self.braces or "{" in text
        current.glob = current.glob or not GLOB_CHARACTERS.isdisjoint(text)
        current.text.append(text)

    def value(self, value: Value, *, quoted: bool) -> None:
        """The value of an expansion: split at separators unless it stands in quotes."""
        for index, word in enumerate(value):
            if index:
                self.fields.append(_Field())
            if quoted:
                self._append(word.text, word, quoted=True)
            else:
                self._split(word)

    def _split(self, word: Word) -> None:
        text = word.text
        for separator in self.separators[1:]:
            text = text.replace(separator, self.separators[0])
        pieces = text.split(self.separators[0]) if self.separators else [text]
        for index, piece in enumerate(pieces):
            if index and not self.fields[-1].empty():
                self.fields.append(_Field())
            if piece:
                self._append(piece, word, quoted=False)

    def _append(self, text: str, word: Word, *, quoted: bool) -> None:
        current = self.fields[-1]
        current.text.append(protect(text))
        current.traits |= word.traits
        current.quoted = current.quoted or quoted
        pattern = not quoted and not GLOB_CHARACTERS.isdisjoint(text)
        current.glob = current.glob or word.glob or pattern

    def words(self) -> list[Word]:
        """The finished fields; those that expanded to nothing are gone."""
        done: list[Word] = []
        for each in self.fields[:MAX_FIELDS]:
            if each.empty():
                continue
            text = "".join(each.text)
            texts = expand_braces(text) if self.braces else [restore(text)]
            done.extend(Word(one, each.glob, frozenset(each.traits)) for one in texts)
        return done


def _tilde(text: str) -> str:
    """`~` and `~user` as the home directory, `~+` as the working directory."""
    user, slash, rest = text[1:].partition("/")
    if user == "":
        return HOME + slash + rest
    if user == "+":
        return "." + slash + rest
    return ("/root" if user == "root" else f"/home/{user}") + slash + rest


class Expander:
    """Expands nodes in one frame; substitutions are walked through the shell as they are met."""

    def __init__(self, shell: Shell, frame: Frame) -> None:
        self.shell = shell
        self.frame = frame

    def fields(self, nodes: Sequence[Node]) -> list[Word]:
        """The words of one argument, given the adjacent nodes it is made of."""
        self.shell.trace.keep_time()
        separators = self.frame.lookup("IFS") or (Word(" \t\n"),)
        built = Fields(separators[0].text)
        for node in nodes:
            self._node(node, built, quoted=False)
        return built.words()

    def one(self, nodes: Sequence[Node]) -> Word:
        """The single word of an assignment, a redirect or a quoted string: nothing is split."""
        built = Fields("")
        for node in nodes:
            self._node(node, built, quoted=False)
        found = built.words()
        if len(found) == 1:
            return found[0]
        traits = frozenset[str]().union(*(word.traits for word in found))
        return Word(" ".join(word.text for word in found), any(w.glob for w in found), traits)

    def text(self, node: Node) -> str:
        """The source text of a node."""
        return self.frame.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _node(self, node: Node, built: Fields, *, quoted: bool) -> None:
        kind = node.type
        if node.child_count > MAX_CHILDREN:
            raise BudgetExceededError
        if kind in {"word", "number", "brace_expression", "extglob_pattern", "regex"}:
            self._word(node, built)
        elif kind == "raw_string":
            built.literal(self.text(node)[1:-1], quoted=True)
        elif kind == "ansi_c_string":
            built.literal(ansi_c(self.text(node)[2:-1]), quoted=True)
        elif kind in {"string", "translated_string"}:
            self._string(node, built)
        elif kind == "concatenation":
            for child in node.children:
                self._node(child, built, quoted=quoted)
        else:
            self._expansion(node, built, quoted=quoted)

    def _expansion(self, node: Node, built: Fields, *, quoted: bool) -> None:
        kind = node.type
        if kind in {"simple_expansion", "expansion"}:
            value = Parameters(self.frame, self.text, self.one).value(node)
            whole = quoted and not _lists_all(self.text(node)) and len(value) > 1
            built.value(_spaced(value) if whole else value, quoted=quoted)
        elif kind == "command_substitution":
            built.value((self._substituted(node),), quoted=quoted)
        elif kind == "process_substitution":
            built.value((self._process(node),), quoted=True)
        elif kind == "arithmetic_expansion":
            self.examine(node)
            built.value((Word(hole("$((…))")),), quoted=True)
        else:
            self._other(node, built, quoted=quoted)

    def _other(self, node: Node, built: Fields, *, quoted: bool) -> None:
        """What the grammar has no word for: its text, after its substitutions were examined."""
        self.examine(node)
        built.literal(self.text(node), quoted=quoted)

    def _word(self, node: Node, built: Fields) -> None:
        pieces = self.text(node).split("\\")
        built.literal(pieces[0], quoted=False)
        rest = iter(pieces[1:])
        for piece in rest:
            if piece == "":
                built.literal("\\", quoted=True)
                built.literal(next(rest, ""), quoted=False)
            else:
                built.literal(piece[0], quoted=True)
                built.literal(piece[1:], quoted=False)

    def _string(self, node: Node, built: Fields) -> None:
        """Double quotes: the gaps between the expansions are text, whatever the tree says."""
        position = node.start_byte + (1 if node.type == "string" else 2)
        for child in node.children:
            if child.type in _IN_STRINGS:
                self._gap(position, child.start_byte, built)
                self._node(child, built, quoted=True)
                position = child.end_byte
        self._gap(position, max(position, node.end_byte - 1), built)
        built.fields[-1].quoted = True

    def _gap(self, start: int, end: int, built: Fields) -> None:
        text = self.frame.source[start:end].decode("utf-8", "replace")
        built.literal(_unquoted(text), quoted=True)

    def heredoc(self, node: Node) -> Word:
        """The text of an unquoted here document whose body is this node."""
        built = Fields("")
        position = node.start_byte
        for child in node.children:
            if child.type in _IN_STRINGS:
                self._gap(position, child.start_byte, built)
                self._node(child, built, quoted=True)
                position = child.end_byte
        self._gap(position, node.end_byte, built)
        found = built.words()
        return found[0] if found else Word("")

    def examine(self, node: Node) -> None:
        """Walk the substitutions below a node whose own value does not matter."""
        for each in substitutions(node):
            if each.type == "command_substitution":
                self._substituted(each)
            else:
                self._process(each)

    def _substituted(self, node: Node) -> Word:
        stream = self.shell.block(node, self.frame.fork(), self.frame.stdin)
        if stream.text is None:
            return unknown("$(…)", stream.traits)
        return Word(stream.text.rstrip("\n"), traits=stream.traits)

    def _process(self, node: Node) -> Word:
        """`<(…)` and `>(…)`: a file name behind which the stream is remembered."""
        reads = self.text(node).startswith("<")
        stdin = self.frame.stdin if reads else computed()
        stream = self.shell.block(node, self.frame.fork(), stdin)
        name = hole(f"<(…{len(self.frame.files)})")
        self.frame.files[name] = stream if reads else Stream("")
        return Word(name, traits=stream.traits)


_IN_STRINGS = SUBSTITUTIONS | {"simple_expansion", "expansion", "arithmetic_expansion"}


def _lists_all(text: str) -> bool:
    """Whether the expansion keeps its elements apart inside quotes."""
    return "@" in text


def _spaced(value: Value) -> Value:
    """`"$*"`: all elements in one word."""
    first = value[0]
    return (replace(first, text=" ".join(word.text for word in value)),)


def _unquoted(text: str) -> str:
    """Double-quoted text without the backslashes that quote."""
    if "\\" not in text:
        return text
    for char in '"$`':
        text = text.replace("\\\\", "\x01").replace("\\" + char, char).replace("\x01", "\\\\")
    return text.replace("\\\\", "\\")
