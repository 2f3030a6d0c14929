"""What bash settles before it parses: continuations, here documents, `<>`, brace words.

tree-sitter-bash stumbles over these, so they are rewritten into forms it reads well. The lexer
knows quotes, substitutions and arithmetic; where it is in doubt it leaves the text as it is, for
the danger lies in hiding a command from the parser, not in showing it one too many.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sessions_app.safety.frame.state import Heredoc
from sessions_app.safety.text import HEREDOC_CLOSE, HEREDOC_OPEN
from sessions_app.safety.trace import BudgetExceededError

_PLAIN = re.compile(r"[^\\'\"`$<#(){}\n]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEREDOC = re.compile(r"<<(-?)[ \t]*((?:'[^'\n]*'|\"[^\"\n]*\"|\\[^\n]|[^\s;&|<>()'\"\\`$])+)")
MAX_SPECIAL = 12_000
"""Quotes, dollars, brackets and line ends outside of quotes and here documents in one script."""
_PREFIX = re.compile(
    r"((?:^|[;&|({\n]|\b(?:then|do|else|if|elif|while|until))\s*)"
    r"(?:(?:!|time(?:\s+-p)?|coproc(?:\s+\w+)?)\s+)+\Z"
)
_WORD_START = frozenset(" \t\n;&|(")
CODE, QUOTED, ARITHMETIC, BRACE = "code", "quoted", "arithmetic", "brace"


@dataclass(slots=True)
class _Pending:
    delimiter: str
    strip_tabs: bool
    literal: bool
    index: int


@dataclass
class Lexer:
    """One pass over a script; `run` answers the text to parse, `heredocs` holds the bodies."""

    source: str
    heredocs: list[Heredoc]
    position: int = 0
    output: list[str] = field(default_factory=list)
    contexts: list[tuple[str, str]] = field(default_factory=lambda: [(CODE, "")])
    pending: list[_Pending] = field(default_factory=list)

    def run(self) -> str:
        """The script in the form the parser reads well.

        Raises `BudgetExceededError` for a text that is nothing but special characters.
        """
        size = len(self.source)
        special = 0
        while self.position < size:
            plain = _PLAIN.match(self.source, self.position)
            if plain:
                self._copy(plain.end() - self.position)
            else:
                special += 1
                self._special(self.source[self.position])
            if special > MAX_SPECIAL:
                raise BudgetExceededError
        self._bodies()
        return "".join(self.output)

    def _copy(self, count: int) -> None:
        self.output.append(self.source[self.position : self.position + count])
        self.position += count

    def _put(self, text: str, consumed: int) -> None:
        self.output.append(text)
        self.position += consumed

    def _at(self, text: str) -> bool:
        return self.source.startswith(text, self.position)

    @property
    def _context(self) -> str:
        return self.contexts[-1][0]

    def _previous(self) -> str:
        return self.source[self.position - 1] if self.position else "\n"

    def _special(self, char: str) -> None:
        handler = _HANDLERS.get(char)
        if char == "\\":
            self._backslash()
        elif char == self.contexts[-1][1] and self._closes(char):
            self._copy(2 if self._context == ARITHMETIC else 1)
            self.contexts.pop()
        elif handler:
            handler(self)
        else:
            self._copy(1)

    def _closes(self, char: str) -> bool:
        return self._context != ARITHMETIC or self._at(char * 2)

    def _backslash(self) -> None:
        if self._at("\\\n"):
            self.position += 2
        else:
            self._copy(2)

    def _single(self) -> None:
        if self._context == QUOTED:
            self._copy(1)
            return
        end = self.source.find("'", self.position + 1)
        self._copy((end if end >= 0 else len(self.source)) + 1 - self.position)

    def _double(self) -> None:
        self.contexts.append((QUOTED, '"'))
        self._copy(1)

    def _backquote(self) -> None:
        self.contexts.append((CODE, "`"))
        self._copy(1)

    def _dollar(self) -> None:
        name = _NAME.match(self.source, self.position + 1)
        if name:
            self._put("${" + name.group() + "}", name.end() - self.position)
        elif self._at("$(("):
            self._open(ARITHMETIC, ")", 3)
        elif self._at("$("):
            self._open(CODE, ")", 2)
        elif self._at("${"):
            self._open(BRACE, "}", 2)
        elif self._at("$'") and self._context != QUOTED:
            self._ansi_c()
        elif self._at('$"') and self._context != QUOTED:
            self.position += 1
        else:
            self._copy(2 if self._at("$$") or self._at("$#") else 1)

    def _ansi_c(self) -> None:
        index = self.position + 2
        while index < len(self.source) and self.source[index] != "'":
            index += 2 if self.source[index] == "\\" else 1
        self._copy(index + 1 - self.position)

    def _open(self, context: str, closer: str, length: int) -> None:
        self.contexts.append((context, closer))
        self._copy(length)

    def _parenthesis(self) -> None:
        if self._context == CODE:
            arithmetic = self._at("((") and self._previous() in _WORD_START
            self._drop_prefix()
            self._open(ARITHMETIC if arithmetic else CODE, ")", 2 if arithmetic else 1)
        else:
            self._copy(1)

    def _brace(self) -> None:
        following = self.source[self.position + 1 : self.position + 2]
        word = self._context == CODE and self._previous() in _WORD_START
        if word and following.isspace():
            self._drop_prefix()
        self._put("''{" if word and following and not following.isspace() else "{", 1)

    def _drop_prefix(self) -> None:
        """Leave out `!`, `time` and `coproc` before a group, which the parser takes for words."""
        tail = "".join(self.output[-3:])
        found = _PREFIX.search(tail[-80:])
        if found:
            kept = tail[: len(tail) - (len(found.group()) - len(found.group(1)))]
            self.output[-3:] = [kept, " "]

    def _comment(self) -> None:
        if self._context != CODE or self._previous() not in _WORD_START:
            self._copy(1)
            return
        end = self.source.find("\n", self.position)
        self._copy((end if end >= 0 else len(self.source)) - self.position)

    def _less(self) -> None:
        heredoc = _HEREDOC.match(self.source, self.position)
        if self._context != CODE or self._at("<<<"):
            self._copy(3 if self._at("<<<") else 1)
        elif self._at("<>"):
            self._put(">>", 2)
        elif self._at("<("):
            self._open(CODE, ")", 2)
        elif heredoc:
            self._heredoc(heredoc)
        else:
            self._copy(1)

    def _heredoc(self, match: re.Match[str]) -> None:
        raw = match.group(2)
        delimiter = re.sub(r"\\(.)|['\"]", r"\1", raw)
        index = len(self.heredocs) + len(self.pending)
        self.pending.append(_Pending(delimiter, bool(match.group(1)), raw != delimiter, index))
        mark = f"< {HEREDOC_OPEN}{index}{HEREDOC_CLOSE} "
        self._put(mark, match.end() - self.position)

    def _newline(self) -> None:
        self._copy(1)
        if self._context == CODE:
            self._bodies()

    def _bodies(self) -> None:
        for pending in self.pending:
            self.heredocs.append(self._body(pending))
        self.pending.clear()

    def _body(self, pending: _Pending) -> Heredoc:
        lines: list[str] = []
        while self.position < len(self.source):
            end = self.source.find("\n", self.position)
            end = end if end >= 0 else len(self.source)
            line = self.source[self.position : end]
            line = line.lstrip("\t") if pending.strip_tabs else line
            self.position = min(end + 1, len(self.source))
            if line == pending.delimiter:
                break
            lines.append(line + "\n")
        return Heredoc("".join(lines), pending.literal)


_HANDLERS = {
    "'": Lexer._single,
    '"': Lexer._double,
    "`": Lexer._backquote,
    "$": Lexer._dollar,
    "(": Lexer._parenthesis,
    "{": Lexer._brace,
    "#": Lexer._comment,
    "<": Lexer._less,
    "\n": Lexer._newline,
}


def dollar_backquotes(text: str) -> str:
    """A here document's text with `…` written as $(…), which the parser knows there."""
    parts = re.split(r"(?<!\\)`", text)
    if len(parts) < 3 or len(parts) % 2 == 0:
        return text
    inner = [part.replace("\\`", "`") for part in parts]
    return "".join(f"$({part})" if index % 2 else part for index, part in enumerate(inner))
