"""The CSV files with ``datapackage.json`` beside them, which tells a program what every column is.

Source: Frictionless Data, Data Package and Tabular Data Resource, version 1 (specs.frictionlessdata.io). What does not
belong here: any word on a column; they stand in ``models``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint, select

from evcharge.export.csv import write_csv
from evcharge.export.job import Job, NewFile
from evcharge.export.star import STAR, described_row, kind_of, table_of
from evcharge.models import UNLOADED, Base, LoadLedger

DESCRIPTION = (
    "The star schema of evcharge: one row of fact_charging is one charging session as its source recorded it, kept "
    "whether it worked or not. Times are UTC, units stand in the columns' names, and an empty field means not "
    "recorded, never zero. A text that a spreadsheet could run as a formula begins with an apostrophe, "
    "and a character that turns the direction of text is an escape such as \\u202e."
)
DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "skipInitialSpace": False}
FORMATS = {"datetime": "%Y-%m-%dT%H:%M:%S.%fZ"}
"""How values are written where the standard's own form is another."""

_MAY_BE_EMPTY = frozenset(("fact_status.port_id", "fact_outage.port_id"))
"""Columns whose empty text says something (``models.WHOLE_STATION``): by the standard it is missing, and no part of a
key."""
_BOUND = re.compile(r"(\w+) (>=|<=) (\d+)")
_WORDS = re.compile(r"(\w+) IN \((.+)\)")


def write_datapackage(job: Job) -> None:
    """Writes each table of the star as CSV, and the descriptor of them all."""
    write_csv(job)
    sources = sorted(job.session.scalars(select(LoadLedger.source).where(LoadLedger.status != UNLOADED).distinct()))
    descriptor = {
        "profile": "tabular-data-package",
        "name": "evcharge",
        "title": "Charging sessions",
        "description": " ".join([DESCRIPTION, *job.notes]),
        "sources": [{"title": source} for source in sources],
        "resources": [_resource(model, file) for model, file in zip(STAR, job.files, strict=True)],
    }
    job.write_json("datapackage.json", descriptor)


def _resource(model: type[Base], file: NewFile) -> dict[str, Any]:
    told = file.told()
    return {
        "profile": "tabular-data-resource",
        "name": model.__tablename__,
        "description": described_row(model),
        "path": file.path.name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": DIALECT,
        "bytes": told.bytes,
        "hash": f"sha256:{told.sha256}",
        "schema": _schema(table_of(model)),
    }


def _schema(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
    }
    if not any(str(column) in _MAY_BE_EMPTY for column in table.primary_key):
        schema["primaryKey"] = [column.name for column in table.primary_key]
    keys = [(column.name, key.column) for column in table.columns for key in column.foreign_keys]
    if keys:
        schema["foreignKeys"] = [
            {"fields": [name], "reference": {"resource": there.table.name, "fields": [there.name]}}
            for name, there in keys
        ]
    return schema


def _field(column: Column[Any]) -> dict[str, Any]:
    kind = kind_of(column)
    field = {"name": column.name, "type": kind, "description": str(column.doc)}
    if kind in FORMATS:
        field["format"] = FORMATS[kind]
    constraints = dict(_constraints(column))
    return {**field, "constraints": constraints} if constraints else field


def _constraints(column: Column[Any]) -> Iterator[tuple[str, Any]]:
    """What the standard can say of a column's values; a bound that they stay under is none of it."""
    if not column.nullable and str(column) not in _MAY_BE_EMPTY:
        yield "required", True
    keys = [one for one in column.table.constraints if isinstance(one, UniqueConstraint)]
    if [column] in [list(key.columns) for key in (column.table.primary_key, *keys)]:
        yield "unique", True
    for check in column.table.constraints:
        if isinstance(check, CheckConstraint):
            yield from _checked(column, str(check.sqltext))


def _checked(column: Column[Any], check: str) -> Iterator[tuple[str, Any]]:
    for name, sign, bound in _BOUND.findall(check):
        if name == column.name:
            yield {">=": "minimum", "<=": "maximum"}[sign], int(bound)
    words = _WORDS.fullmatch(check)
    if words and words[1] == column.name and kind_of(column) == "string":
        yield "enum", [word.strip("'") for word in words[2].split(", ")]
