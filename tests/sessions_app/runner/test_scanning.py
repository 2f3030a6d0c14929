"""What people send is shown to the operator's virus scanner before anything of it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.models import Blob
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.sessions_app.work import make
from tests.standins.clamd import EICAR, clamd

LARGE = b"\xff" * 700_000


def sent(cast: Cast, body: bytes) -> list[Any]:
    """The same content as an attachment and as a file of the directory."""
    where, alice = f"/api/v1/sessions/{make(cast).pk}", Caller(cast.alice).client
    kind = "application/octet-stream"
    return [
        alice.generic("POST", f"{where}/attachments?name=a", body, kind),
        alice.generic("PUT", f"{where}/files/content?path=a", body, kind),
    ]


def test_what_the_scanner_knows_is_not_kept(cast: Cast, settings: Any) -> None:
    with clamd() as scanner:
        settings.CLAMAV = scanner.address

        refused, taken = sent(cast, b"x" + EICAR), sent(cast, LARGE)

    assert [(one.status_code, one.json()["code"]) for one in refused] == [(400, "infected")] * 2
    assert [one.status_code for one in taken] == [201, 202]
    assert scanner.seen == [b"x" + EICAR] * 2 + [LARGE] * 2
    assert Blob.objects.count() == 1


@pytest.mark.parametrize("where", ["127.0.0.1:1", "/nowhere/clamd.ctl"])
def test_nothing_passes_while_it_does_not_answer(cast: Cast, settings: Any, where: str) -> None:
    settings.CLAMAV = where

    refused = sent(cast, b"words")

    assert [(one.status_code, one.json()["code"]) for one in refused] == [
        (503, "scanner_away")
    ] * 2  # fmt: skip
    assert not Blob.objects.exists()
