"""Erasing a subject from the ledger: its keys and salts go, its entries and their proofs stay."""

from __future__ import annotations

from audit.events import SubjectErased
from audit.models import PrivateField, SubjectKey
from audit.services.subject_keys import forget
from kernel.actions import action
from kernel.actors import Actor
from kernel.events import publish


@action("audit.erase_subject", dangerous=True, internal=True)
def erase_subject(actor: Actor, key: SubjectKey) -> None:
    """Destroy every data key of the key's subject, and every salt and ciphertext under them."""
    keys = SubjectKey.objects.filter(subject_id=key.subject_id)
    fields, _ = PrivateField.objects.filter(
        key_id__in=list(keys.values_list("id", flat=True))
    ).delete()
    destroyed, _ = keys.delete()
    forget(key.subject_id)
    publish(
        SubjectErased(
            organization_id=None,
            target_type="subject",
            target_id=key.subject_id,
            fields=fields,
            keys=destroyed,
        )
    )
