"""Story 0.7, the command line: one prompt in the terminal against a running installation."""

from __future__ import annotations

import subprocess
import sys

from tests.stories.house import ROOT, House, clean


def test_0_7_command_line(the_house: House) -> None:
    told = subprocess.run(
        [str(ROOT / "quarterdeck"), "session", "/sh echo by hand", "--url", the_house.url,
         "--token", the_house.alice.token],
        cwd=ROOT,
        env={**clean(), "QUARTERDECK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip

    assert told.returncode == 0, told.stderr
    assert "by hand" in told.stdout
