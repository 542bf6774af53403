"""evcharge check tells what a load would do and writes nothing; evcharge formats tells what can be read."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from evcharge.cli import run_command

HEADER = "session_id,station_id,start_time,end_time,energy_kwh\n"
GOOD = "S1,A,2024-05-01T08:00:00Z,2024-05-01T09:00:00Z,7.5\nS2,B,2024-05-03T08:00:00Z,,0\n"
BAD = "".join(f"S{n},A,2024-05-01T08:00:00Z,,-{n} kWh\n" for n in range(3, 8))


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("good.csv").write_text(HEADER + GOOD)
    Path("bad.csv").write_text(HEADER + GOOD + BAD)
    Path("alien.csv").write_text("a,b\n1,2\n")

    def run(*arguments):
        code = run_command(["check", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def document(said):
    return json.loads(said[1])


def test_a_sound_file_passes_with_what_it_holds(check):
    code, out, _ = check("good.csv")
    assert code == 0
    assert "recognised by session_id, station_id, start_time, end_time, energy_kwh" in out
    assert "2 stations, starts from 2024-05-01T08:00:00+00:00 to 2024-05-03T08:00:00+00:00" in out
    assert "read 2 = 2 inserted" in out
    assert out.rstrip().endswith("passes")


def test_a_file_with_rejects_does_not_pass_and_shows_three_of_each(check):
    code, out, _ = check("bad.csv")
    assert code == 3
    assert "5  energy_kwh_not_a_number: not a number in the stated form" in out
    assert [line.strip() for line in out.splitlines() if "line " in line] == [
        "line 4: energy_kwh '-3 kWh'",
        "line 5: energy_kwh '-4 kWh'",
        "line 6: energy_kwh '-5 kWh'",
    ]


@pytest.mark.thorough
@pytest.mark.parametrize(("limit", "code"), [("4", 3), ("5", 0), ("70%", 3), ("72%", 0)])
def test_the_gate_is_the_one_asked_for(check, limit, code):
    assert check("bad.csv", "--max-rejects", limit)[0] == code


def test_a_file_that_cannot_be_read_ends_with_1_and_the_others_are_checked(check):
    code, out, err = check("alien.csv", "good.csv", "--json")
    assert code == 1
    assert "no_profile_fits" in err
    first, second = document((code, out, err))["files"]
    assert (first["passes"], first["error"]["code"]) == (False, "no_profile_fits")
    assert (second["passes"], second["inserted"]) == (True, 2)


def test_nothing_is_written(check):
    check("good.csv")
    assert sorted(path.name for path in Path().iterdir()) == ["alien.csv", "bad.csv", "good.csv"]


@pytest.mark.thorough
def test_what_is_in_the_database_already_is_told_and_stays(check):
    assert run_command(["load", "--create-db", "good.csv", "-q"]) == 0
    before = Path("ev_charging.db").read_bytes()
    code, out, _ = check("good.csv")
    assert code == 0
    assert "loaded before" in out
    found = document(check("bad.csv", "--json"))["files"][0]
    assert (found["unchanged"], found["rejected"], found["loaded_before"]) == (2, 5, None)
    assert Path("ev_charging.db").read_bytes() == before


@pytest.mark.thorough
def test_without_a_database_it_says_that_it_compared_with_an_empty_one(check):
    code, _, err = check("good.csv")
    assert (code, err) == (0, "Compared with an empty database: there is no database at ev_charging.db.\n")
    assert run_command(["load", "--create-db", "good.csv", "-q"]) == 0
    assert check("good.csv")[2] == ""
    with sqlite3.connect("ev_charging.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    assert "the database is at revision 0001" in check("good.csv")[2]


def test_a_database_that_cannot_be_reached_is_an_error_not_an_empty_one(check):
    Path("no.db").write_text("not a database" * 100)
    for url in ("sqlite:///no.db", "postgresql://127.0.0.1:1/x?connect_timeout=2"):
        code, out, err = check("good.csv", "--db", url)
        assert (code, out) == (1, "")
        assert err.startswith("Error [database_")


@pytest.mark.thorough
def test_a_format_needs_a_word_when_its_zone_is_not_stated(check):
    Path("local.csv").write_text(HEADER + "S1,A,2024-05-01T08:00:00,,1\n")
    code, _, err = check("local.csv")
    assert code == 1
    assert "--tz" in err
    assert check("local.csv", "--tz", "Europe/Oslo")[0] == 0


def test_rows_whose_zone_is_not_stated_are_told_with_the_option_to_state_it(check, capsys):
    Path("mixed.csv").write_text(HEADER + GOOD + "S9,A,2024-05-01T08:00:00,,1\n")
    assert run_command(["load", "mixed.csv", "--create-db"]) == 0
    out = capsys.readouterr().out
    assert "1  start_time_without_zone" in out
    assert "--tz Europe/Paris" in out


LABELLED = "session_id,station_id,start_time,zone,end_time,energy_kwh\n" + "".join(
    f"S{n},A,2024-05-0{n}T08:00:00,{label},,7.5\n" for n, label in ((1, "IST"), (2, "IST"), (3, "ist"))
)
WITH_ZONES = ("--map", "start_zone=zone")


@pytest.fixture
def labelled(check):
    Path("labelled.csv").write_text(LABELLED)
    return lambda *arguments: check("labelled.csv", *WITH_ZONES, *arguments)


def test_a_file_whose_zone_label_nobody_explains_is_refused_with_the_label_and_both_ways_out(labelled):
    code, _, err = labelled()
    assert (code, "zone_label_unstated" in err, "line 2: start_zone 'IST'" in err) == (1, True, True)
    assert "--zone IST=+HH:MM" in err
    assert "--tz" in err


def test_a_load_shows_the_labels_that_nobody_explains_and_both_ways_out(check, capsys):
    rows = "".join(f"S{n},A,2024-05-0{n}T08:00:00{way},,7.5\n" for n, way in ((1, ",NST"), (2, ",CDT"), (3, "Z,")))
    Path("some.csv").write_text(LABELLED.partition("\n")[0] + "\n" + rows)
    assert run_command(["load", "some.csv", *WITH_ZONES, "--create-db"]) == 0
    out = capsys.readouterr().out
    assert "not explained: 'NST', 'CDT'" in out
    assert "--zone NST=+HH:MM; or state the zone of the stations: --tz" in out
    many = rows + "".join(f"T{n},A,2024-05-01T08:00:00,CDT,,7.5\n" for n in range(20))
    Path("many.csv").write_text(LABELLED.partition("\n")[0] + "\n" + many)
    assert run_command(["load", "many.csv", *WITH_ZONES]) == 1
    assert "--zone NST=+HH:MM" in capsys.readouterr().err


@pytest.mark.parametrize("label", ["A B", "$(x)", "=+01:00"])
def test_a_label_that_no_command_line_takes_as_it_is_stays_out_of_the_option(check, label):
    Path("odd.csv").write_text(LABELLED.replace("IST", label).replace("ist", label))
    code, _, err = check("odd.csv", *WITH_ZONES)
    assert (code, f"start_zone {label!r}" in err, "--zone LABEL=+HH:MM" in err) == (1, True, True)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "start", "warned"),
    [
        (("--zone", "IST=+05:30"), "02:30", False),
        (("--zone", "IST=+01:00"), "07:00", False),
        (("--zone", "ist=+02:00", "--tz", "Asia/Kolkata"), "06:00", False),
        (("--tz", "Asia/Kolkata"), "02:30", True),
    ],
)
def test_a_label_is_settled_by_its_offset_or_by_the_zone_of_the_stations(labelled, options, start, warned):
    code, out, _ = labelled(*options)
    assert code == 0
    assert f"starts from 2024-05-01T{start}:00+00:00" in out
    (found,) = document(labelled(*options, "--json"))["files"]
    assert found["warnings"] == ({"zone_label_left_aside": 3} if warned else {})


@pytest.mark.parametrize("text", ["IST", "=+05:30", "IST=5", "IST=+5:30", "IST=Asia/Kolkata"])
def test_a_zone_that_is_no_label_with_its_offset_is_refused(labelled, text):
    code, _, err = labelled("--zone", text)
    assert code == 2
    assert "LABEL=+05:30" in err


@pytest.mark.thorough
def test_the_hour_that_the_clocks_repeat_is_the_one_asked_for(check):
    Path("night.csv").write_text(HEADER + "S1,A,2025-10-26T02:30:00,2025-10-26T03:15:00,7\n")
    assert check("night.csv", "--tz", "Europe/Berlin")[0] == 3
    for choice, start in (("earlier", "00:30"), ("later", "01:30")):
        code, out, _ = check("night.csv", "--tz", "Europe/Berlin", "--ambiguous", choice)
        assert (code, f"starts from 2025-10-26T{start}:00+00:00" in out) == (0, True)


MIXED = HEADER + "S1,A,01.12.17 10:30,01.12.17 10:32,7\nS2,A,01/13/2017 14:50,01/13/2017 15:51,7\nS3,A,soon,,7\n"
MIXES = ("--tz", "Europe/Zurich", "--time-format", "%m.%d.%y %H:%M", "--time-format", "%m/%d/%Y %H:%M")


@pytest.mark.thorough
def test_a_file_that_mixes_two_formats_is_read_and_told_how_many_times_are_of_each(check, capsys):
    Path("mixed.csv").write_text(MIXED)
    code, out, _ = check("mixed.csv", *MIXES, "--max-rejects", "1")
    assert code == 0
    assert "times: %m.%d.%y %H:%M or %m/%d/%Y %H:%M, zone: Europe/Zurich" in out
    assert "its times mix 2 formats: 2 by %m.%d.%y %H:%M, 2 by %m/%d/%Y %H:%M" in out
    assert "starts from 2017-01-12T09:30:00+00:00 to 2017-01-13T13:50:00+00:00" in out
    assert run_command(["load", "mixed.csv", *MIXES, "--create-db"]) == 0
    assert "its times mix 2 formats: 2 by %m.%d.%y %H:%M, 2 by %m/%d/%Y %H:%M" in capsys.readouterr().out
    (found,) = document(check("mixed.csv", *MIXES, "--json"))["files"]
    assert found["times_by_format"] == {"%m.%d.%y %H:%M": 2, "%m/%d/%Y %H:%M": 2}
    assert found["rejects_by_rule"] == {"start_time_unreadable": 1}


def test_of_several_formats_given_one_that_reads_the_whole_file_is_enough(check):
    code, out, _ = check("good.csv", "--time-format", "%m/%d/%Y %H:%M", "--time-format", "iso8601")
    assert code == 0
    assert "times: iso8601, zone" in out
    assert "its times mix" not in out


def test_a_time_that_two_of_the_formats_given_read_differently_refuses_the_file_with_both_readings(check):
    rows = (f"S{n},A,{day}/2017 10:30,,7\n" for n, day in enumerate(("13/01", "01/13", "03/02")))
    Path("either.csv").write_text(HEADER + "".join(rows))
    formats = ("--time-format", "%d/%m/%Y %H:%M", "--time-format", "%m/%d/%Y %H:%M")
    code, _, err = check("either.csv", "--tz", "UTC", *formats)
    assert (code, "time_formats_mixed" in err) == (1, True)
    assert "'03/02/2017 10:30' is 03 February 2017 10:30 by %d/%m/%Y %H:%M, 02 March 2017 10:30 by %m/%d/%Y" in err
