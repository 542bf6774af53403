"""The tables of the star as Parquet files with a fixed schema, for pandas, DuckDB, Spark and the like.

Text is exactly the source's: no program runs it. What does not belong here: which rows (``star``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evcharge.errors import ReportError
from evcharge.export.job import Job
from evcharge.export.star import STAR, batches, described_row, kind_of, table_of
from evcharge.models import Base

ROW_GROUP_ROWS = 50_000
"""Rows of a row group, which is what is held in memory at a time."""


def write_parquet(job: Job) -> None:
    """Writes each table of the star.

    Raises:
        ReportError: pyarrow is not installed.
    """
    require_pyarrow()
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    for model in STAR:
        schema = arrow_schema(model, job.notes)
        file = job.new_file(f"{model.__tablename__}.parquet")
        file.rows = 0
        with ParquetWriter(file, schema) as writer:
            for rows in batches(job.session, model, job.selection, ROW_GROUP_ROWS):
                columns = zip(zip(*rows, strict=True), schema.types, strict=True)
                arrays = [pyarrow.array(values, kind) for values, kind in columns]
                writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), ROW_GROUP_ROWS)
                file.rows += len(rows)


def require_pyarrow() -> None:
    """Refuses to go on without what writes Parquet.

    Raises:
        ReportError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        reason = "what writes Parquet (pyarrow) is not installed."
        raise ReportError("parquet_not_installed", reason, "Run: pip install 'evcharge[parquet]'") from error


def arrow_schema(model: type[Base], notes: Sequence[str] = ()) -> Any:
    """The Arrow schema of a table; what each column means travels with it, and what must be said with the sessions."""
    import pyarrow

    types = {
        "datetime": pyarrow.timestamp("ms", tz="UTC"),
        "date": pyarrow.date32(),
        "boolean": pyarrow.bool_(),
        "integer": pyarrow.int64(),
        "number": pyarrow.float64(),
        "string": pyarrow.string(),
    }
    fields = [
        pyarrow.field(column.name, types[kind_of(column)], bool(column.nullable), {"description": str(column.doc)})
        for column in table_of(model).columns
    ]
    return pyarrow.schema(fields, {"description": " ".join([described_row(model), *notes])})
