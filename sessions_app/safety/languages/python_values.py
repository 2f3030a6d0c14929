"""Values in Python code: what names, constants and decoders stand for, without running them."""

from __future__ import annotations

import ast
import base64
import binascii
import codecs

from sessions_app.safety.frame.start import Start
from sessions_app.safety.languages.deeds import Argument, Deed, content_of
from sessions_app.safety.languages.python_calls import CALLS
from sessions_app.safety.text import HOME, hole, is_hole, listed
from sessions_app.safety.values.words import Word, unknown

MAX_VALUE_DEPTH = 25


class Values:
    """The names, constants and paths of one piece of code, as far as they are known."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.names: dict[str, str] = {}
        self.values: dict[str, Argument] = {}
        self.depth = 0

    def dotted(self, node: ast.expr) -> str:
        """`a.b.c` with imports resolved; a constructed object reads `pathlib.Path()`."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < MAX_VALUE_DEPTH:
            parts.append(node.attr)
            node = node.value
        head = self._head(node)
        return ".".join([head, *reversed(parts)]) if head else ""

    def _head(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Call):
            return self._called_head(node)
        return "str" if isinstance(node, ast.Constant | ast.JoinedStr) else "?"

    def _called_head(self, node: ast.Call) -> str:
        if isinstance(node.func, ast.Name) and node.func.id == "__import__" and node.args:
            name = self.text(node.args[0])
            return "?" if is_hole(name.text) else name.text
        self.depth += 1
        called = self.dotted(node.func) if self.depth < MAX_VALUE_DEPTH else ""
        self.depth -= 1
        if called == "importlib.import_module" and node.args:
            return self.text(node.args[0]).text
        return "pathlib.Path()" if called.startswith("pathlib.Path") else f"{called}()"

    def name_of(self, node: ast.Call) -> str:
        """The dotted name of what is called, through `getattr` with a constant."""
        func = node.func
        if isinstance(func, ast.Call) and self.dotted(func.func) == "getattr":
            if len(func.args) < 2:
                return "getattr.dynamic"
            attribute = self.text(func.args[1])
            known = not is_hole(attribute.text)
            return f"{self.dotted(func.args[0])}.{attribute.text}" if known else "getattr.dynamic"
        name = self.dotted(func)
        held = self.values.get(name.partition(".")[0])
        if held is not None and "Path" in held.word.traits:
            return "pathlib.Path()." + name.partition(".")[2]
        return name

    def argument(self, node: ast.expr) -> Argument:
        """A constant argument, a list of constants, or something with holes."""
        if isinstance(node, ast.List | ast.Tuple):
            items = tuple(self.text(each) for each in node.elts)
            return Argument(Word(" ".join(word.text for word in items)), items)
        if isinstance(node, ast.Name) and node.id in self.values:
            return self.values[node.id]
        return Argument(self.text(node))

    def text(self, node: ast.expr) -> Word:
        """The text an expression stands for, with holes for what only appears at run time."""
        self.depth += 1
        try:
            return self._text(node) if self.depth < MAX_VALUE_DEPTH else unknown("…")
        finally:
            self.depth -= 1

    def _text(self, node: ast.expr) -> Word:
        if isinstance(node, ast.Constant):
            return Word(_constant(node.value))
        if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant):
            return Word(ast.unparse(node))
        if isinstance(node, ast.Name):
            return self.values[node.id].word if node.id in self.values else unknown(node.id)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Div):
            slash = "/" if isinstance(node.op, ast.Div) else ""
            return _added(self.text(node.left), self.text(node.right), slash)
        return self._computed(node)

    def _computed(self, node: ast.expr) -> Word:
        if isinstance(node, ast.Call):
            return self._call_text(node)
        if isinstance(node, ast.Subscript | ast.Starred | ast.Await | ast.FormattedValue):
            return self.text(node.value)
        if isinstance(node, ast.Dict | ast.JoinedStr):
            return _joined([self.text(each) for each in node.values])
        if isinstance(node, ast.Attribute):
            held = self.text(node.value)
            return unknown(node.attr, held.traits)
        return unknown("…")

    def _call_text(self, node: ast.Call) -> Word:
        """The text of a call: decoders are computed, readers and fetchers leave traits."""
        name = self.name_of(node)
        given = [self.text(each) for each in node.args]
        first = given[0] if given else unknown("…")
        if name in {"pathlib.Path", "Path"}:
            joined = "/".join(word.text for word in given)
            return Word(joined, first.glob, first.traits | {"Path"})
        if name in {"os.path.expanduser", "pathlib.Path().home", "pathlib.Path.home"}:
            return Word(HOME + first.text.removeprefix("~") if given else HOME)
        if name == "os.path.join":
            return Word("/".join(word.text for word in given), traits=first.traits)
        decoded = _decoded(name, given)
        return decoded if decoded is not None else self._other_text(node, name, first)

    def _other_text(self, node: ast.Call, name: str, first: Word) -> Word:
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        method = name.rpartition(".")[2]
        if method == "join" and node.args and isinstance(owner, ast.Constant):
            items = self.argument(node.args[0]).items
            if items is not None:
                return Word(str(owner.value).join(word.text for word in items))
        if CALLS.get(name) in {Deed.FETCH, Deed.SEND}:
            return unknown("…", ["fetched"])
        if CALLS.get(name) in {Deed.OPEN, Deed.READ}:
            held = self.text(owner) if owner is not None and "Path" in name else first
            return unknown("…", content_of(self.start, held))
        if name in {"glob.glob", "os.listdir", "glob.iglob", "os.walk", "os.scandir"}:
            return Word(hole("…"), glob=True)
        if owner is not None and method in {"decode", "encode", "strip", "lower", "expanduser"}:
            return self.text(owner)
        inner = self.text(owner) if owner is not None else first
        return unknown("…", inner.traits | first.traits)


def _constant(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _added(left: Word, right: Word, slash: str) -> Word:
    traits = left.traits | right.traits
    return Word(left.text + slash + right.text, left.glob or right.glob, traits)


def _joined(parts: list[Word]) -> Word:
    traits = frozenset[str]().union(*(word.traits for word in parts))
    return Word("".join(word.text for word in parts), any(w.glob for w in parts), traits)


def _decoded(name: str, given: list[Word]) -> Word | None:
    """Constants through the usual decoders; what cannot be decoded is marked as hidden."""
    if not given or name not in _DECODERS:
        return None
    if not given[0].known:
        return unknown("…", given[0].traits | {"decoded"})
    try:
        return Word(_decode(name, given))
    except (ValueError, binascii.Error, LookupError, OverflowError):
        return unknown("…", {"decoded"})


def _decode(name: str, given: list[Word]) -> str:
    text = given[0].text
    if name in {"base64.b64decode", "base64.urlsafe_b64decode", "base64.decodebytes"}:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_" if "url" in name else None).decode("latin-1")
    if name in {"bytes.fromhex", "binascii.unhexlify", "bytearray.fromhex"}:
        return bytes.fromhex(text).decode("latin-1")
    if name == "chr":
        return chr(int(text, 0))
    if name == "codecs.decode" and len(given) > 1:
        rotated = given[1].text in {"rot13", "rot_13"}
        return codecs.decode(text, "rot13") if rotated else bytes.fromhex(text).decode("latin-1")
    return text


_DECODERS = frozenset(
    listed(
        "base64.b64decode base64.urlsafe_b64decode base64.decodebytes bytes.fromhex "
        "bytearray.fromhex binascii.unhexlify chr codecs.decode str bytes shlex.split shlex.quote "
        "shlex.join"
    )
)
