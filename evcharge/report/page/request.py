"""What is asked of the page, and the command that asks the same again.

What does not belong here: how options are read (``cli``).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from evcharge.metrics.cost import Price
from evcharge.metrics.definitions import Definition
from evcharge.metrics.outcomes import Selection
from evcharge.metrics.rates import ONE_LOT, Limits
from evcharge.report.rates import Report


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
        named = self.definition_word or report.definition.id
        words = ["evcharge", "report", "--target", repr(report.target), "--definition", named]
        words += ["--counts", self.counts] if self.counts else []
        words += ["--confidence", repr(self.limits.confidence)] if self.limits != ONE_LOT else []
        words += ["--from", self.selection.first_day.isoformat()] if self.selection.first_day else []
        words += ["--to", self.selection.last_day.isoformat()] if self.selection.last_day else []
        for station in self.selection.station_ids:
            words += ["--station", station]
        for column, word in self.selection.where:
            words += ["--where", f"{column}={word}"]
        words += ["--since-report", self.since] if self.since else []
        words += ["--price", f"{self.price.per_kwh!r} {self.price.currency}"] if self.price else []
        return shlex.join([*words, "--html", self.file_name])
