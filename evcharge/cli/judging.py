"""What success is judged against, and how sure a verdict on a lot is: flag, contract, setting.

What does not belong here: which sessions are looked at (``options``), and verdicts (``metrics.rates``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evcharge.cli.given import given
from evcharge.cli.options import share

if TYPE_CHECKING:
    from evcharge.metrics.own_definition import Contract
    from evcharge.metrics.rates import Limits

confidence_option = click.option(
    "--confidence",
    type=share,
    metavar="SHARE",
    help="Of the verdict on the network, or on one lot, two-sided: 0.99 leaves 0.5% on each side. Default: 95%, or "
    "what the definition's file states under [contract].",
)


def contract_of(definition: str | None) -> Contract:
    """What the definition's file states of the contract; nothing where it is no file."""
    from evcharge.metrics.own_definition import Contract, read_contract

    return read_contract(Path(definition)) if definition and definition.endswith(".toml") else Contract()


def target_ratio(flag: float | None, definition: str | None = None) -> float:
    """The success ratio to judge against: the flag's, else the contract's in the definition's file, else the setting's.

    Raises:
        ConfigError: the contract, the environment or evcharge.toml names one that is no share between 0 and 1.
    """
    from evcharge.config import resolve
    from evcharge.metrics.rates import require_target

    stated = contract_of(definition).target if flag is None else flag
    found = resolve("target", stated, given("config"))
    require_target(found.value, f"target from {found.origin}")
    return float(found.value)


def limits_of_lot(flag: float | None, definition: str | None) -> Limits:
    """The limits of the verdict on the network, or on the lot: by the flag, the contract, or the usual ones.

    Raises:
        ConfigError: the contract names a confidence that is no share between 0 and 1.
    """
    from evcharge.metrics.rates import ONE_LOT, one_test

    stated = contract_of(definition).confidence if flag is None else flag
    return ONE_LOT if stated is None else one_test(stated)
