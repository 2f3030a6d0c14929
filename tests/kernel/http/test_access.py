"""The record of requests names no credential."""

from __future__ import annotations

import io

import pytest

from identity import tokens
from kernel.http.access import AccessLog


@pytest.mark.parametrize("prefix", [tokens.INVITATION_PREFIX, tokens.PREFIX])
@pytest.mark.parametrize("path", ["/welcome?code={}", "/invitations/{}", "/x?y=1&code={}&z=2"])
def test_a_code_in_an_address_is_masked(prefix: str, path: str) -> None:
    written, code = io.StringIO(), tokens.new(prefix).text
    details = {"client": "10.0.0.2:1", "method": "GET", "status": 200, "size": 12}

    AccessLog(written)("http", "complete", details | {"path": path.format(code)})

    assert f'"GET {path.format("[redacted]")}" 200 12' in written.getvalue()
    assert code not in written.getvalue()
