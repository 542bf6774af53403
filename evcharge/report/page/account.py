"""Can the data carry this, and how the page is made again: loads, refused rows, what is missing, versions, files.

What does not belong here: reading the ledger (``metrics.loads``).
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import pandas as pd

from evcharge import __version__
from evcharge.metrics.rates import FAILURES_INCLUDED, FAILURES_REMOVED
from evcharge.migrate import head
from evcharge.report.page.cells import Table, Term, table_of, terms_of
from evcharge.report.story import Story
from evcharge.report.words import counted, joined, percent, target_text, verb

MOST_LOADS = 60
"""Loads listed; the sums are of all of them."""
MOST_INCOMPLETE = 5
"""Incomplete files that are named."""
COMPUTED_BY = ("numpy", "pandas", "scipy", "sqlalchemy", "matplotlib", "jinja2")
"""Packages whose version may change a figure or a picture."""
NO_LOADS = "Only counts were given: how many rows were read is known where they were made."
NO_REFUSALS = "Which rows were refused is not known here"
_PARTS = ("inserted", "updated", "unchanged", "superseded", "rejected")


@dataclass(frozen=True)
class Account:
    """Can the data carry this.

    Attributes:
        terms: every row accounted for, what is not known and not recorded.
        loads_title: how many loads there are.
        loads: these.
        rejects_title: how many rows were refused.
        rejects: the refused rows by rule.
    """

    terms: list[Term]
    loads_title: str
    loads: Table
    rejects_title: str
    rejects: Table


@dataclass(frozen=True)
class Reproduction:
    """How the page is made again: the command, the versions that may change a figure, and the hashes of the files."""

    command: str
    versions: list[Term]
    hashes: Table


def account_of(story: Story, loads: pd.DataFrame, rejects: pd.DataFrame, missing: Sequence[str]) -> Account:
    """Whether the data can carry the figures: every row accounted for, what was refused, what is not recorded.

    Args:
        story: what is told.
        loads: the frame of ``metrics.loads.read_loads``.
        rejects: the frame of ``metrics.loads.count_rejects``.
        missing: columns that the page would show and the data does not fill.
    """
    sums = loads[["rows_read", *_PARTS, "skipped"]].sum()
    refusals = f"{counted(int(rejects['rows'].sum()), 'refusal')} by {counted(len(rejects), 'rule')}"
    alone = story.report.of_counts_alone
    return Account(
        terms=terms_of(
            (
                ("Every row", NO_LOADS if alone else _every_row_text(sums)),
                ("Skipped", _skipped_text(int(sums["skipped"]))),
                ("Failures", _failures_text(story)),
                ("Unknown", _unknown_text(story)),
                ("Incomplete", _incomplete_text(loads)),
                ("Not recorded", f"{joined(missing)}: the parts that need it are left out" if missing else ""),
                ("Not in the data", "Attempts that left no session."),
            )
        ),
        loads_title="No loads, for only counts were given"
        if alone
        else f"{counted(len(loads), 'load')}, each with its account",
        loads=_load_table(loads),
        rejects_title=NO_REFUSALS if alone else refusals if len(rejects) else "No row was refused",
        rejects=table_of(
            "Refused rows by rule; a row may be refused by several",
            ("rule", "rows"),
            [(row["rule"], f"{row['rows']:,}") for row in rejects.to_dict("records")],
            (1,),
        ),
    )


def _every_row_text(sums: pd.Series) -> str:
    parts = " + ".join(f"{int(sums[name]):,} {name}" for name in _PARTS)
    return f"read {int(sums['rows_read']):,} = {parts}"


def _skipped_text(rows: int) -> str:
    if not rows:
        return ""
    return f"{counted(rows, 'row')} that {verb(rows, 'is no session', 'are no sessions')} by the format's own rule"


def _incomplete_text(loads: pd.DataFrame) -> str:
    """The files of which some sessions are missing, since they went with another file."""
    names = loads.loc[loads["incomplete"], "file_name"].tolist()
    if not names:
        return ""
    shown = joined(names) if len(names) <= MOST_INCOMPLETE else counted(len(names), "file")
    return (
        f"Sessions of {shown} went with a file that was taken out; loading {verb(len(names), 'it', 'them')} again "
        "brings them back."
    )


def _failures_text(story: Story) -> str:
    """What the publishers said of failures."""
    said = story.stations["failures_included"].value_counts()
    if set(said.index) == {FAILURES_INCLUDED}:
        return "The sources say that failed sessions are in the data."
    removed, whole = int(said.get(FAILURES_REMOVED, 0)), int(said.get(FAILURES_INCLUDED, 0))
    perhaps = len(story.stations) - removed - whole
    parts = [f"in the data at {whole:,}"] if whole else []
    parts += [f"removed before publication at {removed:,}"] if removed else []
    parts += [f"perhaps removed (the publisher does not say) at {perhaps:,}"] if perhaps else []
    return f"{joined(parts)} of {counted(len(story.stations), 'station')}".capitalize() + "."


def _unknown_text(story: Story) -> str:
    network = story.report.network
    sessions = network["attempts"] + network["unknown"] + network["excluded"]
    return (
        f"{network['unknown']:,} of {counted(sessions, 'session')} ({percent(network['unknown'] / sessions)}) "
        f"{verb(network['unknown'], 'lacks', 'lack')} what the definition needs, and {network['excluded']:,} "
        f"{verb(network['excluded'], 'is', 'are')} excluded by it; they are in no rate."
    )


def _load_table(loads: pd.DataFrame) -> Table:
    rows = [
        (
            row["file_name"],
            row["source"],
            row["profile"],
            row["failures_included"],
            *(f"{row[name]:,}" for name in ("rows_read", *_PARTS, "sessions")),
        )
        for row in loads.tail(MOST_LOADS).to_dict("records")
    ]
    columns = ("file", "source", "profile", "failures in it", "read", *_PARTS, "of these shown")
    hidden = len(loads) - len(rows)
    more = f"{counted(hidden, 'earlier load')} not listed; the sums above include them." if hidden else ""
    return table_of("Loads", columns, rows, range(4, 11), more)


def reproduction_of(story: Story, files: Sequence[tuple[str, str]], command: str) -> Reproduction:
    """The command, the revision and versions, and the hashes of the last ``MOST_LOADS`` files."""
    return Reproduction(
        command=command,
        versions=terms_of(
            (
                ("evcharge", __version__),
                ("Schema revision", head()),
                ("Definition", f"{story.report.definition.id}, version {story.report.definition.version}"),
                ("Target", target_text(story.report.target)),
                ("Days", f"{story.report.first_day.isoformat()} to {story.report.last_day.isoformat()}, local"),
                ("Python", platform.python_version()),
                *((name, _version(name)) for name in COMPUTED_BY),
            )
        ),
        hashes=table_of(
            "SHA-256 of the files that were loaded" if not story.report.of_counts_alone else "SHA-256 of the counts",
            ("file", "SHA-256"),
            files[-MOST_LOADS:],
        ),
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
