from __future__ import annotations

import io

import pytest
from rich.console import Console

from evcharge.db import open_engine
from evcharge.load import load_file
from evcharge.metrics.selection import Selection
from evcharge.report.explain import build_explanation
from evcharge.report.terminal.explain import print_explanation
from evcharge.sources import builtin_profiles, with_overrides
from tests.support.factories import HEADER, native_csv, session_row

NAME = "[bold]Île[/bold] 上海 \x1b[31m\x9b\u202e"


@pytest.fixture
def found(sqlite_url, tmp_path):
    """Builds the explanation of a station with two failures, an unknown session, 97 successes and a refused row."""

    def build(timezone=None):
        outcomes = [*["true"] * 97, "false", "false", "", "true"]
        rows = [
            session_row(
                session_id=str(number),
                success=outcome,
                energy_kwh="7;5" if number == 100 else "7.5",
                start_time="2025-04-01T23:30:00Z",
                end_time="2025-04-02T00:10:00Z" if number % 2 else "",
            )
            + (",CX013" if outcome == "false" else ",CX013 :x:")
            for number, outcome in enumerate(outcomes)
        ]
        path = native_csv(tmp_path / f"{'f' * 60}.csv", *rows, header=f"{HEADER},error_code")
        load_file(path, sqlite_url, [with_overrides(builtin_profiles()["native"], timezone=timezone)])
        with open_engine(sqlite_url, writes=True).begin() as connection:
            connection.exec_driver_sql("UPDATE dim_station SET name = ?, city = ?", (NAME, NAME))
        return build_explanation(sqlite_url, "ST-1", target=0.9, selection=Selection())

    return build


def printed(found, width=80, encoding="utf-8", most_rows=20, **options):
    binary = io.BytesIO()
    file = io.TextIOWrapper(binary, encoding=encoding, errors="strict", newline="", write_through=True)
    print_explanation(found, Console(file=file, width=width, **options), most_rows)
    return binary.getvalue().decode(encoding)


def test_the_sections_stand_in_order_and_fit_80_columns(found):
    text = printed(found())
    headings = (
        *("By which rule", "The number", "Since when", "What was recorded", "By each rule", "The rows"),
        "What was refused",
    )
    places = [text.index(f"\n\n{heading}") for heading in headings]
    assert places == sorted(places)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.thorough
def test_the_number_is_spelt_out(found):
    lines = printed(found()).splitlines()
    start = lines.index("The number")
    assert lines[start + 1 : start + 8] == [
        "99 attempts = 97 succeeded + 2 failed; besides 1 unknown, 0 excluded",
        "97 of 99 = 98.0%, 95% interval 92.9%–99.4% (Wilson)",
        "● meets target, against 90%",
        "  X: successes in 99 attempts of a station that is just on 90%, by chance",
        "  P(X <= 97) = 0.999646, not under 0.001: not below target",
        "  P(X >= 97) = 0.00212163, under 0.025: meets target",
        "  It would meet the target no more after 2 further attempts without a success.",
    ]


@pytest.mark.thorough
def test_rows_are_as_many_as_asked_for_and_failures_come_first(found):
    text = printed(found(), width=200, most_rows=3)
    shown = text.split("The rows")[1].split("What was refused")[0]
    rows = [line.split() for line in shown.splitlines() if ".csv:" in line]
    outcomes = [word for row in rows for word in row if word in ("failure", "unknown", "success")]
    assert outcomes == ["failure", "failure", "unknown"]
    assert rows[0][0].endswith("f.csv:99")
    assert "97 more sessions: add --rows N, or --csv - or --json to see all" in text
    assert "97 more sessions" not in printed(found(), most_rows=100)


@pytest.mark.thorough
def test_times_are_in_the_zone_of_the_station_or_in_utc_and_say_which(found):
    text = printed(found(), width=200)
    assert "times in UTC" in text
    assert "2025-04-01 23:30  2025-04-02 00:10" in text


@pytest.mark.thorough
def test_with_a_zone_times_are_local(found):
    text = printed(found("Europe/Paris"), width=200)
    assert "local times of Europe/Paris" in text
    assert "2025-04-02 01:30  02:10" in text


@pytest.mark.thorough
def test_a_zone_that_is_none_leaves_utc(found, sqlite_url):
    built = found()
    built.station["timezone"] = "Nowhere/../x"
    assert "times in UTC" in printed(built)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "width", [1, 40, *(pytest.param(wide, marks=pytest.mark.thorough) for wide in (5, 20, 80, 300))]
)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_no_terminal_is_too_narrow_or_too_poor(found, width, encoding):
    text = printed(found(), width=width, encoding=encoding)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "Whatwasrefused" in "".join(text.split())


@pytest.mark.thorough
def test_names_are_text_and_marks_are_those_that_the_terminal_has(found):
    built = found()
    assert "[bold]Île[/bold] 上海 □[31m□□" in printed(built, width=200)
    text = printed(built, width=200, encoding="ascii")
    assert "[bold]?le[/bold] ?? ?[31m??" in text
    assert "* meets target, against 90%" in text
    assert "\x1b" not in text
    assert "\x1b[31m" not in printed(built, width=200, force_terminal=True, color_system="truecolor")


@pytest.mark.thorough
def test_a_code_never_stands_without_what_it_means(found):
    groups, rows = printed(found(), width=200).split("What was recorded")[1].split("The rows")
    assert "chargex CX013: no internet" in groups
    assert rows.count("chargex CX013: no internet") == 2
    assert "chargex CX013 " not in groups + rows


@pytest.mark.thorough
def test_a_refused_row_is_cut_to_the_screen_and_in_a_paragraph_to_200_characters(found):
    row = "100,ST-1,2025-04-01T23:30:00Z,,7;5,true,CX013 :x:"
    built = found()
    narrow = printed(built, width=60).split("What was refused")[1]
    assert row in printed(built, width=250)
    built.rejects.rows["raw"] = "x" * 300
    usual = printed(built, width=130).split("What was refused")[1]
    assert 0 < usual.count("x") < 100
    assert "A terminal cuts raw text to its width" in usual
    assert f"value: 7;5\n  raw: {row}\n" in narrow
    built.rejects.rows["raw"] = "x" * 199 + "yz"
    assert "x" * 50 + "…" in "".join(printed(built, width=60).split())
    assert "y" not in printed(built, width=60).split("raw:")[1].split("A terminal")[0]


@pytest.mark.thorough
def test_without_an_attempt_no_ratio_is_made_up(sqlite_url, tmp_path):
    path = native_csv(tmp_path / "a.csv", session_row(success="", energy_kwh=""))
    load_file(path, sqlite_url, [builtin_profiles()["native"]])
    text = printed(build_explanation(sqlite_url, "ST-1", target=0.95, selection=Selection()))
    assert "0 attempts = 0 succeeded + 0 failed; besides 1 unknown, 0 excluded" in text
    assert "%" not in text.split("The number")[1].split("X: ")[0].replace("against 95%", "")
    assert "nan" not in text.lower()
    assert "It would meet the target after 109 further attempts without a failure." in text
    assert "too new to tell whether silent" in " ".join(text.split())
