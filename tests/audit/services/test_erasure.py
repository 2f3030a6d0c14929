"""Commitments are unlinkable without their salts, and erasing a subject leaves its entries."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import transaction

from audit.commitments import commit, new_salt, verify
from audit.events import LedgerRead
from audit.models import LedgerEntry, PrivateField, SubjectKey
from audit.selectors.private import private_fields
from audit.services.erasure import erase_subject
from kernel.actors import SystemActor
from kernel.context import Origin, entered
from kernel.errors import NotFoundError
from kernel.events import Private, Record, publish
from kernel.ids import uuid7
from tests.factories.cast import Cast

pytestmark = pytest.mark.django_db
SYSTEM = SystemActor("keeper")


def _about(subject: UUID, text: str = "Alice Liddell") -> Record:
    with transaction.atomic():
        return publish(
            LedgerRead(
                organization_id=None, target_id=None, query=Private(text, subject_id=subject)
            )
        )


def _opened(record: Record) -> str | None:
    row = LedgerEntry.objects.get(fact_id=record.fact_id)
    found = private_fields([row])[record.fact_id]["query"]
    return found.value if found else None


def test_equal_values_have_unrelated_commitments() -> None:
    subject = uuid7()
    rows = [LedgerEntry.objects.get(fact_id=_about(subject).fact_id) for _ in range(2)]

    first, second = (row.commitments["query"] for row in rows)

    assert first != second
    assert len(first) == 64


def test_a_commitment_fits_one_value_only() -> None:
    salt = new_salt()

    made = commit(salt, "192.0.2.7")

    assert verify(made, salt, "192.0.2.7")
    assert not verify(made, salt, "192.0.2.77")
    assert not verify(made, new_salt(), "192.0.2.7")


@pytest.mark.parametrize("text", ["", "a\x00b", "\ud800 lone", "Ω" * 5000, '"quoted"\n'])
def test_any_text_can_be_kept(text: str) -> None:
    record = _about(uuid7(), text)

    assert _opened(record) == text.encode("utf-8", "replace").decode()


def test_no_plaintext_stands_in_any_table() -> None:
    record = _about(uuid7(), "Alice Liddell")

    row = LedgerEntry.objects.get(fact_id=record.fact_id)
    hidden = PrivateField.objects.get(fact_id=record.fact_id)
    assert "Liddell" not in str(vars(row))
    assert b"Liddell" not in bytes(hidden.ciphertext)


def test_a_ciphertext_moved_to_another_fact_does_not_open() -> None:
    subject = uuid7()
    first, second = _about(subject, "one"), _about(subject, "two")
    stolen = PrivateField.objects.get(fact_id=first.fact_id)
    PrivateField.objects.filter(fact_id=second.fact_id).delete()
    PrivateField(
        fact_id=second.fact_id,
        field="query",
        key_id=stolen.key_id,
        salt=stolen.salt,
        ciphertext=stolen.ciphertext,
    ).save(force_insert=True)

    assert _opened(first) == "one"
    assert _opened(second) is None


@pytest.mark.django_db(transaction=True)
def test_a_subject_has_one_key_for_all_its_facts() -> None:
    subject = uuid7()
    for _ in range(3):
        _about(subject)

    assert SubjectKey.objects.filter(subject_id=subject).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_key_of_a_transaction_that_failed_is_not_used_again() -> None:
    subject = uuid7()
    with transaction.atomic():
        publish(LedgerRead(organization_id=None, target_id=None, query=Private("x", subject)))
        transaction.set_rollback(True)

    record = _about(subject, "kept")

    assert _opened(record) == "kept"


def test_erasing_a_subject_destroys_keys_and_salts_and_leaves_the_entries() -> None:
    subject, other = uuid7(), uuid7()
    gone, stays = _about(subject), _about(other)
    before = vars(LedgerEntry.objects.get(fact_id=gone.fact_id))

    erase_subject(SYSTEM, SubjectKey.objects.get(subject_id=subject))

    after = vars(LedgerEntry.objects.get(fact_id=gone.fact_id))
    assert {**after, "_state": 0} == {**before, "_state": 0}
    assert _opened(gone) is None
    assert _opened(stays) == "Alice Liddell"
    assert not PrivateField.objects.filter(fact_id=gone.fact_id).exists()
    erased = LedgerEntry.objects.filter(name="audit.subject_erased", target_id=subject).get()
    assert (erased.data["fields"], erased.data["keys"]) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_after_erasure_a_new_key_is_made() -> None:
    subject = uuid7()
    _about(subject)
    erase_subject(SYSTEM, SubjectKey.objects.get(subject_id=subject))

    record = _about(subject, "new life")

    assert _opened(record) == "new life"


def test_nobody_but_the_product_erases(cast: Cast) -> None:
    _about(cast.bob.pk)
    key = SubjectKey.objects.get(subject_id=cast.bob.pk)

    for person in cast.people().values():
        with pytest.raises(NotFoundError):
            erase_subject(person, key)

    assert SubjectKey.objects.filter(pk=key.pk).exists()


def test_the_way_in_is_encrypted_for_whoever_came(cast: Cast) -> None:
    with entered(actor=cast.bob, origin=Origin(address="192.0.2.7")), transaction.atomic():
        record = publish(LedgerRead(organization_id=cast.acme.pk, target_id=None))

    hidden = PrivateField.objects.get(fact_id=record.fact_id, field="origin.address")

    assert SubjectKey.objects.get(pk=hidden.key_id).subject_id == cast.bob.pk
