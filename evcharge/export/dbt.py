"""``evcharge_sources.yml`` for dbt: each table of the star as a source, with its words and the tests that it passes.

On PostgreSQL the sources are the tables themselves; dbt-duckdb reads the files of ``--format parquet`` in their place.
What does not belong here: any word on a column; they stand in ``models``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint

from evcharge.export.job import Job
from evcharge.export.star import STAR, described_row, table_of
from evcharge.models import Base, LoadLedger

FILE = "evcharge_sources.yml"
STALE_AFTER_HOURS = 36
"""Without a load for so long, ``dbt source freshness`` warns: a nightly load that is half a day late. House rule."""
RESERVED = frozenset({"column"})
"""Names of columns that a statement must quote."""

DESCRIPTION = "Charging sessions as their sources recorded them, kept whether they worked or not. Empty: not recorded."
HEAD = """# Written by evcharge export --format dbt. Put it into models/ of a dbt project (dbt 1.10 or newer).
version: 2
sources:
  - name: evcharge
    description: {description}
    schema: "{{{{ var('evcharge_schema', 'public') }}}}"
    config:
      meta:
        external_location: "{{{{ var('evcharge_parquet', 'export') }}}}/{{name}}.parquet"  # only dbt-duckdb reads this
    tables:
"""


def write_dbt(job: Job) -> None:
    """Writes the file of sources."""
    head = HEAD.format(description=_quoted(" ".join([DESCRIPTION, *job.notes])))
    lines = [line for model in STAR for line in _source(model)]
    job.new_file(FILE).write((head + "\n".join(lines) + "\n").encode("utf-8"))


def _source(model: type[Base]) -> Iterator[str]:
    table = table_of(model)
    yield f"      - name: {table.name}"
    yield f"        description: {_quoted(described_row(model))}"
    if model is LoadLedger:
        yield "        config:"
        yield "          loaded_at_field: finished_at"
        yield f"          freshness: {{warn_after: {{count: {STALE_AFTER_HOURS}, period: hour}}}}"
    yield "        columns:"
    for column in table.columns:
        yield f"          - name: {column.name}"
        yield f"            description: {_quoted(str(column.doc))}"
        if column.name.lower() in RESERVED:
            yield "            quote: true"
        if tests := list(_tests(table, column)):
            yield "            data_tests:"
            yield from (f"              - {test}" for test in tests)


def _tests(table: Table, column: Column[Any]) -> Iterator[str]:
    """What the schema promises of one column, as generic tests of dbt."""
    if not column.nullable:
        yield "not_null"
    if _is_unique(table, column):
        yield "unique"
    for key in sorted(column.foreign_keys, key=lambda key: key.target_fullname):
        target = f"source('evcharge', '{key.column.table.name}')"
        yield f"relationships: {{arguments: {{to: {_quoted(target)}, field: {key.column.name}}}}}"


def _is_unique(table: Table, column: Column[Any]) -> bool:
    """Whether the column is a key alone."""
    keys = [table.primary_key, *(one for one in table.constraints if isinstance(one, UniqueConstraint))]
    return any(list(key.columns) == [column] for key in keys)


def _quoted(words: str) -> str:
    """Words on one line, as a string of JSON, which YAML reads as well."""
    return json.dumps(" ".join(words.replace("`", "").split()), ensure_ascii=False)
