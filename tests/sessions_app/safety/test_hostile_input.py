"""Text made to break the analysis: it never raises, never hangs, and is never harmless."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions_app.safety import Call, Danger, anatomy, classify
from tests.sessions_app.safety.calls import danger, shell, tool

SIZE = 65_536
LIMIT_SECONDS = 0.5
"""The analysis stops itself long before; the rest is for a machine under load."""


def filled(piece: str) -> str:
    return (piece * (SIZE // len(piece) + 1))[:SIZE]


TANGLED = {
    "pipes": filled("a|"),
    "arrays": filled("a=("),
    "expansions": filled("${a#"),
    "tests": filled("[ a"),
    "substitutions": filled("$("),
    "quoted substitutions": filled('"$('),
    "processes": filled("<("),
    "parentheses": filled("("),
    "groups": filled("{ "),
    "branches": filled("if a; then "),
    "loops": filled("while :; do "),
    "cases": filled("case x in a) "),
    "functions": filled("f(){ f; f; };f;"),
    "chains": "".join(f"f{i}(){{ f{i + 1}; f{i + 1}; }};" for i in range(2000)) + "f0",
    "aliases": "".join(f'alias a{i}="a{i + 1}; a{i + 1}";' for i in range(1500)) + "a0",
    "doubling": "x=aaaaaaaa;" + filled("x=$x$x;"),
    "wrappers": filled("sudo "),
    "evals": filled("eval "),
    "words": "rm " + filled("a "),
    "places": "rm " + filled("/etc/x* "),
    "braces": "echo " + filled("{a,b}"),
    "backquotes": filled("`"),
    "here documents": filled("<<A "),
    "python": "python3 -c '" + filled("(") + "'",
    "python chain": "python3 -c '" + filled("a.b().") + "c'",
    "perl": "perl -e '" + filled("a(") + "'",
    "sql": 'psql -c "' + filled("'") + '"',
    "names": "find " + filled("-name a -o ") + " -delete",
    "editor": "vim -c '" + filled("!") + "' f",
}


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector: a full pass over the heap of a test run takes seconds."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def timed(call: Call) -> tuple[float, Danger]:
    """CPU seconds of one analysis, and what it found."""
    started = time.thread_time()
    found = classify(call)
    return time.thread_time() - started, found.danger


@pytest.mark.parametrize("name", TANGLED)
def test_tangled_text_is_given_up_in_time_and_not_let_through(name: str) -> None:
    call = shell(TANGLED[name])
    classify(shell("true"))

    with uncollected():
        tries = [timed(call) for _ in range(3)]

    assert min(spent for spent, _ in tries) < LIMIT_SECONDS
    assert all(found >= Danger.CAUTION for _, found in tries)


def test_long_plain_files_are_read_to_the_end() -> None:
    body = "".join(f"line {number} of a file, with $x and `y`\n" for number in range(1500))

    assert danger(f"cat > notes.md <<'EOF'\n{body}EOF\n") == "none"
    assert danger(f"cat > notes.md <<'EOF'\n{body}EOF\nrm -rf src\n") == "dangerous"


def test_padding_hides_nothing() -> None:
    assert danger("a|" * 30_000 + "\nrm -rf /\n") == "dangerous"
    assert danger("echo hi\n" * 5_000 + "rm -rf /\n") == "dangerous"


@pytest.mark.parametrize("depth", [10, 100, 1_000, 20_000])
def test_deep_nesting_does_not_blow_the_stack(depth: int) -> None:
    nested = "$(" * depth + "rm -rf src" + ")" * depth

    assert danger(f"echo {nested}") != "none"


PIECES = (
    "rm -rf / $( ) ${ } ` ' \" | & ; && || <<EOF \nEOF\n { ( [[ ]] if then fi for do done case "
    "esac eval $'\\x41' <( > >> <<< * {a,b} ~ \\ # ! = $IFS x= é \x00 \ue000 \ue001 \ue005"
)
SHELL_PIECES = st.lists(st.sampled_from(PIECES.split(" ")), max_size=40)


@given(pieces=SHELL_PIECES)
@settings(max_examples=400, deadline=None)
def test_any_text_gets_a_verdict(pieces: list[str]) -> None:
    call = shell(" ".join(pieces))

    assert classify(call).danger in set(Danger)
    assert anatomy(call).complete in {True, False}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(
    name=st.sampled_from(["shell", "write_file", "read_file", "fetch", "x.delete_y", "q", ""]),
    key=st.sampled_from(["command", "path", "url", "sql", "method", "cwd", "patch", "paths"]),
    value=JSON,
    hints=st.dictionaries(st.sampled_from(["readOnlyHint", "destructiveHint"]), JSON, max_size=2),
)
@settings(max_examples=300, deadline=None)
def test_arguments_of_any_shape_get_a_verdict(
    name: str, key: str, value: Any, hints: dict[str, Any]
) -> None:
    call = Call(tool=name, arguments={key: value}, annotations=hints)

    assert classify(call).danger in set(Danger)


def test_a_shell_call_without_a_command_is_not_harmless() -> None:
    assert classify(tool("shell", command=None)).danger is Danger.CAUTION
    assert classify(tool("shell", command=["ls", 3])).danger is Danger.CAUTION


def test_our_own_marks_cannot_be_written_by_others() -> None:
    assert danger("rm -rf \ue000x\ue001") == "dangerous"
    assert danger("cat < \ue0050\ue006") == "none"
