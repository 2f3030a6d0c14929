"""Lazy start, sharing, letting go, and leaving a failing server alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kernel.ids import uuid7
from kernel.threads import threaded
from marketplace.engine.spec import Value
from marketplace.errors import (
    GatewayBusyError,
    ServerCrashedError,
    ServerStartError,
    ServerUnavailableError,
    ValuesMissingError,
)
from marketplace.gateway.bounds import Bounds
from marketplace.models import MCPServer
from marketplace.services.servers import update_server
from tests.factories.cast import Cast
from tests.marketplace.gateway.conftest import SHORT, Gateway, plain
from tests.marketplace.gateway.test_calls import _until, _until_read

pytestmark = pytest.mark.django_db(transaction=True)
Raw = Callable[..., MCPServer]


@pytest.fixture
def bounds() -> Bounds:
    fields = {**vars(SHORT), "connections": 2, "calls": 4, "waiting": 2, "cooldown_seconds": 3.0}
    return Bounds(**fields)


async def test_a_server_starts_at_its_first_call_and_ends_when_idle(
    gateway: Gateway, raw: Raw
) -> None:
    server = await threaded(raw)()
    assert gateway.roots == []

    await asyncio.gather(*(gateway.call(server, "echo") for _ in range(3)))
    assert len(gateway.roots) == 1
    await gateway.service.pool.reap()
    assert len(gateway.roots) == 1

    object.__setattr__(gateway.bounds, "idle_seconds", 0.0)
    await gateway.service.pool.reap()
    await _until(lambda: not gateway.processes)


async def test_a_busy_server_is_not_reaped(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()
    object.__setattr__(gateway.bounds, "idle_seconds", 0.0)
    calling = asyncio.create_task(gateway.call(server, "wait", {"path": "go"}))
    await _until((gateway.home(server) / "waiting").exists)

    await gateway.service.pool.reap()

    (gateway.home(server) / "go").touch()
    assert (await calling).text == "found"


async def test_a_changed_registration_gets_a_new_process_and_the_old_one_finishes(
    gateway: Gateway, raw: Raw, cast: Cast
) -> None:
    server = await threaded(raw)(env={"TOKEN": "first-secret"})
    running = asyncio.create_task(gateway.call(server, "wait", {"path": "go"}))
    await _until((gateway.home(server) / "waiting").exists)

    changes = {"env": {"TOKEN": Value(text="second-secret"), "TZ": plain("UTC")}}
    await threaded(update_server)(cast.alice, server, changes=changes)
    assert (await gateway.call(server, "count")).text == "1"

    assert len(gateway.roots) == 2
    (gateway.home(server) / "go").touch()
    assert (await running).text == "found"
    await _until(lambda: len(gateway.roots) == 1)


async def test_the_longest_idle_server_makes_room(gateway: Gateway, raw: Raw) -> None:
    first, second, third = [await threaded(raw)(name) for name in ("a", "b", "c")]
    for server in (first, second, first):
        await gateway.call(server, "count")

    await gateway.call(third, "count")
    await _until(lambda: len(gateway.roots) == 2)

    assert (await gateway.call(first, "count")).text == "3"
    await _until(lambda: len(gateway.roots) == 2)
    assert (await gateway.call(second, "count")).text == "1"


async def test_when_all_servers_are_busy_a_further_one_is_refused(
    gateway: Gateway, raw: Raw
) -> None:
    first, second, third = [await threaded(raw)(name) for name in ("a", "b", "c")]
    calls = [
        asyncio.create_task(gateway.call(server, "sleep", {"seconds": 30}))
        for server in (first, second)
    ]
    for server in (first, second):
        await _until_read(gateway, server, "sleeping")

    with pytest.raises(GatewayBusyError):
        await gateway.call(third, "echo")

    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_calls_wait_for_their_turn_and_too_many_are_refused(
    gateway: Gateway, raw: Raw
) -> None:
    server = await threaded(raw)()
    await gateway.call(server, "echo")

    going = [asyncio.create_task(gateway.call(server, "wait", {"path": "go"})) for _ in range(8)]
    await _until(lambda: len([one for one in going if one.done()]) == 2)
    (gateway.home(server) / "go").touch()
    results = await asyncio.gather(*going, return_exceptions=True)

    refused = [one for one in results if isinstance(one, GatewayBusyError)]
    assert len(refused) == 2
    assert [one.text for one in results if not isinstance(one, Exception)] == ["found"] * 6


async def test_a_failing_server_is_left_alone_for_a_moment(
    gateway: Gateway, raw: Raw, cast: Cast
) -> None:
    server = await threaded(raw)(env={"REFUSE_TO_START": plain("no license")})
    for _attempt in range(3):
        with pytest.raises(ServerStartError):
            await gateway.call(server, "echo")

    with pytest.raises(ServerUnavailableError, match="raw failed 3 times in a row") as refused:
        await gateway.call(server, "echo")
    assert 0 < refused.value.extra["retry_after_seconds"] <= 1

    await asyncio.sleep(refused.value.extra["retry_after_seconds"])
    with pytest.raises(ServerStartError):
        await gateway.call(server, "echo")
    await threaded(update_server)(cast.alice, server, changes={"env": {}})
    assert (await gateway.call(server, "echo", {"text": "well"})).text == "well"


async def test_crashes_count_and_a_good_call_forgives(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)()
    for _round in range(2):
        for _crash in range(2):
            with pytest.raises(ServerCrashedError):
                await gateway.call(server, "crash")
        assert (await gateway.call(server, "echo", {"text": "well"})).text == "well"


async def test_a_server_that_lacks_values_is_not_started(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)(env={"TOKEN": Value(), "KEY": Value()})

    with pytest.raises(ValuesMissingError, match=r"raw needs values for: KEY, TOKEN\."):
        await gateway.call(server, "echo")


async def test_a_cancelled_start_leaves_nothing(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)(env={"START_SLOWLY": plain("30")})
    calling = asyncio.create_task(gateway.call(server, "echo"))
    await _until(lambda: gateway.roots)

    calling.cancel()

    await _until(lambda: not gateway.processes)


async def test_a_slow_start_has_a_limit(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)(env={"START_SLOWLY": plain("30")})
    object.__setattr__(gateway.bounds, "start_seconds", 0.5)

    with pytest.raises(ServerStartError, match=r"It was not ready within 0\.5 seconds\."):
        await gateway.call(server, "echo", session_id=uuid7())
    assert gateway.processes == []
