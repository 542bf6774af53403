"""What must not grow with the sessions, each in a process that may have no more than some MB beside its imports.

A first run on little data imports all that is needed; then the limit is set, and the run on much data must pass.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from evcharge.db import open_engine
from evcharge.models import FactCharging
from tests.support.ocpp_talk import home_assistant, session
from tests.support.star import write_sessions

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS and /proc are of Linux"),
]

LIMITED = """
import resource, sys

def limit(more_bytes):
    pages = int(open("/proc/self/statm").read().split()[0])
    size = pages * resource.getpagesize() + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
"""


def run_limited(code: str, *arguments: object) -> str:
    program = LIMITED + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout


READ = """
    import evcharge.spool, evcharge.sources.ocpp.pairing as pairing
    from pathlib import Path
    from evcharge.sources import builtin_profiles, open_file, read

    evcharge.spool.MEMORY_BYTES, evcharge.spool.RUN_VALUES = 100_000, 500
    pairing.MESSAGES_IN_MEMORY = int(sys.argv[3])

    def rows(path):
        with open_file(path) as file:
            return sum(len(raw.frame) for raw in read(file, builtin_profiles()["ocpp"], 1_000))

    assert rows(sys.argv[1]) == 4
    limit(24_000_000)
    print(rows(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A log of 4 sessions of as many stations, and one of 6,000 of 3,000 stations."""
    folder = tmp_path_factory.mktemp("logs")
    for name, stations, hours in (("small.log", 4, 1), ("large.log", 3_000, 2)):
        with (folder / name).open("w") as file:
            for hour in range(hours):
                for number in range(stations):
                    file.writelines(f"{home_assistant(said)}\n" for said in session(f"CP-{number}", 6 + hour))
    return folder / "small.log", folder / "large.log"


def test_a_log_of_many_stations_needs_no_memory_for_each_attempt(logs):
    assert run_limited(READ, *logs, 500) == "6000\n"


def test_the_limit_is_such_that_messages_held_in_memory_break_it(logs):
    with pytest.raises(AssertionError, match="Error"):
        run_limited(READ, *logs, 1_000_000)


@pytest.fixture(scope="module")
def many_sessions(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> str:
    """60,000 sessions of 60 stations, and 30,000 of station BIG."""
    path = tmp_path_factory.mktemp("star") / "star.db"
    shutil.copyfile(migrated_sqlite, path)
    url = f"sqlite:///{path}"
    engine = open_engine(url, writes=True)
    write_sessions(engine, *({"station_id": name} for name in ("BIG", *(f"S{number}" for number in range(60)))))
    table = FactCharging.__table__
    with Session(engine) as session, session.begin():
        template = dict(session.execute(table.select().limit(1)).mappings().one())
        start = datetime(2024, 12, 25, tzinfo=timezone.utc)
        session.execute(
            insert(table),
            [
                template
                | {
                    "session_id": f"session number {number}",
                    "station_key": 1 if number < 30_000 else 2 + number % 60,
                    "start_time": start + timedelta(seconds=number % 50_000),
                    "driver_ref": f"{number:032x}",
                }
                for number in range(90_000)
            ],
        )
    return url


def test_visits_hold_the_attempts_of_some_stations_at_a_time(many_sessions):
    code = """
        import evcharge.metrics.visits as visits
        from evcharge.metrics.selection import Selection
        from evcharge.metrics.visit_rules import VISIT_RULES
        from evcharge.report.visits import build_visits

        visits.ROWS_AT_ONCE = visits.ROWS_TOGETHER = 2_000
        rule = next(iter(VISIT_RULES.values()))
        build_visits(sys.argv[1], rule=rule, selection=Selection(station_ids=("S1",)))
        limit(32_000_000)
        print(build_visits(sys.argv[1], rule=rule, selection=Selection()).network["attempts"][0])
    """
    assert int(run_limited(code, many_sessions)) > 89_000


def test_an_explanation_puts_the_rows_aside_that_it_writes(many_sessions, tmp_path):
    code = """
        import evcharge.metrics.explain as explain, evcharge.spool
        from evcharge.metrics.selection import Selection
        from evcharge.report.explain import build_explanation, json_pieces

        evcharge.spool.MEMORY_BYTES, explain.ROWS_AT_ONCE = 100_000, 1_000

        def lines(station):
            found = build_explanation(
                sys.argv[1], station, target=0.95, selection=Selection(), most_rows=20, put_aside=True
            )
            return sum(piece.count('"session_id"') for piece in json_pieces(found))

        lines("S1")
        limit(24_000_000)
        print(lines("BIG"))
    """
    assert int(run_limited(code, many_sessions)) == 30_001
