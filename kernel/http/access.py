"""The web server's record of requests: an address may carry a one-time code, a log may not."""

from __future__ import annotations

from typing import Any

from daphne.access import AccessLogGenerator

from kernel.redaction import shapes


class AccessLog(AccessLogGenerator):  # type: ignore[misc]
    """One line a request, credentials in its address masked by their shape."""

    def write_entry(self, **entry: Any) -> None:
        """Mask, then write as Daphne does."""
        super().write_entry(**entry | {"request": shapes(entry["request"])})
