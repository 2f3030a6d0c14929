"""What a secret's sealed text becomes when it is used: itself, its parts, or what a vault answers.

Two adapters: `oidc` exchanges a token for a short-lived one (RFC 8693 section 2), `vault` reads
one field of HashiCorp Vault's key-value engine, version 2, over HTTP. Every request passes the
egress guard; no error names more than the host and the status.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from identity.engine.secrets import hidden, parts
from identity.enums import SecretType
from identity.errors import VaultError
from kernel.egress import EgressRefusedError, Guard, ResolveError, guarded_async_client

_SECONDS = 10.0
_LARGEST = 256 * 1024
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_JWT = "urn:ietf:params:oauth:token-type:jwt"


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The values of a secret by the suffix of their variable, and what of them must be masked."""

    values: Mapping[str, str] = field(repr=False)
    hidden: tuple[str, ...] = field(repr=False)


async def resolve(kind: str, text: str, guard: Guard) -> Resolved:
    """What a session gets of a sealed text; raises `VaultError` when it cannot be fetched."""
    masks = tuple(hidden(kind, text))
    if kind in _ADAPTERS:
        fetched = await _ADAPTERS[SecretType(kind)](parts(kind, text), guard)
        return Resolved(values={"": fetched}, hidden=(*masks, fetched))
    if kind == SecretType.PASSWORD:
        words = parts(kind, text)
        values = {"_USERNAME": words["username"], "_PASSWORD": words["password"]}
        return Resolved(values=values, hidden=masks)
    return Resolved(values={"": text}, hidden=masks)


async def exchange(words: Mapping[str, str], guard: Guard) -> str:
    """A short-lived access token for the subject token (RFC 8693)."""
    optional = ("audience", "resource", "scope")
    form = {
        "grant_type": _EXCHANGE,
        "subject_token": words["subject_token"],
        "subject_token_type": words.get("subject_token_type", _JWT),
        **{name: words[name] for name in optional if name in words},
    }
    auth = None
    if "client_secret" in words:
        # RFC 6749 section 2.3.1: both are form-encoded before they become basic credentials.
        pair = (quote(words.get(name, ""), safe="") for name in ("client_id", "client_secret"))
        auth = httpx.BasicAuth(*pair)
    elif "client_id" in words:
        form["client_id"] = words["client_id"]
    url = words["token_endpoint"]
    answer = await _asked(guard, "POST", url, data=form, auth=auth)
    return _text(answer.get("access_token"), url)


async def read_vault(words: Mapping[str, str], guard: Guard) -> str:
    """One field of the newest version of a secret in Vault's KV v2."""
    mount, path = (quote(part.strip("/")) for part in (words.get("mount", "secret"), words["path"]))
    url = f"{words['address'].rstrip('/')}/v1/{mount}/data/{path}"
    headers = {"X-Vault-Token": words["token"], "X-Vault-Request": "true"}
    if "namespace" in words:
        headers["X-Vault-Namespace"] = words["namespace"]
    answer = await _asked(guard, "GET", url, headers=headers)
    outer = answer.get("data")
    inner = outer.get("data") if isinstance(outer, dict) else None
    found = inner.get(words["field"]) if isinstance(inner, dict) else None
    return _text(found, url)


async def _asked(guard: Guard, method: str, url: str, **given: Any) -> dict[str, Any]:
    """A JSON object, or why there is none. Redirects are not followed: they carry credentials."""
    host = urlsplit(url).hostname
    try:
        async with guarded_async_client(guard, timeout=_SECONDS) as client:
            answer = await client.request(method, url, **given)
    except (EgressRefusedError, ResolveError) as refused:
        raise VaultError(f"{host} may not be reached from here.") from refused
    except httpx.HTTPError as failure:
        detail = f"{host} could not be reached ({type(failure).__name__})."
        raise VaultError(detail) from None
    if answer.status_code != httpx.codes.OK:
        raise VaultError(f"{host} answered {answer.status_code} in place of the secret.")
    try:
        found = answer.json() if len(answer.content) <= _LARGEST else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise VaultError(f"{host} answered something that is no JSON object.")
    return found


def _text(found: object, url: str) -> str:
    if not isinstance(found, str) or not found or "\x00" in found:
        raise VaultError(f"{urlsplit(url).hostname} answered without the value.")
    return found


_ADAPTERS: Mapping[SecretType, Callable[[Mapping[str, str], Guard], Awaitable[str]]] = {
    SecretType.OIDC: exchange,
    SecretType.VAULT: read_vault,
}
