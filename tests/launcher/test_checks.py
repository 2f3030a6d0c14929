"""`test` and its kin: the database they are given and the exit code they give back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from launcher.arguments import ROOT
from launcher.checks import test_database as database_for_tests


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


@pytest.mark.parametrize(
    ("text", "code"), [("assert True", 0), ("assert False", 1), ("syntax error", 1)]
)
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
