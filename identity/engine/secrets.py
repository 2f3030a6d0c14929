"""What a secret of each type must look like. No error text ever holds a part of the value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from identity.enums import SecretType
from kernel.errors import InvalidError
from kernel.redaction import SHORTEST

LONGEST, LONGEST_FILE = 8192, 32 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PRIVATE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_EXCHANGE = ("token_endpoint", "subject_token"), (
    "client_id", "client_secret", "subject_token_type", "audience", "resource", "scope",
)  # fmt: skip
_VAULT = ("address", "path", "field", "token"), ("mount", "namespace")
# Types whose value comes from elsewhere at the moment of use.
FETCHED = frozenset({SecretType.OIDC.value, SecretType.VAULT.value})
# Types that a program wants as a file rather than as a variable.
FILED = frozenset({SecretType.SSH_KEY.value, SecretType.CERTIFICATE.value, SecretType.FILE.value})


@dataclass(frozen=True, kw_only=True)
class Content:
    """A checked value as it is sealed, and when it ends by itself."""

    text: str = field(repr=False)
    expires_at: datetime | None = None


def read(kind: str, value: object) -> Content:
    """Check a value of this type; raises `InvalidError` in words that do not repeat it."""
    return _READERS[SecretType(kind)](value)


def parts(kind: str, text: str) -> Mapping[str, str]:
    """The named parts of a sealed value that has some."""
    structured = FETCHED | {SecretType.PASSWORD.value}
    return dict(json.loads(text)) if kind in structured else {}


def hidden(kind: str, text: str) -> list[str]:
    """What of a sealed value must never be seen; names and addresses may."""
    words = parts(kind, text)
    if not words:
        return [text]
    return [words[name] for name in _HIDDEN if name in words]


_HIDDEN = ("password", "client_secret", "subject_token", "token")


def _fault(detail: str) -> InvalidError:
    return InvalidError.at("/value", detail)


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise _fault("The value of this type is a text.")
    if len(value.encode("utf-8", "surrogatepass")) > longest:
        raise _fault(f"At most {longest} bytes.")
    if len(value.strip()) < SHORTEST:
        detail = f"At least {SHORTEST} characters: a shorter value cannot be masked in output."
        raise _fault(detail)
    if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise _fault("A value is text without NUL characters.")
    return value


def _token(value: object) -> Content:
    text = _text(value, LONGEST)
    if _CONTROL.search(text):
        raise _fault("A token stands on one line and has no control characters.")
    return Content(text=text)


def _file(value: object) -> Content:
    return Content(text=_text(value, LONGEST_FILE))


def _ssh_key(value: object) -> Content:
    text = _unix(_text(value, LONGEST_FILE))
    _private_key(text)
    return Content(text=text)


def _certificate(value: object) -> Content:
    text = _unix(_text(value, LONGEST_FILE))
    try:
        chain = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        detail = "Give certificate and private key in PEM, one after the other."
        raise _fault(detail) from None
    found = _PRIVATE.search(text)
    if found is None:
        raise _fault("The private key of the certificate is missing.")
    if _public(_private_key(found[0])) != _public(chain[0]):
        raise _fault("The private key does not belong to the first certificate.")
    return Content(text=text, expires_at=chain[0].not_valid_after_utc)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").strip() + "\n"


def _private_key(text: str) -> object:
    data = text.strip().encode() + b"\n"
    openssh = b"OPENSSH PRIVATE KEY" in data
    load = serialization.load_ssh_private_key if openssh else serialization.load_pem_private_key
    try:
        return load(data, None)
    except TypeError:
        detail = "The key is protected by a passphrase, which nobody could type here; remove it."
        raise _fault(detail) from None
    except (ValueError, UnsupportedAlgorithm) as wrong:
        if "encrypted" in str(wrong).lower():
            detail = "The key is protected by a passphrase, which nobody could type here."
            raise _fault(detail) from None
        raise _fault("This is not a private key in OpenSSH or PEM format.") from None


def _public(holder: object) -> bytes:
    key = holder.public_key()  # type: ignore[attr-defined]
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_bytes(serialization.Encoding.DER, kind))


def _words(value: object, needed: Sequence[str], possible: Sequence[str]) -> dict[str, str]:
    """An object of short texts with these names."""
    if not isinstance(value, Mapping):
        raise _fault(f"An object with {', '.join(needed)}.")
    if missing := [name for name in needed if not value.get(name)]:
        raise InvalidError.at(f"/value/{missing[0]}", f"{missing[0]} is missing.")
    if set(value) - {*needed, *possible}:
        raise _fault(f"Only {', '.join([*needed, *possible])} are known.")
    for name, text in value.items():
        if not isinstance(text, str) or len(text) > LONGEST or _CONTROL.search(text):
            detail = f"{name} is a text of one line, at most {LONGEST} characters."
            raise InvalidError.at(f"/value/{name}", detail)
    return {name: str(text) for name, text in value.items() if text}


def _password(value: object) -> Content:
    words = _words(value, ("username", "password"), ())
    return _structured(words)


def _exchange(value: object) -> Content:
    words = _words(value, *_EXCHANGE)
    _check_url("token_endpoint", words["token_endpoint"])
    return _structured(words)


def _vault(value: object) -> Content:
    words = _words(value, *_VAULT)
    _check_url("address", words["address"])
    for name in ("path", "mount"):
        if ".." in words.get(name, "").split("/"):
            raise InvalidError.at(f"/value/{name}", f"{name} has no `..`.")
    return _structured(words)


def _structured(words: Mapping[str, str]) -> Content:
    text = json.dumps(words, sort_keys=True, ensure_ascii=False)
    for name in _HIDDEN:
        if len(words.get(name, "x" * SHORTEST).strip()) < SHORTEST:
            detail = f"At least {SHORTEST} characters: a shorter one cannot be masked in output."
            raise InvalidError.at(f"/value/{name}", detail)
    return Content(text=text)


def _check_url(name: str, url: str) -> None:
    try:
        found = urlsplit(url)
        host = found.hostname
        _port = found.port
    except ValueError:
        host = None
    if not host or found.username or found.password or found.query or found.fragment:
        raise InvalidError.at(f"/value/{name}", f"{name} is an address without credentials.")
    if found.scheme != "https" and not (found.scheme == "http" and host in _LOOPBACK):
        raise InvalidError.at(f"/value/{name}", f"{name} begins with https://.")


_READERS: Mapping[SecretType, Callable[[object], Content]] = {
    SecretType.TOKEN: _token,
    SecretType.PASSWORD: _password,
    SecretType.SSH_KEY: _ssh_key,
    SecretType.CERTIFICATE: _certificate,
    SecretType.FILE: _file,
    SecretType.OIDC: _exchange,
    SecretType.VAULT: _vault,
}
