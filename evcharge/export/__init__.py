"""Handing the star on: the files that other programs read, from one moment of the database.

What does not belong here: figures (``metrics``), and what is printed (``cli``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from evcharge.export.counts import write_counts
from evcharge.export.csv import write_csv
from evcharge.export.datapackage import write_datapackage
from evcharge.export.datasette import write_datasette
from evcharge.export.dbt import write_dbt
from evcharge.export.geojson import write_geojson
from evcharge.export.job import Job, WrittenFile
from evcharge.export.parquet import write_parquet
from evcharge.metrics.asked import require_known
from evcharge.metrics.cost import Price
from evcharge.metrics.definitions import Definition
from evcharge.metrics.made_up import count_made_up
from evcharge.metrics.selection import Selection
from evcharge.migrate.reading import reading
from evcharge.models import FactCharging, LoadLedger
from evcharge.output import written_together
from evcharge.report.rates import made_up_notes, no_sessions

SCHEMA_VERSION = 1
"""Of the ``--json`` document; grows when a key changes its meaning or goes."""

WRITERS: dict[str, Callable[[Job], None]] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "datapackage": write_datapackage,
    "geojson": write_geojson,
    "counts": write_counts,
    "datasette": write_datasette,
    "dbt": write_dbt,
}
"""Every format by its name."""


@dataclass(frozen=True)
class Exported:
    """What was written, in which format, and what must be said with it."""

    format: str
    files: list[WrittenFile]
    notes: list[str]

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document; ``rows`` is null for a file that holds none."""
        return {"schema_version": SCHEMA_VERSION, **asdict(self)}


def export(
    database: str | Engine,
    folder: Path,
    file_format: str,
    *,
    selection: Selection,
    definition: Definition | None = None,
    target: float,
    price: Price | None = None,
) -> Exported:
    """Writes the files of a format into a folder, made if it is not there; they appear at the end, as one.

    All are whole on the disk before the first takes its place; then they do so one after the other, a descriptor last.

    Args:
        database: its URL, or an engine.
        folder: where the files go; those of the same names are replaced, others stay.
        file_format: a key of ``WRITERS``.
        selection: which sessions; of the tables it narrows ``fact_charging``, and by station and source
            ``dim_station`` and ``dim_port``.
        definition: what counts as a success, where the format tells success; None takes the usual one.
        target: success ratio that verdicts are against, between 0 and 1.
        price: what a kWh brings, where the format tells money; None tells none.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: nothing matches; no file is touched.
        ReportError: a file can't be written, or what writes the format is not installed.
    """
    with reading(database) as session, written_together() as open_part:
        require_known(session, selection)
        _refuse_empty(session, selection)
        job = Job(session, folder, open_part, selection, definition, target, price)
        job.notes += made_up_notes(count_made_up(session, selection))
        WRITERS[file_format](job)
        files = [file.told() for file in job.files]
    return Exported(file_format, files, job.notes)


def _refuse_empty(session: Session, selection: Selection) -> None:
    """Refuses a selection without a session; where nothing is selected, a database without a load."""
    conditions = selection.conditions()
    something = select(FactCharging.station_key).where(*conditions) if conditions else select(LoadLedger.load_key)
    if session.execute(something.limit(1)).first() is None:
        raise no_sessions(selection)
