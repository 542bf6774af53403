"""A Spark DataFrame is known without Spark, Spark runs the statement on it, and only counts come back."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pandas as pd
import pytest
from sqlalchemy.orm import Session

import evcharge
from evcharge.counts.frames import DETAIL
from evcharge.counts.spark import is_spark
from evcharge.counts.star import frames_of_star
from evcharge.db import open_engine
from evcharge.metrics.selection import Selection
from tests.support.counted import without_what_needs_sessions, write_network


class Sessions:
    """A double of a Spark DataFrame: its session gives the frame that a statement names."""

    def __init__(self, columns, frames):
        self.columns, self.frames, self.asked = columns, frames, []
        self.sparkSession = self

    def sql(self, text, **filled):
        assert filled == {"sessions": self}
        self.asked.append(text)
        frame = self.frames[text.split()[0]]
        return SimpleNamespace(toPandas=lambda: frame)


Sessions.__module__ = "pyspark.sql.classic.dataframe"


@pytest.fixture
def statements(monkeypatch):
    """Doubles of what writes statements: a statement here is its frame, its stations and its columns."""
    asked = []

    def frame_statement(frame, table, definitions, stations=()):
        asked.append((frame, table.mapped, [one.id for one in definitions], list(stations)))
        return SimpleNamespace(text=f"{frame} from {table.table}")

    columns = {
        "time_key": SimpleNamespace(taken="by name", otherwise="start_local"),
        "start_local": SimpleNamespace(taken="if mapped", otherwise="time_key"),
        "energy_kwh": SimpleNamespace(taken="by name", otherwise="unknown"),
        "stop_reason": SimpleNamespace(taken="by name", otherwise="unknown"),
        "operator": SimpleNamespace(taken="if mapped", otherwise="left out"),
    }
    parts = {
        "contract": {"CONTRACT": columns, "BY_NAME": "by name", "IF_MAPPED": "if mapped"},
        "dialects": {"SessionTable": lambda dialect, table, mapped: SimpleNamespace(table=table, mapped=mapped)},
        "statement": {"frame_statement": frame_statement},
    }
    for name, holds in parts.items():
        module = ModuleType(f"evcharge.counts.{name}")
        vars(module).update(holds)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return asked


@pytest.fixture
def star(sqlite_url):
    write_network(open_engine(sqlite_url, writes=True))
    return sqlite_url


def frames_of(url):
    with Session(open_engine(url)) as session:
        return frames_of_star(session, Selection(), range(1, 100))


@pytest.mark.thorough
def test_spark_counts_and_the_report_is_that_of_the_sessions(star, statements):
    sessions = Sessions(["time_key", "Energy_kWh", "operator"], frames_of(star))
    by_spark = evcharge.reliability(sessions)
    assert without_what_needs_sessions(by_spark.to_dict()) == without_what_needs_sessions(
        evcharge.reliability(star).to_dict()
    )
    assert [frame for frame, *_ in statements] == ["counts", "stations", "failures", "detail"]
    assert sessions.asked[0] == "counts from {sessions}"
    mapped, definitions, stations = statements[-1][1:]
    assert mapped == {"stop_reason": "NULL", "operator": "operator"}
    assert definitions[0] == "recorded"
    attention = by_spark.story.attention
    assert stations == list(zip(attention["source"], attention["station_id"], strict=True))


@pytest.mark.thorough
def test_no_detail_is_asked_for_where_no_station_needs_attention(star, statements):
    frames = frames_of(star)
    del frames[DETAIL]
    evcharge.reliability(Sessions(["start_local"], frames), target=0.01, where={"source": "fleet"})
    assert {frame for frame, *_ in statements} == {"counts", "stations", "failures"}
    assert statements[0][1] == {"start_local": "start_local", "energy_kwh": "NULL", "stop_reason": "NULL"}


def test_a_spark_frame_is_known_by_the_module_of_its_class_or_of_one_above():
    class Connected(Sessions):
        pass

    assert is_spark(Sessions([], {}))
    assert is_spark(Connected([], {}))
    assert not is_spark(pd.DataFrame())
    assert not is_spark("sqlite:///x.db")


def test_spark_is_not_imported():
    program = "import sys, evcharge; evcharge.reliability; print('pyspark' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "False"
