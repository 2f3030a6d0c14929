"""The values a server is started with: plain ones in their row, all others sealed."""

from __future__ import annotations

from uuid import UUID

from identity.enums import SecretGrant, SecretType
from identity.public import Organization, Secret
from kernel import clock
from kernel.actors import Actor
from kernel.errors import InvalidError
from kernel.policies import visible_to
from marketplace.engine.spec import ServerSpec, Value
from marketplace.enums import VariablePlace
from marketplace.models import MCPServer, ServerVariable

_FIELDS = {VariablePlace.ENV: "env", VariablePlace.HEADER: "headers"}


def values_of(server: MCPServer, place: VariablePlace) -> dict[str, Value]:
    """What is stored, as a registration would say it; secrets without their text."""
    rows = sorted(server.variables.all(), key=lambda row: row.name)
    return {
        row.name: Value(
            text=row.value,
            secret=row.is_secret,
            secret_id=None if row.owns_secret else row.secret_id,
        )
        for row in rows
        if row.place == place
    }


def store(actor: Actor, server: MCPServer, spec: ServerSpec) -> None:
    """Make the rows say what the registration says; names that are gone lose their secrets."""
    places = ((VariablePlace.ENV, spec.env), (VariablePlace.HEADER, spec.headers))
    for place, values in places:
        rows = {row.name: row for row in server.variables.filter(place=place)}
        forget([row for name, row in rows.items() if name not in values])
        for name, value in values.items():
            row = rows.get(name) or ServerVariable(server=server, place=place, name=name)
            _put(actor, server, row, value)


def forget(rows: list[ServerVariable]) -> None:
    """Delete rows and the secrets that were made for them."""
    owned = [row.secret_id for row in rows if row.owns_secret and row.secret_id]
    ServerVariable.objects.filter(pk__in=[row.pk for row in rows]).delete()
    Secret.objects.filter(pk__in=owned).delete()


def rename(server: MCPServer) -> None:
    """Keep the names of a server's own secrets telling whose they are."""
    for row in server.variables.filter(owns_secret=True).select_related("secret"):
        if row.secret is not None:
            row.secret.name = _free_name(server, row, besides=row.secret)
            row.secret.save(update_fields=["name"])


def _put(actor: Actor, server: MCPServer, row: ServerVariable, value: Value) -> None:
    if value.secret_id is not None:
        _refer(actor, server, row, value.secret_id)
    elif value.text is None and not row._state.adding and row.is_secret == value.secret:
        return
    elif value.secret and value.text:
        _seal(server, row, value.text)
    elif value.secret:
        _drop_own(row)
        row.secret, row.value, row.is_secret = None, None, True
    else:
        _drop_own(row)
        row.secret, row.value, row.is_secret = None, value.text, False
    row.save()


def _refer(actor: Actor, server: MCPServer, row: ServerVariable, secret_id: UUID) -> None:
    """Use a token of the organization; a person's or team's own would leak to everybody."""
    found = visible_to(Secret, actor).filter(
        pk=secret_id,
        organization_id=server.organization_id,
        owner=None,
        team=None,
        project=None,
        type=SecretType.TOKEN,
        granted_to__contains=[SecretGrant.SERVERS.value],
    )
    secret = found.first()
    if secret is None:
        place = _FIELDS[VariablePlace(row.place)]
        detail = "There is no such token of the organization that servers may use."
        raise InvalidError.at(f"/{place}/{row.name}/secret_id", detail)
    if secret.pk != row.secret_id:
        _drop_own(row)
    row.secret, row.value, row.is_secret, row.owns_secret = secret, None, True, False


def _seal(server: MCPServer, row: ServerVariable, text: str) -> None:
    if row.owns_secret and row.secret is not None:
        row.secret.put(text)
        row.secret.rotated_at = clock.now()
        row.secret.save(update_fields=["sealed", "rotated_at"])
        return
    organization = Organization(pk=server.organization_id)
    secret = Secret(organization=organization, name=_free_name(server, row))
    secret.put(text)
    secret.save()
    row.secret, row.value, row.is_secret, row.owns_secret = secret, None, True, True


def _drop_own(row: ServerVariable) -> None:
    own = row.secret if row.owns_secret else None
    row.secret, row.owns_secret = None, False
    if own is not None:
        row.save()
        own.delete()


def _free_name(server: MCPServer, row: ServerVariable, besides: Secret | None = None) -> str:
    """`mcp/github/TOKEN`, with the row's id behind when somebody uses that name."""
    name = f"mcp/{server.name}/{row.name}"[:110]
    taken = Secret.objects.filter(
        organization_id=server.organization_id, owner=None, team=None, project=None, name=name
    )
    if besides is not None:
        taken = taken.exclude(pk=besides.pk)
    return f"{name}~{row.pk.hex[-8:]}" if taken.exists() else name
