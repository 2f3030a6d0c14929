"""Secrets in a turn, with the real runner and sandbox: usable by commands, seen by nobody."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from identity.models import Secret
from identity.services.secrets import SecretSpec, create_secret
from sessions_app.models import AgentSession, Run, SessionEvent, ToolCall
from sessions_app.selectors.files import file_of
from sessions_app.services import creation, prompting, secrets
from tests.factories.cast import Cast, make_cast
from tests.factories.turns import drive_all
from tests.identity.api.test_secrets import CANARY, ssh_key
from tests.standins.vaults import VaultStandIn, serving

pytestmark = pytest.mark.django_db(transaction=True)
FREE = {"permission_mode": "bypassPermissions"}


def session_with(cast: Cast, **values: Any) -> AgentSession:
    """A session of alice's with secrets `NAME=(type, value)`."""
    spec = creation.SessionSpec(name="turn", sdk_options=FREE)
    session = creation.create_session(cast.alice, cast.acme, spec=spec)
    for name, (kind, value) in values.items():
        made = SecretSpec(name=name, kind=kind, value=value)
        secret = create_secret(cast.alice, cast.acme, spec=made)
        secrets.attach_secret(cast.alice, session, secret=secret, name=name)
    return session


def said(cast: Cast, session: AgentSession, command: str) -> ToolCall:
    prompting.prompt(cast.alice, session, content=f"/sh {command}")
    drive_all()
    return ToolCall.objects.filter(session=session).latest("created_at")


def test_a_command_uses_variables_and_files_and_shows_none_of_them() -> None:
    cast, key = make_cast(), ssh_key()
    login = {"username": "robot", "password": f"pw-{CANARY}"}
    session = session_with(
        cast, TOKEN=("token", CANARY), DB=("password", login), KEY=("ssh_key", key)
    )

    proof = said(
        cast,
        session,
        'printf %s "$TOKEN" | sha256sum; printf %s "$DB_PASSWORD" | sha256sum; echo $DB_USERNAME;'
        ' sha256sum < "$KEY"; stat -c %a "$KEY"; env | grep -c QD_SECRET; ls /workspace',
    )
    shown = said(cast, session, 'echo "$TOKEN"; cat "$KEY"; env; echo "$TOKEN" > note; exit 3')
    gone = said(cast, session, "ls -d ${TMPDIR:-/tmp}/secrets.*/..; cat note")

    for text in (CANARY, login["password"], key):
        assert hashlib.sha256(text.encode()).hexdigest() in proof.content
    assert proof.content.splitlines()[2] == "robot"
    assert proof.content.splitlines()[4:] == ["600", "0"]
    assert shown.exit_code == 3
    assert shown.content.startswith("[redacted]\n")
    assert gone.content.endswith("[redacted]\n")
    assert file_of(session, "note")["content"] == "[redacted]\n"
    everything = str(list(SessionEvent.objects.values_list("data"))) + str(
        list(ToolCall.objects.values_list("content", "input"))
    )
    assert CANARY not in everything
    assert not [line for line in key.splitlines()[1:-1] if line in everything]


def test_a_vault_is_asked_anew_for_each_run_and_a_closed_one_ends_the_turn(settings: Any) -> None:
    settings.EGRESS_ALLOW = ("127.0.0.1",)
    cast, vault = make_cast(), VaultStandIn(token="vault-token-01")
    vault.write("db", password="first-from-vault")
    with serving(vault):
        words = {"address": vault.url, "path": "db", "field": "password", "token": vault.token}
        session = session_with(cast, DB=("vault", words))

        first = said(cast, session, 'echo "${#DB} $DB"')
        vault.write("db", password="second-one-from-vault")
        second = said(cast, session, 'echo "${#DB} $DB"')
        vault.token = "revoked"
        prompting.prompt(cast.alice, session, content="/sh echo never")
        drive_all()

    assert (first.content, second.content) == ("16 [redacted]\n", "21 [redacted]\n")
    last = Run.objects.latest("created_at")
    assert (last.status, last.error_code) == ("failed", "vault")
    assert last.error.startswith("The secret DB could not be fetched: 127.0.0.1 answered 403")
    assert ToolCall.objects.filter(run=last).count() == 0
    assert Secret.objects.get().last_used_at is not None
