"""What a prompt is read as, and when it is refused whole."""

import pytest

from sessions_app.runtimes.embedded.parser import parse
from sessions_app.runtimes.embedded.program import NotUnderstoodError, Program


def calls(program: Program) -> list[tuple[str, dict]]:
    return [(step.tool, dict(step.arguments)) for step in program.steps]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("/sh echo hello", [("shell", {"command": "echo hello"})]),
        ("/sh echo a \\\n  b", [("shell", {"command": "echo a \\\n  b"})]),
        ("/read my notes.txt", [("read_file", {"path": "my notes.txt"})]),
        ("/ls", [("list_files", {"path": "."})]),
        ("/ls src", [("list_files", {"path": "src"})]),
        ("/grep 'two words' src", [("grep", {"pattern": "two words", "path": "src"})]),
        ("/grep x", [("grep", {"pattern": "x", "path": "."})]),
        ("/write a\nx\ny", [("write_file", {"path": "a", "content": "x\ny\n"})]),
        ("/write a", [("write_file", {"path": "a", "content": ""})]),
        (
            "/write a\n````md\n/sh no\n```\n````\n/ls",
            [
                ("write_file", {"path": "a", "content": "/sh no\n```\n"}),
                ("list_files", {"path": "."}),
            ],
        ),
        (
            "/edit a\n<<<<<<< old\nx = 1\n=======\nx = 2\n>>>>>>> new",
            [("edit_file", {"path": "a", "old": "x = 1", "new": "x = 2"})],
        ),
        (
            "/edit a\n<<<<<<<\ngone\n=======\n>>>>>>>\n<<<<<<<\n1\n=======\n2\n3\n>>>>>>>\n/ls",
            [
                ("edit_file", {"path": "a", "old": "gone\n", "new": ""}),
                ("edit_file", {"path": "a", "old": "1", "new": "2\n3"}),
                ("list_files", {"path": "."}),
            ],
        ),
        ('/tool git.log {"n": 5}', [("git.log", {"n": 5})]),
        ("/tool time.now", [("time.now", {})]),
        ('/tool a.b {\n "x":\n 1}\n/ls', [("a.b", {"x": 1}), ("list_files", {"path": "."})]),
        ('/tool a.b\n{"x": "é"}\n\n/ls', [("a.b", {"x": "é"}), ("list_files", {"path": "."})]),
        ("```sh\ncd x\nls\n```", [("shell", {"command": "cd x\nls"})]),
        (
            "# Restart\nFirst:\n```bash\nmake stop\n```\nthen\n~~~shell\nmake start\n~~~\nDone.",
            [("shell", {"command": "make stop"}), ("shell", {"command": "make start"})],
        ),
        ("  ```sh\n  if x\n    y\n  ```", [("shell", {"command": "if x\n  y"})]),
        ("/sh a\r\n/sh b", [("shell", {"command": "a"}), ("shell", {"command": "b"})]),
    ],
)
def test_a_prompt_becomes_these_calls(prompt, expected):
    program = parse(prompt)

    assert calls(program) == expected
    assert not program.is_plan


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("please fix the build", ""),
        ("", ""),
        ("```python\nprint(1)\n```", ""),
        ("```sh\n\n```", ""),
        ("/etc/hosts is wrong", "line 1: there is no command /etc/hosts"),
        ("/sh ls\n/rm x", "line 2: there is no command /rm"),
        ("/sh", "line 1: write /sh COMMAND"),
        ("/write", "line 1: write /write PATH, with the content on the lines below"),
        ("/sh ls\nand then?", "line 2 is neither a command nor part of one"),
        (
            "/grep 'open",
            "line 1: /grep takes a PATTERN and at most one PATH; quote what has spaces",
        ),
        (
            "/tool a.b [1]",
            "line 1: /tool a.b: the arguments are one JSON object, and nothing after it",
        ),
        (
            "/tool a.b {} x",
            "line 1: /tool a.b: the arguments are one JSON object, and nothing after it",
        ),
        (
            "/edit a\nno markers",
            "line 1: /edit needs the lines <<<<<<<, old text, =======, new text, >>>>>>>",
        ),
        (
            "/edit a\n<<<<<<<\n=======\nx\n>>>>>>>",
            "line 1: /edit needs the old text between <<<<<<< and =======",
        ),
        (
            "/ls\n```plan\nplan: [{tool: x}]\n```",
            "a plan must be the only thing to run in a prompt",
        ),
    ],
)
def test_nothing_runs_when_any_line_is_unclear(prompt, reason):
    with pytest.raises(NotUnderstoodError) as refusal:
        parse(prompt)

    assert str(refusal.value) == reason
