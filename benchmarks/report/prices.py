"""Prices of cloud services, read from `prices.toml`."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import msgspec

FILE = Path(__file__).with_name("prices.toml")

_Text = Annotated[str, msgspec.Meta(min_length=1)]


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list price: `dollars` for `per` units, with its source, date and whether it was checked."""

    dollars: Annotated[float, msgspec.Meta(ge=0)]
    per: Annotated[int, msgspec.Meta(ge=1)]
    unit: _Text
    source: Annotated[str, msgspec.Meta(pattern="^https://")]
    date: dt.date
    checked: bool

    def of(self, units: float) -> float:
        """Dollars for a number of units."""
        return self.dollars / self.per * units


class PriceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The prices that the cost benchmark uses."""

    vcpu_second: Price
    gib_second: Price
    invocation: Price
    egress: Price
    egress_hosting: Price
    read: Price
    write: Price
    log: Price
    storage_hour: Price
    read_unit: Price
    rented_recommendation: Price
    rented_search: Price


def read_prices(file: Path = FILE) -> PriceList:
    """Read a TOML file of prices.

    Raises:
        ValueError: a price is missing or invalid; the message names the file and the field.
    """
    try:
        return msgspec.toml.decode(file.read_bytes(), type=PriceList)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{file.name}: {error}") from error
