"""Tables of the ledger. All are made by SQL (`managed = False`), so that Django's flush and
autodetector leave them alone."""

from audit.models.delivery import Cursor, DeadLetter
from audit.models.ledger import Era, LedgerEntry
from audit.models.private import PrivateField, SubjectKey
from audit.models.signing import SigningKey

__all__ = [
    "Cursor",
    "DeadLetter",
    "Era",
    "LedgerEntry",
    "PrivateField",
    "SigningKey",
    "SubjectKey",
]
