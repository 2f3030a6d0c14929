"""Every admin that is registered writes by verbs: one that did not would be found here."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django_celery_beat.models import PeriodicTask

from identity.models import User
from kernel.http.admin import VerbAdmin
from tests.authorization.outcomes import fingerprints
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts
from tests.factories.targets import make_target

__all__ = ["facts"]

# Where Django's own admin writes; `VerbAdmin` leads these to verbs once and for all.
DOORS = {
    "save_model", "delete_model", "delete_queryset", "save_formset", "save_related", "save_form",
    "changeform_view", "delete_view", "changelist_view", "construct_change_message",
    "log_addition", "log_change", "log_deletions", "history_view", "get_queryset",
}  # fmt: skip
# What a request itself touches.
BESIDE = {"django_session"}
REGISTERED = sorted(admin.site._registry, key=lambda model: model.__name__)


def _of(model: type[Model]) -> VerbAdmin:
    found = admin.site._registry[model]
    assert isinstance(found, VerbAdmin)
    return found


@pytest.mark.parametrize("model", REGISTERED)
def test_an_admin_opens_no_door_of_its_own(model: type[Model]) -> None:
    one = type(_of(model))

    assert DOORS & set(vars(one)) == set()
    for allowed, verb in (("may_add", "make"), ("may_change", "change"), ("may_delete", "remove")):
        own = getattr(one, verb) is not getattr(VerbAdmin, verb)
        assert getattr(one, allowed) == own, f"{one.__name__}.{allowed} without {verb}"


def _actions() -> list[tuple[type[Model], str]]:
    found = []
    for model in REGISTERED:
        names = [getattr(one, "__name__", one) for one in _of(model).actions]
        found += [(model, name) for name in names]
        found += [(model, "delete_selected")] if _of(model).may_delete else []
    return found


@pytest.mark.parametrize(("model", "name"), _actions())
def test_whatever_a_bulk_action_changes_is_a_fact(
    cast: Cast, facts: Facts, model: type[Model], name: str
) -> None:
    make_target(model, cast)
    User.objects.filter(pk=cast.charlie.pk).update(is_active=False)
    User.objects.filter(pk=cast.bob.pk).update(is_staff=True)
    PeriodicTask.objects.update(enabled=name != "enable")
    olga = Client()
    olga.force_login(cast.olga, backend="django.contrib.auth.backends.ModelBackend")
    keys = model._default_manager.values_list("pk", flat=True)
    rows = [str(key) for key in keys if key != cast.olga.pk]
    path = f"/operate/{model._meta.app_label}/{model._meta.model_name}/"
    facts.records.clear()
    before = fingerprints()

    body = {"action": name, "_selected_action": rows, "post": "yes"}
    answer: Any = olga.post(path, body, follow=True)

    after = fingerprints()
    changed = {table for table in before if before[table] != after[table]} - BESIDE
    assert answer.status_code == 200
    assert facts.records, f"{name} on {path} did nothing that is recorded"
    assert all(record.context.verb for record in facts.records)
    assert changed or name == "offer_links"
