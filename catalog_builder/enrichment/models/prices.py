"""What a model costs, by the price file or as the operator says."""

import math
import tomllib
from pathlib import Path
from typing import NamedTuple

from catalog_builder.errors import CommandError
from feed.ports.language_model import Usage

FILE = Path(__file__).with_name("prices.toml")
_MILLION = 1_000_000


class Price(NamedTuple):
    """Dollars for a million tokens."""

    input_dollars: float
    output_dollars: float

    def of(self, usage: Usage) -> float:
        """Returns the dollars for these tokens."""
        cost = usage.input_tokens * self.input_dollars + usage.output_tokens * self.output_dollars
        return cost / _MILLION


FREE = Price(0.0, 0.0)


def price_of(model: str, given: str = "") -> Price:
    """Returns the price of a model: as given (`0.75,3.75`), or from the price file.

    Raises `CommandError` if the file does not know the model and no price is given.
    """
    if given:
        try:
            price = Price(*map(float, given.split(",")))
        except (TypeError, ValueError):
            price = None
        if price is None or not all(0 <= one < math.inf for one in price):
            expected = "dollars for a million tokens of input and of output, like 0.75,3.75"
            raise CommandError(f"--model-price: expected {expected}, got {given}")
        return price
    prices = tomllib.loads(FILE.read_text(encoding="utf-8"))
    if model not in prices:
        known = ", ".join(sorted(prices))
        raise CommandError(
            f"the price of {model} is not known ({known} are): give --model-price INPUT,OUTPUT, "
            "in dollars for a million tokens"
        )
    found = prices[model]
    return Price(found["input"], found["output"])
