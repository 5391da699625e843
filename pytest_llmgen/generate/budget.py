"""How much may still be asked: reserved before a request, settled after it, so that no cap is passed."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_llmgen.records import Cost


@dataclass(frozen=True, slots=True)
class Estimate:
    """The most that a request can use; ``usd`` is None where no price is known."""

    tokens: int
    usd: float | None


class Budget:
    """Caps on dollars and tokens; a negative cap is none, 0 allows nothing.

    Where no price is known only the tokens count.
    """

    def __init__(self, max_cost: float, max_tokens: int) -> None:
        self.max_cost, self.max_tokens = max_cost, max_tokens
        self.spent = Cost()
        self._held: list[Estimate] = []

    @property
    def tokens(self) -> int:
        """Tokens used, read from caches or not."""
        spent = self.spent
        return spent.input_tokens + spent.output_tokens + spent.cache_read_tokens + spent.cache_write_tokens

    def reserve(self, estimate: Estimate) -> bool:
        """Hold back what a request may use; False (and nothing held) where it could pass a cap."""
        is_free = self._fits(*self._held, estimate)
        if is_free:
            self._held.append(estimate)
        return is_free

    def allows(self, estimate: Estimate) -> bool:
        """Whether a request would fit if all that is held were given back."""
        return self._fits(estimate)

    def settle(self, estimate: Estimate, cost: Cost) -> None:
        """Give back what was held and count what was used."""
        self._held.remove(estimate)
        self.spent += cost

    def _fits(self, *estimates: Estimate) -> bool:
        tokens = self.tokens + sum(estimate.tokens for estimate in estimates)
        usd = (self.spent.usd or 0.0) + sum(estimate.usd or 0.0 for estimate in estimates)
        is_priced = all(estimate.usd is not None for estimate in estimates)
        is_dear = is_priced and self.max_cost >= 0 and usd > self.max_cost
        return not is_dear and not (self.max_tokens >= 0 and tokens > self.max_tokens)
