"""Registering, changing and removing servers."""

from __future__ import annotations

import pytest

from identity.public import Secret
from kernel.actors import NOBODY
from kernel.context import entered
from kernel.errors import InvalidError, NotAllowedError, NotFoundError, NotSignedInError
from kernel.ids import uuid7
from kernel.models import Job
from marketplace.engine.spec import Value
from marketplace.errors import ServerNameTakenError
from marketplace.models import MCPServer, ServerVariable
from marketplace.services import servers
from tests.factories.cast import Cast
from tests.marketplace.conftest import Register, opened

TOKEN = "a-very-secret-token"


def test_secrets_are_sealed_and_opened_only_in_their_own_row(register: Register) -> None:
    env = {"TOKEN": Value(text=TOKEN), "TZ": Value(text="UTC", secret=False), "LATER": Value()}

    server = register(env=env)

    rows = {row.name: row for row in server.variables.select_related("secret")}
    assert {name: (row.value, row.is_set) for name, row in rows.items()} == {
        "TOKEN": (None, True),
        "TZ": ("UTC", True),
        "LATER": (None, False),
    }
    secret = rows["TOKEN"].secret
    assert secret is not None
    assert secret.name == "mcp/git/TOKEN"
    assert opened(secret) == TOKEN
    assert TOKEN.encode() not in bytes(secret.sealed)
    assert TOKEN not in str(MCPServer.objects.filter(pk=server.pk).values())


def test_a_registered_server_is_started_once_to_list_its_tools(register: Register) -> None:
    server = register()

    job = Job.objects.get(kind="marketplace.list_tools", payload={"server_id": str(server.pk)})
    assert (job.queue, job.organization_id) == ("gateway", server.organization_id)


def test_a_server_without_all_its_values_is_not_started(register: Register) -> None:
    register(env={"TOKEN": Value()})

    assert not Job.objects.filter(kind="marketplace.list_tools").exists()


def test_names_are_taken_once_in_an_organization(cast: Cast, register: Register) -> None:
    register("git")

    with pytest.raises(ServerNameTakenError):
        register("git")
    spec = servers.spec_of(MCPServer.objects.get())
    assert servers.register_server(cast.dora, cast.other, spec=spec).name == "git"


def test_only_owners_and_admins_register(cast: Cast, register: Register) -> None:
    for person, error in (
        (cast.bob, NotAllowedError),
        (cast.anna, NotAllowedError),
        (cast.dora, NotFoundError),
        (cast.olga, NotFoundError),
        (NOBODY, NotSignedInError),
    ):
        with pytest.raises(error):
            register(by=person)

    assert not MCPServer.objects.exists()
    assert not Secret.objects.exists()


def test_an_invalid_registration_leaves_nothing(register: Register) -> None:
    with pytest.raises(InvalidError):
        register(env={"TOKEN": Value(text=TOKEN)}, read_only_paths=("/etc",))

    assert not Secret.objects.exists()


def test_a_secret_given_anew_takes_the_place_of_the_old_one(cast: Cast, register: Register) -> None:
    server = register(env={"TOKEN": Value(text=TOKEN), "GONE": Value(text="x" * 10)})
    before = Secret.objects.get(name="mcp/git/TOKEN")

    servers.update_server(
        cast.alice, server, changes={"env": {"TOKEN": Value(text="another-secret")}}
    )

    secret = Secret.objects.get()
    assert secret.pk == before.pk
    assert opened(secret) == "another-secret"
    assert secret.rotated_at is not None


def test_a_value_without_text_stays_as_it_is(cast: Cast, register: Register) -> None:
    server = register(env={"TOKEN": Value(text=TOKEN)})

    servers.update_server(
        cast.alice, server, changes={"env": {"TOKEN": Value(), "MORE": Value(text="m" * 9)}}
    )

    assert opened(Secret.objects.get(name="mcp/git/TOKEN")) == TOKEN
    assert Secret.objects.count() == 2


def test_a_secret_may_become_plain_and_plain_may_become_secret(
    cast: Cast, register: Register
) -> None:
    env = {"A": Value(text="first-secret"), "B": Value(text="plain", secret=False)}
    server = register(env=env)
    turned = {"A": Value(text="now-plain", secret=False), "B": Value(text="now-secret")}

    servers.update_server(cast.alice, server, changes={"env": turned})

    rows = {row.name: row for row in ServerVariable.objects.select_related("secret")}
    assert (rows["A"].value, rows["A"].secret) == ("now-plain", None)
    assert rows["B"].value is None
    assert rows["B"].secret is not None
    assert [opened(secret) for secret in Secret.objects.all()] == ["now-secret"]


def test_a_server_may_use_a_secret_of_the_organization_but_not_of_a_person(
    cast: Cast, register: Register
) -> None:
    shared = Secret(organization=cast.acme, name="deploy key")
    own = Secret(organization=cast.acme, owner=cast.alice, name="mine")
    foreign = Secret(organization=cast.other, name="theirs")
    for secret in (shared, own, foreign):
        secret.put(TOKEN)
        secret.save()

    server = register(env={"KEY": Value(secret_id=shared.pk)})

    assert server.variables.get().secret_id == shared.pk
    for number, secret_id in enumerate((own.pk, foreign.pk, uuid7())):
        with pytest.raises(InvalidError):
            register(f"other{number}", env={"KEY": Value(secret_id=secret_id)})
    servers.remove_server(cast.alice, server)
    assert Secret.objects.filter(pk=shared.pk).exists()


def test_an_update_raises_the_generation_and_lists_anew(cast: Cast, register: Register) -> None:
    server = register()
    Job.objects.all().delete()

    servers.update_server(cast.alice, server, changes={"args": ("--verbose",)})

    server.refresh_from_db()
    assert (server.args, server.generation) == (["--verbose"], 2)
    assert Job.objects.filter(kind="marketplace.list_tools").count() == 1


def test_an_update_that_changes_nothing_is_no_deed(cast: Cast, register: Register) -> None:
    server = register(env={"TZ": Value(text="UTC", secret=False)})

    servers.update_server(cast.alice, server, changes={"command": "mcp-server-git", "args": ()})

    server.refresh_from_db()
    assert server.generation == 1
    assert server.history.count() == 1


def test_a_new_name_goes_with_the_secrets(cast: Cast, register: Register) -> None:
    server = register(env={"TOKEN": Value(text=TOKEN)})
    register("taken")

    servers.update_server(cast.alice, server, changes={"name": "github"})

    assert Secret.objects.get().name == "mcp/github/TOKEN"
    with pytest.raises(ServerNameTakenError):
        servers.update_server(cast.alice, server, changes={"name": "taken"})


def test_removal_takes_the_secrets_along_and_leaves_the_history(
    cast: Cast, register: Register
) -> None:
    server = register(env={"TOKEN": Value(text=TOKEN)})
    pk = server.pk

    servers.remove_server(cast.alice, server)

    assert not MCPServer.objects.exists()
    assert not Secret.objects.exists()
    kinds = list(MCPServer.history.filter(id=pk).values_list("history_type", flat=True))
    assert sorted(kinds) == ["+", "-"]


def test_the_history_says_who_and_in_which_chain(cast: Cast, register: Register) -> None:
    server = register()
    chain = uuid7()

    with entered(correlation_id=chain):
        servers.disable_server(cast.alice, server)

    row = server.history.first()
    assert (row.history_user_id, row.correlation_id) == (cast.alice.pk, chain)
    assert not row.enabled


def test_switching_twice_is_one_deed(cast: Cast, register: Register) -> None:
    server = register()

    servers.disable_server(cast.alice, server)
    servers.disable_server(cast.alice, server)
    servers.enable_server(cast.alice, server)

    server.refresh_from_db()
    assert server.enabled
    assert server.history.count() == 3


def test_members_see_and_use_but_do_not_change(cast: Cast, register: Register) -> None:
    server = register()

    for person, error in ((cast.bob, NotAllowedError), (cast.dora, NotFoundError)):
        with pytest.raises(error):
            servers.disable_server(person, server)
    server.refresh_from_db()
    assert server.enabled
