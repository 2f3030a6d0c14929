"""Parameter expansion: `$x` and `${x…}` with the operators whose result can be known."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import translate

from tree_sitter import Node

from sessions_app.safety.frame.state import Frame, Value, environment_variable
from sessions_app.safety.text import HOME, hole
from sessions_app.safety.values.words import Word, unknown

NAMES = frozenset({"variable_name", "special_variable_name", "subscript"})
DEFAULTS = frozenset({":-", "-", ":=", "="})
MAX_PATTERN = 200


class Parameters:
    """Looks up and transforms variables of one frame."""

    def __init__(
        self, frame: Frame, text: Callable[[Node], str], one: Callable[[Sequence[Node]], Word]
    ) -> None:
        self.frame = frame
        self.text = text
        self.one = one

    def value(self, node: Node) -> Value:
        """The words an expansion node stands for."""
        children = [child for child in node.children if child.type not in {"$", "${", "}"}]
        if node.type == "expansion" and children and children[0].type in {"#", "!"}:
            return self._prefixed(children[0].type, children[1:])
        for index, child in enumerate(children):
            if child.type in NAMES:
                return self._operated(child, children[index + 1 :])
        return (unknown(self.text(node)),)

    def _prefixed(self, prefix: str, children: list[Node]) -> Value:
        """`${#x}` is a number; `${!x}` is the variable that x names."""
        if prefix == "#" or not children:
            return (Word(hole("${#…}")),)
        pointed = self._found(children[0])
        if pointed and pointed[0].known:
            return self.frame.lookup(pointed[0].text) or (environment_variable(pointed[0].text),)
        return (unknown("${!…}"),)

    def _found(self, node: Node) -> Value | None:
        if node.type != "subscript":
            return self.frame.lookup(self.text(node))
        name, _, index = self.text(node).rstrip("]").partition("[")
        value = self.frame.lookup(name)
        if value is None or index in {"@", "*"}:
            return value
        number = int(index) if index.isdigit() and len(index) < 5 else None
        if number is not None and number < len(value):
            return (value[number],)
        return value if number is None else (Word(""),)

    def _operated(self, node: Node, rest: list[Node]) -> Value:
        value = self._found(node)
        name = self.text(node).partition("[")[0]
        if not rest:
            return value if value is not None else (environment_variable(name),)
        operator, operands = rest[0].type, rest[1:]
        if operator in DEFAULTS:
            return self._default(name, value, operator, operands)
        if operator in {":+", "+"}:
            return (self.one(operands),) if operands else (Word(""),)
        if value is None:
            return (environment_variable(name),)
        operand_texts = [self.text(each) for each in operands]
        return tuple(_transformed(word, operator, operand_texts) for word in value)

    def _default(
        self, name: str, value: Value | None, operator: str, operands: list[Node]
    ) -> Value:
        if value is not None and (value != (Word(""),) or ":" not in operator):
            return value
        default = self.one(operands) if operands else Word("")
        if "=" in operator:
            self.frame.assign(name, (default,))
        return (default,)


def _transformed(word: Word, operator: str, operands: list[str]) -> Word:
    """A word after `#`, `%`, `/`, `^`, `,` or `:`; a hole when that cannot be known."""
    text = word.text.replace(HOME, "/home/" + hole("user"))
    if operator == ":":
        result = _substring(text, [each for each in operands if each != ":"])
    elif not word.known:
        result = None
    elif operator in {"^", "^^", ",", ",,"}:
        result = _cased(text, operator)
    elif operator in {"#", "##", "%", "%%"}:
        result = _stripped(text, operator, "".join(operands))
    elif operator in {"/", "//", "/#", "/%"}:
        result = _replaced(text, operator, operands)
    else:
        result = None
    return replace(word, text=result if result is not None else hole("${…}"))


def _substring(text: str, operands: list[str]) -> str | None:
    numbers = [each.strip() for each in operands]
    if not numbers or not all(re.fullmatch(r"\d{1,4}", each) for each in numbers):
        return None
    start = int(numbers[0])
    end = start + int(numbers[1]) if len(numbers) > 1 else len(text)
    return None if hole("")[0] in text[:end] else text[start:end]


def _cased(text: str, operator: str) -> str:
    changed = text.upper() if operator[0] == "^" else text.lower()
    return changed if len(operator) == 2 else changed[:1] + text[1:]


def _pattern(pattern: str) -> str:
    """A shell pattern as a regular expression without anchors."""
    return translate(pattern.replace("\\", "")[:MAX_PATTERN]).removesuffix(r"\Z")


def _stripped(text: str, operator: str, pattern: str) -> str | None:
    if pattern.count("*") > 3 or len(text) > 200:
        return None
    compiled = re.compile(_pattern(pattern))
    ends = range(len(text) + 1)
    if operator[0] == "#":
        cuts = [end for end in ends if compiled.fullmatch(text[:end])]
        return text[(cuts[-1] if operator == "##" else cuts[0]) :] if cuts else text
    cuts = [start for start in ends if compiled.fullmatch(text[start:])]
    return text[: cuts[0] if operator == "%%" else cuts[-1]] if cuts else text


def _replaced(text: str, operator: str, operands: list[str]) -> str | None:
    pattern, _, replacement = "".join(operands).partition("/")
    if pattern.count("*") > 3 or len(text) > 200 or not pattern or "$" in replacement:
        return None
    count = 0 if operator == "//" else 1
    replacement = replacement.strip("\"'").replace("\\", "")
    return re.sub(_pattern(pattern), lambda _: replacement, text, count=count)
