"""Modes × kinds of call, and the rules that no mode lifts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sessions_app.broker.ceiling import Ceiling
from sessions_app.broker.judgement import judge
from sessions_app.safety import Call

READ_ONLY = {"readOnlyHint": True}
CALLS: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "read": ("read_file", {"path": "notes.md"}, {}),
    "read credentials": ("read_file", {"path": "/root/.ssh/id_rsa"}, {}),
    "list": ("list_files", {}, {}),
    "grep": ("grep", {"pattern": "x"}, {}),
    "write": ("write_file", {"path": "notes.md", "content": "x"}, {}),
    "write outside": ("write_file", {"path": "/etc/passwd", "content": "x"}, {}),
    "edit": ("edit_file", {"path": "notes.md", "old": "a", "new": "b"}, {}),
    "shell reading": ("shell", {"command": "cat notes.md | wc -l"}, {}),
    "shell writing": ("shell", {"command": "echo x > notes.md"}, {}),
    "shell outside": ("shell", {"command": "mkdir /opt/thing"}, {}),
    "shell caution": ("shell", {"command": "./build --now"}, {}),
    "shell dangerous": ("shell", {"command": "rm -rf src"}, {}),
    "network": ("shell", {"command": "curl https://strange.example.net"}, {}),
    "network opened": ("shell", {"command": "curl https://api.example.org"}, {}),
    "mcp reading": ("git.status", {}, READ_ONLY),
    "mcp silent": ("git.commit", {}, {}),
    "mcp destructive": ("git.wipe", {}, {"destructiveHint": True}),
    "mcp lying": ("db.delete_everything", {}, READ_ONLY),
    "mcp lying sql": ("db.query", {"sql": "DROP TABLE users"}, READ_ONLY),
}
# default, acceptEdits, plan, bypassPermissions
MATRIX = {
    "read": "allow allow allow allow",
    "read credentials": "ask ask ask allow",
    "list": "allow allow allow allow",
    "grep": "allow allow allow allow",
    "write": "ask allow deny allow",
    "write outside": "ask ask deny allow",
    "edit": "ask allow deny allow",
    "shell reading": "allow allow allow allow",
    "shell writing": "allow allow deny allow",
    "shell outside": "ask ask deny allow",
    "shell caution": "allow allow deny allow",
    "shell dangerous": "ask ask deny allow",
    "network": "ask ask deny allow",
    "network opened": "allow allow deny allow",
    "mcp reading": "allow allow allow allow",
    "mcp silent": "ask ask deny allow",
    "mcp destructive": "ask ask deny allow",
    "mcp lying": "ask ask deny allow",
    "mcp lying sql": "ask ask deny allow",
}
MODES = ("default", "acceptEdits", "plan", "bypassPermissions")


def verdict(
    tool: str, arguments: Mapping[str, Any], hints: Mapping[str, Any] | None = None, **rules: Any
) -> str:
    call = Call(tool=tool, arguments=arguments, annotations=hints or {})
    return judge(call, Ceiling(**rules)).verdict


def shell(command: str, **rules: Any) -> str:
    return verdict("shell", {"command": command}, **rules)


@pytest.mark.parametrize("kind", CALLS)
def test_what_each_mode_makes_of_each_kind_of_call(kind: str) -> None:
    domains = ("*.example.org",)

    found = [verdict(*CALLS[kind], mode=mode, allowed_domains=domains) for mode in MODES]

    assert " ".join(found) == MATRIX[kind]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", CALLS)
def test_no_mode_lifts_a_rule_against_a_tool(kind: str, mode: str) -> None:
    tool, arguments, hints = CALLS[kind]

    for rule in (tool, "*", f"{tool[:2]}*"):
        assert verdict(tool, arguments, hints, mode=mode, denied_tools=[rule]) == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "git push origin main",
        "git   push",
        "g=git; $g push origin",
        "sh -c 'git push'",
        "echo x && (cd sub; git push -f)",
        "/usr/bin/git push",
        "git -C sub push",
        "git -c user.name=x --git-dir=.git push origin",
        "env A=1 timeout 5 git push",
        "find . -exec git push {} +",
        "echo Z2l0IHB1c2g= | base64 -d | sh",
    ],
)
def test_a_denied_command_is_found_however_it_is_called(command: str) -> None:
    rules = ["shell(git push*)"]

    assert shell(command, mode="bypassPermissions", denied_tools=rules) == "deny"
    assert shell("git status", mode="bypassPermissions", denied_tools=rules) == "allow"


@pytest.mark.parametrize(
    "path",
    [
        "docs/x", "./docs/x", "docs//x", "/workspace/docs/x", "/workspace/./docs/x", "a/../docs/x",
        "docs/sub/x", "//workspace/docs/x",
    ],
)  # fmt: skip
def test_a_denied_path_is_the_same_however_it_is_written(path: str) -> None:
    given = {"path": path, "content": ""}

    for rule in ("write_file(docs/*)", "write_file(./docs/*)", "write_file(/workspace/docs/*)"):
        assert verdict("write_file", given, mode="bypassPermissions", denied_tools=[rule]) == "deny"
        assert verdict("write_file", given, mode="acceptEdits", allowed_tools=[rule]) == "allow"


@pytest.mark.parametrize(
    "path", ["docs/../secret", "/workspace/docs/../../etc/x", "documents", "/docs/x", "../docs/x"]
)
def test_an_allowed_path_does_not_lead_elsewhere(path: str) -> None:
    given = {"path": path, "content": ""}

    assert verdict(
        "write_file", given, mode="acceptEdits", allowed_tools=["write_file(docs/*)"]
    ) == ("deny")


def test_paths_of_foreign_tools_are_found_under_any_of_their_names() -> None:
    rules = ["fs.*(private/*)"]

    for given in (
        {"file_path": "private/a"},
        {"paths": ["b", "./private/a"]},
        {"src": "private/a"},
    ):
        assert verdict("fs.get", given, mode="bypassPermissions", denied_tools=rules) == "deny"
    assert verdict("fs.get", {"path": "a"}, mode="bypassPermissions", denied_tools=rules) == "allow"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (("shell", {"command": "curl https://a.evil.example"}), "deny"),
        (("shell", {"command": "wget http://EVIL.example:8080/x"}), "deny"),
        (("web.fetch", {"url": "https://a.evil.example/x"}), "deny"),
        (("shell", {"command": "curl https://notevil.example"}), "allow"),
        (("shell", {"command": "cat evil.example"}), "allow"),
    ],
)
def test_a_denied_domain_is_denied_to_every_tool(call: Any, expected: str) -> None:
    rules = ["domain:evil.example", "domain:*.evil.example"]

    assert verdict(*call, mode="bypassPermissions", denied_tools=rules) == expected


def test_allowed_tools_cover_the_whole_call_or_nothing() -> None:
    rules = ["read_file", "shell(git *)"]

    assert verdict("read_file", {"path": "x"}, allowed_tools=rules) == "allow"
    assert verdict("list_files", {}, allowed_tools=rules) == "deny"
    assert verdict("git.status", {}, READ_ONLY, allowed_tools=rules) == "deny"
    assert shell("git log", allowed_tools=rules) == "allow"
    assert shell("git log | tee x", allowed_tools=rules) == "deny"
    assert shell("./git log", allowed_tools=rules) == "deny"
    assert shell("git log $(touch x)", allowed_tools=rules) == "deny"
    assert shell('eval "$(cat f)"', allowed_tools=rules) == "deny"
    assert shell("git push --force", allowed_tools=rules) == "ask"
    assert shell("git log", allowed_tools=["not a ( rule"]) == "deny"
    assert shell("git log", mode="bypassPermissions", allowed_tools=["read_file"]) == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "./ls", "bin/ls", "PATH=. ls", "ls(){ touch x; }; ls", "alias ls='touch x'; ls",
        "LD_PRELOAD=./x.so ls", "sort -o f x", "sort --output=f x", "sort --compress-prog=./x y",
        "uniq a b", "tree -o f", "tree -ao f", "rg --pre ./x y", "rg --pre=./x y", "file -C -m x",
        "file --compile", "find . -delete", "find . -exec touch f ;", "find . -fprint f",
        "git branch new", "git branch -D main", "git diff --output=f", "git log --outpu=f",
        "git show --ext-diff", "git grep -O./x y", "git -c core.pager=./x log", "git checkout x",
        "cat $(touch x)", "cat x > y", "cat x | tee y", "source ./x", "python3 -c 1", "env ls",
        "cat < /dev/tcp/192.0.2.1/80", "$X y", "if",
    ],
)  # fmt: skip
def test_plan_mode_denies_what_may_change_something(command: str) -> None:
    assert shell(command, mode="plan") == "deny"


@pytest.mark.parametrize(
    "command",
    [
        "cat x", "/usr/bin/ls -la", "git log --oneline", "git branch -a", "sort x | uniq -c",
        "find . -name '*.py'", "tree -a", "rg -n word src", "file x", "[ -f x ] && echo yes",
    ],
)  # fmt: skip
def test_plan_mode_lets_people_look(command: str) -> None:
    assert shell(command, mode="plan") == "allow"


@pytest.mark.parametrize(
    "command",
    [
        "cat .env",
        "cat < .env",
        "cd sub && cat ../.env",
        "grep KEY ./.env | head",
        "cp /workspace/.env out",
        "cat .e''nv",
        "bash -c 'cat .env'",
        "find . -name x -exec cat .env {} +",
    ],
)
def test_what_may_not_be_read_is_not_read_by_a_command_either(command: str) -> None:
    for rule in ("read_file(.env)", "read_file(./.env)", "*(.env)"):
        assert shell(command, mode="bypassPermissions", denied_tools=[rule]) == "deny"
    assert shell(command, mode="bypassPermissions", denied_tools=["read_file(other)"]) == "allow"


@pytest.mark.parametrize(
    "command", ["echo x > docs/a", "rm docs/a", "cp a docs/b", "tee docs/a < b", "mv docs/a b"]
)
def test_what_may_not_be_written_is_not_changed_by_a_command_either(command: str) -> None:
    rule = ["write_file(docs/*)"]

    assert shell(command, mode="bypassPermissions", denied_tools=rule) == "deny"
    assert shell("cat docs/a", mode="bypassPermissions", denied_tools=rule) == "allow"
