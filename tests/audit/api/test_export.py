"""A signed copy of the ledger: canonical lines, the last of which signs all bytes before it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

import pytest
import rfc8785
from asgiref.sync import async_to_sync
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.test import AsyncClient

from audit.events import EntryRead
from audit.models import LedgerEntry, SigningKey, SubjectKey
from audit.selectors.filters import Filters
from audit.services import export
from audit.services.erasure import erase_subject
from kernel.actors import SystemActor
from kernel.context import Origin, entered
from kernel.events import Record, publish
from tests.factories.cast import Cast, token_for
from tests.factories.http import Caller

pytestmark = pytest.mark.django_db


def _deed(cast: Cast, organization: Any = None) -> Record:
    here = Origin(channel="web", address="192.0.2.7")
    with entered(actor=cast.bob, verb="sessions.create", origin=here), transaction.atomic():
        return publish(EntryRead(organization_id=(organization or cast.acme).pk, target_id=None))


def _download(cast: Cast, who: str = "anna", **filters: str) -> bytes:
    copy = export.export_ledger(cast.people()[who], cast.acme, filters=Filters(**filters))
    return b"".join(copy.pages())


def _by_api(cast: Cast) -> bytes:
    client = AsyncClient()
    headers = {"Authorization": f"Bearer {token_for(cast.anna)}", "Accept": "text/html"}

    async def read() -> bytes:
        answer = await client.get("/api/v1/audit/export?outcome=success", headers=headers)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/jsonl"
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(read)()


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).isoformat()


def _verify(copy: bytes) -> list[dict[str, Any]]:
    """As somebody outside would: only the bytes, the standard and the public key."""
    *lines, last = copy.splitlines(keepends=True)
    signature = json.loads(last)
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    assert all(line == rfc8785.dumps(json.loads(line)) + b"\n" for line in (*lines, last))
    assert signature["sha256"] == digest
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature["public_key"]))
    message = b"quarterdeck ledger export 1\n" + digest.encode()
    key.verify(base64.b64decode(signature["signature"]), message)
    assert signature["entries"] == len(lines) - 1
    return [json.loads(line) for line in lines]


def test_the_copy_verifies_and_holds_every_entry_of_the_organization(cast: Cast) -> None:
    deeds = [_deed(cast) for _ in range(5)]
    _deed(cast, cast.other)

    header, *rows = _verify(_download(cast))

    assert (header["kind"], header["exported_by"]) == ("export", str(cast.anna.pk))
    assert [row["fact_id"] for row in rows[:-1]] == [str(deed.fact_id) for deed in deeds]
    assert rows[-1]["name"] == "audit.ledger_exported"
    assert {row["organization_id"] for row in rows} == {str(cast.acme.pk)}
    stored = LedgerEntry.objects.get(fact_id=deeds[0].fact_id)
    assert (rows[0]["id"], rows[0]["xid"]) == (stored.number, str(stored.xid))
    assert rows[0]["data"] == stored.data


@pytest.mark.django_db(transaction=True)
def test_it_streams_by_api_whatever_type_is_accepted(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 2)
    deeds = [str(_deed(cast).fact_id) for _ in range(5)]

    header, *rows = _verify(_by_api(cast))

    chosen, end = header["filters"]
    assert (chosen, end) == ("outcome:success", f"until:{_moment(header['exported_at'])}")
    assert [row["fact_id"] for row in rows[:-1]] == deeds
    assert rows[-1]["data"]["origin"]["channel"] == "api"


def test_private_fields_come_with_the_salts_that_prove_them(cast: Cast) -> None:
    _deed(cast)

    _header, row, *_ = _verify(_download(cast))

    opened = row["private"]["origin.address"]
    salt = base64.b64decode(opened["salt"])
    made = hmac.new(salt, json.dumps(opened["value"]).encode(), hashlib.sha256).hexdigest()
    assert opened["value"] == "192.0.2.7"
    assert made == row["commitments"]["origin.address"]


def test_erased_fields_are_null_and_the_copy_still_verifies(cast: Cast) -> None:
    _deed(cast)
    erase_subject(SystemActor("keeper"), SubjectKey.objects.get(subject_id=cast.bob.pk))

    _header, row, *_ = _verify(_download(cast))

    assert row["private"] == {"origin.address": None}
    assert set(row["commitments"]) == {"origin.address"}


@pytest.mark.parametrize("change", [b"allowed", b""])
def test_a_changed_copy_does_not_verify(cast: Cast, change: bytes) -> None:
    _deed(cast)
    copy = _download(cast)

    with pytest.raises((AssertionError, InvalidSignature)):
        _verify(copy.replace(b"success", change, 1))
    with pytest.raises((AssertionError, InvalidSignature)):
        _verify(b"".join(copy.splitlines(keepends=True)[1:]))


def test_many_pages_are_one_copy(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 3)
    deeds = [str(_deed(cast).fact_id) for _ in range(8)]

    _header, *rows = _verify(_download(cast, name="audit.entry_read"))

    assert [row["fact_id"] for row in rows] == deeds


def test_the_export_is_recorded_before_anything_leaves(cast: Cast) -> None:
    _download(cast, outcome="denied")

    row = LedgerEntry.objects.get(organization_id=cast.acme.pk, name="audit.ledger_exported")
    key = SigningKey.objects.get(purpose="export")
    assert (row.actor_id, row.verb) == (cast.anna.pk, "audit.export_ledger")
    assert row.data["filters"] == ["outcome:denied"]
    assert row.data["signing_key_id"] == str(key.id)


def test_every_copy_is_signed_by_the_same_key(cast: Cast) -> None:
    first, second = (json.loads(_download(cast).splitlines()[-1]) for _ in range(2))

    assert first["public_key"] == second["public_key"]


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("charlie", 403), ("olga", 403)])
def test_others_are_refused_and_it_is_recorded(cast: Cast, who: str, status: int) -> None:
    answer = Caller(cast.people()[who]).get("/audit/export")

    assert answer.status_code == status
    assert not LedgerEntry.objects.filter(
        organization_id=cast.acme.pk, name="audit.ledger_exported"
    ).exists()
