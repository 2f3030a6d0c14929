"""Builds the model a session names, with the key and address of its provider's configuration."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pydantic_ai._http import create_async_httpx2_client
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model, parse_model_id
from pydantic_ai.providers import Provider, infer_provider_class

from sessions_app.runtimes.host import ProviderConfig, RuntimeHost
from sessions_app.runtimes.model.transport import GuardedTransport

KEYLESS = "not-needed"


class ModelNotConfiguredError(Exception):
    """The session's model cannot be reached with what is configured; the text says what to do."""


@asynccontextmanager
async def open_model(name: str, host: RuntimeHost) -> AsyncIterator[Model]:
    """The model called `provider:model`; its connections are closed on leaving."""
    provider, model = parse_model_id(name)
    if not provider or not model:
        raise ModelNotConfiguredError("No model is chosen. Name one as provider:model.")
    config = host.providers.get(provider)
    if config is None or not (config.api_key or config.base_url):
        raise ModelNotConfiguredError(f"The provider {provider} has no key. Add one in Settings.")
    async with AsyncExitStack() as stack:
        client = create_async_httpx2_client(transport=GuardedTransport(host.guard))
        await stack.enter_async_context(client)
        # The first use imports the provider's SDK, for seconds: not in the loop that renews leases.
        made = await asyncio.to_thread(_provider, provider, config, client)
        built = await stack.enter_async_context(made)
        yield await asyncio.to_thread(_model, f"{_kind(provider, config)}:{model}", built)


def _provider(name: str, config: ProviderConfig, client: Any) -> Provider[Any]:
    """The provider with our key; never one from the environment of the process."""
    try:
        kind = infer_provider_class(name)
    except ValueError:
        raise ModelNotConfiguredError(f"There is no model provider named {name}.") from None
    except ImportError:
        message = f"The provider {name} needs a package that is not installed."
        raise ModelNotConfiguredError(message) from None
    kwargs = {"http_client": client, "api_key": config.api_key or KEYLESS}
    if config.base_url:
        kwargs["base_url"] = config.base_url
    refused = set(kwargs) - set(inspect.signature(kind.__init__).parameters)
    if refused:
        message = f"The provider {name} cannot be set up with {', '.join(sorted(refused))}."
        raise ModelNotConfiguredError(message)
    return kind(**kwargs)


def _kind(provider: str, config: ProviderConfig) -> str:
    """Servers that are not OpenAI's own seldom speak its newer Responses API."""
    return "openai-chat" if provider == "openai" and config.base_url else provider


def _model(name: str, provider: Provider[Any]) -> Model:
    try:
        return infer_model(name, provider_factory=lambda _name: provider)
    except UserError:
        raise ModelNotConfiguredError(f"There is no model named {name}.") from None
