"""From the data of the version before to this one; and back when the new code does not come up."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from launcher.arguments import ROOT, Options
from launcher.failure import LauncherError
from launcher.instance import Instance
from launcher.keys import keys_directory, master_key, write_secret
from launcher.operate import upgrade
from launcher.operate.archive import PARTIAL
from launcher.operate.upgrade import run_upgrade
from launcher.schema import applied, files, packages
from tests import database
from tests.factories.older import PEOPLE, make_older
from tests.launcher.operate.conftest import Site

pytestmark = pytest.mark.xdist_group("resilience")
COUNTS = "SELECT (SELECT count(*) FROM identity_user) + (SELECT count(*) FROM identity_membership)"


@pytest.fixture
def older(
    empty: Callable[[], Site], monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> Site:
    """An installation of the version before, with people in it."""
    site = empty()
    write_secret(keys_directory(site.data_dir) / "master", master_key())
    with django_db_blocker.unblock(), database.as_role(database.owner_url(site.name)):
        make_older()
    site.enter(monkeypatch)
    return site


def pending(site: Site) -> set[tuple[str, str]]:
    return files(ROOT) - applied(database.owner_url(site.name), packages(ROOT))


def options(site: Site, *, rehearsal: bool = True) -> Options:
    return Options("upgrade", site.data_dir, rehearsal=rehearsal)


def test_the_data_of_the_version_before_become_those_of_this_one(older: Site) -> None:
    assert pending(older)

    assert run_upgrade(options(older)) == 0

    assert pending(older) == set()
    assert older.ask(COUNTS) == 2 * PEOPLE
    assert len(list((older.data_dir / "backups").glob("*.tar"))) == 1
    assert list(older.data_dir.glob("rehearsal-*")) == []
    assert older.ask("SELECT count(*) FROM identity_user WHERE username LIKE 'rehearsal%'") == 0
    assert run_upgrade(options(older)) == 0
    assert len(list((older.data_dir / "backups").glob("*.tar"))) == 1


def test_a_failed_start_takes_the_tables_back(older: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before, people = pending(older), older.ask(COUNTS)
    monkeypatch.setattr(upgrade, "READY_SECONDS", 0.0)

    with pytest.raises(LauncherError, match=r"The data are as they were \(backup .*former version"):
        run_upgrade(options(older, rehearsal=False))

    assert pending(older) == before
    assert older.ask(COUNTS) == people
    assert not (older.data_dir / "restoring").exists()
    assert older.ask("SELECT max(era) FROM audit_era") == 1


def test_what_fails_in_the_rehearsal_touches_nothing(
    older: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pending(older)
    monkeypatch.setenv("QUARTERDECK_SANDBOX", "container")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    if shutil.which("podman") or shutil.which("docker"):
        pytest.skip("This machine has containers; the test needs a level that does not work.")

    with pytest.raises(LauncherError, match=r"rehearsal on a copy failed: .* Nothing was changed"):
        run_upgrade(options(older))

    assert pending(older) == before
    assert list(older.data_dir.glob("rehearsal-*")) == []


def test_findings_and_a_running_installation_keep_it_from_beginning(older: Site) -> None:
    instance = Instance(older.data_dir, "http://127.0.0.1:1")
    with pytest.raises(LauncherError, match="already runs"):
        run_upgrade(options(older))
    instance.release()
    (older.data_dir / "backups").mkdir()
    (older.data_dir / "backups" / f"x.tar{PARTIAL}").touch()

    with pytest.raises(LauncherError, match=r"half a backup .* Nothing was changed"):
        run_upgrade(options(older))

    assert sorted(path.name for path in (older.data_dir / "backups").iterdir()) == [
        f"x.tar{PARTIAL}"
    ]


def test_a_newer_database_is_refused(older: Site) -> None:
    with psycopg.connect(database.owner_url(older.name), autocommit=True) as owner:
        owner.execute("INSERT INTO django_migrations VALUES (DEFAULT, 'audit', '0999_z', now())")

    with pytest.raises(LauncherError, match="newer Quarterdeck"):
        run_upgrade(options(older))


def test_an_empty_place_has_nothing_to_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    with pytest.raises(LauncherError, match="nothing to upgrade"):
        run_upgrade(Options("upgrade", tmp_path))
