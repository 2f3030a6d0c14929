"""The page of criteria is fresh, and every claim is word for word."""

from __future__ import annotations

from tests.stories.criteria import TARGET, document, proofs
from tests.stories.texts import texts


def test_the_page_of_criteria_is_fresh() -> None:
    assert TARGET.read_text() == document()


def test_every_claimed_criterion_exists() -> None:
    assert set(proofs()) <= set(texts())
    assert len(texts()) >= 126
