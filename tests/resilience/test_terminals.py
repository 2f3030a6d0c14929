"""A runner that is killed takes its terminals with it."""

from __future__ import annotations

import pytest

from tests.resilience.test_kills import kill, sleepers
from tests.stories.house import House, until
from tests.stories.test_8_files import output

pytestmark = pytest.mark.kill
SECONDS = 7351


def test_a_killed_runner_leaves_no_shell(strong_house: House) -> None:
    alice = strong_house.alice
    session = alice.session("killed")
    terminal = alice.post(f"/sessions/{session}/terminals").json()["id"]
    where = f"/sessions/{session}/terminals/{terminal}"
    until(lambda: "$" in output(alice, session, terminal), what="a prompt of the shell")
    alice.post(f"{where}/input", {"data": f"setsid sleep {SECONDS} & sleep {SECONDS}\r"})
    until(lambda: len(sleepers(SECONDS)) >= 2, what="the commands to run")

    kill(strong_house, "runner")

    until(lambda: not sleepers(SECONDS), what="the commands to be gone")
    until(lambda: alice.get(where).json()["reason"] == "runner_lost", what="the reason to be told")
