"""`allows` and `visible_to` tell the same story: what one may act on, one may see."""

from __future__ import annotations

import pytest
from django.db.models import Model, QuerySet

from kernel.actions import registry
from kernel.actors import NOBODY
from kernel.policies import declared, policy_of, visible_to
from tests.authorization.outcomes import actors
from tests.factories.cast import Cast
from tests.factories.targets import case_of, make_target

# Doors that need no sight: the code one holds is the right, or the office acts on rows that the
# product's own lists do not show (the operators' admin lists them).
BY_CODE = {"identity.accept_invitation", "identity.fail_sign_in", "identity.set_password_by_link"}
BY_OFFICE = {
    "identity.appoint_break_glass",
    "identity.appoint_operator",
    "identity.create_account",
    "identity.create_organization",
    "identity.deactivate_account",
    "identity.dismiss_operator",
    "identity.offer_password_link",
    "identity.reactivate_account",
    "identity.revoke_token",
}
MODELS = sorted(declared(), key=lambda model: model.__name__)


@pytest.mark.parametrize("name", sorted(set(registry) - BY_CODE))
def test_whoever_may_act_may_see(cast: Cast, name: str) -> None:
    case = case_of(registry[name], cast)
    if case.target._state.adding:
        pytest.skip("a draft is seen by nobody")
    policy = policy_of(type(case.target))

    for who, actor in actors(cast).items():
        if name in BY_OFFICE and who == "olga":
            continue
        if policy.allows(actor, name, case.target):
            assert policy.sees(actor, case.target), f"{who} may {name} but does not see its target"


@pytest.mark.parametrize("model", MODELS)
def test_sight_of_one_and_of_all_agree(cast: Cast, model: type[Model]) -> None:
    made = make_target(model, cast)
    rows = list(model._default_manager.all()[:50])
    assert made is None or made in rows

    for who, actor in actors(cast).items():
        seen = set(visible_to(model, actor).values_list("pk", flat=True))
        each = {row.pk for row in rows if policy_of(model).sees(actor, row)}
        assert each == seen & {row.pk for row in rows}, who


@pytest.mark.parametrize("model", MODELS)
def test_nobody_unknown_sees_anything(cast: Cast, model: type[Model]) -> None:
    make_target(model, cast)

    rows = visible_to(model, NOBODY)

    assert isinstance(rows, QuerySet)
    assert not rows.exists()


@pytest.mark.parametrize("model", MODELS)
def test_nothing_is_seen_twice(cast: Cast, model: type[Model]) -> None:
    make_target(model, cast)

    for actor in cast.people().values():
        keys = list(visible_to(model, actor).values_list("pk", flat=True))
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("model", MODELS)
def test_a_deactivated_person_sees_nothing_of_a_tenant(cast: Cast, model: type[Model]) -> None:
    make_target(model, cast)
    type(cast.alice).objects.filter(pk=cast.alice.pk).update(is_active=False)

    seen = visible_to(model, cast.alice).exclude(pk=cast.alice.pk)

    assert not seen.exists()
