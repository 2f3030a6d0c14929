"""Operators run the installation and see no tenant's content: the ledger is not in their admin."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client

from tests.factories.cast import Cast


def test_no_table_of_the_ledger_is_in_the_admin() -> None:
    registered = set(apps.get_app_config("audit").get_models()) & set(admin.site._registry)

    assert registered == set()


@pytest.mark.django_db
def test_an_operator_reads_no_ledger_anywhere(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.olga, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/operate/").status_code == 200
    assert b"edger" not in client.get("/operate/").content
    assert client.get("/audit").status_code == 403
    assert client.get(f"/audit?organization={cast.acme.slug}").status_code == 404
