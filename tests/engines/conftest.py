"""Sessions for the tests of engines: one flat table in each form that an engine reads, and what the star has of them.

The tests run where ``EVCHARGE_ENGINES`` is set; there every engine must be: the extra ``engines``, and Java.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import evcharge
from evcharge.counts.contract import FRAMES
from evcharge.db import open_engine
from evcharge.migrate import upgrade
from tests.support.clean_sessions import Row, clean_sessions, frame_of_star, write_parquet, write_star
from tests.support.counted import without_what_needs_sessions

ROWS = 100_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves the engines to those who ask for them."""
    if not os.environ.get("EVCHARGE_ENGINES"):
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="EVCHARGE_ENGINES is not set; .ci/run sets it"))


class World(NamedTuple):
    """The sessions, and what counts of them must be.

    Attributes:
        rows: of the flat table.
        parquet: the flat table as a file.
        stations: source and id of those that detail is of.
        frames: what the star has, by frame.
        document: of the report on the star, as far as counts can tell it.
        attention: source and id of the stations that need attention by it.
    """

    rows: list[Row]
    parquet: Path
    stations: list[tuple[str, str]]
    frames: dict[str, list[Row]]
    document: dict[str, Any]
    attention: list[tuple[str, str]]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sessions as a star, counted there, and as a Parquet file."""
    folder = tmp_path_factory.mktemp("world")
    folder.chmod(0o755)
    url = f"sqlite:///{folder / 'star.db'}"
    upgrade(url)
    engine = open_engine(url, writes=True)
    rows = clean_sessions(ROWS)
    write_star(engine, rows)
    write_parquet(folder / "sessions.parquet", rows)
    stations = [row[:2] for row in rows[:2]]
    frames = {frame: frame_of_star(engine, frame, stations) for frame in FRAMES}
    told = evcharge.reliability(url)
    attention = told.story.attention
    there = list(zip(attention["source"], attention["station_id"], strict=True))
    document = without_what_needs_sessions(told.to_dict())
    return World(rows, folder / "sessions.parquet", stations, frames, document, there)
