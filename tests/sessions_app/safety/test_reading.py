"""How shell text is read: lexing, words, values and streams, each in a small example."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sessions_app.safety import commands_in
from sessions_app.safety.frame.state import Heredoc
from sessions_app.safety.shell.lexical import Lexer
from sessions_app.safety.values.words import ansi_c, expand_braces
from tests.sessions_app.safety.calls import danger, shell


def argv(command: str) -> list[tuple[str, ...]]:
    return [program.argv for program in commands_in(shell(command))]


def test_here_documents_are_taken_out_before_parsing() -> None:
    bodies: list[Heredoc] = []

    text = Lexer("cat <<'EOF' > a && ls\nrm -rf /\nEOF\ndate\n", bodies).run()

    assert bodies == [Heredoc("rm -rf /\n", literal=True)]
    assert "rm -rf" not in text
    assert text.endswith("date\n")


@pytest.mark.parametrize(
    "script",
    [
        "echo $((1<<EOF))\nrm -rf src\nEOF\n",
        "# cat <<EOF\nrm -rf src\nEOF\n",
        "echo '<<EOF'\nrm -rf src\nEOF\n",
        'echo "<<EOF"\nrm -rf src\nEOF\n',
        "((x = 1 <<EOF))\nrm -rf src\nEOF\n",
        "cat <<< EOF\nrm -rf src\nEOF\n",
    ],
)
def test_what_only_looks_like_a_here_document_hides_no_command(script: str) -> None:
    assert danger(script) == "dangerous"


def test_braces_expand_like_bash() -> None:
    assert expand_braces("a{b,c{d,e}}f") == ["abf", "acdf", "acef"]
    assert expand_braces("x{1..3}") == ["x1", "x2", "x3"]
    assert expand_braces("{single}") == ["{single}"]
    assert len(expand_braces("{a,b}" * 30)) <= 64


def test_ansi_c_escapes() -> None:
    assert ansi_c(r"\x72\155\u0020\n\\") == "rm \n\\"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("x=a; y=b; echo $x$y", ("echo", "ab")),
        ('x="a b"; echo $x', ("echo", "a", "b")),
        ('x="a b"; echo "$x"', ("echo", "a b")),
        ('a=(1 2); echo "${a[@]}"', ("echo", "1", "2")),
        ("a=(1 2); echo ${a[1]}", ("echo", "2")),
        ("x=abcdef; echo ${x:1:2}", ("echo", "bc")),
        (
            "x=a.tar.gz; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.}",
            ("echo", "a.tar", "a", "tar.gz", "gz"),
        ),
        ("x=aXb; echo ${x/X/-} ${x,,} ${x^^}", ("echo", "a-b", "axb", "AXB")),
        ("echo ${none:-fallback}", ("echo", "fallback")),
        ("x=y; y=z; echo ${!x}", ("echo", "z")),
        ("echo $(printf '%s-%s' a b)", ("echo", "a-b")),
        ("echo $(echo aGk= | base64 -d)", ("echo", "hi")),
        ("echo $(basename /a/b.txt .txt)", ("echo", "b")),
        ("set -- p q; echo $2 $1", ("echo", "q", "p")),
        ("echo 'a'\"b\"c\\ d", ("echo", "abc d")),
        ("echo {a,b}{1,2}", ("echo", "a1", "a2", "b1", "b2")),
        ("read v <<< word; echo $v", ("echo", "word")),
        ("printf -v v '%s' q; echo $v", ("echo", "q")),
        ("IFS=,; v=a,b; echo $v", ("echo", "a", "b")),
        ("echo ~/x", ("echo", "~/x")),
    ],
)
def test_values_are_followed(script: str, expected: tuple[str, ...]) -> None:
    assert argv(script)[-1] == expected


BASH_EXAMPLES = [
    "x='a b'; printf '%s\\n' $x \"$x\"",
    "f=dir/sub/file.tar.gz; printf '%s\\n' ${f##*/} ${f%/*} ${f%%.*} ${f#*/}",
    "printf '%s\\n' {a,b{c,d}}e x{3..1}",
    "a=(one 'two three'); printf '%s\\n' \"${a[@]}\" ${#a}",
    "printf '%s\\n' \"a\\\"b\\$c\\\\d\" 'it'\\''s' $'t\\x41b'",
    "cmd=printf; $cmd '%s\\n' done",
    "x=hello; printf '%s\\n' ${x/l/L} ${x//l/L} ${x^} ${x:1:3}",
    "printf '%s\\n' $(echo c2FmZQ== | base64 -d) $(echo olleh | rev) $(echo abc | tr a-c x-z)",
]


@pytest.mark.parametrize("script", BASH_EXAMPLES)
def test_words_agree_with_bash(script: str) -> None:
    """The real shell prints one word a line; ours must have expanded to the same words."""
    printed = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True
    ).stdout.splitlines()

    expanded = [word for word in argv(script)[-1][2:] if not word.startswith("${#")]

    assert expanded == [word for word in printed if not word.isdigit()]


def test_a_loop_is_judged_for_each_of_its_values() -> None:
    assert danger("for d in src /etc; do ls $d; done") == "none"
    assert danger("for d in notes.txt /etc/passwd; do rm $d; done") == "dangerous"


def test_a_branch_keeps_both_values() -> None:
    assert danger("c=ls; [ -n \"$CI\" ] && c='rm -rf'; $c src") == "dangerous"


def test_a_function_that_is_never_called_is_only_worth_a_look() -> None:
    assert danger("wipe() { rm -rf src; }") == "caution"
    assert danger("wipe() { rm -rf src; }; wipe") == "dangerous"


def test_the_package_is_plain_python() -> None:
    code = "import sessions_app.safety, sys; sys.exit('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
