"""The walk over a script: statement by statement, with what is known of values and streams."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

from tree_sitter import Node

from sessions_app.safety.effects import Use, use
from sessions_app.safety.frame.start import Start
from sessions_app.safety.frame.state import Frame, Function
from sessions_app.safety.model import Danger
from sessions_app.safety.paths import place
from sessions_app.safety.shell.commands import run
from sessions_app.safety.shell.expansion import Expander
from sessions_app.safety.shell.lexical import Lexer, dollar_backquotes
from sessions_app.safety.shell.loops import ENDLESS_SPAWNING, FORK_BOMB, endless_spawning, fork_bomb
from sessions_app.safety.shell.redirects import REDIRECTS, Redirections, redirections
from sessions_app.safety.shell.simple import assignment, declaration, simple, unset
from sessions_app.safety.shell.syntax import MAX_CHILDREN, UNPARSED, chunks, members, parse
from sessions_app.safety.trace import BudgetExceededError, Trace
from sessions_app.safety.values.streams import EMPTY, Stream, joined
from sessions_app.safety.values.words import Word, words

NO_STATEMENT = frozenset({"comment", "heredoc_body", "heredoc_end", "heredoc_start"})


class Walker:
    """Walks scripts, noting in its trace what they would do."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.retrying = False

    def script(self, text: str, frame: Frame, stdin: Stream) -> Stream:
        """Walk a script in this frame; answers what it prints."""
        self.trace.deeper()
        source = Lexer(text, frame.heredocs).run().encode()
        root = parse(source)
        inner = replace(frame, source=source, stdin=stdin)
        output = self._statements(root, inner)
        self._calls_back(inner)
        if root.has_error:
            self._retry(text, frame, stdin)
        frame.cwd = inner.cwd
        self.trace.depth -= 1
        return output

    def block(self, node: Node, frame: Frame, stdin: Stream) -> Stream:
        """Walk the statements below a node."""
        return self._statements(node, replace(frame, stdin=stdin))

    def command(self, argv: list[Word], frame: Frame, stdin: Stream) -> Stream:
        """Examine one command after expansion."""
        self.trace.deeper()
        self.trace.spend()
        output = run(Start(self, argv, frame, stdin))
        self.trace.depth -= 1
        return output

    def heredoc(self, body: str, frame: Frame) -> Stream:
        """The text of an unquoted here document, its expansions done."""
        text = f":<<QD_END\n{dollar_backquotes(body)}\nQD_END\n"
        source = text.encode()
        waiting = [parse(source)]
        while waiting:
            node = waiting.pop()
            if node.type == "heredoc_body":
                word = Expander(self, replace(frame, source=source)).heredoc(node)
                return Stream(word.text.removesuffix("\n"), word.traits)
            waiting.extend(node.children)
        return Stream(body)

    def _statements(self, node: Node, frame: Frame) -> Stream:
        self.trace.deeper()
        outputs = [
            self._statement(child, frame)
            for child in node.children
            if child.is_named and child.type not in NO_STATEMENT
        ]
        self.trace.depth -= 1
        return joined(outputs)

    def _statement(self, node: Node, frame: Frame) -> Stream:
        if node.child_count > MAX_CHILDREN:
            raise BudgetExceededError
        handler = HANDLERS.get(node.type)
        if handler is not None:
            return handler(self, node, frame)
        Expander(self, frame).examine(node)
        if node.type == "ERROR":
            return self._statements(node, frame)
        return EMPTY

    def _branch(self, node: Node, frame: Frame) -> Stream:
        """Statements that may or may not run: what they assign is one more possibility."""
        frame.conditional += 1
        output = self._statements(node, frame)
        frame.conditional -= 1
        return output

    def _subshell(self, node: Node, frame: Frame) -> Stream:
        return self._statements(node, frame.fork())

    def _list(self, node: Node, frame: Frame) -> Stream:
        return self._sequence(members(node), frame)

    def _sequence(self, statements: list[Node], frame: Frame) -> Stream:
        """`a && b || c`: after the first, each may or may not run."""
        outputs = [self._statement(each, frame) for each in statements[:1]]
        frame.conditional += 1
        outputs += [self._statement(each, frame) for each in statements[1:]]
        frame.conditional -= 1
        return joined(outputs)

    def _pipeline(self, node: Node, frame: Frame) -> Stream:
        return self._pipe(node, frame, None)

    def _pipe(self, node: Node, frame: Frame, last_input: Stream | None) -> Stream:
        stages = [child for child in node.children if child.is_named and child.type != "comment"]
        stream = frame.stdin
        for index, stage in enumerate(stages):
            stdin = last_input if last_input and index == len(stages) - 1 else stream
            piped = frame.piped or index > 0
            stream = self._statement(stage, replace(frame.fork(), stdin=stdin, piped=piped))
        return stream

    def _redirected(self, node: Node, frame: Frame) -> Stream:
        redirects = [child for child in node.children if child.type in REDIRECTS]
        bodies = [c for c in node.children if c.is_named and c.type not in REDIRECTS | NO_STATEMENT]
        statements = members(bodies[0]) if bodies else []
        self._sequence(statements[:-1], frame)
        found = redirections(redirects, Expander(self, frame))
        if not statements:
            return self._written(found, EMPTY, frame)
        output = self._with_input(statements[-1], frame, found.stdin)
        for extra in [c for r in redirects if r.type == "heredoc_redirect" for c in r.children]:
            if extra.type in HANDLERS and extra.type not in REDIRECTS:
                self._statement(extra, frame)
        return self._written(found, output, frame)

    def _with_input(self, body: Node, frame: Frame, stdin: Stream | None) -> Stream:
        """A statement with a redirected input: of a pipeline, the last stage's."""
        if stdin is None:
            return self._statement(body, frame)
        if body.type == "pipeline":
            return self._pipe(body, frame, stdin)
        before = frame.stdin
        frame.stdin = stdin
        output = self._statement(body, frame)
        frame.stdin = before
        return output

    def _written(self, found: Redirections, output: Stream, frame: Frame) -> Stream:
        """Remember what went into files; what is redirected is not printed."""
        if output.text == "":
            self._empties(found, frame)
        for written in found.outputs:
            known = frame.files.get(written.path)
            kept = joined([known, output]) if written.append and known else output
            frame.files[written.path] = kept
        return EMPTY if found.outputs else output

    def _empties(self, found: Redirections, frame: Frame) -> None:
        for word in found.emptied:
            use(self.trace, Use.EMPTY, place(word, frame.cwd, frame.workspace))

    def _command(self, node: Node, frame: Frame) -> Stream:
        """A simple command with its redirections."""
        redirects = [child for child in node.children if child.type in REDIRECTS]
        if redirects:
            found = redirections(redirects, Expander(self, frame))
            stdin = found.stdin if found.stdin is not None else frame.stdin
            output = simple(self, node, frame, stdin)
            return self._written(found, output, frame)
        return simple(self, node, frame, frame.stdin)

    def _lone_redirect(self, node: Node, frame: Frame) -> Stream:
        """`$(< file)` prints the file."""
        found = redirections([node], Expander(self, frame))
        output = found.stdin if found.stdin is not None else EMPTY
        return self._written(found, output, frame)

    def _if(self, node: Node, frame: Frame) -> Stream:
        return self._branch(node, frame)

    def _for(self, node: Node, frame: Frame) -> Stream:
        expander = Expander(self, frame)
        name = next((expander.text(c) for c in node.children if c.type == "variable_name"), "")
        skipped = {"variable_name", "do_group", "compound_statement", "comment"}
        values = [
            word
            for child in node.children
            if child.is_named and child.type not in skipped
            for word in expander.fields([child])
        ]
        listed = any(child.type == "in" for child in node.children)
        frame.offer(name, values if listed else list(frame.arguments or ()))
        return self._bodies(node, frame)

    def _bodies(self, node: Node, frame: Frame) -> Stream:
        outputs = [
            self._branch(child, frame)
            for child in node.children
            if child.type in {"do_group", "compound_statement"}
        ]
        return joined(outputs)

    def _c_style_for(self, node: Node, frame: Frame) -> Stream:
        self._spawning(node, frame)
        Expander(self, frame).examine(node)
        return self._bodies(node, frame)

    def _while(self, node: Node, frame: Frame) -> Stream:
        self._spawning(node, frame)
        return self._branch(node, frame)

    def _spawning(self, node: Node, frame: Frame) -> None:
        if endless_spawning(node, frame.source):
            self.trace.add(ENDLESS_SPAWNING)

    def _case(self, node: Node, frame: Frame) -> Stream:
        outputs = []
        for child in node.children:
            if child.type == "case_item":
                outputs.append(self._branch(child, frame))
            elif child.is_named:
                Expander(self, frame).examine(child)
        return joined(outputs)

    def _function(self, node: Node, frame: Frame) -> Stream:
        expander = Expander(self, frame)
        named = [child for child in node.children if child.is_named]
        name, body = expander.text(named[0]), named[-1]
        if fork_bomb(name, body, frame.source):
            self.trace.add(FORK_BOMB)
        frame.functions[name] = frame.uncalled[name] = Function(body, frame.source)
        return EMPTY

    def _calls_back(self, frame: Frame) -> None:
        """Functions nobody called still may be, by a later call: they are worth a look."""
        waiting, frame.uncalled = frame.uncalled, {}
        for function in waiting.values():
            before, self.trace.ceiling = self.trace.ceiling, Danger.CAUTION
            self._statement(function.body, replace(frame.fork(), source=function.source))
            self.trace.ceiling = before

    def _retry(self, text: str, frame: Frame, stdin: Stream) -> None:
        """Read what did not parse a second time, piece by piece and word by word."""
        self.trace.add(UNPARSED)
        self.trace.complete = False
        self.trace.keep_time(share=0.5)
        if self.retrying:
            self._split_words(text, frame, stdin)
            return
        self.retrying = True
        if "((" in text:
            self.script(text.replace("((", "( ("), frame.fork(), stdin)
        for chunk in chunks(text):
            self.script(chunk, frame.fork(), stdin)
        self.retrying = False

    def _split_words(self, text: str, frame: Frame, stdin: Stream) -> None:
        try:
            argv = shlex.split(text, comments=True)
        except ValueError:
            argv = text.split()
        if argv:
            self.command(words(*argv[:200]), frame.fork(), stdin)


Handler = Callable[[Walker, Node, Frame], Stream]
_BLOCK: Handler = Walker._statements
HANDLERS: dict[str, Handler] = {
    "program": _BLOCK,
    "compound_statement": _BLOCK,
    "do_group": _BLOCK,
    "negated_command": _BLOCK,
    "elif_clause": _BLOCK,
    "else_clause": _BLOCK,
    "variable_assignments": _BLOCK,
    "subshell": Walker._subshell,
    "list": Walker._list,
    "pipeline": Walker._pipeline,
    "redirected_statement": Walker._redirected,
    "command": Walker._command,
    "variable_assignment": assignment,
    "declaration_command": declaration,
    "unset_command": unset,
    "if_statement": Walker._if,
    "for_statement": Walker._for,
    "c_style_for_statement": Walker._c_style_for,
    "while_statement": Walker._while,
    "case_statement": Walker._case,
    "function_definition": Walker._function,
    "file_redirect": Walker._lone_redirect,
}
