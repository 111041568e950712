"""The most that one request can cost; what a hard cap is held with."""

import base64
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from PIL import Image

from labeling.llm.providers.price import Price
from labeling.llm.providers.room import room_of
from labeling.llm.providers.transport import Message, Reply, Request, Usage

MESSAGE_TOKENS = 16
"""What a message adds around its text, generously."""

TILE_PX = 512
IMAGE_TOKENS, TILE_TOKENS = 2833, 5667
"""The highest published rate for images (gpt-4o-mini): base, and each tile of 512 x 512 px."""

BYTES_A_TOKEN = 256
"""More than the longest token of any published vocabulary, runs of blanks apart."""

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


@dataclass(slots=True)
class Seen:
    """What a model was seen to use beyond what it was asked to: it may do so again.

    Attributes
    ----------
    completion : int
        Tokens of the longest answer that was longer than it was allowed to be.
    prompt_share : float
        Prompt tokens that were counted, for each that could be, at most.
    stated_usd : float
        The highest cost that its provider stated, in US dollars.
    """

    completion: int = 0
    prompt_share: float = 1.0
    stated_usd: float = 0.0

    def believed(self, request: Request, reply: Reply) -> Usage:
        """Return what a reply used, not counted where so few tokens cannot hold what was said."""
        usage = reply.usage
        sent = sum(len(text.encode()) for text in _texts(request.messages))
        likely = usage.prompt * BYTES_A_TOKEN >= sent
        likely = likely and usage.completion * BYTES_A_TOKEN >= len(reply.text.encode())
        return usage if likely else replace(usage, counted=False)

    def saw(self, request: Request, usage: Usage) -> str | None:
        """Take note of one answer; return in words what was longer than it was allowed to be."""
        told = None
        self.stated_usd = max(self.stated_usd, usage.stated_usd)
        if usage.completion > max(room_of(request.parameters), self.completion):
            told = (
                f"{request.model} wrote {usage.completion:,} tokens where "
                f"{room_of(request.parameters):,} were allowed; from now on that much is put aside "
                "for each answer: models.budget has to allow it, or ask another model"
            )
        if usage.completion > room_of(request.parameters):
            self.completion = max(self.completion, usage.completion)
        bound = most_tokens(request.messages, request.schema)
        self.prompt_share = max(self.prompt_share, usage.prompt / bound)
        return told


def worst_case_usd(request: Request, price: Price, seen: Seen | None = None) -> float:
    """Return the most that ``request`` can cost, in US dollars.

    Parameters
    ----------
    request : Request
        What is about to be sent.
    price : Price
        Of its model.
    seen : Seen, optional
        What the model used beyond its limits before.
    """
    seen = seen or Seen()
    prompt = math.ceil(most_tokens(request.messages, request.schema) * seen.prompt_share)
    dear = price.with_images(images_in(request.messages))
    most = dear.most(prompt, max(room_of(request.parameters), seen.completion))
    return max(most, seen.stated_usd)


def images_in(messages: tuple[Message, ...]) -> int:
    """Count the images of a chat."""
    contents = (m["content"] for m in messages if not isinstance(m["content"], str))
    return sum(part["type"] != "text" for content in contents for part in content)


def _texts(messages: tuple[Message, ...]) -> Iterator[str]:
    for message in messages:
        content = message["content"]
        if isinstance(content, str):
            yield content
        else:
            yield from (part["text"] for part in content if part["type"] == "text")


def _tiles(url: str) -> int:
    if not url.startswith("data:"):
        return LARGEST_TILES
    with Image.open(BytesIO(base64.b64decode(url.partition(",")[2]))) as image:
        width, height = image.size
    return min(LARGEST_TILES, math.ceil(width / TILE_PX) * math.ceil(height / TILE_PX))
