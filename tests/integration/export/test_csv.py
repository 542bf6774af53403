from __future__ import annotations

import csv
from pathlib import Path

import pytest

from evcharge.models import Base
from tests.support.world import PLAZA, SESSIONS, TOWER, write_world

TABLES = (
    *("dim_station", "dim_port", "dim_time", "fact_charging", "fact_status", "fact_contact", "fact_outage"),
    *("fact_reported_uptime", "load_ledger", "load_count", "rejected_row", "rejected_evidence"),
)
FACTS = """\
1,10,2024122408,1,5,,,,2024-12-24T08:15:00.120Z,2024-12-24T09:15:00.120Z,61.0,0.30000000000000004,,false,Local,,,,,,,,,,,,,,
1,9,2024122408,1,6,,,,2024-12-24T08:15:00.120Z,2024-12-24T09:15:00.120Z,61.333333333333336,0.30000000000000004,,true,Local,,,,,,,,,,,,,,
1,'=1+1,2024122408,1,7,,,,2024-12-24T08:15:00.120Z,2024-12-24T09:15:00.120Z,61.666666666666664,0.30000000000000004,,false,Local,,,,,,,,,,,,,,
1,B,2024122408,1,2,,,,2024-12-24T08:15:00.120Z,2024-12-24T09:15:00.120Z,60.0,0.30000000000000004,,true,Local,,,,,,,,,,,,,,
1,a,2024122408,1,3,,,,2024-12-24T08:15:00.120Z,2024-12-24T09:15:00.120Z,60.333333333333336,0.30000000000000004,,false,Local,,,,,,,,,,,,,,
1,"a\rb",2024122408,1,8,,,,2024-12-24T08:15:00.120Z,2024-12-24T09:15:00.120Z,62.0,0.30000000000000004,,true,Local,,,,,,,,,,,,,,
1,"say ""no"", twice
",2024122408,1,9,,,,2024-12-24T08:15:00.120Z,2024-12-24T09:15:00.120Z,62.333333333333336,0.30000000000000004,,false,Local,,,,,,,,,,,,,,
1,é,2024122408,1,4,,,,2024-12-24T08:15:00.120Z,2024-12-24T09:15:00.120Z,60.666666666666664,0.30000000000000004,,true,Local,,,,,,,,,,,,,,
2,a,2024122423,1,11,,,,2024-12-24T08:15:00.120Z,,63.0,0.0,,,Local,,,,,,,,,,,,,,
"""
STATIONS = """\
1,city,"'=HYPERLINK(""http://x"")","Plaza ""North"",
level 2",,'@net,,,,,48.85,-2.35,,,,,
2,city,"\\u202eTower, مرحبا 🚗",Башня,,,,''=old,,,,,,22.0,2020-02-29,,
3,city,'+1 idle,,,,,,,,-33.0,151.2,,,,2,
"""
PORTS = """\
city,'-1,3,,,,false,2,,,
city,10,1,,,,true,2,,,
city,9,1,,,,true,2,,,
"""
HOURS = """\
2024122408,2024-12-24,2024,4,12,24,8,2,false
2024122423,2024-12-24,2024,4,12,24,23,2,false
"""
STATUSES = """\
1,"",2024-12-24T08:15:00.120Z,poll,1,2024-12-24T09:15:00.120Z,'=UP,up,,,20,21,,,,
2,'-1,2024-12-24T08:15:00.120Z,poll,1,2024-12-24T09:15:00.120Z,'=UP,up,a\\b,,20,21,,,,
"""
REJECTS = '''\
1,3,b_rule,energy_kwh,'-5,"x
y",,,
1,12,a_rule,,,"a\rb,""c""",failure,'=A1,2024122408
1,12,b_rule,energy_kwh,"",'=cmd|' /C calc'!A0,failure,'=A1,2024122408
'''


@pytest.fixture
def exported(url, engine, evcharge):
    """Exports the world as CSV; returns the text of each table below its header."""
    write_world(engine)

    def run(*arguments):
        code, out, err = evcharge("export", "--format", "csv", "--db", url, *arguments)
        assert (code, out) == (0, ""), err
        return {name: text_of(Path("export", f"{name}.csv")).partition("\n")[2] for name in TABLES}

    return run


def text_of(path):
    return path.read_bytes().decode("utf-8")


def test_every_table_is_the_same_text_from_every_database(exported):
    tables = exported()
    assert tables["fact_charging"] == FACTS
    assert tables["dim_station"] == STATIONS
    assert tables["dim_port"] == PORTS
    assert tables["dim_time"] == HOURS
    assert tables["rejected_row"] == REJECTS
    assert tables["fact_status"] == STATUSES
    assert tables["load_ledger"].splitlines()[1] == (
        f"2,city,'-registry.json,{'1' * 64},csv,native@0,yes,UTC,iso8601,3,3,0,0,0,0,0,"
        "2024-12-24T08:15:00.000Z,2024-12-24T08:15:00.000Z,0.1.0,loaded,,,"
    )


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_rows_stand_in_the_order_of_code_points_whatever_the_collation_of_the_server(engine, exported):
    with engine.begin() as connection:
        for view in ("v_charging", "v_station_reliability", "v_port_daily", "v_failure_reasons"):
            connection.exec_driver_sql(f"DROP VIEW IF EXISTS {view}")
        english = 'TYPE varchar(255) COLLATE "en-US-x-icu"'
        connection.exec_driver_sql(f"ALTER TABLE fact_charging ALTER session_id {english}")
        connection.exec_driver_sql(f"ALTER TABLE dim_port ALTER port_id {english}")
        ordered = connection.exec_driver_sql("SELECT session_id FROM fact_charging ORDER BY 1").scalars().all()
    assert ordered != sorted(ordered)
    assert (exported()["fact_charging"], exported()["dim_port"]) == (FACTS, PORTS)


def test_the_header_names_the_columns_of_the_table(exported):
    exported()
    for name in TABLES:
        header = text_of(Path("export", f"{name}.csv")).splitlines()[0]
        assert header.split(",") == Base.metadata.tables[name].columns.keys()


def test_a_csv_reader_gets_back_every_text_but_for_the_apostrophe_that_makes_it_inert(exported):
    exported()
    with Path("export/fact_charging.csv").open(encoding="utf-8", newline="") as file:
        read = {row["session_id"] for row in csv.DictReader(file) if row["station_key"] == "1"}
    assert read == {f"'{name}" if name.startswith("=") else name for name in SESSIONS}


def test_no_cell_of_text_begins_with_what_a_spreadsheet_runs(exported):
    exported()
    numbers = {"latitude", "longitude"}
    for name in TABLES:
        with Path("export", f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.DictReader(file) for column, cell in row.items() if column not in numbers]
        assert cells
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_days_narrow_the_sessions_and_nothing_else(exported):
    whole = exported()
    assert exported("--from", "2024-12-24", "--to", "2024-12-24") == whole
    narrowed = exported("--station", TOWER, "--from", "2024-12-24")
    assert narrowed["fact_charging"] == FACTS.splitlines(keepends=True)[-1]
    for name in ("dim_time", "load_ledger", "rejected_row"):
        assert narrowed[name] == whole[name]


def test_a_station_narrows_the_sessions_the_stations_and_their_ports(exported):
    tables = exported("--station", PLAZA)
    assert tables["fact_charging"] == FACTS[: FACTS.index("2,a,")]
    assert tables["dim_station"] == STATIONS[: STATIONS.index("2,city")]
    assert tables["dim_port"] == PORTS[PORTS.index("city,10") :]
    evidence = ("fact_status", "fact_contact", "fact_outage", "fact_reported_uptime", "load_count", "rejected_evidence")
    assert [len(tables[name].splitlines()) for name in evidence] == [1, 1, 0, 0, 1, 1]
    assert tables["fact_status"] == STATUSES.splitlines(keepends=True)[0]
