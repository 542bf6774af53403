"""evcharge counts: what it prints, what it runs, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot

from evcharge.cli.counts import DIALECTS as OFFERED_DIALECTS
from evcharge.cli.counts import FRAMES as OFFERED_FRAMES
from evcharge.counts.contract import FRAMES
from evcharge.counts.dialects import DIALECTS
from evcharge.db import open_engine
from tests.support.clean_sessions import MAPPED, clean_sessions, write_table

TABLE = ("--table", "clean_sessions")
OPTIONS = [word for name, column in MAPPED.items() for word in ("--map", f"{name}={column}")]


@pytest.fixture
def table(sqlite_url):
    """The URL of a database with a table of clean sessions."""
    write_table(open_engine(sqlite_url, writes=True), clean_sessions(300))
    return sqlite_url


def test_the_words_of_the_command_are_those_of_the_statement():
    assert OFFERED_DIALECTS == DIALECTS
    assert OFFERED_FRAMES == FRAMES


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_statement_is_printed_and_nothing_else(evcharge, dialect):
    code, out, err = evcharge("counts", "--dialect", dialect, "--table", "lake.sessions")
    assert code == 0
    assert len(sqlglot.parse(out, read=dialect)) == 1
    assert err == "Each row must be one clean session: --check prints the statement that checks it.\n"


def test_a_frame_and_the_check_are_printed_where_they_are_asked_for(evcharge):
    detail = ("--frame", "detail", "--station", "city/A/1", "--definition", "afirev", "--definition", "afirev")
    _, out, _ = evcharge("counts", "--dialect", "spark", *TABLE, *detail)
    assert "o.source = 'city' AND o.station_id IN ('A/1')" in out
    assert "'afirev@1' AS letters" in out
    code, out, err = evcharge("counts", "--dialect", "spark", *TABLE, "--check", "-q")
    assert (code, err) == (0, "")
    assert "AS distinct_ids" in out


def test_a_clean_table_is_counted_into_files(evcharge, table, tmp_path):
    code, out, err = evcharge("counts", "--url", table, *TABLE, *OPTIONS, "--out", tmp_path / "c")
    assert (code, out) == (0, "")
    assert [line.split(" (")[0] for line in err.splitlines()] == [
        f"wrote {tmp_path / 'c' / f'{frame}.csv'}" for frame in FRAMES[:3]
    ]
    station = ("--station", "city/ST 01/ü")
    code, _, err = evcharge("counts", "--url", table, *TABLE, *OPTIONS, *station, "--out", "c", "--format", "parquet")
    assert code == 0
    assert err.splitlines()[-1].startswith("wrote c/detail.parquet (")


def test_a_clean_table_passes_the_check(evcharge, table):
    code, out, err = evcharge("counts", "--url", table, *TABLE, "--check")
    assert (code, out, err) == (0, "300 sessions, each once; nothing wrong was found.\n", "")


def test_of_a_table_with_faults_each_is_told_and_nothing_written(evcharge, table):
    with open_engine(table, writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE clean_sessions SET energy_kwh = -1 WHERE session_id = 'S1'")
        connection.exec_driver_sql("UPDATE clean_sessions SET energy_kwh = 5000 WHERE session_id IN ('S2', 'S3')")
    for ask in (("--check",), ("--out", "c")):
        code, out, err = evcharge("counts", "--url", table, *TABLE, *ask)
        assert (code, out) == (1, "")
        assert err.splitlines() == [
            "Error [negative_energy]: 1 of 300 sessions have a negative energy.",
            "  To count them as not recorded: --map 'energy_kwh=CASE WHEN energy_kwh >= 0 AND energy_kwh <= 1000 THEN "
            "energy_kwh END'",
            "Error [energy_beyond]: 2 of 300 sessions have an energy that is no number (NaN), or above 1,000 kWh.",
            "  Where it is in Wh: --map 'energy_kwh=energy_kwh * 0.001'. To count them as not recorded: --map "
            "'energy_kwh=CASE WHEN energy_kwh >= 0 AND energy_kwh <= 1000 THEN energy_kwh END'",
        ]
        assert not Path("c").exists()


def test_an_empty_table_is_no_data(evcharge, table):
    with open_engine(table, writes=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM clean_sessions")
    code, _, err = evcharge("counts", "--url", table, *TABLE, "--check")
    assert code == 4
    assert "Error [no_sessions]: clean_sessions holds no session." in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "Name the --dialect"),
        (("--dialect", "spark", "--out", "c"), 2, "Without --url the statement is printed"),
        (("--dialect", "spark", "--format", "csv"), 2, "Without --url the statement is printed"),
        (("--dialect", "spark", "--station", "a/b"), 2, "only the frame detail is of some stations"),
        (("--dialect", "spark", "--frame", "detail"), 1, "Error [no_stations]"),
        (("--dialect", "spark", "--frame", "detail", "--station", "a"), 2, "SOURCE/ID"),
        (("--dialect", "spark", "--map", "energy_kwh"), 2, "COLUMN=EXPRESSION"),
        (("--dialect", "spark", "--map", "source=a", "--map", "source=b"), 2, "source is named twice"),
        (("--dialect", "spark", "--map", "kwh=a"), 1, "Error [unknown_column]"),
        (("--dialect", "spark", "--definition", "csr"), 2, "'csr' is neither one of"),
        (("--url", "sqlite:///star.db"), 2, "either --check, which only looks, or --out DIR"),
        (("--url", "sqlite:///star.db", "--check", "--out", "c"), 2, "either --check, which only looks, or --out DIR"),
        (("--url", "sqlite:///star.db", "--check", "--frame", "counts"), 2, "with --url all frames are made"),
        (("--url", "sqlite:///star.db", "--check", "--dialect", "spark"), 2, "the engine of --url speaks sqlite"),
        (("--url", "sqlite:///star.db", "--check"), 1, "Error [database_missing]"),
        (("--url", "oracle://a:secret@b", "--check"), 1, "Error [database_not_supported]"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(evcharge, arguments, code, said):
    ended, out, err = evcharge("counts", *TABLE, *arguments)
    assert (ended, out) == (code, "")
    assert said in " ".join(err.split())
    assert "secret" not in err
