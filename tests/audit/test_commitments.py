"""The bytes that are committed to are RFC 8785 JSON, whatever the text."""

from __future__ import annotations

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.commitments import canonical, commit, new_salt, verify


@given(st.text())
def test_a_text_is_canonical_json(text: str) -> None:
    assert canonical(text) == rfc8785.dumps(text)


@given(st.text(), st.text())
def test_a_commitment_fits_its_text_only(text: str, other: str) -> None:
    salt = new_salt()

    assert verify(commit(salt, text), salt, text)
    assert verify(commit(salt, text), salt, other) == (text == other)


def test_a_known_commitment() -> None:
    made = commit(bytes(32), "192.0.2.7")

    assert made == "b71820dc0d405a9add6bbabdca9456470ef09c2410bca8a974e7350615585b7c"
