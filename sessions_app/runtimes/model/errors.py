"""Provider errors in words that are safe to show: no key, no header, no raw body."""

from __future__ import annotations

import httpx2
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelOverloadedError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelUnavailableError,
)

from kernel.egress import EgressRefusedError
from sessions_app.runtimes.base import TurnOutcome
from sessions_app.runtimes.failures import Failure, failed

_KINDS: tuple[tuple[type[AgentRunError], Failure, str], ...] = (
    (ModelAuthenticationError, Failure.AUTHENTICATION, "refused the key. Check it in Settings"),
    (ModelNotFoundError, Failure.NOT_CONFIGURED, "knows no such model"),
    (ModelContextWindowExceededError, Failure.CONTEXT, "cannot take a conversation this long"),
    (ModelQuotaExceededError, Failure.RATE_LIMITED, "says that the account's quota is used up"),
    (ModelRateLimitError, Failure.RATE_LIMITED, "asks for fewer requests. Try again later"),
    (ModelOverloadedError, Failure.OVERLOADED, "is overloaded. Try again later"),
    (ModelUnavailableError, Failure.OVERLOADED, "is not available. Try again later"),
    (ModelRequestTimeout, Failure.UNREACHABLE, "did not answer in time"),
    (ModelConnectionError, Failure.UNREACHABLE, "cannot be reached"),
    (ModelAPIError, Failure.PROVIDER, "failed"),
    (ContentFilterError, Failure.REFUSED, "refused to answer for reasons of its content policy"),
    (AgentRunError, Failure.PROVIDER, "gave an answer that cannot be used"),
)


def provider_failure(
    error: AgentRunError | EgressRefusedError | httpx2.TransportError, model: str
) -> TurnOutcome:
    """The failed outcome for an error of the provider of `model`."""
    refused = _refusal(error)
    if refused is not None:
        return failed(Failure.UNREACHABLE, f"The provider of {model} is out of reach: {refused}")
    if isinstance(error, httpx2.TransportError):
        return failed(Failure.UNREACHABLE, f"The connection to the provider of {model} broke.")
    code, words = next((code, words) for kind, code, words in _KINDS if isinstance(error, kind))
    details = {"http_status": error.status_code} if isinstance(error, ModelHTTPError) else {}
    return failed(code, f"The provider of {model} {words}.", model=model, **details)


def _refusal(error: BaseException | None) -> EgressRefusedError | None:
    """The guard's refusal that an SDK wrapped, if that is what happened."""
    while error is not None:
        if isinstance(error, EgressRefusedError):
            return error
        error = error.__cause__ or error.__context__
    return None
