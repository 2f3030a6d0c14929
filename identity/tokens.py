"""Making and reading bearer tokens: `qd_pat_<43 characters>`, stored as SHA-256 only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

PREFIX = "qd_pat_"


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
