"""Many watchers in one process: waits for frames, notes how late each was.

Standard input: one JSON object {port, path, tokens}; then it prints `ready`; at the end of input
it prints one JSON object: block → {deliveries, latencies in ms}, and how many sockets were lost.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
from collections import defaultdict

from benchmarks.fan_out.sockets import PING, TEXT, Frames, answer_ping, open_socket

TRIES = 5
STAMP = re.compile(rb'"b":"(\w+)","t":(\d+)')
"""In the order in which a `jsonb` column gives its keys."""


def main() -> None:
    """Connect one after the other, then read until told to stop."""
    wanted = json.loads(sys.stdin.readline())
    selector = selectors.DefaultSelector()
    for token in wanted["tokens"]:
        line = patiently(wanted["port"], wanted["path"], token)
        line.settimeout(0)
        selector.register(line, selectors.EVENT_READ, Frames())
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    print("ready", flush=True)
    late, lost = watch(selector)
    print(json.dumps({"blocks": late, "lost": lost}), flush=True)


def patiently(port: int, path: str, token: str) -> socket.socket:
    """A busy machine may take more than the five seconds that Daphne gives a handshake."""
    for _ in range(TRIES):
        try:
            return open_socket(port, path, token)
        except OSError as refused:
            print(f"again: {str(refused)[:40]!r}", file=sys.stderr)
            time.sleep(1)
    return open_socket(port, path, token)


def read(line: socket.socket) -> bytes:
    """What has come; nothing when the line broke."""
    try:
        return line.recv(262144)
    except ConnectionError:
        return b""


def watch(selector: selectors.BaseSelector) -> tuple[dict[str, list[float]], int]:
    """Latencies in milliseconds by block, and the number of sockets that ended."""
    late: dict[str, list[float]] = defaultdict(list)
    lost = 0
    while True:
        for key, _ in selector.select():
            if key.data is None:
                return late, lost
            data = read(key.fileobj)  # type: ignore[arg-type]
            now = time.monotonic_ns()
            if not data:
                selector.unregister(key.fileobj)
                lost += 1
                continue
            for opcode, payload in key.data.feed(data):
                if opcode == PING:
                    answer_ping(key.fileobj, payload)  # type: ignore[arg-type]
                found = STAMP.search(payload) if opcode == TEXT else None
                if found:
                    late[found[1].decode()].append((now - int(found[2])) / 1e6)


if __name__ == "__main__":
    main()
