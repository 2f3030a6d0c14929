"""Texts that open doors: API tokens and invitation codes. Only SHA-256 digests are stored."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.utils.crypto import salted_hmac

PREFIX = "qd_pat_"
INVITATION_PREFIX = "qd_inv_"


@dataclass(frozen=True)
class NewToken:
    """A fresh token: the text is shown once, the rest is stored."""

    text: str
    prefix: str
    digest: str


def new(prefix: str = PREFIX) -> NewToken:
    """256 random bits behind a prefix that secret scanners can recognize."""
    text = prefix + secrets.token_urlsafe(32)
    return NewToken(text=text, prefix=text[: len(prefix) + 4], digest=digest(text))


def digest(text: str) -> str:
    """What is stored and looked up."""
    return hashlib.sha256(text.encode()).hexdigest()


def invitation_code(invitation_id: UUID) -> str:
    """The code of one invitation, made from the installation's secret key.

    The job that mails the link makes it again from the id, so that no row, queue or log holds it.
    """
    mac = salted_hmac("identity.invitation", str(invitation_id), algorithm="sha256").digest()
    return INVITATION_PREFIX + base64.urlsafe_b64encode(mac).decode().rstrip("=")
