"""Ports, addresses, and one `up` per data directory."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.address import base_url, claim_port, unready_reason
from launcher.arguments import ROOT
from launcher.failure import LauncherError
from launcher.instance import Instance, holder


def test_port_zero_takes_a_free_one() -> None:
    port = claim_port("127.0.0.1", 0)

    with socket.socket() as mine:
        mine.bind(("127.0.0.1", port))


def test_a_port_in_use_is_told_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(LauncherError) as refusal:
            claim_port("127.0.0.1", port)

    assert str(refusal.value) == (
        f"Port {port} on 127.0.0.1 is in use: choose another with --port, or 0 for a free one."
    )


def test_an_address_that_is_not_ours_is_told_in_one_sentence() -> None:
    with pytest.raises(LauncherError, match=r"^Quarterdeck cannot listen on 192\.0\.2\.1 port 0: "):
        claim_port("192.0.2.1", 0)


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("deck.local", "http://deck.local:80"),
    ],
)
def test_the_address_to_open(bind: str, url: str) -> None:
    assert base_url(bind, 80) == url


def test_a_server_that_is_not_there_is_not_ready() -> None:
    assert unready_reason(f"http://127.0.0.1:{claim_port('127.0.0.1', 0)}") == "nobody answers yet"


def test_a_second_up_is_told_who_runs(tmp_path: Path) -> None:
    first = Instance(tmp_path, "http://127.0.0.1:8000")

    with pytest.raises(LauncherError) as refusal:
        Instance(tmp_path, "http://127.0.0.1:8001")

    assert re.fullmatch(
        rf"Quarterdeck already runs on {re.escape(str(tmp_path))} at http://127\.0\.0\.1:8000 "
        r"\(process \d+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\): "
        r"stop it or choose another --data-dir\.",
        str(refusal.value),
    )
    first.release()
    Instance(tmp_path, "http://127.0.0.1:8001").release()


def test_whoever_holds_a_directory_is_known_while_they_do(tmp_path: Path) -> None:
    before = holder(tmp_path)
    held = Instance(tmp_path, what="A restore")
    note = holder(tmp_path)
    with pytest.raises(LauncherError, match=r"^A restore already runs on \S+ \(process \d+"):
        Instance(tmp_path, "http://127.0.0.1:8000")
    held.release()

    assert before is None
    assert note is not None
    assert note["what"] == "A restore"
    assert holder(tmp_path) is None


@pytest.mark.kill
def test_a_killed_up_leaves_its_place_free(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time; from launcher.instance import Instance\n"
        "held = Instance(pathlib.Path(sys.argv[1]), 'http://x'); print('held', flush=True)\n"
        "time.sleep(600)"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"held\n"

    killed.kill()
    killed.communicate()

    Instance(tmp_path, "http://127.0.0.1:8000").release()
