"""What a kWh brings, as the command line and the settings say it.

What does not belong here: what is lost (``metrics.cost``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from evcharge.cli.given import given
from evcharge.cli.options import setting
from evcharge.errors import ConfigError

if TYPE_CHECKING:
    from evcharge.metrics.cost import Price


def price(text: str) -> tuple[float, str | None]:
    """What a kWh brings, written 0.59 EUR, or 0.59 where the settings have the currency."""
    from evcharge.metrics.cost import CURRENCY

    parts = re.fullmatch(rf"([0-9]+(?:\.[0-9]+)?) ?({CURRENCY})?", text.strip())
    if not parts or not float(parts[1]):
        raise click.BadParameter(f"{text!r} is no price of a kWh; write it like '0.59 EUR'.")
    return float(parts[1]), parts[2]


price_option = click.option(
    "--price",
    type=price,
    metavar="'0.59 EUR'",
    help="What a kWh brings: also shows what is lost in money. Default: price_per_kwh and currency of the settings.",
)


def price_of_kwh(flag: tuple[float, str | None] | None) -> Price | None:
    """What a kWh brings, by flag or settings; None without a price.

    Raises:
        ConfigError: there is no currency, or it is none.
    """
    from evcharge.config import resolve
    from evcharge.metrics.cost import CURRENCY, Price

    per_kwh, currency = flag or (float(setting("price_per_kwh")), None)
    if not per_kwh:
        return None
    if currency is None:
        found = resolve("currency", None, given("config"))
        currency = str(found.value)
        if not re.fullmatch(CURRENCY, currency):
            wrong = (
                f"currency from {found.origin} is {currency!r}" if currency else f"{per_kwh:g} a kWh has no currency"
            )
            reason = f"{wrong}; it must be three capital letters, such as EUR."
            raise ConfigError("no_currency", reason, f"Say it with the price: --price '{per_kwh:g} EUR'")
    return Price(per_kwh, currency)
