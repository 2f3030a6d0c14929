"""The mail server's address, read once."""

from __future__ import annotations

import pytest

from config.settings.mail import mail_settings

PUBLIC = "https://deck.example.org"


def test_without_an_address_nothing_is_sent() -> None:
    assert mail_settings("", PUBLIC) == {
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "DEFAULT_FROM_EMAIL": "quarterdeck@deck.example.org",
    }


def test_every_part_is_understood() -> None:
    url = "smtp://deck%40example.org:p%2Fw@mail.example.org:2525?tls=1&from=ops@example.org"

    found = mail_settings(url, PUBLIC)

    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example.org", 2525)
    assert found["EMAIL_HOST_USER"] == "deck@example.org"
    assert found["EMAIL_HOST_PASSWORD"] == "p/w"
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (True, False)
    assert found["DEFAULT_FROM_EMAIL"] == "ops@example.org"


def test_smtps_is_tls_from_the_start() -> None:
    found = mail_settings("smtps://mail.example.org", PUBLIC)

    assert (found["EMAIL_PORT"], found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (
        465,
        True,
        False,
    )


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://"])
def test_a_wrong_address_is_said_at_start(url: str) -> None:
    with pytest.raises(ValueError, match="QUARTERDECK_EMAIL_URL"):
        mail_settings(url, PUBLIC)
