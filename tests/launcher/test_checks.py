"""`test` and its kin: the database they are given and the exit code they give back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
import pytest

from launcher.arguments import ROOT
from launcher.checks import test_database as database_for_tests
from tests.launcher.trees import wait_for


def test_tests_get_a_server_of_their_own_that_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    with database_for_tests() as variables:
        with psycopg.connect(variables["DATABASE_OWNER_URL"]) as owner:
            (durable,) = owner.execute("SHOW fsync").fetchone() or ("?",)
        directory = Path(parse_qs(urlsplit(variables["DATABASE_URL"]).query)["host"][0])
        assert directory.exists()

    assert durable == "off"
    assert not directory.parent.exists()


def test_a_database_that_is_given_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://given")

    with database_for_tests() as variables:
        assert variables == {}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "code"), [("assert True", 0), ("assert False", 1)])
def test_the_exit_code_says_whether_there_were_findings(
    tmp_path: Path, text: str, code: int
) -> None:
    test = tmp_path / "test_it.py"
    test.write_text(f"def test_it():\n    {text}\n")
    arguments = [
        str(test),
        "-n0",
        "-p",
        "no:randomly",
        "-c",
        os.devnull,
        "--rootdir",
        str(tmp_path),
    ]

    done = subprocess.run(
        [ROOT / "quarterdeck", "test", "--no-system", *arguments],
        env={**os.environ, "QUARTERDECK_PYTHON": sys.executable, "DATABASE_URL": "postgresql://x"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code, done.stdout + done.stderr


SLEEPS = """
import os, pathlib, time

def test_it():
    pathlib.Path(__file__).with_name("url").write_text(os.environ["DATABASE_URL"])
    time.sleep(600)
"""


@pytest.mark.kill
@pytest.mark.slow
@pytest.mark.parametrize("deadly", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_no_server(tmp_path: Path, deadly: signal.Signals) -> None:
    (tmp_path / "test_it.py").write_text(SLEEPS)
    url = tmp_path / "url"
    arguments = [str(tmp_path), "-n0", "-c", os.devnull, "--rootdir", str(tmp_path)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    # A child inherits an ignored signal, which is what a shell gives whom it runs in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    running = subprocess.Popen(
        [ROOT / "quarterdeck", "test", "--no-system", *arguments],
        env={**kept, "QUARTERDECK_PYTHON": sys.executable},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: url.exists() and url.read_text(), "the test runs")
        data = Path(parse_qs(urlsplit(url.read_text()).query)["host"][0])
        server = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
        (test,) = [p for p in psutil.Process(running.pid).children() if "pytest" in p.cmdline()]

        running.send_signal(deadly)

        assert running.wait() == (-deadly if deadly == signal.SIGKILL else 1)
        wait_for(lambda: not server.is_running(), "the server is stopped")
        wait_for(lambda: not test.is_running(), "pytest is stopped")
        shutil.rmtree(data.parent, ignore_errors=True)
    finally:
        running.kill()
        running.wait()
