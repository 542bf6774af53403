"""DuckDB, reading the raw files with SQL of its own, counts what evcharge counts.

Needs the extra ``oracle``; without it these tests are skipped.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.load import load_file
from evcharge.metrics.definitions import DEFINITIONS
from evcharge.metrics.outcomes import count_all_outcomes
from evcharge.metrics.selection import Selection
from evcharge.sources import builtin_profiles, with_overrides
from tests.support.factories import HEADER

duckdb = pytest.importorskip("duckdb", reason="DuckDB comes with the extra oracle")

FILES = 300
MEASURED = ("recorded", "afirev", "afirev_old", "qualicharge_u11", "ucdavis_1kwh")
OUTCOMES = """
    SELECT station, definition,
           count(*) FILTER (outcome) AS successes, count(*) FILTER (NOT outcome) AS failures,
           count(*) FILTER (outcome IS NULL) AS unknown
    FROM (
        SELECT station, unnest(['recorded', 'afirev', 'afirev_old', 'qualicharge_u11', 'ucdavis_1kwh']) AS definition,
               unnest([
                   recorded,
                   CASE WHEN minutes IS NOT NULL AND kwh IS NOT NULL THEN minutes > 2 AND kwh > 0.5 END,
                   CASE WHEN minutes IS NOT NULL AND kwh IS NOT NULL THEN minutes > 2 OR kwh > 0.2 END,
                   CASE WHEN minutes IS NOT NULL AND kwh IS NOT NULL THEN minutes > 3 AND kwh > 0.5 END,
                   kwh >= 1
               ]) AS outcome
        FROM sessions
    ) GROUP BY ALL
"""
GENERATED = """
    SELECT station_id AS station, TRY_CAST(success AS BOOLEAN) AS recorded, TRY_CAST(energy_kwh AS DOUBLE) AS kwh,
           date_diff('millisecond', start_time::TIMESTAMPTZ, TRY_CAST(end_time AS TIMESTAMPTZ)) / 60000.0 AS minutes
    FROM read_csv({files}, header = true, all_varchar = true)
"""
CARY = """
    SELECT station_name AS station, NULL::BOOLEAN AS recorded, energy_kwh::DOUBLE AS kwh,
           clock[1]::DOUBLE * 60 + clock[2]::DOUBLE + clock[3]::DOUBLE / 60 AS minutes
    FROM (
        SELECT *, string_split(charging_time_hh_mm_ss, ':') AS clock
        FROM read_csv({files}, header = true, all_varchar = true, delim = ';')
    )
"""
QUALICHARGE = """
    SELECT station, recorded, kwh, minutes FROM (
        SELECT DISTINCT id_pdc_itinerance AS station, NULL::BOOLEAN AS recorded, energy AS kwh, start,
               ("end" - start) / 60000.0 AS minutes
        FROM read_json({files}, format = 'newline_delimited', columns =
            {{id_pdc_itinerance: 'VARCHAR', start: 'BIGINT', "end": 'BIGINT', energy: 'DOUBLE'}})
    )
"""


def told_by_duckdb(sessions, files):
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW sessions AS {sessions.format(files=[str(file) for file in files])}")
        rows = connection.execute(OUTCOMES).fetchall()
    return {(station, definition): tuple(counts) for station, definition, *counts in rows}


def told_by_evcharge(url):
    with Session(open_engine(url)) as session:
        counts = count_all_outcomes(session, [DEFINITIONS[name] for name in MEASURED], Selection())
    names = ["station_id", "definition", "successes", "failures", "unknown"]
    return {(row[0], row[1]): row[2:] for row in counts[names].itertuples(index=False, name=None)}


def write_random_sessions(path, number):
    """A file of 1 to 30 sessions at 3 stations of its own, with values on and beside every threshold."""
    chance = random.Random(number)
    lines = [HEADER]
    for row in range(chance.randint(1, 30)):
        seconds = chance.choice([0, 59, 119, 120, 121, 179, 180, 181, 600, 5000])
        minute, second = divmod(seconds, 60)
        end = f"2024-03-01T{8 + minute // 60:02}:{minute % 60:02}:{second:02}Z" if chance.random() < 0.9 else ""
        kwh = chance.choice(["", "0", "0.2", "0.201", "0.5", "0.501", "0.999", "1", "1.0", "22.75"])
        outcome = chance.choice(["true", "false", ""])
        lines.append(f"{row},F{number}-{chance.randint(1, 3)},2024-03-01T08:00:00Z,{end},{kwh},{outcome}")
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.thorough
def test_duckdb_counts_hundreds_of_generated_files_alike(sqlite_url, tmp_path):
    files = [tmp_path / f"{number}.csv" for number in range(FILES)]
    for number, path in enumerate(files):
        write_random_sessions(path, number)
        load_file(path, sqlite_url, [with_overrides(builtin_profiles()["native"], source=f"f{number}")])
    ours = told_by_evcharge(sqlite_url)
    assert len(ours) > FILES * len(MEASURED)
    assert ours == told_by_duckdb(GENERATED, files)


@pytest.mark.skipif("EVCHARGE_REAL_DATA" not in os.environ, reason="EVCHARGE_REAL_DATA names no folder of real files")
@pytest.mark.parametrize(
    ("pattern", "sessions"),
    [("cary_nc/electric*semicolon*.csv", CARY), ("qualicharge_irve/irve-dynamique-sessions.json.gz", QUALICHARGE)],
)
def test_duckdb_counts_real_files_alike(sqlite_url, pattern, sessions):
    (path,) = Path(os.environ["EVCHARGE_REAL_DATA"]).glob(pattern)
    load_file(path, sqlite_url, builtin_profiles().values())
    assert told_by_evcharge(sqlite_url) == told_by_duckdb(sessions, [path])
