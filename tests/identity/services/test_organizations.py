"""Founding a tenant, and its rules."""

from __future__ import annotations

import pytest

from identity.errors import NameTakenError
from identity.events import OrganizationChanged, OrganizationCreated
from identity.models import Membership, Organization
from identity.services.organizations import (
    OrganizationChanges,
    change_organization,
    create_organization,
)
from kernel.errors import InvalidError, NotAllowedError, NotFoundError
from tests.factories.cast import Cast, make_cast
from tests.factories.facts import Facts


def test_an_operator_founds_a_tenant_for_somebody(cast: Cast, facts: Facts) -> None:
    made = create_organization(cast.olga, cast.bob, name="New Venture")

    mine = Membership.objects.get(organization=made)
    assert (mine.user, mine.role, mine.is_break_glass) == (cast.bob, "owner", True)
    assert made.slug == "new-venture"
    assert [f.owner_id for f in facts.of(OrganizationCreated)] == [cast.bob.pk]
    with pytest.raises(NameTakenError):
        create_organization(cast.olga, cast.bob, name="New Venture")
    with pytest.raises(InvalidError):
        create_organization(cast.olga, cast.bob, name="???")


def test_members_found_none_once_there_is_one(cast: Cast) -> None:
    with pytest.raises(NotAllowedError):
        create_organization(cast.bob, cast.bob, name="Mine")


def test_the_first_person_founds_the_first_tenant(db: None) -> None:
    cast = make_cast()
    Organization.objects.all().delete()

    with pytest.raises(NotFoundError):
        create_organization(cast.bob, cast.alice, name="Not for others")
    made = create_organization(cast.bob, cast.bob, name="First")

    assert Membership.objects.get(organization=made).user == cast.bob


def test_rules_change_and_the_fact_names_the_fields(cast: Cast, facts: Facts) -> None:
    changes = OrganizationChanges(forbid_bypass=True, denied_tools=["shell"], name="Acme")

    change_organization(cast.alice, cast.acme, changes=changes)
    change_organization(cast.alice, cast.acme, changes=changes)

    row = Organization.objects.get(pk=cast.acme.pk)
    assert (row.forbid_bypass, row.denied_tools, row.separate_approver) == (True, ["shell"], False)
    [fact] = facts.of(OrganizationChanged)
    assert fact.changed == ("forbid_bypass", "denied_tools")
    assert fact.private()["denied_tools"].value == '["shell"]'


def test_only_managers_change_rules(cast: Cast) -> None:
    changes = OrganizationChanges(separate_approver=True)

    for person in (cast.bob, cast.charlie, cast.anna):
        with pytest.raises(NotAllowedError):
            change_organization(person, cast.acme, changes=changes)
    for stranger in (cast.dora, cast.olga):
        with pytest.raises(NotFoundError):
            change_organization(stranger, cast.acme, changes=changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"denied_tools": ["shell", "Shell (rm *"]},
        {"denied_tools": ["domain:not a host"]},
        {"allowed_domains": ["pypi.org", "http://pypi.org"]},
        {"allowed_domains": ["*"]},
    ],
)
def test_a_rule_nobody_could_read_is_refused(cast: Cast, changes: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidError) as refused:
        change_organization(cast.alice, cast.acme, changes=OrganizationChanges(**changes))

    ((name, rules),) = changes.items()
    assert refused.value.extra["errors"][0]["pointer"] == f"/{name}/{len(rules) - 1}"
    assert getattr(Organization.objects.get(pk=cast.acme.pk), name) == []
