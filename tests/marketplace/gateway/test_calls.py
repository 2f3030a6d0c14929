"""The contract of a tool call: result, error, timeout, crash, noise, size, cancellation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kernel.ids import uuid7
from kernel.threads import threaded
from marketplace.errors import (
    GatewayUnavailableError,
    InputRequiredError,
    ResultInvalidError,
    ResultTooLargeError,
    ServerCrashedError,
    ServerGoneError,
    ServerStartError,
    ToolFailedError,
    ToolTimeoutError,
    ToolUnknownError,
)
from marketplace.models import MCPServer
from marketplace.public import Progress, ToolCall, call_tool
from tests.marketplace.gateway.conftest import Gateway

pytestmark = pytest.mark.django_db(transaction=True)
Raw = Callable[..., MCPServer]


@pytest.mark.parametrize(("flags", "revision"), [((), "2025-11-25"), (("--modern",), "2026-07-28")])
async def test_a_tool_is_called_in_both_eras(
    gateway: Gateway, raw: Raw, flags: tuple[str, ...], revision: str
) -> None:
    server = await threaded(raw)("raw", *flags)

    result = await gateway.call(server, "echo", {"text": "héllo\n\x00"})

    assert (result.text, result.is_error) == ("héllo\n\x00", False)
    assert result.structured == {"said": {"text": "héllo\n\x00"}}
    await server.arefresh_from_db()
    assert (server.protocol_revision, server.tools_state) == (revision, "approved")


async def test_a_tool_that_fails_says_so_and_a_protocol_error_is_told_apart(
    gateway: Gateway, raw: Raw
) -> None:
    server = await threaded(raw)()

    failed = await gateway.call(server, "fail")

    assert (failed.text, failed.is_error) == ("failed with ", True)
    with pytest.raises(ToolFailedError, match="ValueError: bad argument"):
        await gateway.call(server, "protest")


async def test_an_unknown_tool_or_server_is_named(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()

    with pytest.raises(ToolUnknownError, match=r"raw has no tool named nothing\."):
        await gateway.call(server, "nothing")
    with pytest.raises(ServerGoneError):
        await call_tool(ToolCall(server_id=uuid7(), tool="echo", arguments={}))


async def test_a_call_that_takes_too_long_is_cancelled_at_the_server(
    gateway: Gateway, raw: Raw
) -> None:
    server = await threaded(raw)()

    with pytest.raises(ToolTimeoutError, match=r"raw did not answer within 0\.3 seconds\."):
        await gateway.call(server, "sleep", {"seconds": 30}, timeout_seconds=0.3)

    assert (await _until_read(gateway, server, "cancelled")) == ""


async def test_cancelling_the_caller_cancels_the_tool(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()
    await gateway.call(server, "echo")

    calling = asyncio.create_task(gateway.call(server, "sleep", {"seconds": 30}))
    await _until_read(gateway, server, "sleeping")
    calling.cancel()

    with pytest.raises(asyncio.CancelledError):
        await calling
    assert (await _until_read(gateway, server, "cancelled")) == ""
    assert (await gateway.call(server, "echo", {"text": "alive"})).text == "alive"


async def test_a_server_that_hangs_is_ended_and_the_next_call_gets_a_fresh_one(
    gateway: Gateway, raw: Raw
) -> None:
    server = await threaded(raw)()
    await gateway.call(server, "count")

    with pytest.raises(ToolTimeoutError):
        await gateway.call(server, "hang", timeout_seconds=0.3)

    await _until(lambda: not gateway.processes, seconds=20)
    assert (await gateway.call(server, "count")).text == "1"


async def test_a_crash_in_a_call_is_explained_and_the_server_starts_again(
    gateway: Gateway, raw: Raw
) -> None:
    server = await threaded(raw)()
    others = asyncio.create_task(gateway.call(server, "sleep", {"seconds": 30}))
    await _until_read(gateway, server, "sleeping")

    with pytest.raises(ServerCrashedError) as crashed:
        await gateway.call(server, "crash", {"code": 7})

    assert crashed.value.detail == (
        "The MCP server raw ended during the call. It ended with exit code 7."
    )
    assert crashed.value.extra["stderr"].startswith("panic: token")
    with pytest.raises(ServerCrashedError):
        await others
    assert (await gateway.call(server, "echo", {"text": "again"})).text == "again"


async def test_noise_on_both_streams_disturbs_nothing(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()

    noisy, quiet = await asyncio.gather(
        gateway.call(server, "noise"), gateway.call(server, "echo", {"text": "x"})
    )

    assert (noisy.text, quiet.text) == ("still here", "x")


async def test_a_result_over_the_limit_fails_alone(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()
    await gateway.call(server, "count")

    with pytest.raises(ResultTooLargeError, match="1048576"):
        await gateway.call(server, "huge", {"size": 30_000_000})

    assert len((await gateway.call(server, "huge", {"size": 900_000})).text) == 900_000
    assert (await gateway.call(server, "count")).text == "2"


async def test_a_line_without_end_ends_the_server(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()

    with pytest.raises(ServerCrashedError, match="longer than the limit"):
        await gateway.call(server, "endless")
    await _until(lambda: not gateway.processes)


async def test_an_answer_of_the_wrong_shape_is_named(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()

    with pytest.raises(ResultInvalidError):
        await gateway.call(server, "garbled")


async def test_a_tool_that_asks_a_person_is_refused(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)("raw", "--modern")

    with pytest.raises(InputRequiredError):
        await gateway.call(server, "ask")


async def test_progress_arrives_while_the_tool_runs(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()
    seen: list[Progress] = []

    async def note(progress: Progress) -> None:
        seen.append(progress)

    result = await gateway.call(server, "progress", on_progress=note)

    assert result.text == "done"
    assert seen == [Progress(progress=n + 1, total=3, message=f"{n}") for n in range(3)]


async def test_a_server_that_does_not_start_says_why(gateway: Gateway, raw: Raw) -> None:
    refusing = await threaded(raw)("refusing", env={"REFUSE_TO_START": "no license"})
    absent = await threaded(raw)("absent", command="no-such-program")

    with pytest.raises(ServerStartError) as refused:
        await gateway.call(refusing, "echo")
    with pytest.raises(ServerStartError) as missing:
        await gateway.call(absent, "echo")

    assert refused.value.detail == (
        "The MCP server refusing did not start. It ended with exit code 2."
    )
    assert refused.value.extra["stderr"] == "cannot start: [redacted]"
    assert "no-such-program" in missing.value.extra["stderr"]
    assert gateway.processes == []
    await refusing.arefresh_from_db()
    assert (refusing.error_code, refusing.error.splitlines()[-1]) == (
        "server_start",
        "cannot start: [redacted]",
    )


async def test_many_calls_share_one_process(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()

    results = await asyncio.gather(*(gateway.call(server, "count") for _ in range(40)))

    assert sorted(int(result.text) for result in results) == list(range(1, 41))


async def test_without_a_gateway_the_caller_is_told_soon(data_dir: Path) -> None:
    with pytest.raises(GatewayUnavailableError):
        await call_tool(ToolCall(server_id=uuid7(), tool="echo", arguments={}))


async def test_the_environment_is_scrubbed(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)("raw", env={"LEVEL": "debug-level"})

    shown = json.loads((await gateway.call(server, "environment")).text)

    assert shown.pop("LEVEL") == "[redacted]"
    assert shown.pop("HOME") == "/workspace/.home"
    assert set(shown) <= {"PATH", "LANG", "TERM", "TMPDIR", "PWD", "LC_CTYPE", "OLDPWD"}


async def _until(holds: Callable[[], object], *, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)


async def _until_read(gateway: Gateway, server: MCPServer, path: str) -> str:
    """Wait until the server finds the file that its cancelled tool leaves."""
    async with asyncio.timeout(10):
        while True:
            try:
                return (await gateway.call(server, "read", {"path": path})).text
            except ToolFailedError:
                await asyncio.sleep(0.05)
