"""Names on pages; frontend/src/lib/dom.test.ts holds the same cases for the islands."""

from __future__ import annotations

import pytest

from kernel.templatetags.names import initials


@pytest.mark.parametrize(
    ("name", "mark"),
    [("Alice Moreau", "AM"), ("bob", "Bo"), ("Ada King Lovelace", "AL"), (" x ", "X"), ("", "")],
)
def test_initials(name: str, mark: str) -> None:
    assert initials(name) == mark
