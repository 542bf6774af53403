"""The frames of counts as Parquet files, which ``evcharge report --counts`` reads where no session may go.

What does not belong here: the frames (``counts.star``).
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from evcharge.counts.frames import KINDS, NUMBERS
from evcharge.counts.star import frames_of_star
from evcharge.export.job import Job
from evcharge.export.parquet import require_pyarrow
from evcharge.report.story import build_story


def write_counts(job: Job) -> None:
    """Writes the four frames; ``detail`` is of the stations that need attention by the definition and target asked for.

    Raises:
        NoDataError: no session matches.
        ReportError: pyarrow is not installed.
    """
    require_pyarrow()
    from pyarrow.parquet import write_table

    story = build_story(job.session, target=job.target, definition=job.definition, selection=job.selection)
    detailed = story.attention["station_key"].tolist()
    for name, frame in frames_of_star(job.session, job.selection, detailed).items():
        file = job.new_file(f"{name}.parquet")
        file.rows = len(frame)
        write_table(_arrow(name, frame), file)
    job.notes += [note for note in story.report.notes if note not in job.notes]


def _arrow(name: str, frame: pd.DataFrame) -> Any:
    """The frame with the types of its kind, whatever its values."""
    import pyarrow

    kinds = {**KINDS[name].columns, **KINDS[name].optional}
    types = [(column, pyarrow.int64() if kind in NUMBERS else pyarrow.string()) for column, kind in kinds.items()]
    return pyarrow.Table.from_pandas(frame, schema=pyarrow.schema(types), preserve_index=False)
