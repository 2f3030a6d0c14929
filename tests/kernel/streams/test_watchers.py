"""What a watcher is given: the bytes of a frame, the order of two ways, and how often."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from kernel.streams.watchers import Batch, Pace, Watcher
from kernel.streams.wire import framed, short_way
from tests.resilience.socket_client import Socket


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
async def test_a_frame_is_what_a_client_reads(size: int) -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    reader.feed_data(framed("é" + "x" * (size - 2)) if size else framed(""))
    reader.feed_eof()

    opcode, payload = await Socket(reader, None)._frame()  # type: ignore[arg-type]

    assert opcode == 1
    assert payload.decode() == ("é" + "x" * (size - 2) if size else "")
    assert reader.at_eof()


async def test_another_server_has_no_short_way() -> None:
    async def send(message: dict[str, object]) -> None:
        raise AssertionError(message)

    assert short_way(send) is None


async def test_nothing_overtakes_what_waits_in_the_queue() -> None:
    pushed: list[bytes] = []
    watcher = Watcher(push=lambda frames: pushed.append(frames) is None)
    batches = [Batch([(seq, f"event {seq}")]) for seq in range(1, 6)]

    watcher.take(batches[0])  # it does not wait yet
    assert await watcher.next() == (1, "event 1")
    watcher.have = 1
    waiting = asyncio.create_task(watcher.next())
    await asyncio.sleep(0)
    watcher.take(batches[1])
    watcher.take(batches[3])  # the third is missing: the feed has to see the gap
    watcher.take(batches[2])

    assert pushed == [framed("event 2")]
    assert watcher.have == 2
    assert await waiting == (4, "event 4")
    assert await watcher.next() == (3, "event 3")


def test_no_second_has_more_than_twenty_batches() -> None:
    pace, now, sent = Pace(), 1000.0, []
    for gap in itertools.chain([0.0] * 60, [0.3] * 10, [0.01] * 60):
        now += max(gap, pace.pause(now))
        sent.append(now)

    for moment in sent:
        assert sum(moment <= one < moment + 1 for one in sent) <= 20
    assert sent[7] < 1000.01  # eight at once
