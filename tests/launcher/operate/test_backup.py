"""Backup and restore of a database and its files; every refusal leaves nothing behind."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from launcher.failure import LauncherError
from launcher.keys import master_key
from launcher.operate import tools
from launcher.operate.archive import FILES, MANIFEST, Writer, drafted, read
from launcher.operate.backup import KEYS, alone, make_backup
from launcher.operate.restore import restore
from tests.launcher.operate.conftest import CONTENT, TENANT, Site

COUNTS = """SELECT json_build_object('users', (SELECT count(*) FROM identity_user),
  'facts', (SELECT count(*) FROM audit_ledger), 'era', (SELECT max(era) FROM audit_era))"""


def rewritten(archive: Path, **changes: object) -> Path:
    """The same backup with another manifest, as another version would have written it."""
    old, target = read(archive), archive.with_name("other.tar")
    with drafted(target) as file:
        writer = Writer(file)
        for name in old.manifest["parts"]:
            with writer.part(name) as part:
                for data in old.pieces(name):
                    part.write(data)
        manifest = {k: v for k, v in old.manifest.items() if k not in {"parts", "format"}}
        writer.finish({**manifest, **changes})
    target.with_name(target.name + KEYS).write_text(
        archive.with_name(archive.name + KEYS).read_text()
    )
    return target


def test_a_backup_comes_back_elsewhere(
    site: Site, empty: Callable[[], Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = make_backup(site.data_dir, tmp_path / "b.tar")
    before, new = site.ask(COUNTS), empty()
    new.enter(monkeypatch)

    restore(archive, new.data_dir)

    after = new.ask(COUNTS)
    last = "SELECT name FROM audit_ledger ORDER BY era DESC, xid DESC, id DESC LIMIT 1"
    assert after["users"] == before["users"]
    assert after["facts"] == before["facts"]  # one backup was made after it, one is restored
    assert after["era"] == before["era"] + 1
    assert new.ask(last) == "operations.backup_restored"
    assert site.ask(last) == "operations.backup_made"
    blob = new.data_dir / "blobs" / TENANT / "ab" / ("ab" + "0" * 62)
    assert blob.read_bytes() == CONTENT
    assert (new.data_dir / "work" / "one" / "log").stat().st_mode & 0o777 == 0o666
    assert (new.data_dir / "keys" / "master").read_text().strip() == site.key
    assert not (new.data_dir / "restoring").exists()


def test_a_server_older_than_our_tools_is_restored_by_script(
    site: Site, empty: Callable[[], Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for PostgreSQL 15 and 16; the server under test takes the same road when told to."""
    archive, new = make_backup(site.data_dir, tmp_path / "b.tar"), empty()
    monkeypatch.setattr(tools, "UNFILTERED", 99)
    new.enter(monkeypatch)

    restore(archive, new.data_dir)

    assert new.ask("SELECT count(*) FROM identity_user") == site.ask(
        "SELECT count(*) FROM identity_user"
    )
    assert new.ask(
        "SELECT has_table_privilege('quarterdeck_runtime', 'audit_ledger', 'UPDATE')"
    ) is (False)


def test_the_manifest_says_what_it_holds_and_the_keys_lie_apart(site: Site, tmp_path: Path) -> None:
    archive = make_backup(site.data_dir, tmp_path)

    with tarfile.open(archive) as tar:
        names = tar.getnames()
        stored = tar.extractfile(MANIFEST)
        manifest = json.loads(stored.read() if stored else b"")
    keys = archive.with_name(archive.name + KEYS)
    assert names == ["database.dump", "files.tar", "manifest.json"]
    assert manifest["product_version"] == "0.1.0"
    assert ["audit", "0001_ledger"] in manifest["migrations"]
    assert manifest["ledger"]["era"] == site.ask("SELECT max(era) FROM audit_ledger")
    assert manifest["files"] == {"count": 2, "bytes": len(CONTENT) + 4, "missing_blobs": 0}
    assert {len(part["sha256"]) for part in manifest["parts"].values()} == {64}
    assert site.key in keys.read_text()
    assert site.key.encode() not in archive.read_bytes()
    assert [path.stat().st_mode & 0o777 for path in (archive, keys)] == [0o600, 0o600]


def test_two_at_once_are_refused_in_one_sentence(site: Site, tmp_path: Path) -> None:
    with (
        alone(site.data_dir),
        pytest.raises(
            LauncherError, match=r"Another backup of \S+ is under way \(process \d+\)\.$"
        ),
    ):
        make_backup(site.data_dir, tmp_path / "b.tar")

    assert not (tmp_path / "b.tar").exists()


def test_a_key_that_does_not_open_what_is_stored_backs_nothing_up(
    site: Site, tmp_path: Path
) -> None:
    (site.data_dir / "keys" / "master").write_text(master_key())

    with pytest.raises(LauncherError, match="does not open what is stored in audit_subject_key"):
        make_backup(site.data_dir, tmp_path / "b.tar")

    assert list(tmp_path.glob("b.tar*")) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"product_version": "99.0"}, "made by Quarterdeck 99.0, which is newer"),
        ({"migrations": [["identity", "0999_future"]]}, "identity.0999_future is unknown here"),
    ],
)
def test_a_backup_of_a_newer_version_is_refused(
    site: Site,
    empty: Callable[[], Site],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, object],
    words: str,
) -> None:
    archive = rewritten(make_backup(site.data_dir, tmp_path / "b.tar"), **change)

    refused(archive, empty(), monkeypatch, words)


def test_damage_wrong_keys_and_no_keys_are_told_before_anything_is_written(
    site: Site, empty: Callable[[], Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, new = make_backup(site.data_dir, tmp_path / "b.tar"), empty()
    wrong = tmp_path / "wrong"
    wrong.write_text(master_key())

    refused(archive, new, monkeypatch, "These keys do not open this backup", wrong)
    archive.with_name(archive.name + KEYS).rename(tmp_path / "elsewhere")
    refused(archive, new, monkeypatch, "name their file with --keys")
    begin, _ = read(archive).places[FILES]
    with archive.open("r+b") as file:
        file.seek(begin + 200)
        file.write(b"\xff")
    refused(archive, new, monkeypatch, "files.tar is not what was written", tmp_path / "elsewhere")


def test_only_an_empty_place_takes_a_backup_and_half_of_one_is_begun_anew(
    site: Site, empty: Callable[[], Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, new = make_backup(site.data_dir, tmp_path / "b.tar"), empty()

    with pytest.raises(LauncherError, match=r"is in use \(keys is there\)"):
        restore(archive, site.data_dir)
    with pytest.raises(LauncherError, match="The database is not empty"):
        restore(archive, new.data_dir)
    new.enter(monkeypatch)
    (new.data_dir / "work" / "stale").mkdir(parents=True)
    (new.data_dir / "restoring").touch()
    restore(archive, new.data_dir)

    assert sorted(path.name for path in (new.data_dir / "work").iterdir()) == ["one"]


def refused(
    archive: Path, new: Site, patch: pytest.MonkeyPatch, words: str, keys: Path | None = None
) -> None:
    """Nothing was written, neither files nor tables."""
    new.enter(patch)
    with pytest.raises(LauncherError, match=words):
        restore(archive, new.data_dir, keys)

    assert not new.data_dir.exists()
    assert new.ask("SELECT to_regclass('django_migrations')") is None
