"""Python code given with -c or on standard input: its calls, read from the `ast`."""

from __future__ import annotations

import ast
import warnings

from sessions_app.safety.frame.start import Start
from sessions_app.safety.languages.deeds import NOWHERE, Argument, Deed, do
from sessions_app.safety.languages.python_calls import (
    CALLS,
    DANGEROUS_TOGETHER,
    SAFE_BUILTINS,
    SAFE_MODULES,
)
from sessions_app.safety.languages.python_values import Values
from sessions_app.safety.model import Danger, Reach
from sessions_app.safety.text import hole
from sessions_app.safety.values.words import Word

MAX_NODES = 4000
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
        self.known = Values(start)
        self.own: set[str] = set()
        self.mentioned: set[str] = set()

    def run(self) -> None:
        """Read imports and assignments as they come, then what the calls do."""
        for node in self.nodes:
            self.start.shell.trace.keep_time()
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
            if self.known.dotted(node) == "os.environ":
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
            self.known.names[bound] = full if alias.asname or module else bound
            if full.partition(".")[0] not in SAFE_MODULES:
                do(self.start, Deed.UNKNOWN, [])

    def _assign(self, node: ast.Assign | ast.For | ast.NamedExpr | ast.With) -> None:
        for target, value in _bindings(node):
            if isinstance(target, ast.Name):
                dotted = self.known.dotted(value) if isinstance(value, ast.Attribute) else ""
                if dotted in CALLS:
                    self.known.names[target.id] = dotted
                self.known.values[target.id] = self.known.argument(value)

    def _call(self, node: ast.Call) -> None:
        name = self.known.name_of(node)
        deed = CALLS.get(name)
        arguments = [self.known.argument(each) for each in self._given(node)]
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

    def _given(self, node: ast.Call) -> list[ast.expr]:
        """Positional arguments, then the keywords that matter, in a fixed order."""
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        return [*node.args, *(named[key] for key in KEYWORDS if key in named)]

    def _path(self, node: ast.Call) -> Argument:
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        return self.known.argument(owner) if owner is not None else NOWHERE

    def _fork(self) -> None:
        looping = any(isinstance(node, ast.While) for node in self.nodes)
        danger = Danger.DANGEROUS if looping else Danger.CAUTION
        text = "Starts copies of itself."
        self.start.note(danger, "system.fork_bomb", text, Reach.MACHINE)

    def _harmless(self, name: str) -> bool:
        head, _, rest = name.partition(".")
        if not rest:
            return head in SAFE_BUILTINS or head in self.own or head in self.known.values
        return (
            head in SAFE_MODULES
            or head in {"str", "?"}
            or head in self.known.values
            or "()" in head
        )


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
