from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from evcharge.load import LoadOptions
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.loading import CONTENT, chunks_of, facts, load, query

ENERGY = CONTENT.index("energy_kwh") + 3


class Row(NamedTuple):
    """What a test varies of a row: who, which version (a day of May, or none), and what."""

    station: str
    session: str
    version: int | None
    energy: int | None

    def text(self) -> str:
        version = "" if self.version is None else f"2025-05-{self.version:02d}T00:00:00Z"
        energy = "" if self.energy is None else self.energy
        return f"{session_row(station_id=self.station, session_id=self.session, energy_kwh=energy)},{version}"


ROWS = st.builds(
    Row,
    station=st.sampled_from(["ST-1", "ST-2"]),
    session=st.sampled_from(["1", "01", ""]),  # one without an id is a reject
    version=st.sampled_from([None, 1, 2, 3]),
    energy=st.sampled_from([None, 0, 1, 2, -1]),  # one below zero is a reject
)
FILES = st.lists(st.lists(ROWS, max_size=8), min_size=1, max_size=4)
VERSIONED_FILES = st.lists(
    st.lists(ROWS.filter(lambda row: row.version), min_size=1, max_size=6), min_size=3, max_size=3
)
STEPS = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from([1, 3, 500])), min_size=1, max_size=8)


class Model:
    """The loader as a dict: what each session is after each file, and what became of the file's rows."""

    def __init__(self) -> None:
        self.sessions: dict[tuple[str, str], Row] = {}

    def load(self, rows: list[Row]) -> list[int]:
        became = dict.fromkeys(("inserted", "updated", "unchanged", "superseded", "rejected"), 0)
        for row in rows:
            became[self._put(row)] += 1
        return list(became.values())

    def _put(self, row: Row) -> str:
        key = (row.station, row.session)
        if not row.session or (row.energy is not None and row.energy < 0):
            return "rejected"
        before = self.sessions.setdefault(key, row)
        if before is row:
            return "inserted"
        if before == row:
            return "unchanged"
        stated = row.version is not None or before.version is not None
        if stated and self._rank(row) < self._rank(before):
            return "superseded"
        self.sessions[key] = row
        return "updated"

    @staticmethod
    def _rank(row: Row) -> tuple[int, int]:
        return (row.version or 0, -1 if row.energy is None else row.energy)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reloads")


numbers = itertools.count()
few = settings(
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # examples are short, and making one shorter takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)


@settings(few, max_examples=30)
@given(files=FILES, steps=STEPS)
def test_files_loaded_and_loaded_again_in_any_order_end_as_a_dict_would(
    files: list[list[Row]], steps: list[tuple[int, bool, int]], folder: Path, migrated_sqlite: Path
) -> None:
    database = folder / f"{next(numbers)}.db"
    shutil.copyfile(migrated_sqlite, database)
    url, model, first = f"sqlite:///{database}", Model(), dict[bytes, list[int]]()
    for which, dry_run, chunk_rows in steps:
        rows = files[which % len(files)]
        header = f"{HEADER},updated_at"
        path = native_csv(folder / f"{which}.csv", *(row.text() for row in rows), header=header)
        content = path.read_bytes()
        with chunks_of(chunk_rows):
            result = load(path, url, LoadOptions(dry_run=dry_run))
        found = [result.inserted, result.updated, result.unchanged, result.superseded, result.rejected]
        if content in first:
            assert result.status == "already loaded"
            assert found == first[content]
        elif dry_run:
            trial = Model()
            trial.sessions = dict(model.sessions)
            assert found == trial.load(rows)
        else:
            first[content] = model.load(rows)
            assert found == first[content]
        assert result.read == sum(found) == len(rows)
        assert [(fact[1], fact[2], fact[ENERGY]) for fact in facts(url)] == [
            (*key, row.energy) for key, row in sorted(model.sessions.items())
        ]
    assert query(url, "SELECT count(*) FROM load_ledger") == [(len(first),)]
    assert query(url, "PRAGMA foreign_key_check") == []
    database.unlink()


@settings(few, max_examples=8)
@given(files=VERSIONED_FILES, orders=st.permutations(range(3)), chunk_rows=st.sampled_from([1, 3, 500]))
def test_versioned_files_end_the_same_in_every_order(
    files: list[list[Row]], orders: list[int], chunk_rows: int, folder: Path, migrated_sqlite: Path
) -> None:
    database = folder / f"{next(numbers)}.db"
    shutil.copyfile(migrated_sqlite, database)
    url, ends = f"sqlite:///{database}", []
    for source, order in (("in order", range(3)), ("in another", orders)):
        for which in order:
            texts = (row.text() for row in files[which])
            path = native_csv(folder / f"{which}.csv", *texts, header=f"{HEADER},updated_at")
            with chunks_of(chunk_rows):
                load(path, url, source=source)
        ends.append([fact[1:] for fact in facts(url, source)])
    assert ends[0] == ends[1]
    database.unlink()
