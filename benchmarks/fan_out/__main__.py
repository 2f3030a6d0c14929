"""CPU and lateness of a delivery: our hub against stock Channels groups on the same server.

Two Daphne processes run the same program; the same people watch the same session in both, in ours
through `/ws/sessions/…`, in the other through stock groups. Events of about 200 bytes are published
to one and then the other, in blocks that take turns. Lateness runs from before the publisher's
transaction (or send) until the watcher's process has read the frame, on one monotonic clock.
Then one watcher stops reading while others go on.
"""

from __future__ import annotations

import json
import resource
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from benchmarks.figures import load_average, percentile
from benchmarks.house import cloned, use

# isort: split
from django.db import transaction

from benchmarks.fan_out import machines
from benchmarks.fan_out.people import Audience, make_audience
from benchmarks.fan_out.sockets import Frames, drain, open_socket, send_text
from benchmarks.fan_out.stalled import stalled
from kernel.streams import Entry, append
from sessions_app.streams import SESSIONS
from tests.database import runtime_url

SIZES = ((50, 5.0), (200, 5.0), (1000, 2.0))
"""Watchers and events a second, as Channels' own complaints were measured."""
BLOCKS, BLOCK_SECONDS, SETTLE_SECONDS = 3, 6.0, 2.0
FILLER = "x" * 120
Publish = Callable[[str], None]


def publish_ours(audience: Audience, block: str) -> None:
    """Append one event in a transaction of its own, as the runner does."""
    stamp = {"t": time.monotonic_ns(), "b": block}
    with transaction.atomic():
        append(SESSIONS, audience.session.pk, audience.owner, [Entry(type="CUSTOM", data=stamp)])


def publish_stock(line: socket.socket, frames: Frames, block: str) -> None:
    """Send one frame of the same size to the group; the publisher is in it too."""
    drain(line, frames)
    stamp = f'"b":"{block}","t":{time.monotonic_ns()}'
    send_text(line, f'{{"kind":"event","data":{{{stamp}}},"filler":"{FILLER}"}}')


def block(publish: Publish, name: str, rate: float, pid: int) -> tuple[int, float]:
    """One block: events published and CPU seconds of the server."""
    before, started, count = machines.cpu_seconds(pid), time.monotonic(), 0
    while time.monotonic() - started < BLOCK_SECONDS:
        publish(name)
        count += 1
        time.sleep(max(0.0, started + count / rate - time.monotonic()))
    time.sleep(SETTLE_SECONDS)
    return count, machines.cpu_seconds(pid) - before


def compare(
    audience: Audience, watchers: int, rate: float, environment: dict[str, str]
) -> dict[str, float]:
    """Both ways with so many watchers, in turns."""
    pk, tokens = audience.session.pk, audience.tokens[:watchers]
    with ExitStack() as stack:
        ours, ours_pid = stack.enter_context(machines.server(environment))
        stock, stock_pid = stack.enter_context(machines.server(environment))
        audience.session.refresh_from_db()
        after = audience.session.last_seq
        places = (ours, f"/ws/sessions/{pk}?after={after}"), (stock, f"/ws/stock/{pk}")
        crowds = [machines.Crowd(port, path, tokens) for port, path in places]
        for crowd in crowds:
            stack.callback(crowd.stop)
            crowd.ready()
        line = open_socket(stock, f"/ws/stock/{pk}", audience.token)
        line.settimeout(60)
        time.sleep(SETTLE_SECONDS + watchers / 250)
        cpu: dict[int, list[float]] = {ours_pid: [], stock_pid: []}
        ways: list[tuple[int, Publish]] = [
            (ours_pid, partial(publish_ours, audience)),
            (stock_pid, partial(publish_stock, line, Frames())),
        ]
        for number in range(BLOCKS + 1):
            for pid, publish in ways:
                count, seconds = block(publish, f"b{number}", rate, pid)
                cpu[pid].append(seconds / count / watchers * 1e6)
        found = [crowd.leave() for crowd in crowds]
    return figures(cpu, found, watchers)


def figures(
    cpu: dict[int, list[float]], found: list[tuple[dict[str, list[float]], int]], watchers: int
) -> dict[str, float]:
    """Medians over the blocks; the first block warms up and counts for nothing."""
    line: dict[str, float] = {"watchers": watchers}
    names = [f"b{n}" for n in range(1, BLOCKS + 1)]
    for way, costs, (blocks, lost) in zip(("ours", "stock"), cpu.values(), found, strict=True):
        late = [blocks[name] for name in names]
        line[f"{way}_us"] = round(statistics.median(costs[1:]), 1)
        line[f"{way}_p50_ms"] = round(statistics.median(percentile(b, 50) for b in late), 1)
        line[f"{way}_p99_ms"] = round(statistics.median(percentile(b, 99) for b in late), 1)
        line[f"{way}_deliveries"] = sum(len(b) for b in late)
        line[f"{way}_lost"] = lost
    line["cpu_ratio"] = round(line["ours_us"] / line["stock_us"], 3)
    line["p99_ratio"] = round(line["ours_p99_ms"] / line["stock_p99_ms"], 3)
    return line


def main() -> None:
    """Print one JSON line; targets: CPU ratio 0.35, p99 ratio 0.25, stalled ratio 1.2."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with cloned("fan") as name, machines.redis() as address, tempfile.TemporaryDirectory() as data:
        use(name)
        audience = make_audience(max(count for count, _ in SIZES))
        environment = {
            "DATABASE_URL": runtime_url(name),
            "DATABASE_POOL": "16",
            "REDIS_URL": address,
            "QUARTERDECK_DATA_DIR": data,
            "DJANGO_SETTINGS_MODULE": "config.settings.main",
        }
        slow = stalled(audience, environment)
        sizes = [compare(audience, *size, environment) for size in SIZES]
    line = {
        "name": "fan_out",
        "peer": "channels_redis pubsub" if address else "channels in-memory layer",
        "ratio": max(size["cpu_ratio"] for size in sizes),
        "target": 0.35,
        "p99_ratio": max(size["p99_ratio"] for size in sizes),
        "p99_target": 0.25,
        "load": load_average(),
        "sizes": sizes,
        "stalled": slow,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
