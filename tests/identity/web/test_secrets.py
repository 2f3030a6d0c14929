"""The page of secrets, without JavaScript."""

from __future__ import annotations

from django.test import Client

from identity.models import Secret
from identity.services.secrets import SecretSpec, create_secret, opened
from tests.factories.cast import Cast

CANARY = "canary-value-0001"


def browser(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return client


def test_a_secret_is_stored_rotated_changed_and_deleted(cast: Cast) -> None:
    bob = browser(cast.bob)
    given = {"name": "registry", "type": "password", "scope": "personal", "granted_to": "sessions"}

    made = bob.post(
        "/settings/secrets/new", {**given, "value": f"robot\r\n{CANARY}\r\n"}, follow=True
    )
    row = Secret.objects.get()
    assert '"password": "canary-value-0001"' in opened(row)
    assert row.granted_to == ["sessions"]
    bob.post(f"/settings/secrets/{row.pk}/rotate", {"value": "robot\nanother value"})
    bob.post(f"/settings/secrets/{row.pk}/change", {"name": "mirror", "granted_to": ["tasks"]})
    page = bob.get("/settings/secrets")

    row.refresh_from_db()
    assert (row.name, row.granted_to, row.rotated_at is not None) == ("mirror", ["tasks"], True)
    assert "another value" in opened(row)
    for answer in (made, page):
        assert CANARY not in answer.content.decode()
        assert "another value" not in answer.content.decode()
    assert "no-store" in page["Cache-Control"]
    bob.post(f"/settings/secrets/{row.pk}/delete")
    assert not Secret.objects.exists()


def test_a_fault_brings_everything_back_but_the_value(cast: Cast) -> None:
    given = {"name": "kept", "type": "ssh_key", "scope": "personal", "value": CANARY}

    page = browser(cast.bob).post("/settings/secrets/new", given)

    assert page.status_code == 400
    assert "This is not a private key" in page.content.decode()
    assert 'value="kept"' in page.content.decode()
    assert CANARY not in page.content.decode()
    assert not Secret.objects.exists()


def test_each_sees_their_own_and_changes_what_they_answer_for(cast: Cast) -> None:
    spec = SecretSpec(name="shared", value=CANARY, scope="organization")
    secret = create_secret(cast.alice, cast.acme, spec=spec)
    create_secret(cast.alice, cast.acme, spec=SecretSpec(name="alices", value=CANARY))
    bob = browser(cast.bob)

    page = bob.get("/settings/secrets").content.decode()
    bob.post(f"/settings/secrets/{secret.pk}/delete")
    gone = browser(cast.dora).post(f"/settings/secrets/{secret.pk}/delete")

    assert "shared" in page
    assert "alices" not in page
    assert f"delete-{secret.pk}" not in page
    assert gone.status_code == 404
    assert Secret.objects.filter(pk=secret.pk).exists()
    assert "Team Platform" in browser(cast.alice).get("/settings/secrets").content.decode()
