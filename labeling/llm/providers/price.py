"""What a model's tokens cost, and what is owed for an answer whatever its provider counted."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them.

    Parameters
    ----------
    prompt, completion : int
        Read and written, thoughts included.
    cached, written : int
        The parts of ``prompt`` that were read from a cache, and written into one.
    counted : bool
        Whether the numbers can be true; if not, nobody knows what the answer will cost.
    stated_usd : float
        What the provider says the answer costs, in US dollars; 0 where it does not say.
    """

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    counted: bool = True
    stated_usd: float = 0.0
    written: int = 0


@dataclass(frozen=True, slots=True)
class Tier:
    """Other prices for the whole request, from a size of the prompt on.

    Parameters
    ----------
    above : int
        Prompt tokens beyond which they hold.
    input_usd, output_usd, cached_input_usd, written_usd : float
        US dollars for each token; those read from a cache or written into one as ``input_usd`` if
        unknown.
    """

    above: int
    input_usd: float
    output_usd: float
    cached_input_usd: float | None = None
    written_usd: float | None = None

    def usd(self, prompt: int, completion: int, cached: int, written: int = 0) -> float:
        """Return what so many tokens cost at these prices."""
        read = min(max(cached, 0), prompt)
        kept = min(max(written, 0), prompt - read)
        cheap = self.input_usd if self.cached_input_usd is None else self.cached_input_usd
        dear = self.input_usd if self.written_usd is None else self.written_usd
        plain = (prompt - read - kept) * self.input_usd
        return plain + read * cheap + kept * dear + completion * self.output_usd


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars a token.

    Parameters
    ----------
    input_usd, output_usd : float
        For each prompt and each completion token.
    cached_input_usd : float, optional
        For each prompt token that the provider read from its cache; as ``input_usd`` if unknown.
    written_usd : float, optional
        For each prompt token that the provider wrote into its cache; as ``input_usd`` if unknown.
    batch_share : float
        What a batch endpoint asks, as a share (0..1) of these prices.
    request_usd : float
        For each request, beside its tokens.
    tiers : tuple of Tier
        Prices of longer prompts.
    image_usd : float
        For each image, beside its tokens.
    image_token_usd : float
        For each prompt token of an image, where that is dearer than text.

    Examples
    --------
    >>> price = Price(input_usd=1e-6, output_usd=4e-6, cached_input_usd=0.5e-6)
    >>> round(price.cost(Usage(prompt=1000, completion=10, cached=600)) * 1e6)
    740
    >>> Price().cost(Usage(prompt=1000, completion=10))  # a model of one's own
    0.0
    >>> long = Price(1e-6, 4e-6, tiers=(Tier(500, 2e-6, 6e-6),))
    >>> round(long.cost(Usage(prompt=1000, completion=10)) * 1e6)
    2060
    """

    input_usd: float = 0.0
    output_usd: float = 0.0
    cached_input_usd: float | None = None
    batch_share: float = 0.5
    request_usd: float = 0.0
    tiers: tuple[Tier, ...] = ()
    image_usd: float = 0.0
    image_token_usd: float = 0.0
    written_usd: float | None = None

    def with_images(self, images: int) -> Self:
        """Return the price of a request with so many images; its text counts as dear as they do.

        Examples
        --------
        >>> Price(1e-6, image_usd=0.001).with_images(2).cost(Usage(prompt=1000))
        0.003
        """
        if not images:
            return self
        dear = self.image_token_usd
        return replace(
            self,
            input_usd=max(self.input_usd, dear),
            request_usd=self.request_usd + images * self.image_usd,
            tiers=tuple(replace(t, input_usd=max(t.input_usd, dear)) for t in self.tiers),
            image_usd=0.0,
        )

    def cost(self, usage: Usage) -> float:
        """Return what ``usage`` costs, in US dollars; never below zero."""
        prompt, completion = max(usage.prompt, 0), max(usage.completion, 0)
        *_, tier = self._up_to(prompt)
        return self.request_usd + tier.usd(prompt, completion, usage.cached, usage.written)

    def most(self, prompt: int, completion: int) -> float:
        """Return the most that up to so many tokens can cost, cached or not, in US dollars."""
        tiers = self._up_to(prompt)
        ways = ((0, 0), (prompt, 0), (0, prompt))
        dearest = max(tier.usd(prompt, completion, *way) for tier in tiers for way in ways)
        return self.request_usd + dearest

    def owed(self, usage: Usage, worst_usd: float, share: float = 1.0) -> float:
        """Return what is booked for an answer, in US dollars.

        That is what its tokens cost, or what the provider says it costs if that is more; where it
        did not count the tokens in a way that can be true, at least the worst case, since nobody
        knows what it will ask for.

        Parameters
        ----------
        usage : Usage
            What the provider counted.
        worst_usd : float
            What was put aside for the request.
        share : float
            Of the price that is asked, as by a batch endpoint.
        """
        paid = max(self.cost(usage) * share, usage.stated_usd)
        return paid if usage.counted else max(paid, worst_usd)

    def _up_to(self, prompt: int) -> list[Tier]:
        """Return the prices of prompts of up to so many tokens, the longest prompts' last."""
        first = Tier(-1, self.input_usd, self.output_usd, self.cached_input_usd, self.written_usd)
        longer = sorted(self.tiers, key=lambda tier: tier.above)
        return [first, *(tier for tier in longer if tier.above < prompt)]
