"""The file of ``load --rejects``: every refused row of the files of a call, as CSV.

What does not belong here: which rows these are (``load.rejects``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evcharge.load.rejects import Reject

TakesRejects = Callable[[str, "Iterable[Reject]"], None]


@contextmanager
def rejects_file(path: Path | None) -> Iterator[TakesRejects | None]:
    """What takes the rejects of a file by its name and writes them, made inert for spreadsheets; None without a path.

    What hinders the writing is noted and raised at the end, whenever it happens: no load is undone for it.

    Raises:
        ReportError: at the beginning, if nothing can be written there, or at the end.
    """
    from evcharge.output import inert_cell, written_whole

    if path is None:
        yield None
        return
    faults: list[OSError] = []
    with written_whole(path) as binary:
        file = io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)  # a lone CR is quoted, too
        writer.writerow(["file", "line", "rule", "column", "value", "raw"])

        def add(name: str, rejects: Iterable[Reject]) -> None:
            try:
                for row in () if faults else rejects:
                    texts = (inert_cell(text or "") for text in (row.column, row.value, row.raw))
                    writer.writerow([inert_cell(name), row.line, row.rule, *texts])
            except OSError as fault:
                faults.append(fault)

        try:
            yield add
        finally:
            file.detach()
        if faults:
            raise faults[0]
