"""The option of a report that is made from counts, and what it reads in place of the database.

What does not belong here: the report (``report``), and making counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evcharge.cli.given import given
from evcharge.cli.options import database

if TYPE_CHECKING:
    from evcharge.migrate.reading import Database

counts_option = click.option(
    "--counts",
    type=click.Path(path_type=Path),
    metavar="DIR|FILE",
    help="Report on counts in place of a database: a folder with counts.csv or counts.parquet (and stations, failures, "
    "detail), or that one file.",
)


def refuse_beside_counts(counts: Path | None, since_report: str | None, save: bool) -> None:
    """Refuses options that are about a database, where there is none."""
    if counts is None:
        return
    if given("db"):
        raise click.BadParameter("the report is of one of them.", param_hint="--db with --counts")
    if save or since_report == "last":
        reason = "reports are saved in a database; keep the document: --json FILE, then --since-report FILE."
        raise click.BadParameter(reason, param_hint="--save and --since-report last with --counts")


@contextmanager
def what_is_read(counts: Path | None) -> Iterator[Database]:
    """The database of this run, or a star of the counts, as long as the block runs."""
    if counts is None:
        yield database()
        return
    from evcharge.counts.files import read_counts
    from evcharge.counts.memory import star_of_counts

    with star_of_counts(read_counts(counts)) as session:
        yield session
