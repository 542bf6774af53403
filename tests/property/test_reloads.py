from __future__ import annotations

import hashlib
import itertools
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from evcharge.load import LoadOptions
from evcharge.load.rebuild import check
from evcharge.load.unload import unload
from tests.support.factories import HEADER, native_csv, session_row
from tests.support.loading import CONTENT, chunks_of, facts, load, query

pytestmark = pytest.mark.thorough

TOLD = [CONTENT.index(name) + 3 for name in ("time_key", "end_time", "energy_kwh")]
Content = tuple[Any, ...]


class Row(NamedTuple):
    """What a test varies of a row: who, which version (a day of May, or none), and what."""

    station: str
    session: str
    version: int | None
    hour: int
    ended: bool
    energy: int | str | None

    def text(self) -> str:
        version = "" if self.version is None else f"2025-05-{self.version:02d}T00:00:00Z"
        row = session_row(
            station_id=self.station,
            session_id=self.session,
            start_time=f"2025-04-01T{self.hour:02d}:00:00Z",
            end_time="2025-04-01T12:00:00Z" if self.ended else "",
            energy_kwh="" if self.energy is None else self.energy,
        )
        return f"{row},{version}"

    @property
    def content(self) -> Content:
        """Version, start, end and energy as they are kept; energy below zero is left out."""
        energy = None if self.energy == -1 else self.energy
        return (self.version, self.hour, 12 if self.ended else None, energy)


ROWS = st.builds(
    Row,
    station=st.sampled_from(["ST-1", "ST-2"]),
    session=st.sampled_from(["1", "1", "01", ""]),  # one without an id is a reject
    version=st.sampled_from([None, None, 1, 2, 3]),
    hour=st.sampled_from([8, 8, 8, 9]),
    ended=st.booleans(),
    energy=st.sampled_from([None, 0, 1, 2, -1, "x"]),  # one of no number is a reject
)
FILES = st.lists(st.lists(ROWS, max_size=8), min_size=1, max_size=4)
VERSIONED_FILES = st.lists(
    st.lists(ROWS.filter(lambda row: row.version), min_size=1, max_size=6), min_size=3, max_size=3
)
STEPS = st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from([1, 3, 500])), min_size=1, max_size=8)
COUNTS = ("inserted", "updated", "unchanged", "superseded", "rejected")


class Model:
    """The loader as a dict: what each session is after each file, and what became of the file's rows."""

    def __init__(self) -> None:
        self.sessions: dict[tuple[str, str], Content] = {}
        self.own: dict[tuple[str, str], Content] = {}
        self.warnings: Counter[str] = Counter()

    def load(self, rows: list[Row]) -> list[int]:
        self.own, self.warnings = {}, Counter()
        became = dict.fromkeys(COUNTS, 0)
        for row in rows:
            became[self._put(row)] += 1
        return list(became.values())

    def _put(self, row: Row) -> str:
        key, content = (row.station, row.session), row.content
        if not row.session or row.energy == "x":
            return "rejected"
        self.warnings["meter_ran_backwards"] += row.energy == -1
        if key not in self.sessions:
            self.sessions[key] = self.own[key] = content
            return "inserted"
        if key not in self.own:
            self.own[key] = content
            return self._between_files(key, content)
        own, stands = self.own[key], self.sessions[key]
        if content == own:
            return "unchanged"
        is_fuller = says_all_of(content, own) or goes_on_to(own, content)
        same_start = content[1] == own[1]
        is_newer = bool(content[0] and own[0] and content[0] > own[0])
        if same_start and (is_fuller or (is_newer and not says_all_of(own, content))):
            self.own[key] = content
            if stands != own:
                return self._between_files(key, content)
            return self._better_than_own(key, content, is_fuller)
        is_older = bool(content[0] and own[0] and content[0] < own[0])
        return (
            "superseded"
            if same_start and (says_all_of(own, content) or goes_on_to(content, own) or is_older)
            else "rejected"
        )

    def _better_than_own(self, key: tuple[str, str], content: Content, is_fuller: bool) -> str:
        self.sessions[key] = content
        return "superseded" if is_fuller else "updated"

    def _between_files(self, key: tuple[str, str], content: Content) -> str:
        before = self.sessions[key]
        if content == before:
            return "unchanged"
        if content[0] or before[0]:
            if rank(content) < rank(before):
                return "superseded"
        elif only_empties(before, content) or (content[1] == before[1] and before[2] and not content[2]):
            self.warnings["would_reopen"] += 1
            return "superseded"
        self.warnings["start_moved"] += content[1] != before[1]
        self.sessions[key] = content
        return "updated"


def says_all_of(one: Content, other: Content) -> bool:
    return all(theirs is None or ours == theirs for ours, theirs in zip(one, other, strict=True))


def only_empties(before: Content, content: Content) -> bool:
    told = [(old, new) for place, (old, new) in enumerate(zip(before, content, strict=True)) if place != 1]
    return any(old != new for old, new in told) and all(new in (None, old) for old, new in told)


def goes_on_to(going: Content, ended: Content) -> bool:
    """Whether the first is an open row of the second, which has ended with no less energy."""
    if going[2] or not ended[2] or going[0] not in (None, ended[0]):
        return False
    return going[3] is None or (ended[3] is not None and going[3] <= ended[3])


def rank(content: Content) -> list[int]:
    return [-1 if value is None else value for value in content]


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
        found = [getattr(result, name) for name in COUNTS]
        if content in first:
            assert result.status == "already loaded"
            assert found == first[content]
        elif dry_run:
            trial = Model()
            trial.sessions = dict(model.sessions)
            assert found == trial.load(rows)
            assert result.warnings == +trial.warnings
        else:
            first[content] = model.load(rows)
            assert found == first[content]
            assert result.warnings == +model.warnings
        assert result.read == sum(found) == len(rows)
        if first:
            check(url)  # a first dry run leaves no counts
        stored = [(*fact[1:3], *(fact[place] for place in TOLD)) for fact in facts(url)]
        assert [(*key, hour, end is not None, energy) for *key, hour, end, energy in stored] == [
            (*key, 2025040100 + hour, end is not None, energy)
            for key, (_, hour, end, energy) in sorted(model.sessions.items())
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


OUTS = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=3)


@settings(few, max_examples=25)
@given(files=st.lists(st.lists(ROWS, max_size=8), min_size=2, max_size=4), outs=OUTS)
def test_loads_taken_out_leave_no_session_missing_that_another_file_has_once_the_incomplete_are_loaded_again(
    files: list[list[Row]], outs: list[tuple[int, bool]], folder: Path, migrated_sqlite: Path
) -> None:
    database = folder / f"{next(numbers)}.db"
    shutil.copyfile(migrated_sqlite, database)
    url, header = f"sqlite:///{database}", f"{HEADER},updated_at"
    paths = [
        native_csv(folder / f"{number}.csv", *(row.text() for row in rows), header=header)
        for number, rows in enumerate(files)
    ]
    held = {path.read_bytes(): rows for path, rows in zip(paths, files, strict=True)}
    for path in paths:
        load(path, url)

    for which, again in outs:
        path = paths[which % len(paths)]
        if held.pop(path.read_bytes(), None) is not None:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            keys = query(url, f"SELECT load_key FROM load_ledger WHERE file_sha256 = '{sha256}'")
            unload(url, [key for (key,) in keys])
            check(url)
        if again:
            load_incomplete(paths, url)
    load_incomplete(paths, url)
    check(url)

    known = {(row.station, row.session) for rows in held.values() for row in rows if row.session and row.energy != "x"}
    assert {fact[1:3] for fact in facts(url)} == known
    assert {row[0] for row in query(url, "SELECT status FROM load_ledger")} <= {"loaded", "unloaded"}
    assert query(url, "PRAGMA foreign_key_check") == []
    database.unlink()


def load_incomplete(paths: list[Path], url: str) -> None:
    """Loads the files again that the ledger calls incomplete."""
    marked = {row[0] for row in query(url, "SELECT file_sha256 FROM load_ledger WHERE status = 'incomplete'")}
    for path in paths:
        if hashlib.sha256(path.read_bytes()).hexdigest() in marked:
            load(path, url)
