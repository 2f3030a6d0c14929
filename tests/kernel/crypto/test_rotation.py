"""Master keys change while nothing is lost, also when the change is cut off in the middle."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import BinaryField

from identity.models import Secret
from identity.models.secrets import place_of
from identity.services.secrets import opened, rotate_secret
from kernel.crypto import keyring, open_sealed, rotation, seal
from kernel.crypto.keyring import UnsealError, parse, resealed, version_of
from tests import database
from tests.factories.cast import Cast, make_cast

FIRST, SECOND = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
BOTH = f"1:{FIRST}\n2:{SECOND}"


@pytest.fixture
def keys(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set the installation's keys, as a restart would."""

    def become(text: str) -> None:
        settings.MASTER_KEY = text
        keyring.cache_clear()

    # Other tests' rows are sealed by their own key, and theirs to keep.
    monkeypatch.setattr(rotation, "_fields", [f for f in rotation.declared() if f.model is Secret])
    yield become
    keyring.cache_clear()


def stored(cast: Cast, count: int) -> list[Secret]:
    rows = [Secret(organization=cast.acme, name=f"s{n}") for n in range(count)]
    for n, row in enumerate(rows):
        row.put(f"value number {n}")
    return Secret.objects.bulk_create(rows)


def values(count: int) -> bool:
    rows = {row.name: opened(row) for row in Secret.objects.all()}
    return rows == {f"s{n}": f"value number {n}" for n in range(count)}


def test_an_envelope_is_wrapped_anew_and_its_content_stays(keys: Any) -> None:
    keys(FIRST)
    old, plain = seal("a value", "t|1|f"), keyring().seal(b"another", "t|2|f")

    keys(BOTH)
    new = resealed(old, "t|1|f")

    assert (version_of(old), version_of(plain), version_of(new)) == (1, 1, 2)
    assert new[64:] == old[64:]
    assert version_of(resealed(plain, "t|2|f")) == 2
    keys(f"2:{SECOND}")
    assert open_sealed(new, "t|1|f") == "a value"
    assert open_sealed(resealed(keyring().seal(b"x", "p"), "p"), "p") == "x"
    for wrong in (lambda: open_sealed(new, "t|2|f"), lambda: open_sealed(old, "t|1|f"),
                  lambda: open_sealed(new[:-1] + b"!", "t|1|f")):  # fmt: skip
        with pytest.raises(UnsealError):
            wrong()


def test_a_rotation_that_was_cut_off_goes_on_where_it_was(
    cast: Cast, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "_BATCH", 4)
    keys(FIRST)
    stored(cast, 11)
    keys(BOTH)

    with pytest.raises(KeyboardInterrupt):
        rotation.reseal(_stop)
    half = rotation.left_behind()
    assert half == {1: 7}
    assert values(11)
    waiting = next(row for row in Secret.objects.all() if version_of(bytes(row.sealed)) == 1)
    rotate_secret(cast.alice, waiting, value=f"value number {waiting.name[1:]}")
    assert rotation.reseal() == 6

    assert rotation.left_behind() == {}
    assert rotation.reseal() == 0
    keys(f"2:{SECOND}")
    assert values(11)


def _stop(done: int) -> None:
    raise KeyboardInterrupt


@pytest.mark.kill
@pytest.mark.django_db(transaction=True)
def test_a_killed_rotation_loses_nothing(keys: Any) -> None:
    keys(FIRST)
    stored(make_cast(), 900)
    keys(BOTH)
    environment = {
        **os.environ,
        "DATABASE_URL": database.runtime_url(connection.settings_dict["NAME"]),
        "QUARTERDECK_MASTER_KEY": BOTH,
        "PYTHONUNBUFFERED": "1",
    }

    with subprocess.Popen(
        [sys.executable, "-m", "tests.kernel.crypto.rotation_process"],
        cwd=database.ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "200 so far\n"
        process.send_signal(signal.SIGKILL)

    left = rotation.left_behind()[1]
    assert 0 < left < 900
    assert values(900)
    assert rotation.reseal() == left
    keys(f"2:{SECOND}")
    assert values(900)


def test_the_command_makes_a_key_beside_the_old_one(
    tmp_path: Path, settings: Any, keys: Any, capsys: pytest.CaptureFixture[str], cast: Cast
) -> None:
    settings.DATA_DIR = tmp_path
    with pytest.raises(CommandError):
        call_command("rotate_keys", new=True)
    path = tmp_path / "keys" / "master"
    path.parent.mkdir()
    path.write_text(f"{FIRST}\n")
    keys(FIRST)
    stored(cast, 2)

    call_command("rotate_keys", new=True)
    keys(path.read_text())
    call_command("rotate_keys", status=True)

    ring = parse(path.read_text())
    assert ring.keys[1] == bytes([1]) * 32
    assert sorted(ring.keys) == [1, 2]
    assert path.stat().st_mode & 0o777 == 0o600
    said = capsys.readouterr().out
    assert "key 1 still opens 2 values" in said
    assert base64.b64encode(ring.keys[2]).decode() not in said
    call_command("rotate_keys")
    assert version_of(bytes(Secret.objects.get(name="s1").sealed)) == 2
    assert open_sealed(bytes((row := Secret.objects.get(name="s1")).sealed), place_of(row.pk))


def test_every_sealed_column_of_the_house_is_declared() -> None:
    """A column that rotation does not know would be lost with the old key."""
    known = {(one.model, one.field) for one in rotation.declared()}
    sealed = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, BinaryField) and field.name in {"sealed", "wrapped"}
    }

    assert known == sealed
