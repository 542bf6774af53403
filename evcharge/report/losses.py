"""What the stations that need attention lose in a usual week: summed, and in words; measured, and what is assumed.

What does not belong here: the loss of one station (``metrics.cost``), which stations these are (``now``), and markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from evcharge.metrics.cost import ENDS, Price, money_lost
from evcharge.metrics.rates import BELOW
from evcharge.report.document import plain
from evcharge.report.now import SILENT
from evcharge.report.words import NONE, amount, elided, ends_text, energy, in_words, joined, money, ranged, verb

MONEY = tuple(f"money_lost_per_week{end}" for end in ENDS)
"""What a station loses in money: columns beside those of its frame, missing without a price."""
UNITS = ("charges", "kwh", "money")
"""What is lost."""
MOST_NAMES = 2
"""Silent stations that a sentence names; of more it has the number."""
MOST_LETTERS = 40
"""Of a name in a sentence."""
WORTH_SAYING = 1.0
"""Charges a week from which on a title speaks of them."""


class Total(NamedTuple):
    """The loss of some stations: the sum of theirs, and of the ends of their ranges.

    All at their low ends, or all at their high ends, is further than chance goes: the range of the sum is wide.

    Attributes:
        about, low, high: the sums.
        known: of how many stations the loss is known; the others are in no sum.
    """

    about: float
    low: float
    high: float
    known: int


@dataclass(frozen=True)
class Losses:
    """What some stations lose in a usual week.

    Attributes:
        labels: the stations, the costliest first.
        totals: by ``UNITS``; None where it is known of no station.
        currency: of the money; empty without a price.
    """

    labels: tuple[str, ...]
    totals: dict[str, Total | None]
    currency: str

    @property
    def charges(self) -> Total | None:
        """The charges."""
        return self.totals["charges"]

    @property
    def worth_saying(self) -> bool:
        """Whether a title speaks of it."""
        return self.charges is not None and self.charges.about >= WORTH_SAYING

    @property
    def lacks_price(self) -> bool:
        """Whether money was asked for, but the energy of no lost charge is known."""
        return bool(self.currency) and self.charges is not None and self.totals["kwh"] is None

    def text(self, unit: str) -> str:
        """The loss with its range; empty where it is known of no station."""
        total = self.totals[unit]
        if total is None:
            return ""
        if unit == "charges":
            return f"{ranged(*total[:3], amount)} charges"
        return ranged(*total[:3], energy if unit == "kwh" else lambda number: money(number, self.currency))

    def partly(self, unit: str) -> str:
        """Of how many stations a loss is known, where not of all."""
        total = self.totals[unit]
        if total is None or total.known == len(self.labels):
            return ""
        return f" (known of {total.known:,} of {len(self.labels):,} stations)"

    def to_dict(self) -> dict[str, Any]:
        """The sums as the JSON document has them."""
        document: dict[str, Any] = {"stations": len(self.labels)}
        for unit, total in self.totals.items():
            document[f"{unit}_known_of"] = 0 if total is None else total.known
            ends = (None, None, None) if total is None else total[:3]
            names = [f"{unit}_lost_per_week{end}" for end in ENDS]
            document |= {name: plain(value) for name, value in zip(names, ends, strict=True)}
        return document


def with_money(stations: pd.DataFrame, price: Price | None) -> pd.DataFrame:
    """Rows of the frame of stations with ``MONEY``."""
    return stations.join(money_lost(stations, price))


def losses_of(stations: pd.DataFrame, price: Price | None) -> Losses:
    """The losses of these stations together: rows of the frame of stations."""
    table = with_money(stations, price)
    totals = {unit: _total(table[[f"{unit}_lost_per_week{end}" for end in ENDS]]) for unit in UNITS}
    return Losses(tuple(stations["label"]), totals, price.currency if price else "")


def _total(lost: pd.DataFrame) -> Total | None:
    known = lost.dropna()
    about, low, high = (float(known[name].sum()) for name in lost)
    return None if known.empty else Total(about, low, high, len(known))


def split_losses(attention: pd.DataFrame, price: Price | None) -> tuple[Losses, Losses]:
    """What was measured at stations that are below target, and what silent stations lose if they are really down."""
    words = attention["verdict_now"]
    return losses_of(attention[words == BELOW], price), losses_of(attention[words == SILENT], price)


def split_document(below: Losses, down: Losses) -> dict[str, Any]:
    """Both as the JSON document has them."""
    return {"below_target": below.to_dict(), "if_silent_are_down": down.to_dict()}


# Words


def condition(down: Losses) -> str:
    """What the loss of silent stations hangs on."""
    number = len(down.labels)
    if number > MOST_NAMES:
        return f"if the {in_words(number)} silent stations are really down"
    names = joined([elided(label, MOST_LETTERS) for label in down.labels])
    return f"if {names} {verb(number, 'is', 'are')} really down"


def in_title(below: Losses, down: Losses, alone: bool) -> str:
    """What a title says of the losses; empty where there are none to speak of.

    Args:
        below: of the stations below target.
        down: of the silent ones.
        alone: whether there is one station only, so that it needs no name.
    """
    lost, more = (f"about {one.text('charges')}" if one.worth_saying else "" for one in (below, down))
    lost_week = f"{lost} a week"
    if lost and more:
        plus = f"{more.removesuffix(' charges')} more {condition(down)}{down.partly('charges')}"
        return f"{lost_week} are lost{below.partly('charges')}, and {plus}"
    if lost and (down.labels or below.partly("charges")):
        return f"{lost_week} are lost{below.partly('charges')}"
    if lost:
        return f"{verb(len(below.labels), 'it loses', 'together they lose')} {lost_week}"
    if more and alone:
        return f"it loses {more} a week if it is really down"
    return f"{more} a week are lost {condition(down)}{down.partly('charges')}" if more else ""


def loss_sentence(below: Losses, down: Losses) -> str:
    """What is lost beside what the title says of it: mostly energy and money; empty without anything to say."""
    parts = [_below_text(below)] if below.labels else []
    if down.labels and (more := _beside_title(down)):
        parts.append(f"{condition(down)}, {joined(more)}{' more' if parts else ' a week'}")
    if below.lacks_price or down.lacks_price:
        parts.append("what that is in money can't be told, for no energy is recorded there")
    return "; ".join(parts)


def own_loss_text(losses: Losses, silent: bool) -> str:
    """What one station loses in a usual week, told where all is about it; empty where it needs no attention."""
    if not losses.labels:
        return ""
    if losses.charges is None:
        return "what it loses in a usual week is not known"
    texts = joined([losses.text(unit) for unit in UNITS if losses.totals[unit]])
    money = "; what that is in money can't be told, for no energy is recorded" if losses.lacks_price else ""
    return f"{'if it is really down, it' if silent else 'it'} loses about {texts} in a usual week{money}"


def _below_text(below: Losses) -> str:
    if below.charges is None:
        return "what stations below target lose is not known"
    if not below.charges.about:
        return "no more visits fail than the target allows, so that failures cost no charge"
    beside = _beside_title(below)
    visits = "visits that failed beyond what the target allows"
    return f"the {visits} cost {joined(beside)} a week" if beside else f"what is counted as lost: {visits}"


def _beside_title(losses: Losses) -> list[str]:
    units = UNITS[1:] if losses.worth_saying else UNITS
    return [losses.text(unit) + losses.partly(unit) for unit in units if losses.totals[unit]]


def _beside_charges(losses: Losses, unit: str) -> str:
    """Energy or money, with of how many stations it is known where that is another number than of charges."""
    total, charges = losses.totals[unit], losses.charges
    same = total is None or charges is None or total.known == charges.known
    return losses.text(unit) + ("" if same else losses.partly(unit))


def loss_figure(below: Losses, down: Losses) -> tuple[str, str]:
    """The loss as a figure of the page: its value, and what explains it."""
    main = below if below.labels else down
    if main.charges is None:
        return NONE, "not known" if main.labels else "no station needs attention"
    texts = [ends_text(*main.charges[:3], amount), *(_beside_charges(main, unit) for unit in UNITS[1:])]
    others = "; ".join(filter(None, texts))
    if main is down:
        hangs_on = f"{condition(down)}{down.partly('charges')}"
        return amount(main.charges.about), f"{others}, {hangs_on}" if others else hangs_on
    at = f"{', ' if others else ''}at {len(below.labels):,} below target{below.partly('charges')}"
    more = f"; {down.text('charges').removesuffix(' charges')} more {condition(down)}" if down.charges else ""
    return amount(main.charges.about), f"{others}{at}{more}"
