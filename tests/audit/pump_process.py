"""A process that pumps until it is killed: `python -m tests.audit.pump_process KEY FILE DIE_AT`."""

from __future__ import annotations

import os
import signal
import sys
from collections import defaultdict
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
django.setup()

from audit.services import pump  # noqa: E402
from kernel import events  # noqa: E402


def main(key: str, file: str, die_at: int) -> None:
    """Write down every fact; end without warning after the n-th, before the cursor moves."""
    events.durable = defaultdict(list)
    seen: list[str] = []

    @events.listen("kernel.strangers_denied", key=key)
    def write_down(fact: events.Delivered) -> None:
        with Path(file).open("a") as notes:
            notes.write(f"{fact.fact_id}\n")
        seen.append(str(fact.fact_id))
        if len(seen) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    pump.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
