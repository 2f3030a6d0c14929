"""Errors people see. The class's docstring is the message; the edges map it once to
problem+json (RFC 9457), to a page, to a toast and to a socket's close reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class DomainError(Exception):
    """Something is not possible right now."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "domain"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            name = cls.__name__.removesuffix("Error")
            cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

    def __init__(self, detail: str = "", **extra: Any) -> None:
        self.detail = detail or " ".join((type(self).__doc__ or "").split())
        self.extra: Mapping[str, Any] = extra
        super().__init__(self.detail)


class InvalidError(DomainError):
    """The input is not valid."""

    def __init__(self, detail: str = "", *, errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(detail, errors=list(errors))

    @classmethod
    def at(cls, pointer: str, detail: str) -> InvalidError:
        """One fault at one place; `pointer` is a JSON pointer (RFC 6901) into the body."""
        return cls(detail, errors=[{"pointer": pointer, "detail": detail}])


class RefusedError(DomainError):
    """You may not do this."""

    status = 403


class NotAllowedError(RefusedError):
    """Your role does not allow this."""


class NotFoundError(RefusedError):
    """There is nothing here that you may see."""

    status = 404


class NotSignedInError(RefusedError):
    """Sign in first."""

    status = 401


class StaleFormError(RefusedError):
    """This form is out of date, or came from another place. Go back, reload the page and send it
    again."""


class ConflictError(DomainError):
    """The present state does not allow this."""

    status = 409


class QuotaError(RefusedError):
    """A limit is reached."""

    status = 429

    def __init__(self, detail: str = "", *, limit: int, current: int, remedy: str) -> None:
        super().__init__(detail, limit=limit, current=current, remedy=remedy)
