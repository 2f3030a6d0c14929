"""Python code given with -c or on standard input: its calls, read from the `ast`."""

from __future__ import annotations

import ast
import base64
import binascii
import codecs
import warnings

from sessions_app.safety.languages.deeds import NOWHERE, Argument, Deed, content_of, do
from sessions_app.safety.languages.python_calls import (
    CALLS,
    DANGEROUS_TOGETHER,
    SAFE_BUILTINS,
    SAFE_MODULES,
)
from sessions_app.safety.model import Danger, Reach
from sessions_app.safety.shell.start import Start
from sessions_app.safety.shell.words import Word, unknown
from sessions_app.safety.text import HOME, hole, is_hole

MAX_NODES = 4000
MAX_VALUE_DEPTH = 25
DELETING_METHODS = frozenset({"unlink", "rmdir", "rmtree"})
KEYWORDS = ("args", "cmd", "mode", "url", "data", "json", "files", "path", "file")


def read_python(start: Start, text: str) -> None:
    """Note what a piece of Python would do; code that does not parse is a matter for caution."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.replace("\ue000", "_").replace("\ue001", "_"))
        nodes = list(_bounded_walk(tree))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        start.note(Danger.CAUTION, "code.unparsed", "Python code that does not parse.")
        return
    if len(nodes) >= MAX_NODES:
        start.note(Danger.CAUTION, "code.long", "The code is too long to be examined here.")
    _Reader(start, nodes).run()


def _bounded_walk(tree: ast.AST) -> list[ast.AST]:
    """The first `MAX_NODES` nodes in the order they are written."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting and len(found) < MAX_NODES:
        node = waiting.pop()
        found.append(node)
        waiting.extend(reversed(list(ast.iter_child_nodes(node))))
    return found


class _Reader:
    """Knows the imports and constants of one piece of code while its calls are read."""

    def __init__(self, start: Start, nodes: list[ast.AST]) -> None:
        self.start = start
        self.nodes = nodes
        self.names: dict[str, str] = {}
        self.values: dict[str, Argument] = {}
        self.own: set[str] = set()
        self.mentioned: set[str] = set()
        self.depth = 0

    def run(self) -> None:
        """Read imports and assignments as they come, then what the calls do."""
        for node in self.nodes:
            self._mention(node)
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.own.add(node.name)
            elif isinstance(node, ast.Assign | ast.For | ast.NamedExpr | ast.With):
                self._assign(node)
            elif isinstance(node, ast.Call):
                self._call(node)
        self._together()

    def _mention(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            self.mentioned.add(node.id)
        elif isinstance(node, ast.Attribute):
            self.mentioned.add(node.attr)
            if self._dotted(node) == "os.environ":
                do(self.start, Deed.ENVIRONMENT, [])
        elif isinstance(node, ast.alias):
            self.mentioned.update(node.name.split("."))

    def _together(self) -> None:
        for names in DANGEROUS_TOGETHER:
            if names <= self.mentioned:
                text = "Connects a shell to a remote machine."
                self.start.note(Danger.DANGEROUS, "network.reverse_shell", text, Reach.MACHINE)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            full = f"{module}.{alias.name}" if module else alias.name
            bound = alias.asname or (alias.name if module else alias.name.partition(".")[0])
            self.names[bound] = full if alias.asname or module else bound
            if full.partition(".")[0] not in SAFE_MODULES:
                do(self.start, Deed.UNKNOWN, [])

    def _assign(self, node: ast.Assign | ast.For | ast.NamedExpr | ast.With) -> None:
        for target, value in _bindings(node):
            if isinstance(target, ast.Name):
                dotted = self._dotted(value) if isinstance(value, ast.Attribute) else ""
                if dotted in CALLS:
                    self.names[target.id] = dotted
                self.values[target.id] = self.argument(value)

    def _dotted(self, node: ast.expr) -> str:
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
        called = self._dotted(node.func) if self.depth < MAX_VALUE_DEPTH else ""
        if called == "importlib.import_module" and node.args:
            return self.text(node.args[0]).text
        return "pathlib.Path()" if called.startswith("pathlib.Path") else f"{called}()"

    def _call(self, node: ast.Call) -> None:
        name = self._name(node)
        deed = CALLS.get(name)
        arguments = [self.argument(each) for each in self._given(node)]
        if deed is Deed.FORK:
            self._fork()
        elif name in {"__import__", "importlib.import_module"} and arguments[:1] != [NOWHERE]:
            self.mentioned.add(arguments[0].word.text if arguments else "")
        elif deed is not None:
            if name.startswith("pathlib.Path()."):
                arguments = [self._path(node), *arguments]
            do(self.start, deed, arguments)
        elif name.rpartition(".")[2] in DELETING_METHODS:
            do(self.start, Deed.DELETE, [Argument(Word(hole("…"), glob=True))])
        elif not self._harmless(name):
            do(self.start, Deed.UNKNOWN, [])

    def _name(self, node: ast.Call) -> str:
        """The dotted name of what is called, through `getattr` with a constant."""
        func = node.func
        if isinstance(func, ast.Call) and self._dotted(func.func) == "getattr":
            if len(func.args) < 2:
                return "getattr.dynamic"
            attribute = self.text(func.args[1])
            known = not is_hole(attribute.text)
            return f"{self._dotted(func.args[0])}.{attribute.text}" if known else "getattr.dynamic"
        name = self._dotted(func)
        held = self.values.get(name.partition(".")[0])
        if held is not None and "Path" in held.word.traits:
            return "pathlib.Path()." + name.partition(".")[2]
        return name

    def _given(self, node: ast.Call) -> list[ast.expr]:
        """Positional arguments, then the keywords that matter, in a fixed order."""
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        return [*node.args, *(named[key] for key in KEYWORDS if key in named)]

    def _path(self, node: ast.Call) -> Argument:
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        return self.argument(owner) if owner is not None else NOWHERE

    def _fork(self) -> None:
        looping = any(isinstance(node, ast.While) for node in self.nodes)
        danger = Danger.DANGEROUS if looping else Danger.CAUTION
        text = "Starts copies of itself."
        self.start.note(danger, "system.fork_bomb", text, Reach.MACHINE)

    def _harmless(self, name: str) -> bool:
        head, _, rest = name.partition(".")
        if not rest:
            return head in SAFE_BUILTINS or head in self.own or head in self.values
        return head in SAFE_MODULES or head in {"str", "?"} or head in self.values or "()" in head

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
        if isinstance(node, ast.JoinedStr):
            return _joined([self.text(each) for each in node.values])
        if isinstance(node, ast.FormattedValue):
            return self.text(node.value)
        return self._computed(node)

    def _computed(self, node: ast.expr) -> Word:
        if isinstance(node, ast.Call):
            return self._call_text(node)
        if isinstance(node, ast.Subscript | ast.Starred | ast.Await):
            return self.text(node.value)
        if isinstance(node, ast.Dict):
            return _joined([self.text(each) for each in node.values])
        if isinstance(node, ast.Attribute):
            held = self.text(node.value)
            return unknown(node.attr, held.traits)
        return unknown("…")

    def _call_text(self, node: ast.Call) -> Word:
        """The text of a call: decoders are computed, readers and fetchers leave traits."""
        name = self._name(node)
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


def _bindings(
    node: ast.Assign | ast.For | ast.NamedExpr | ast.With,
) -> list[tuple[ast.expr, ast.expr]]:
    """What is bound to what, whichever statement binds it."""
    if isinstance(node, ast.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, ast.For):
        return [(node.target, node.iter)]
    if isinstance(node, ast.NamedExpr):
        return [(node.target, node.value)]
    return [(i.optional_vars, i.context_expr) for i in node.items if i.optional_vars]


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
        coded = codecs.decode(text, given[1].text) if given[1].text in {"rot13", "rot_13"} else None
        return str(coded) if coded is not None else bytes.fromhex(text).decode("latin-1")
    return text


_DECODERS = frozenset(
    ["base64.b64decode", "base64.urlsafe_b64decode", "base64.decodebytes", "bytes.fromhex", "bytearray.fromhex", "binascii.unhexlify", "chr", "codecs.decode", "str", "bytes", "shlex.split", "shlex.quote", "shlex.join"]
)
