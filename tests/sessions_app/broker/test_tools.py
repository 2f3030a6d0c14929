"""What a tool is given: checked before anything is written down."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from sessions_app.broker.tools import BUILT_IN, INPUT_LIMIT, fault_in, input_hash, key_of
from sessions_app.runtimes.base import ToolSpec


def spec(schema: Any) -> ToolSpec:
    return ToolSpec(name="server.tool", description="", input_schema=schema)


@pytest.mark.parametrize(
    ("tool", "given", "fault"),
    [
        ("shell", {}, "shell: input: 'command' is a required property"),
        ("shell", {"command": "x", "cwd": "/"}, "Additional properties are not allowed"),
        ("shell", {"command": "x", "timeout_seconds": 0}, "shell: timeout_seconds: 0 is less"),
        ("read_file", {"path": "a\ud800"}, "read_file: the input is not valid JSON."),
        ("write_file", {"path": "a", "content": "x" * INPUT_LIMIT}, "at most"),
        ("grep", {"pattern": float("nan")}, "grep: the input is not valid JSON."),
        ("grep", {"pattern": b"bytes"}, "grep: the input is not valid JSON."),
    ],
)
def test_a_fault_is_said_in_one_sentence(tool: str, given: Any, fault: str) -> None:
    found = fault_in(BUILT_IN[tool], given)

    assert fault in found
    assert "\n" not in found


def test_good_input_has_no_fault() -> None:
    assert fault_in(BUILT_IN["write_file"], {"path": "a", "content": "\x00 \U0001f600"}) == ""


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "#/$defs/absent"},
        {"$ref": "#"},
        {"properties": []},
        {"allOf": 3},
    ],
)
def test_a_schema_that_cannot_be_used_is_an_answer_not_a_crash(schema: Any) -> None:
    assert fault_in(spec(schema), {"a": 1}) == "server.tool: its input schema cannot be used."


def test_a_schema_cannot_make_us_fetch_anything() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema"

        assert "cannot be used" in fault_in(spec({"$ref": address}), {})

        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"pattern": "^(a+)+$"}}},
        {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
        {"properties": {"a": {"pattern": "("}}},
    ],
)
def test_a_servers_patterns_are_left_to_the_server(schema: Any) -> None:
    evil = "a" * 64 + "!"

    assert fault_in(spec(schema), {"a": evil, evil: 1}) == ""


def test_the_hash_binds_tool_and_input_and_not_the_order_of_keys() -> None:
    one = input_hash("shell", {"command": "ls", "timeout_seconds": 5})

    assert one == input_hash("shell", {"timeout_seconds": 5, "command": "ls"})
    assert len({one, input_hash("grep", {"command": "ls", "timeout_seconds": 5})}) == 2
    assert one != input_hash("shell", {"command": "ls ", "timeout_seconds": 5})
    assert one != input_hash("shell", {"command": "ls", "timeout_seconds": "5"})


def test_a_name_that_no_row_can_hold_has_a_stand_in_of_its_own() -> None:
    strange = ["", "x" * 201, "x" * 202, "a\x00", "a\ud800"]

    assert key_of("toolu_01") == "toolu_01"
    assert len({key_of(name) for name in strange}) == len(strange)
    assert all(len(key_of(name)) == 64 for name in strange)
