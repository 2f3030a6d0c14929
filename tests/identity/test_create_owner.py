"""The first start without demo data."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from identity.models import Membership, Organization, User
from tests.factories.facts import Facts

PASSWORD = "seven quiet mountains"


def _run(
    monkeypatch: pytest.MonkeyPatch, *args: str, password: str = PASSWORD, **given: Any
) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    out = io.StringIO()
    call_command("create_owner", *args, password_stdin=True, stdout=out, **given)
    return out.getvalue()


def test_the_first_owner(db: None, facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _run(monkeypatch, "frieda", organization="My Team", email="frieda@example.org")

    frieda = User.objects.get(username="frieda")
    assert frieda.check_password(PASSWORD)
    assert frieda.is_staff
    mine = Membership.objects.get(user=frieda)
    assert (mine.role, mine.is_break_glass, mine.organization.slug) == ("owner", True, "my-team")
    assert said == "frieda owns My Team (my-team)\n"
    assert "identity.organization_created" in facts.names()


def test_an_owner_need_not_operate(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _run(monkeypatch, "frieda", organization="My Team", no_operator=True)

    assert not User.objects.get(username="frieda").is_staff


def test_a_weak_password_can_be_corrected(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="too short"):
        _run(monkeypatch, "frieda", organization="My Team", password="short")
    assert not Organization.objects.filter(slug="my-team").exists()

    _run(monkeypatch, "frieda", organization="My Team")

    assert User.objects.get(username="frieda").check_password(PASSWORD)


def test_a_known_owner_is_not_overwritten(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _run(monkeypatch, "frieda", organization="My Team")

    with pytest.raises(CommandError, match="taken"):
        _run(monkeypatch, "frieda", organization="Other", password="another long password")

    assert User.objects.get(username="frieda").check_password(PASSWORD)


def test_without_a_terminal_it_says_what_to_do(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    with pytest.raises(CommandError, match="--password-stdin"):
        call_command("create_owner", "frieda", organization="My Team")
