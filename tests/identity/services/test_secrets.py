"""Secrets are sealed for their own row, opened for a purpose, and never in a fact."""

from __future__ import annotations

import pytest

from identity.errors import NameTakenError, UnknownPersonError
from identity.events import SecretCreated, SecretRotated, SecretUsed
from identity.models import Secret
from identity.services.secrets import (
    SecretSpec,
    create_secret,
    delete_secret,
    place_of,
    rotate_secret,
    use_secret,
)
from identity.services.teams import add_to_team
from kernel.actors import SystemActor
from kernel.crypto import open_sealed
from kernel.crypto.keyring import UnsealError
from kernel.errors import NotAllowedError, NotFoundError
from tests.factories.cast import Cast
from tests.factories.facts import Facts

VALUE = "ghp_0123456789abcdefghij0123456789abcdefghij"


def _personal(cast: Cast) -> Secret:
    return create_secret(cast.bob, cast.acme, spec=SecretSpec(name="github", value=VALUE))


def test_the_value_is_sealed_and_opens_only_in_its_place(cast: Cast, facts: Facts) -> None:
    secret, other = (
        _personal(cast),
        create_secret(cast.bob, cast.acme, spec=SecretSpec(name="gitlab", value=VALUE)),
    )

    assert VALUE.encode() not in bytes(Secret.objects.get(pk=secret.pk).sealed)
    assert use_secret(cast.bob, secret, purpose="mcp:1") == VALUE
    with pytest.raises(UnsealError):
        open_sealed(bytes(secret.sealed), place_of(other.pk))
    assert VALUE not in str(facts.records)
    assert VALUE not in repr(SecretSpec(name="github", value=VALUE))
    assert [f.data() for f in facts.of(SecretUsed)] == [{"purpose": "mcp:1"}]
    assert [f.scope for f in facts.of(SecretCreated)] == ["personal", "personal"]


def test_rotation_and_deletion(cast: Cast, facts: Facts) -> None:
    secret = _personal(cast)

    rotate_secret(cast.bob, secret, value="another value")
    assert use_secret(cast.bob, secret, purpose="test") == "another value"
    delete_secret(cast.bob, secret)

    assert len(facts.of(SecretRotated)) == 1
    assert not Secret.objects.exists()


def test_a_personal_secret_is_its_owners_alone(cast: Cast) -> None:
    secret = _personal(cast)

    for stranger in (cast.alice, cast.charlie, cast.dora, cast.olga):
        with pytest.raises(NotFoundError):
            use_secret(stranger, secret, purpose="test")
        with pytest.raises(NotFoundError):
            delete_secret(stranger, secret)


def test_a_team_uses_what_its_lead_stores(cast: Cast) -> None:
    spec = SecretSpec(name="deploy", value=VALUE, scope="team", team_id=cast.team.pk)
    with pytest.raises(NotAllowedError):
        create_secret(cast.bob, cast.acme, spec=spec)
    add_to_team(cast.alice, cast.team, user=cast.bob, role="lead")

    secret = create_secret(cast.bob, cast.acme, spec=spec)

    assert use_secret(cast.bob, secret, purpose="test") == VALUE
    with pytest.raises(NotFoundError):
        use_secret(cast.charlie, secret, purpose="test")
    rotate_secret(cast.bob, secret, value="by the lead")
    rotate_secret(cast.alice, secret, value="by the owner")
    add_to_team(cast.alice, cast.team, user=cast.bob, role="member")
    with pytest.raises(NotAllowedError):
        rotate_secret(cast.bob, secret, value="by a member")


def test_an_organizations_secret_is_stored_by_managers(cast: Cast) -> None:
    spec = SecretSpec(name="registry", value=VALUE, scope="organization")
    with pytest.raises(NotAllowedError):
        create_secret(cast.bob, cast.acme, spec=spec)

    secret = create_secret(cast.alice, cast.acme, spec=spec)

    assert use_secret(cast.charlie, secret, purpose="test") == VALUE
    assert use_secret(SystemActor("gateway"), secret, purpose="test") == VALUE
    with pytest.raises(NotFoundError):
        use_secret(cast.dora, secret, purpose="test")


def test_names_and_teams_are_checked(cast: Cast) -> None:
    _personal(cast)

    with pytest.raises(NameTakenError):
        _personal(cast)
    with pytest.raises(UnknownPersonError):
        create_secret(cast.alice, cast.acme, spec=SecretSpec(name="x", value=VALUE, scope="team"))
