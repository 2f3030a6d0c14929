"""Tokens: shown once, stored as a digest, within their maker's rights, dead when revoked."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity import tokens
from identity.errors import TokenTooStrongError, UnknownPersonError
from identity.events import TokenCreated, TokenRevoked
from identity.models import ApiToken
from identity.selectors.tokens import token_of
from identity.services.tokens import TokenSpec, create_token, revoke_token
from kernel import clock, redaction
from kernel.context import Origin, entered
from kernel.errors import InvalidError, NotAllowedError, NotFoundError
from tests.factories.cast import Cast
from tests.factories.facts import Facts


def test_a_token_is_found_by_its_text_and_stored_without_it(cast: Cast, facts: Facts) -> None:
    issued = create_token(cast.bob, cast.bob, spec=TokenSpec(name="ci", scopes=["read", "read"]))

    row = ApiToken.objects.get()
    assert token_of(issued.text) == row
    assert issued.text not in str(vars(row))
    assert (row.user, row.organization, row.scopes) == (cast.bob, cast.acme, ["read"])
    assert [f.data() for f in facts.of(TokenCreated)] == [
        {"user_id": str(cast.bob.pk), "scopes": ["read"], "expires_at": None}
    ]


def test_somebody_without_an_organization_has_tokens_too(cast: Cast) -> None:
    issued = create_token(cast.olga, cast.olga, spec=TokenSpec(name="ops"))

    assert issued.token.organization is None
    assert token_of(issued.text) == issued.token


def test_nobody_makes_tokens_for_others(cast: Cast) -> None:
    with pytest.raises(NotAllowedError):
        create_token(cast.alice, cast.bob, spec=TokenSpec(name="mine"))
    with pytest.raises(UnknownPersonError):
        create_token(cast.bob, cast.bob, spec=TokenSpec(name="x", organization_id=cast.other.pk))


def test_a_token_ends(cast: Cast) -> None:
    soon = clock.now() + timedelta(hours=1)
    issued = create_token(cast.bob, cast.bob, spec=TokenSpec(name="ci", expires_at=soon))

    assert token_of(issued.text) is not None
    with clock.shifted(hours=1, seconds=1):
        assert token_of(issued.text) is None
    with pytest.raises(InvalidError):
        create_token(
            cast.bob, cast.bob, spec=TokenSpec(name="x", expires_at=soon - timedelta(hours=2))
        )


def test_a_revoked_token_opens_nothing(cast: Cast, facts: Facts) -> None:
    issued = create_token(cast.bob, cast.bob, spec=TokenSpec(name="ci"))

    revoke_token(cast.bob, issued.token)
    revoke_token(cast.bob, issued.token)

    assert token_of(issued.text) is None
    assert len(facts.of(TokenRevoked)) == 1


def test_who_may_revoke(cast: Cast) -> None:
    issued = create_token(cast.bob, cast.bob, spec=TokenSpec(name="ci"))

    for stranger, refusal in ((cast.charlie, NotFoundError), (cast.dora, NotFoundError)):
        with pytest.raises(refusal):
            revoke_token(stranger, issued.token)
    revoke_token(cast.alice, issued.token)
    operated = create_token(cast.bob, cast.bob, spec=TokenSpec(name="ci"))
    revoke_token(cast.olga, operated.token)

    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_scopes_are_known_words(cast: Cast) -> None:
    with pytest.raises(InvalidError):
        create_token(cast.bob, cast.bob, spec=TokenSpec(name="ci", scopes=["everything"]))


@pytest.mark.parametrize(
    ("scopes", "days", "fits"),
    [
        (["read"], 1, True),
        (["read"], None, False),
        (["read"], 3, False),
        ([], 1, False),
        (["read", "write"], 1, False),
    ],
)
def test_a_token_makes_none_stronger_than_itself(
    cast: Cast, scopes: list[str], days: int | None, *, fits: bool
) -> None:
    now = clock.now()
    parent = create_token(
        cast.bob,
        cast.bob,
        spec=TokenSpec(name="weak", scopes=["read"], expires_at=now + timedelta(days=2)),
    )
    end = now + timedelta(days=days) if days else None
    spec = TokenSpec(name="child", scopes=scopes, expires_at=end)

    with entered(origin=Origin(token_id=parent.token.pk)):
        if fits:
            assert create_token(cast.bob, cast.bob, spec=spec).token.scopes == scopes
        else:
            with pytest.raises(TokenTooStrongError):
                create_token(cast.bob, cast.bob, spec=spec)


def test_use_is_noted_at_most_once_a_minute(cast: Cast) -> None:
    issued = create_token(cast.bob, cast.bob, spec=TokenSpec(name="ci"))

    token_of(issued.text)
    first = ApiToken.objects.get().last_used_at
    token_of(issued.text)
    assert ApiToken.objects.get().last_used_at == first
    with clock.shifted(seconds=61):
        token_of(issued.text)
    assert ApiToken.objects.get().last_used_at > first


@given(st.text(max_size=300))
def test_no_made_up_text_is_a_digest_collision(text: str) -> None:
    fresh = tokens.new()

    assert tokens.digest(fresh.text) == fresh.digest
    if text.isascii():
        assert (tokens.digest(text) == fresh.digest) == (text == fresh.text)


@given(invitation=st.uuids())
def test_every_token_is_masked_in_logs(invitation: UUID) -> None:
    for text in (tokens.new().text, tokens.invitation_code(invitation)):
        assert redaction.shapes(f"Bearer {text} end") == "Bearer [redacted] end"


@pytest.mark.django_db
@given(text=st.text(max_size=300))
def test_hostile_texts_are_nobodys(text: str) -> None:
    assert token_of(text) is None
