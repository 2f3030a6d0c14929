"""Mail by `QUARTERDECK_EMAIL_URL`: `smtp[s]://user:password@host:port?tls=1&from=address`.

Without it nothing is sent; whoever invites hands the link over in person.
"""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from config.settings.env import environment


def mail_settings(url: str, public_url: str) -> dict[str, Any]:
    """Django's settings for one mail server; a wrong address is said at start."""
    host = urlsplit(public_url).hostname or "localhost"
    sender = f"quarterdeck@{host}"
    if not url:
        dummy = "django.core.mail.backends.dummy.EmailBackend"
        return {"EMAIL_BACKEND": dummy, "DEFAULT_FROM_EMAIL": sender}
    split = urlsplit(url)
    if split.scheme not in {"smtp", "smtps"} or not split.hostname:
        message = "QUARTERDECK_EMAIL_URL must be smtp://host or smtps://host"
        raise ValueError(message)
    options = {name: values[-1] for name, values in parse_qs(split.query).items()}
    secure = split.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": split.hostname,
        "EMAIL_PORT": split.port or (465 if secure else 587),
        "EMAIL_HOST_USER": unquote(split.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(split.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure and options.get("tls") == "1",
        "EMAIL_TIMEOUT": 10,
        "DEFAULT_FROM_EMAIL": options.get("from", sender),
    }


globals().update(mail_settings(environment.email_url, environment.public_url))
