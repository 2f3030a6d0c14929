"""What a registration may say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernel.errors import InvalidError
from marketplace.engine.spec import ServerSpec, Value, check

ROOTS = ("/srv/servers",)
STDIO = ServerSpec(name="git", transport="stdio", command="mcp-server-git")
HTTP = ServerSpec(name="docs", transport="http", url="https://example.com/mcp")


def faults(spec: ServerSpec) -> list[str]:
    with pytest.raises(InvalidError) as refused:
        check(spec, roots=ROOTS)
    return [error["pointer"] for error in refused.value.extra["errors"]]


def test_sound_registrations_pass() -> None:
    check(STDIO, roots=ROOTS)
    check(HTTP, roots=ROOTS)
    check(
        replace(
            STDIO,
            command="/srv/servers/git/bin/mcp-server-git",
            read_only_paths=("/srv/servers/git",),
            domains=("*.example.com", "api.example.com:8443"),
            env={"TOKEN": Value(text="x"), "TZ": Value(text="UTC", secret=False)},
        ),
        roots=ROOTS,
    )


@pytest.mark.parametrize("name", ["", "a.b", "a b", "-git", "x" * 61, "git\n", "ü"])
def test_a_name_is_part_of_tool_names(name: str) -> None:
    assert faults(replace(STDIO, name=name)) == ["/name"]


@pytest.mark.parametrize(
    ("path", "sound"),
    [
        ("/srv/servers/git", True),
        ("/srv/servers", True),
        ("/srv/serversx", False),
        ("/srv/servers/../../etc", False),
        ("/etc", False),
        ("servers/git", False),
        ("/srv/servers/a\x00b", False),
    ],
)
def test_a_server_reads_below_the_operators_roots_only(path: str, sound: bool) -> None:
    spec = replace(STDIO, read_only_paths=(path,))

    if sound:
        check(spec, roots=ROOTS)
    else:
        assert faults(spec) == ["/read_only_paths/0"]


def test_a_program_outside_the_sandbox_is_named_before_it_fails_to_start() -> None:
    assert faults(replace(STDIO, command="/opt/git/bin/server")) == ["/command"]


def test_secrets_in_arguments_and_addresses_are_refused() -> None:
    token = "ghp_" + "a" * 36

    assert faults(replace(STDIO, args=("--token", token))) == ["/args/1"]
    assert faults(replace(HTTP, url=f"https://example.com/mcp?key={token}")) == ["/url"]
    assert faults(replace(HTTP, url="https://me:secret@example.com/mcp")) == ["/url"]


@pytest.mark.parametrize("url", ["", "ftp://a", "https://", "example.com", "http://a b:x/", "//h/"])
def test_an_address_is_http(url: str) -> None:
    assert "/url" in faults(replace(HTTP, url=url))


@pytest.mark.parametrize(
    ("headers", "pointer"),
    [
        ({"Host": Value(text="x")}, "/headers/Host"),
        ({"mcp-session-id": Value(text="x")}, "/headers/mcp-session-id"),
        ({"X-Key": Value(text="a\r\nB: c")}, "/headers/X-Key"),
        ({"X Key": Value(text="a")}, "/headers"),
        ({"X-Key": Value(), "x-key": Value()}, "/headers/X-Key"),
    ],
)
def test_headers_cannot_smuggle(headers: dict[str, Value], pointer: str) -> None:
    assert pointer in faults(replace(HTTP, headers=headers))


def test_home_is_the_sandboxs_own() -> None:
    assert faults(replace(STDIO, env={"HOME": Value(text="/root")})) == ["/env/HOME"]
    assert faults(replace(STDIO, env={"1X": Value(text="y")})) == ["/env"]


def test_words_of_the_other_transport_are_refused() -> None:
    assert faults(replace(STDIO, url="https://example.com")) == ["/url"]
    assert faults(replace(HTTP, command="sh")) == ["/command"]
    assert faults(replace(HTTP, mount_workspace="write")) == ["/domains"]


def test_choices_are_checked() -> None:
    spec = replace(STDIO, state="sticky", mount_workspace="all", timeout_seconds=0)

    assert faults(spec) == ["/timeout_seconds", "/state", "/mount_workspace"]
