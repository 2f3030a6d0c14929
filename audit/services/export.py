"""Taking a signed copy of the ledger away: recorded first, then streamed page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from audit.events import LedgerExported
from audit.models import LedgerEntry, SigningKey
from audit.selectors.entries import entries_visible_to
from audit.selectors.filters import Filters
from audit.selectors.private import private_fields
from audit.services import export_lines as lines
from audit.services.signing import sign, signing_key
from identity.public import Organization
from kernel import clock
from kernel.actions import action
from kernel.actors import Actor
from kernel.events import Private, publish

PAGE = 500
PURPOSE = "export"


class Export:
    """The copy itself, read after the verb's transaction, in pages of bounded memory.

    It holds what was recorded until its own record, in (recorded_at, fact_id) order.
    """

    def __init__(
        self, actor: Actor, organization: Organization, filters: Filters, key: SigningKey
    ) -> None:
        self.pk = key.id
        self._actor, self._organization, self._key = actor, organization, key
        self._at = clock.now()
        end = min(filter(None, (filters.until, self._at)))
        self._filters = replace(filters, until=end)
        self._digest = lines.Digest()
        self._entries = 0

    def pages(self) -> Iterator[bytes]:
        """The file in parts: header, pages of entries, signature."""
        yield self._digest.take(lines.line("export", self._header()))
        after: tuple[datetime, UUID] | None = None
        while rows := self._page(after):
            yield self._digest.take(_lines(rows))
            self._entries += len(rows)
            after = rows[-1].recorded_at, rows[-1].fact_id
        yield lines.line("signature", self._signature())

    def _header(self) -> dict[str, Any]:
        return {
            "format": 1,
            "organization_id": str(self._organization.pk),
            "exported_at": lines.moment(self._at),
            "exported_by": str(self._actor.actor_id),
            "filters": list(self._filters.words()),
        }

    def _page(self, after: tuple[datetime, UUID] | None) -> list[LedgerEntry]:
        rows = entries_visible_to(self._actor, self._organization, self._filters)
        if after:
            at, fact_id = after
            rows = rows.filter(recorded_at__gte=at)
            rows = rows.filter(Q(recorded_at__gt=at) | Q(fact_id__gt=fact_id))
        return list(rows.order_by("recorded_at", "fact_id")[:PAGE])

    def _signature(self) -> dict[str, Any]:
        digest = self._digest.hex()
        return {
            "algorithm": "Ed25519",
            "entries": self._entries,
            "key_id": str(self._key.id),
            "public_key": lines.base64_text(bytes(self._key.public_key)),
            "sha256": digest,
            "signature": lines.base64_text(sign(self._key, lines.signed_message(digest))),
        }


@action("audit.export_ledger", reads=True, locks=False)
def export_ledger(actor: Actor, organization: Organization, *, filters: Filters) -> Export:
    """Take a signed copy of the ledger, as JSON Lines."""
    key = signing_key(PURPOSE)
    publish(
        LedgerExported(
            organization_id=organization.pk,
            target_type="organization",
            target_id=organization.pk,
            filters=filters.words(),
            query=Private(filters.q) if filters.q else None,
            signing_key_id=key.id,
        )
    )
    return Export(actor, organization, filters, key)


def _lines(rows: list[LedgerEntry]) -> bytes:
    private = private_fields(rows)
    found = (lines.entry(row, private.get(row.fact_id, {})) for row in rows)
    return b"".join(lines.line("entry", one) for one in found)
