"""Pages of the ledger: the list and one entry."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from audit.selectors import entries, health
from audit.selectors.filters import Filters, parse
from audit.selectors.shown import Shown, show
from audit.selectors.versions import changes_of, versions_of
from audit.services import reading
from identity.public import User
from kernel import actions
from kernel.errors import NotFoundError
from kernel.http.pages import page
from kernel.http.pagination import paginate

OUTCOMES = ("success", "denied", "failure")
_TYPED = ("q", "verb", "actor", "outcome", "since", "until")


@page
def ledger(request: HttpRequest) -> HttpResponse:
    """The ledger, newest first; the address holds every filter."""
    actor = cast("User", request.user)
    organization = entries.ledger_of(actor, _chosen(request))
    filters = parse(request.GET)
    reading.read_ledger(actor, organization, filters=filters)
    rows = entries.entries_visible_to(actor, organization, filters)
    found = paginate(request.GET, rows, field="recorded_at")
    query = request.GET.urlencode()
    context = {
        "entries": [_row(shown) for shown in show(actor, found.rows)],
        "page": {"next": found.next, "previous": found.previous},
        "filters": {name: request.GET.get(name, "") for name in _TYPED},
        "verbs": sorted(actions.registry),
        "outcomes": OUTCOMES,
        "enforced": not health.append_only_warning(),
        "export_url": reverse("audit-export") + (f"?{query}" if query else ""),
    }
    return render(request, "audit/ledger.html", context)


@page
def entry(request: HttpRequest, key: UUID | int) -> HttpResponse:
    """One entry in full, what its deed changed, and its causal chain."""
    actor = cast("User", request.user)
    found = entries.entry_visible_to(actor, key)
    reading.read_entry(actor, found)
    (shown,) = show(actor, [found])
    context = {
        "entry": _full(shown),
        "related": [_row(other) for other in show(actor, entries.chain_of(actor, found))],
        "history": [vars(change) for change in changes_of(found)],
    }
    return render(request, "audit/entry.html", context)


@page
def versions(request: HttpRequest, label: str, key: UUID) -> HttpResponse:
    """Who edited one piece of configuration, and when; each version leads to its entry."""
    actor = cast("User", request.user)
    organization = entries.ledger_of(actor, _chosen(request))
    reading.read_ledger(actor, organization, filters=Filters(target=key))
    found = versions_of(actor, organization.pk, label, key)
    if not found:
        raise NotFoundError
    made = [one.entry for one in found if one.entry]
    by = {shown.entry.fact_id: shown.actor for shown in show(actor, made)}
    rows = [{**vars(one), "actor": one.entry and by[one.entry.fact_id]} for one in found]
    return render(request, "audit/versions.html", {"label": label, "versions": rows})


def _chosen(request: HttpRequest) -> str:
    """The organization named in the address, else the one chosen in this browser."""
    chosen = getattr(request, "organization", None)
    return request.GET.get("organization", "") or (str(chosen.pk) if chosen else "")


def _row(shown: Shown) -> dict[str, Any]:
    one = shown.entry
    return {
        "id": one.number,
        "fact_id": one.fact_id,
        "recorded_at": one.recorded_at,
        "name": one.name,
        "verb": one.verb,
        "actor": shown.actor,
        "actor_kind": one.actor_kind,
        "target_word": _words().get(one.target_type, one.target_type),
        "target_id": one.target_id,
        "outcome": one.outcome,
    }


@cache
def _words() -> dict[str, str]:
    """Kinds of targets as people say them."""
    return {str(m._meta.model_name): str(m._meta.verbose_name) for m in apps.get_models()}


def _full(shown: Shown) -> dict[str, Any]:
    one = shown.entry
    return {
        **_row(shown),
        "version": one.version,
        "era": one.era,
        "xid": one.xid,
        "region": one.region,
        "organization": one.organization_id,
        "actor_id": one.actor_id,
        "on_behalf_of_id": one.on_behalf_of_id,
        "policy_version": one.policy_version,
        "causation_id": one.causation_id,
        "correlation_id": one.correlation_id,
        "data_json": json.dumps(one.data, indent=2, sort_keys=True, ensure_ascii=False),
        "fields": [(name, one.commitments[name], value) for name, value in shown.private.items()],
    }
