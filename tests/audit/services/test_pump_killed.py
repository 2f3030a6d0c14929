"""A pump killed between handling a fact and moving the cursor delivers it again, and only adds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from audit.selectors import delivery
from audit.services import cursors
from kernel.events import listen
from tests import database
from tests.audit.listening import Heard, committed, key
from tests.factories.ledger import deliver_all


@pytest.mark.kill
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_listeners")
def test_a_killed_pump_loses_nothing(tmp_path: Path) -> None:
    name, notes, heard = key(), tmp_path / "notes", Heard()
    listen("kernel.strangers_denied", key=name)(heard)
    cursors.advance(name, delivery.last())
    ids = [str(committed(number).fact_id) for number in range(5)]
    while delivery.settled() < delivery.last():
        pass

    process = subprocess.run(
        [sys.executable, "-m", "tests.audit.pump_process", name, str(notes), "3"],
        env={**os.environ, "DATABASE_URL": database.runtime_url(connection.settings_dict["NAME"])},
        cwd=database.ROOT,
        timeout=120,
        check=False,
    )
    deliver_all()

    assert process.returncode == -9
    assert notes.read_text().split() == ids[:3]
    assert [str(one) for one in heard.ids] == ids
