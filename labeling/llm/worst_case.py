"""The most that one request can cost; what a hard cap is held with."""

import base64
import json
import math
from io import BytesIO
from typing import Any

from PIL import Image

from labeling.llm.transport import Message, Price, Request

MESSAGE_TOKENS = 16
"""What a message adds around its text, generously."""

TILE_PX = 512
IMAGE_TOKENS, TILE_TOKENS = 2833, 5667
"""The highest published rate for images (gpt-4o-mini): base, and each tile of 512 x 512 px."""

LARGEST_TILES = 16
"""Tiles of the largest image that providers look at (2048 x 2048 px)."""


def most_tokens(messages: tuple[Message, ...], schema: object = None) -> int:
    """Bound the prompt tokens from above: no tokenizer makes more tokens than UTF-8 bytes.

    Examples
    --------
    >>> most_tokens(({"role": "user", "content": "hello"},))
    37
    """
    total = MESSAGE_TOKENS
    for message in messages:
        total += MESSAGE_TOKENS
        content = message["content"]
        parts: list[Any] = [{"type": "text", "text": content}]
        for part in parts if isinstance(content, str) else content:
            if part["type"] == "text":
                total += len(part["text"].encode())
            else:
                total += IMAGE_TOKENS + TILE_TOKENS * _tiles(part["image_url"]["url"])
    return total + (len(json.dumps(schema)) if schema else 0)


def worst_case_usd(request: Request, price: Price) -> float:
    """Return the most that ``request`` can cost, in US dollars."""
    prompt = most_tokens(request.messages, request.schema)
    return prompt * price.input_usd + int(request.parameters["max_tokens"]) * price.output_usd


def _tiles(url: str) -> int:
    if not url.startswith("data:"):
        return LARGEST_TILES
    with Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
        width, height = image.size
    return min(LARGEST_TILES, math.ceil(width / TILE_PX) * math.ceil(height / TILE_PX))
