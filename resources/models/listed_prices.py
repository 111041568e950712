"""Prices out of LiteLLM's table: by the size of the prompt, by batch, and what is asked beside tokens."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from labeling.llm.providers.price import Price, Tier

WRITTEN = ("output_cost_per_token", "output_cost_per_reasoning_token")
ABOVE = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")


@cache
def price_table() -> dict[str, dict[str, Any]]:
    """Return LiteLLM's table by model, read from its file: its import takes seconds.

    Examples
    --------
    >>> price_table()["gpt-4o-mini"]["litellm_provider"]
    'openai'
    """
    spec = find_spec("litellm")
    table = Path((spec and spec.origin) or "").with_name(
        "model_prices_and_context_window_backup.json"
    )
    return json.loads(table.read_text(encoding="utf-8"))


def listed_price(model: str, listed: Mapping[str, Any]) -> Price:
    """Return the price of a model, the dearer one where the table leaves it open.

    Examples
    --------
    >>> row = {"input_cost_per_token": 1e-6, "output_cost_per_token": 4e-6}
    >>> listed_price("m", row | {"input_cost_per_token_above_200k_tokens": 2e-6}).tiers[0].above
    200000
    """
    output = max(listed.get(name) or 0.0 for name in WRITTEN)
    return Price(
        input_usd=listed["input_cost_per_token"],
        output_usd=output,
        cached_input_usd=listed.get("cache_read_input_token_cost"),
        batch_share=_batch_share(listed),
        request_usd=_request_usd(model, listed),
        tiers=_tiers(listed, output),
        image_usd=float(listed.get("input_cost_per_image") or 0.0),
        image_token_usd=_dearer_image_token(listed),
        written_usd=listed.get("cache_creation_input_token_cost"),
    )


def _dearer_image_token(listed: Mapping[str, Any]) -> float:
    """Return what a token of an image costs where that is more than a token of text, else 0."""
    usd = float(listed.get("input_cost_per_image_token") or 0.0)
    return usd if usd > listed["input_cost_per_token"] else 0.0


def _tiers(listed: Mapping[str, Any], output_usd: float) -> tuple[Tier, ...]:
    """Return the prices of longer prompts, which LiteLLM lists by their size in thousands."""
    found: list[Tier] = []
    for name, value in listed.items():
        size = ABOVE.fullmatch(name)
        if size and value is not None:
            end = f"_above_{size[1]}k_tokens"
            found.append(
                Tier(
                    int(size[1]) * 1000,
                    value,
                    listed.get(f"output_cost_per_token{end}") or output_usd,
                    listed.get(f"cache_read_input_token_cost{end}"),
                    listed.get(f"cache_creation_input_token_cost{end}"),
                )
            )
    return tuple(found)


def _batch_share(listed: Mapping[str, Any]) -> float:
    shares: list[float] = []
    for name in ("input_cost_per_token", "output_cost_per_token"):
        full, batch = listed.get(name), listed.get(f"{name}_batches")
        shares.append(batch / full if batch and full else 1.0)
    return max(shares)


def _request_usd(model: str, listed: Mapping[str, Any]) -> float:
    """Return what a request costs beside its tokens: some models search whether asked to or not."""
    fee = float(listed.get("input_cost_per_request") or 0.0)
    if listed.get("litellm_provider") != "perplexity" and "search" not in model:
        return fee
    searches = listed.get("search_context_cost_per_query") or {}
    return fee + max((float(v) for v in searches.values()), default=0.0)
