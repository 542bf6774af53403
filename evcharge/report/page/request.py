"""What is asked of the page, and the command that asks the same again.

What does not belong here: how options are read (``cli``).
"""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from evcharge.metrics.cost import Price
from evcharge.metrics.definitions import Definition
from evcharge.metrics.rates import ONE_LOT, Limits
from evcharge.metrics.selection import Selection
from evcharge.report.rates import Report


def today() -> date:
    """The day of this run [UTC], or that of ``SOURCE_DATE_EPOCH``: https://reproducible-builds.org/specs/."""
    return datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())), timezone.utc).date()


@dataclass(frozen=True)
class PageRequest:
    """What the page is of.

    Attributes:
        target: success ratio to judge against, between 0 and 1.
        selection: which sessions.
        definition: what counts as a success; None takes the usual one (see ``usual.usual_definition``).
        definition_word: what the command calls that definition, an id or a file; None for the id of the one taken.
        file_name: what the command calls the file of the page.
        since: an earlier report to compare with: see ``saved.tell_story``.
        may_be_first: whether it is no error that none is saved yet.
        limits: chances below which the network, or the lot, gets its verdict.
        price: what a kWh brings; None where no money is told.
        counts: what the command calls the counts; None where a database is read.
        stations_dir: the folder of the pages of single stations, seen from that of the page; None for no such pages.
        made_on: the day on which it is made [UTC]; None where the page does not say.
    """

    target: float
    selection: Selection
    definition: Definition | None = None
    definition_word: str | None = None
    file_name: str = "report.html"
    since: str | None = None
    may_be_first: bool = False
    limits: Limits = ONE_LOT
    price: Price | None = None
    counts: str | None = None
    stations_dir: str | None = None
    made_on: date | None = None

    @property
    def for_story(self) -> dict[str, Any]:
        """What ``saved.tell_story`` takes of it."""
        names = ("target", "definition", "selection", "since", "may_be_first", "limits", "price")
        return {name: getattr(self, name) for name in names}

    def python_call(self, report: Report) -> str:
        """What makes the same page in Python, of the same data."""
        days = {"start": self.selection.first_day, "end": self.selection.last_day}
        named: dict[str, object] = {"definition": self.definition_word or report.definition.id, "target": report.target}
        named |= {name: day.isoformat() for name, day in days.items() if day}
        where: dict[str, list[str]] = {}
        for column, word in self.selection.where:
            where.setdefault(column, []).append(word)
        named |= {"where": where} if where else {}
        named |= {"confidence": self.limits.confidence} if self.limits != ONE_LOT else {}
        named |= {"price": tuple(self.price)} if self.price else {}
        words = ", ".join(["data", *(f"{name}={value!r}" for name, value in named.items())])
        return f"evcharge.reliability({words}).to_html({self.file_name!r})"

    def command(self, report: Report) -> str:
        """What makes the same page of the same database again: every choice spelt out, no name of a database."""
        words = ["evcharge", "report", *self._judging(report)]
        words += ["--counts", self.counts] if self.counts else []
        words += ["--confidence", repr(self.limits.confidence)] if self.limits != ONE_LOT else []
        words += self._days()
        for station in self.selection.station_ids:
            words += ["--station", station]
        words += self._lot()
        words += ["--since-report", self.since] if self.since else []
        words += [*self._money(), "--html", self.file_name]
        return shlex.join([*words, *(["--stations-dir", self.stations_dir] if self.stations_dir else [])])

    def explain_command(self, report: Report, source: str, station_id: str) -> str:
        """What shows in a terminal what the page of one station shows."""
        words = ["evcharge", "explain", *self._judging(report), *self._days(), *self._lot(), *self._money()]
        return shlex.join([*words, "--source", source, "--", station_id])

    def _judging(self, report: Report) -> list[str]:
        return ["--target", repr(report.target), "--definition", self.definition_word or report.definition.id]

    def _days(self) -> list[str]:
        first, last = self.selection.first_day, self.selection.last_day
        return [word for name, day in (("--from", first), ("--to", last)) if day for word in (name, day.isoformat())]

    def _lot(self) -> list[str]:
        return [word for column, value in self.selection.where for word in ("--where", f"{column}={value}")]

    def _money(self) -> list[str]:
        return ["--price", f"{self.price.per_kwh!r} {self.price.currency}"] if self.price else []
