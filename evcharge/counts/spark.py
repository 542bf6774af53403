"""Frames of counts from a Spark DataFrame of clean sessions: the statement runs there, and only counts come back.

pyspark is never imported; whoever hands over its DataFrame has it. What does not belong here: the statement
(``statement``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from evcharge.counts.frames import COUNTS, DETAIL, FAILURES, STATIONS
from evcharge.metrics.definitions import Definition

SPARK_MODULES = "pyspark.sql"
"""What the module of a Spark DataFrame's class begins with."""
TEMPLATE = "{sessions}"
"""What stands for the DataFrame in a statement: ``SparkSession.sql`` fills it in."""


class SparkFrame(Protocol):
    """As much of a Spark DataFrame as is asked of it."""

    @property
    def columns(self) -> Any:
        """Names of its columns."""

    @property
    def sparkSession(self) -> Any:
        """The session that it belongs to."""


def is_spark(data: object) -> bool:
    """Whether this is a DataFrame of Spark, classic or by Spark Connect."""
    return any(kind.__module__.startswith(SPARK_MODULES) for kind in type(data).__mro__)


def frames_of_spark(sessions: SparkFrame, definitions: Sequence[Definition]) -> dict[str, pd.DataFrame]:
    """The frames counts, stations and failures, counted by Spark.

    Args:
        sessions: one row per clean session, with the columns of docs/how-to/warehouse.md.
        definitions: those of the letters, in their order.
    """
    return {frame: _counted(frame, sessions, definitions) for frame in (COUNTS, STATIONS, FAILURES)}


def detail_of_spark(
    sessions: SparkFrame, definitions: Sequence[Definition], stations: Collection[tuple[str, str]]
) -> Mapping[str, pd.DataFrame]:
    """The frame detail of these stations, each a source and an id; no frame without a station."""
    return {DETAIL: _counted(DETAIL, sessions, definitions, stations)} if stations else {}


def _counted(
    frame: str, sessions: SparkFrame, definitions: Sequence[Definition], stations: Collection[tuple[str, str]] = ()
) -> pd.DataFrame:
    """One frame: the statement runs on the DataFrame by its name in the text, without a view."""
    text = _statement(frame, sessions.columns, definitions, stations)
    rows: pd.DataFrame = sessions.sparkSession.sql(text, sessions=sessions).toPandas()
    return rows


def _statement(
    frame: str, columns: Collection[str], definitions: Sequence[Definition], stations: Collection[tuple[str, str]]
) -> str:
    """The statement in Spark's dialect. Columns that may be missing, and are, hold nothing."""
    from evcharge.counts.contract import BY_NAME, CONTRACT, IF_MAPPED
    from evcharge.counts.dialects import SessionTable
    from evcharge.counts.statement import frame_statement

    there = {column.casefold() for column in columns}
    mapped = {}
    for name, column in CONTRACT.items():
        if column.taken == IF_MAPPED and name in there:
            mapped[name] = name
        elif column.taken == BY_NAME and column.otherwise and name not in there:
            mapped[name] = "NULL"
    if "start_local" in mapped:
        mapped.pop("time_key", None)
    return frame_statement(frame, SessionTable("spark", TEMPLATE, mapped), definitions, stations).text
