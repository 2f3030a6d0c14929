"""What a model request costs. An unknown model has no cost; it is never 0."""

from __future__ import annotations

from decimal import Decimal

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price

from sessions_app.runtimes.base import Usage


def cost_of(usage: Usage) -> Decimal | None:
    """US dollars by the dated table of genai-prices, or None."""
    try:
        counted = PricedUsage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cache_read_tokens or None,
            cache_write_tokens=usage.cache_write_tokens or None,
        )
        priced = calc_price(counted, model_ref=usage.model, provider_id=usage.provider or None)
    except (LookupError, ValueError):  # an unknown model, or counts that contradict each other
        return None
    return Decimal(priced.total_price)
