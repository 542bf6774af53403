"""A table that nobody knows: evcharge check says what it holds, and the command it prints loads it."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from pathlib import Path

import pytest

from evcharge.sources import read_profile
from tests.support.workbooks import date, workbook

pytestmark = pytest.mark.thorough


def command_of(out):
    """What follows ``evcharge`` in the commands that check prints below its table."""
    printed = [line.strip() for line in out.splitlines() if line.startswith("    evcharge ")]
    return [shlex.split(line)[1:] for line in printed]


def facts():
    """Station, start, energy and success of each session that is in the database, by start."""
    with sqlite3.connect("ev_charging.db") as connection:
        rows = connection.execute(
            "SELECT s.station_id, f.start_time, f.energy_kwh, f.success FROM fact_charging f "
            "JOIN dim_station s USING (station_key) ORDER BY f.start_time"
        ).fetchall()
    connection.close()
    return [(station, start[:16].replace("T", " "), energy, success) for station, start, energy, success in rows]


DAY = "2025-06-13"
"""A day that can be read in one way only."""

BACK_OFFICE = """Session ID;Charge Point;Connector;Start;Stop;kWh;Duration (min);Status;Stop Reason
1001;CP-01 Main St;1;01.06.2025 08:12;01.06.2025 08:55;12,4;43;Completed;EVDisconnected
1002;CP-01 Main St;2;01.06.2025 09:00;01.06.2025 09:01;0,0;1;Failed;Other
1003;CP-02 Depot;1;01.06.2025 10:30;01.06.2025 11:10;18,2;40;Completed;Local
1004;CP-02 Depot;1;02.06.2025 10:30;;;;Faulted;PowerLoss
"""
TABLES = {
    "back-office.csv": (
        BACK_OFFICE,
        [
            ("CP-01 Main St", "2025-06-01 07:12", 12.4, 1),
            ("CP-01 Main St", "2025-06-01 08:00", 0.0, 0),
            ("CP-02 Depot", "2025-06-01 09:30", 18.2, 1),
            ("CP-02 Depot", "2025-06-02 09:30", None, 0),
        ],
    ),
    "lade vorgänge.csv": (
        "\ufeffVorgangsnummer;Ladesäule;Ladebeginn;Ladeende;Energiemenge (kWh);Ergebnis\n"
        "A1;Saal;13.06.2025 08:12:00;13.06.2025 08:55:00;1,5;erfolgreich\n"
        "A2;Saal;13.06.2025 09:00:00;13.06.2025 09:01:00;0,0;abgebrochen\n",
        [("Saal", "2025-06-13 06:12", 1.5, 1), ("Saal", "2025-06-13 07:00", 0.0, 0)],
    ),
    "recharges.csv": (
        "Identifiant de session,Borne,Date de début,Date de fin,L'énergie (Wh),Statut\n"
        "1-a,P1,2025-01-13 08:12,2025-01-13 08:55,12400,Terminée\n"
        "1-b,P1,2025-01-13 09:00,2025-01-13 09:01,0,Échec\n",
        [("P1", "2025-01-13 07:12", 12.4, 1), ("P1", "2025-01-13 08:00", 0.0, 0)],
    ),
    "laadsessies.csv": (
        "Laadpaal\tBegintijd\tEindtijd\tVerbruik kWh\n"
        "Markt 1\t2025-01-13T08:12:00+01:00\t2025-01-13T08:55:00+01:00\t12.4\n"
        "Markt 1\t2025-01-13T09:00:00+01:00\t2025-01-13T09:01:00+01:00\t0\n",
        [("Markt 1", "2025-01-13 07:12", 12.4, None), ("Markt 1", "2025-01-13 08:00", 0.0, None)],
    ),
    "recargas.csv": (
        "Id recarga;Punto de recarga;Fecha inicio;Hora inicio;Fecha fin;Hora fin;Energía (kWh)\n"
        "7;Plaza;13/01/2025;08:12;13/01/2025;08:55;12,4\n"
        "9;Plaza;13/01/2025;23:50;14/01/2025;00:20;3,1\n",
        [("Plaza", "2025-01-13 07:12", 12.4, None), ("Plaza", "2025-01-13 22:50", 3.1, None)],
    ),
    "ladeokter.csv": (
        "Ladestasjon|Starttidspunkt|Varighet (s)|Energi (kWh)\n"
        "B1|13.01.2025 08:12|2580|12,4\nB1|13.01.2025 09:00|20|0,0\n",
        [("B1", "2025-01-13 07:12", 12.4, None), ("B1", "2025-01-13 08:00", 0.0, None)],
    ),
    "korea.csv": (
        "충전기ID,충전시작일시,충전종료일시,충전량(kWh),충전결과\n"
        "K1,2025-01-13 08:12:00,2025-01-13 08:55:00,12.4,정상종료\n"
        "K1,2025-01-13 09:00:00,2025-01-13 09:01:00,0,충전실패\n".encode("cp949").decode("latin-1"),
        [("K1", "2025-01-12 23:12", 12.4, 1), ("K1", "2025-01-13 00:00", 0.0, 0)],
    ),
    "titled.csv": (
        "Charging report\nMade on,1 June 2025\n\nStation,Began,Ended,Energy,Outcome\n"
        "S1,6/13/2025 8:12 AM,6/13/2025 8:55 AM,12.4 kWh,OK\nS1,6/13/2025 9:00 PM,6/13/2025 9:01 PM,0 kWh,Timed out\n",
        [("S1", "2025-06-13 07:12", 12.4, 1), ("S1", "2025-06-13 20:00", 0.0, 0)],
    ),
    "epochs.jsonl": (
        '{"charger": "J1", "started": 1749802320, "ended": 1749804900, "energy": {"unit": "kWh"}, "energyWh": 12400}\n'
        '{"charger": "J1", "started": 1749805200, "ended": null, "energyWh": 0}\n',
        [("J1", "2025-06-13 08:12", 12.4, None), ("J1", "2025-06-13 09:00", 0.0, None)],
    ),
    "midnights.csv": (
        "Transaction,CP,Date from,Time from,Date to,Time to,kWh\n"
        "x1,P,2025-01-13T00:00:00,08:12,2025-01-13T00:00:00,08:55,12.4\n",
        [("P", "2025-01-13 08:12", 12.4, None)],
    ),
    "early.csv": (
        "Transaction,Charger,Begin,Finish,kWh\nx1,E,0014-11-18 15:40:26,0014-11-18 17:11:04,7.78\n",
        [("E", "2014-11-18 15:40", 7.78, None)],
    ),
    "one-station.csv": (
        "sep=;\nTransaction;Start;End;kWh\nt-7;2025-01-13 08:12;2025-01-13 08:55;12,4\nt-8;2025-01-13 09:00;NA;NA\n",
        [("station-1", "2025-01-13 08:12", 12.4, None), ("station-1", "2025-01-13 09:00", None, None)],
    ),
}
"""A dozen tables that no profile knows, and the sessions that they hold; times in UTC."""


def write(name, text):
    Path(name).write_bytes(text.encode("latin-1" if name == "korea.csv" else "utf-8"))


@pytest.mark.parametrize("name", TABLES)
def test_the_command_that_check_prints_loads_the_table_as_printed(evcharge, name):
    text, expected = TABLES[name]
    write(name, text)
    code, out, _ = evcharge("check", name)
    assert code == 1
    for command in command_of(out):
        code, out, err = evcharge(*command)
        assert code == 0, err
    assert facts() == expected


@pytest.mark.parametrize("name", TABLES)
def test_the_starter_profile_of_a_table_loads_it_without_an_edit(evcharge, name):
    text, expected = TABLES[name]
    write(name, text)
    code, out, err = evcharge("check", name, "--write-profile", "my.toml")
    assert (code, out) == (0, "")
    assert "evcharge load" in err
    assert "# confirm" in Path("my.toml").read_text(encoding="utf-8")
    code, _, err = evcharge("load", name, "--profile", "my.toml", "--create-db")
    assert code == 0, err
    assert facts() == expected


def test_lines_of_units_and_sums_do_not_hide_what_the_columns_are(evcharge):
    rows = "13.01.2025 08:12;13.01.2025 08:55;12,4;A;Completed\n13.01.2025 09:12;13.01.2025 09:55;0,0;A;Failed\n"
    write("two.csv", f"Session;;Energy;;\nBegin;End;Total;CP;Result\n;;kWh;;\n{rows}Sum;;12,4;;\n")
    out = evcharge("check", "two.csv")[1]
    assert "header on line 2; 2 rows looked at; 2 more seem to be no sessions" in out
    (command,) = command_of(out)
    out = evcharge(*command)[1]
    assert "read 4 = 2 inserted + 0 updated + 0 unchanged + 0 superseded + 2 rejected" in out
    assert facts() == [("A", "2025-01-13 08:12", 12.4, 1), ("A", "2025-01-13 09:12", 0.0, 0)]


def test_check_tells_form_columns_words_and_what_is_to_be_confirmed(evcharge):
    write("b.csv", BACK_OFFICE)
    code, out, err = evcharge("check", "b.csv")
    assert code == 1
    assert "[no_profile_fits]" in err
    assert "semicolons, utf-8, header on line 1; 4 rows looked at" in out
    assert re.search(r"Charge Point +a few words +100%  CP-01 Main St \(2\), CP-02 Depot \(2\) +station_id\n", out)
    assert re.search(r"Stop +times +75%  .* end_time\n", out)
    assert re.search(r"Status +a few words +100%  Completed \(2\), Failed \(1\), Faulted \(1\) +success \?\n", out)
    assert (
        "--time-format: 01.06.2025 08:12 is 1 June 2025 (%d.%m.%Y %H:%M); or 01.06.2025 08:12 is 6 January 2025" in out
    )
    assert "--tz: " in out
    assert "--true-words, --false-words: " in out


def test_the_document_of_check_has_the_columns_and_the_command(evcharge):
    write("b.csv", BACK_OFFICE)
    table = json.loads(evcharge("check", "b.csv", "--json")[1])["files"][0]["table"]
    assert {column["name"]: column["may_be"] for column in table["columns"]}["kWh"] == "energy_kwh"
    assert table["command"][:3] == ["evcharge", "load", "b.csv"]
    assert set(table["confirm"]) >= {"timezone", "time_formats", "success"}


def test_a_workbook_that_nobody_knows_is_told_and_its_profile_loads_it(evcharge):
    rows = [
        ["Report"],
        ["Site", "Plugged in", "Unplugged", "Energy (kWh)"],
        ["W1", date(2025, 6, 13, 8, 12), date(2025, 6, 13, 8, 55), 12.4],
    ]
    Path("book.xlsx").write_bytes(workbook(rows))
    assert "sheet Sheet 1, header on line 2; 1 row looked at" in evcharge("check", "book.xlsx")[1]
    assert evcharge("check", "book.xlsx", "--write-profile", "my.toml")[0] == 0
    assert evcharge("load", "book.xlsx", "--profile", "my.toml", "--create-db")[0] == 0
    assert facts() == [("W1", "2025-06-13 07:12", 12.4, None)]


def test_a_profile_is_not_written_over_another_file(evcharge):
    write("b.csv", BACK_OFFICE)
    Path("my.toml").write_text("mine")
    code, _, err = evcharge("check", "b.csv", "--write-profile", "my.toml")
    assert (code, Path("my.toml").read_text()) == (1, "mine")
    assert "profile_exists" in err


def test_no_profile_is_written_for_a_table_that_one_fits(evcharge):
    write("n.csv", "session_id,station_id,start_time,end_time,energy_kwh\n1,A,2025-01-01T00:00:00Z,,1\n")
    code, _, err = evcharge("check", "n.csv", "--write-profile", "my.toml")
    assert (code, Path("my.toml").exists()) == (1, False)
    assert "[profile_fits]: n.csv fits profile native" in err


def test_a_profile_goes_to_standard_output_where_it_is_asked_to(evcharge):
    write("b.csv", BACK_OFFICE)
    code, out, _ = evcharge("check", "b.csv", "--write-profile", "-")
    Path("my.toml").write_text(out)
    assert (code, read_profile("my.toml").conventions.false_words) == (0, ("failed", "faulted"))


def test_a_load_of_a_table_that_nobody_knows_guesses_nothing(evcharge):
    write("b.csv", BACK_OFFICE)
    code, _, err = evcharge("load", "b.csv", "--create-db")
    assert code == 1
    assert "evcharge check b.csv\n" in err
    assert facts() == []
    Path("a folder").mkdir()
    Path("b.csv").rename("a folder/b.csv")
    assert "evcharge check 'a folder/b.csv'\n" in evcharge("load", "a folder/b.csv")[2]


def test_a_heading_that_could_be_toml_or_shell_stays_what_it_is(evcharge):
    name = 'it\'s; "odd" $(x)\\.csv'
    write(
        name,
        'Station "A" \\n,Start,Stop,kWh $x\nS,2025-01-13T08:12:00Z,2025-01-13T08:55:00Z,12.4\n'.replace('"A"', '""A""')
        .replace("Station", '"Station', 1)
        .replace("\\n,", '\\n",', 1),
    )
    (command,) = command_of(evcharge("check", name)[1])
    assert evcharge(*command)[0] == 0
    assert [row[0] for row in facts()] == ["S"]
    assert evcharge("check", name, "--write-profile", "my.toml")[0] == 0
    assert read_profile("my.toml").columns["station_id"] == ('Station "A" \\n',)


@pytest.mark.parametrize("energies", [("12.500", "1.250"), ("12,500", "1,250")])
def test_a_sign_before_three_digits_is_asked_about_for_it_may_stand_at_thousands(evcharge, energies):
    write(
        "wh.csv",
        "CP;Start;Stop;Energy (Wh)\n"
        + "".join(f"A;{DAY} 0{n}:12;{DAY} 0{n}:55;{e}\n" for n, e in enumerate(energies, 1)),
    )
    out = evcharge("check", "wh.csv")[1]
    assert "    --decimal: a dot or a comma before three digits may also separate thousands" in out
    assert evcharge("check", "wh.csv", "--write-profile", "my.toml")[0] == 0
    (line,) = [line for line in Path("my.toml").read_text().splitlines() if line.startswith("decimal")]
    assert "# confirm: a dot or a comma" in line
    (command,) = command_of(out)
    assert evcharge(*command)[0] == 0


@pytest.mark.parametrize(
    ("energies", "thousands"),
    [
        (("1.234,5", "12,5"), "."),
        (("1,234.5", "12.5"), ","),
        (("1 234,5", "12,5"), "space"),
        (("1\u202f234.5", "12.5"), "space"),
        (("1'234.5", "12.5"), "apostrophe"),
    ],
)
def test_signs_at_thousands_that_the_numbers_prove_are_named_and_read(evcharge, energies, thousands):
    rows = [f"A;{DAY} 0{n}:12;{DAY} 0{n}:55;{energy}\n" for n, energy in enumerate(energies, 1)]
    write("wh.csv", "CP;Start;Stop;Energy (Wh)\n" + "".join(rows))
    out = evcharge("check", "wh.csv")[1]
    (command,) = command_of(out)
    assert command[command.index("--thousands") + 1] == thousands
    assert "--decimal:" not in out
    assert evcharge(*command)[0] == 0
    assert [row[2] for row in facts()] == [1.2345, 0.0125]


def test_signs_at_thousands_before_a_unit_are_written_in_the_profile(evcharge):
    write(
        "kwh.csv", f"CP;Start;Stop;Energy\nA;{DAY} 01:12;{DAY} 11:55;1.234,5 kWh\nA;{DAY} 12:12;{DAY} 12:55;8,5 kWh\n"
    )
    assert evcharge("check", "kwh.csv", "--write-profile", "my.toml")[0] == 0
    assert read_profile("my.toml").conventions.thousands == "."
    assert evcharge("load", "kwh.csv", "--profile", "my.toml", "--create-db", "--rejects", "r.csv")[0] == 0
    assert [row[2] for row in facts()] == [8.5]
    assert "energy_kwh_out_of_range" in Path("r.csv").read_text()


def test_a_number_that_may_be_of_thousands_is_read_by_what_is_stated_and_never_guessed(evcharge):
    text = "session_id,station_id,start_time,end_time,energy_kwh\n"
    text += "1,A,2025-01-01T10:00:00Z,2025-01-01T10:30:00Z,1.234\n"
    write("n.csv", text)
    read = {}
    for options in (("--thousands", ".", "--decimal", ","), (), ("--decimal", ",", "--max-rejects", "1")):
        assert evcharge("load", "n.csv", "--create-db", "--replace", "--energy-unit", "Wh", *options)[0] == 0
        read[options[:1]] = [row[2] for row in facts()]
    assert list(read.values()) == [[1.234], [0.001234], []]


def outcomes(heading, words):
    """A table of two sessions of some energy, with a column of outcomes."""
    rows = [f"A,{DAY} 0{n}:12,{DAY} 0{n}:55,{n}.5,{word}\n" for n, word in enumerate(words, 1)]
    write("o.csv", f"CP,Start,Stop,kWh,{heading}\n" + "".join(rows))


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("failed", ("0", "1")),
        ("is_failed", ("false", "true")),
        ("Error", ("No", "Yes")),
        ("Fehlgeschlagen", ("Nein", "Ja")),
        ("ok", ("1", "0")),
        ("No error", ("yes", "no")),
        ("Test", ("Pass", "Fail")),
    ],
)
def test_a_heading_of_failures_turns_yes_into_a_failure(evcharge, heading, words):
    outcomes(heading, words)
    out = evcharge("check", "o.csv")[1]
    assert "no failure stands in the file" not in out
    (command,) = command_of(out)
    code, _, err = evcharge(*command)
    assert code == 0, err
    assert [row[-1] for row in facts()] == [1, 0]
    asked = "--true-words, --false-words" in out
    assert asked is (heading not in ("ok", "No error"))
    assert evcharge("check", "o.csv", "--write-profile", "my.toml")[0] == 0
    conventions = read_profile("my.toml").conventions
    assert (words[0].casefold() in conventions.true_words, words[1].casefold() in conventions.false_words) == (
        True,
        True,
    )


def test_a_flag_of_failures_that_is_never_set_is_read_and_shows_no_failure(evcharge):
    outcomes("failed", ("0", "0"))
    out = evcharge("check", "o.csv")[1]
    assert "no failure stands in the file" in out
    (command,) = command_of(out)
    assert evcharge(*command)[0] == 0
    assert [row[-1] for row in facts()] == [1, 1]


@pytest.mark.parametrize(("heading", "words"), [("Outcome", ("1", "2")), ("Result code", ("0", "-1"))])
def test_a_column_that_may_be_the_outcome_is_asked_about(evcharge, heading, words):
    outcomes(heading, words)
    out = evcharge("check", "o.csv")[1]
    assert f"--map success, --true-words, --false-words: {heading} has few words and may be the outcome" in out
    assert "no failure stands in the file" not in out
    assert "whether failures stand in the file is not known before its outcome is" in out
    assert evcharge("check", "o.csv", "--write-profile", "my.toml")[0] == 0
    assert f"# confirm: {heading} has few words" in Path("my.toml").read_text()
    (command,) = command_of(out)
    assert evcharge(*command)[0] == 0


@pytest.mark.parametrize(("heading", "words"), [("Payment", ("Completed", "Failed")), ("Error", ("E12", "Overheat"))])
def test_what_tells_of_something_else_is_no_outcome(evcharge, heading, words):
    outcomes(heading, words)
    out = evcharge("check", "o.csv")[1]
    assert "success" not in out


def test_a_heading_of_two_lines_is_typed_as_one(evcharge):
    write("two.csv", f'"Charge\nPoint",Start,"Stop\r\ntime",kWh\nA,{DAY} 08:12,{DAY} 08:55,12.5\n')
    out = evcharge("check", "two.csv")[1]
    assert "--map 'station_id=Charge Point'" in out
    assert "--map 'end_time=Stop time'" in out
    (command,) = command_of(out)
    assert evcharge(*command)[0] == 0
    assert evcharge("check", "two.csv", "--write-profile", "my.toml")[0] == 0
    assert evcharge("load", "two.csv", "--profile", "my.toml", "--replace")[0] == 0
    assert [row[0] for row in facts()] == ["A"]
    err = evcharge("load", "two.csv", "--profile", "native")[2]
    assert "\\n" not in err.split("Say which column")[1]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            f"CP,Start,kWh,kwh\nA,{DAY} 08:12,1,2\n",
            "Two columns are named alike, kWh and kwh: give one of them another name, on line 1.",
        ),
        ("Station\nA\nB\n", "It has one column, and a session takes several."),
    ],
)
def test_a_table_without_names_of_columns_gets_a_step_and_not_the_same_check_again(evcharge, text, hint):
    write("d.csv", text)
    code, out, err = evcharge("check", "d.csv")
    assert (code, out) == (1, "")
    assert hint in err
    assert "evcharge check" not in err
    assert hint in evcharge("check", "d.csv", "--write-profile", "my.toml")[2]
    assert hint in json.loads(evcharge("check", "d.csv", "--json")[1])["files"][0]["error"]["hint"]


def test_headings_that_are_alike_in_a_workbook_are_named(evcharge):
    Path("book.xlsx").write_bytes(workbook([["CP", "Start", "kWh", "KWH"], ["A", date(2025, 6, 13, 8, 12), 1, 2]]))
    assert "Two columns are named alike, kWh and KWH" in evcharge("check", "book.xlsx")[2]


def test_a_file_that_is_named_like_an_option_is_printed_as_a_path(evcharge):
    write("-dash.csv", BACK_OFFICE)
    assert "evcharge check ./-dash.csv\n" in evcharge("load", "--create-db", "--", "-dash.csv")[2]
    out = evcharge("check", "--", "-dash.csv")[1]
    assert "evcharge check ./-dash.csv --write-profile" in out
    (command,) = command_of(out)
    assert evcharge(*command)[0] == 0
    assert "evcharge load ./-dash.csv" in evcharge("check", "./-dash.csv", "--write-profile", "my.toml")[2]


def test_where_no_known_format_reads_the_times_no_command_is_printed(evcharge):
    write("odd.csv", "CP,Start,End,kWh\nA,31/31/2021 17:43,31/31/2021 18:43,5\n")
    out = evcharge("check", "odd.csv")[1]
    assert "No load reads it before time_format is filled in, in a profile: evcharge check odd.csv" in out
    assert "time_formats: no known format reads '31/31/2021 17:43'" in out
    assert "evcharge load" not in out


def test_a_profile_with_a_line_to_fill_says_so_and_is_refused_for_it(evcharge):
    write("few.csv", "Colour,Note\nred,a1\nblue,b2\n")
    out = evcharge("check", "few.csv")[1]
    assert "No load reads it before session_key and start_time are filled in, in a profile: evcharge check" in out
    err = evcharge("check", "few.csv", "--write-profile", "my.toml")[2]
    assert "wrote my.toml: fill in session_key and start_time first, without which no load reads it, look at" in err
    assert "session_key = []" in Path("my.toml").read_text()
    err = evcharge("load", "few.csv", "--profile", "my.toml", "--create-db")[2]
    assert "session_key is []" in err
    assert "there is neither, and a row is known by one of them" in err


def test_a_log_that_names_no_station_loads_as_its_hint_says(evcharge):
    frames = [
        [
            2,
            "s1",
            "StartTransaction",
            {"connectorId": 1, "idTag": "x", "meterStart": 0, "timestamp": f"{DAY}T10:00:00Z"},
        ],
        [3, "s1", {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}],
        [2, "s2", "StopTransaction", {"transactionId": 7, "meterStop": 9000, "timestamp": f"{DAY}T10:30:00Z"}],
        [3, "s2", {}],
    ]
    write("log.txt", "".join(f"{DAY}T10:0{n}:00Z {json.dumps(frame)}\n" for n, frame in enumerate(frames)))
    err = evcharge("load", "log.txt", "--create-db", "--source", "bench")[2]
    option = re.search(r"State it: (--station-id \w+)", err)
    assert evcharge("load", "log.txt", "--source", "bench", *option[1].split())[0] == 0
    assert [(row[0], row[2]) for row in facts()] == [("CP9", 9.0)]


@pytest.mark.parametrize("heading", ["Meter start", "Zählerstand Anfang"])
def test_a_table_without_energy_is_told_what_that_means_and_of_its_readings(evcharge, heading):
    write("m.csv", f"CP,Start,Stop,{heading},Meter stop\nA,{DAY} 08:12,{DAY} 08:55,100,112\n")
    out = evcharge("check", "m.csv")[1]
    said = "no column seems to hold energy, so that no definition of energy can judge a session"
    assert f"energy_kwh: {said}; {heading} and Meter stop are readings: add a column of their difference" in out
    for command in command_of(out):
        assert evcharge(*command)[0] == 0
    assert said in Path("my.toml").read_text(encoding="utf-8")
    write("n.csv", f"CP,Start,Stop\nA,{DAY} 08:12,{DAY} 08:55\n")
    assert f"{said}\n" in evcharge("check", "n.csv")[1]


def test_a_list_of_records_in_one_object_is_told_with_what_makes_lines_of_it(evcharge):
    records = [{"id": number, "start": f"2024-01-01T1{number}:00:00Z"} for number in range(3)]
    Path("own.json").write_text(json.dumps({"data": records, "total": 3}))
    code, _, err = evcharge("check", "own.json")
    assert code != 0
    assert """jq -c '.["data"][]' own.json > records.jsonl""" in err
