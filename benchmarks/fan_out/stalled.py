"""One watcher stops reading: it is dropped with 1013, and the others are not slower for it."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

from django.db import transaction

from benchmarks.fan_out import machines
from benchmarks.fan_out.people import Audience
from benchmarks.fan_out.sockets import CLOSE, Frames, open_socket
from benchmarks.figures import percentile
from kernel.streams import Entry, append
from sessions_app.streams import SESSIONS

OTHERS, RATE, FILLER = 50, 20.0, "x" * 16_000
PART_SECONDS, STALLED_SECONDS, PARTS, PATIENCE_SECONDS = 10.0, 34.0, 2, 60.0
BUFFER = 1 << 18
"""What the watcher takes without reading. Through less than a segment of loopback (64 kB) it would
take in what waits so slowly that no close frame could wait for it."""


def stalled(audience: Audience, environment: dict[str, str]) -> dict[str, object]:
    """p99 of the others in turns with and without somebody who does not read."""
    audience.session.refresh_from_db()
    path = f"/ws/sessions/{audience.session.pk}?after="
    with ExitStack() as stack:
        port, pid = stack.enter_context(machines.server(environment))
        crowd = machines.Crowd(port, f"{path}{audience.session.last_seq}", audience.tokens[:OTHERS])
        stack.callback(crowd.stop)
        crowd.ready()
        time.sleep(2)
        _publish(audience, "warm", 3, pid)
        codes, grown = [], []
        for _ in range(PARTS):
            before = _publish(audience, "alone", PART_SECONDS, pid)
            audience.session.refresh_from_db()
            line = open_socket(
                port,
                f"{path}{audience.session.last_seq}",
                audience.tokens[OTHERS],
                receive_bytes=BUFFER,
            )
            grown.append(_publish(audience, "beside", STALLED_SECONDS, pid) - before)
            codes.append(_close_code(line))
        late, lost = crowd.leave()
    alone, beside = percentile(late["alone"], 99), percentile(late["beside"], 99)
    return {
        "others": OTHERS,
        "lost": lost,
        "close_codes": codes,
        "memory_mb": round(max(grown), 1),
        "alone_p99_ms": round(alone, 1),
        "beside_p99_ms": round(beside, 1),
        "ratio": round(beside / alone, 3),
        "target": 1.2,
    }


def _publish(audience: Audience, block: str, seconds: float, pid: int) -> float:
    """Append events for so long; the most memory the server had meanwhile, in MB."""
    started, count, most = time.monotonic(), 0, 0.0
    while time.monotonic() - started < seconds:
        stamp = {"b": block, "t": time.monotonic_ns(), "filler": FILLER}
        with transaction.atomic():
            append(
                SESSIONS, audience.session.pk, audience.owner, [Entry(type="CUSTOM", data=stamp)]
            )
        count, most = count + 1, max(most, machines.resident_mb(pid))
        time.sleep(max(0.0, started + count / RATE - time.monotonic()))
    return most


def _close_code(line: socket.socket) -> int | None:
    """Read again, to the end: the code of the close frame, None when the line just broke."""
    frames, deadline = Frames(), time.monotonic() + PATIENCE_SECONDS
    line.settimeout(5)
    while time.monotonic() < deadline:
        try:
            data = line.recv(65536)
        except OSError:
            return None
        if not data:
            return None
        for opcode, payload in frames.feed(data):
            if opcode == CLOSE:
                return int.from_bytes(payload[:2])
    return None
