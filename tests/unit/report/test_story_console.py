"""The story on a terminal: one screen, in characters and colours that it has."""

from __future__ import annotations

import io
import re
from collections import Counter
from datetime import date

import pytest
from rich.cells import cell_len
from rich.console import Console

from evcharge.metrics.direction import WORSE, Direction, StationShare
from evcharge.report.terminal.story import FEW_STATIONS, MOST_STATIONS, print_story
from tests.support.stories import BAD, GOOD, NEW, station, story_of


def printed(story, encoding="utf-8", width=80, **options):
    binary = io.BytesIO()
    file = io.TextIOWrapper(binary, encoding=encoding, errors="strict", newline="", write_through=True)
    print_story(story, Console(file=file, width=width, **options))
    file.flush()
    return binary.getvalue().decode(encoding)


def rows_of(text):
    """The rows of the table, as words."""
    lines = text.splitlines()
    heading = next(number for number, line in enumerate(lines) if "lost/wk" in line)
    return [line.split() for line in lines[heading + 1 : lines.index("", heading)]]


def test_the_screen_tells_the_finding_the_figures_and_what_each_station_does():
    weeks = {"weeks_before": 20, "weeks_now": 6, "last_day": date(2025, 6, 8)}
    found = Direction(WORSE, 0.962, 0.941, -2.1, stations=(StationShare(2, 0.7),), **weeks)
    stations = (
        station(*GOOD, station_id="good"),
        station(*BAD, station_id="bad", name="Harbour Street"),
        station(*NEW, station_id="new", unknown=4),
        station(350, 0, station_id="still", last_day=50),
    )
    lines = printed(story_of(*stations, direction=found)).splitlines()
    assert [line.rstrip() for line in lines] == [
        "1 Apr 2025 – 9 Jun 2025   4 stations   553 attempts   target 95%",
        "success = recorded: the source's own success flag (asked for)",
        "",
        "Two of 4 stations need attention; about 5.1 (4.1 to 6.0) charges a week are",
        "lost, and about 49 more if still is really down",
        "90.1% succeeded (95% interval 87.3%–92.3%); 4 unknown, 0 excluded.",
        "Against 95%: below target (so few: 1 in 695,847; one test, 2.5% a side).",
        "The weekly rate: down 2.1 points (96.2% to 94.1%) in the six weeks up to 8 Jun",
        "2025, against the 20 before; 70% of it is Harbour Street.",
        "The visits that failed beyond what the target allows cost 101 kWh (82 to 120) a",
        "week; if still is really down, 980 kWh more.",
        "",
        "  station        success  of    now  range  since lost/wk first step",
        "× still           100.0% 350 silent        20 May      49 power and comms",
        "▼ Harbour Street   45.0% 100  45.0%  35–55            5.1 review",
        "○ new             100.0%   3 100.0% 43–100",
        "● good            100.0% 100 100.0% 96–100",
        "",
        "1 below target, 1 silent, 1 can't tell yet, 1 meets the target",
        "Attempts that left no session are not counted; those that drivers cut short may",
        "count as failures.",
    ]


def test_where_a_column_has_no_room_for_its_longest_word_each_station_is_a_paragraph():
    stations = (station(*GOOD, station_id="good"), station(350, 0, station_id="still", last_day=50))
    story = story_of(*stations, station(*BAD, station_id="bad", name="Harbour Street"))
    text = printed(story, width=56)
    assert [line.rstrip() for line in text.splitlines()[-13:-4]] == [
        "× still",
        "  success: 100.0%; of: 350; now: silent; since: 20 May",
        "  lost/wk: 49; first step: power and comms",
        "▼ Harbour Street",
        "  success: 45.0%; of: 100; now: 45.0%; range: 35–55",
        "  lost/wk: 5.1; first step: review",
        "● good",
        "  success: 100.0%; of: 100; now: 100.0%; range: 96–100",
        "",
    ]
    table = printed(story, width=57).split("\n\n")[-2]
    assert [line.split() for line in table.splitlines()] == [
        ["first"],
        ["station", "success", "of", "now", "range", "since", "lost/wk", "step"],
        ["×", "still", "100.0%", "350", "silent", "20", "49", "power"],
        ["May", "and"],
        ["comms"],
        ["▼", "Harbour", "45.0%", "100", "45.0%", "35–55", "5.1", "review"],
        ["Street"],
        ["●", "good", "100.0%", "100", "100.0%", "96–100"],
    ]


def test_a_station_out_of_use_stands_last_with_its_last_session_and_is_told_of_in_a_sentence():
    story = story_of(
        station(300, 40, station_id="gone", last_day=50),
        station(500, 0, station_id="good", last_day=160),
        station(*NEW, station_id="new", last_day=160),
    )
    text = printed(story)
    assert [row[1] for row in rows_of(text)] == ["new", "good", "gone"]
    assert rows_of(text)[-1] == ["○", "gone", "88.2%", "340", "unused", "20", "May"]
    assert "0 below target, 0 silent, 2 can't tell yet, 1 meets the target" in text
    unused = "1 station has been out of use for more than 13 weeks (closed? renamed?): it gets no verdict."
    assert unused in " ".join(text.split())
    assert "out of use" not in printed(story_of(station(*GOOD)))


@pytest.mark.thorough
def test_no_line_of_a_large_network_passes_80_columns_or_one_screen():
    long = "A very long name of a station that goes on and on, for 36 kilometres"
    stations = [station(*BAD, station_id=f"S{number}", name=f"{long} {number}") for number in range(200)]
    lines = printed(story_of(*stations)).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 26
    assert len(rows_of("\n".join(lines))) == MOST_STATIONS
    rows = [line for line in lines if line.startswith("▼")]
    assert len(rows) == MOST_STATIONS
    for row in rows:
        assert re.fullmatch(r"▼ A very long.*….* \d+ +45\.0% +100 +45\.0% +35–55 +5\.1 review *", row), row
    assert "".join(lines).count("…") == MOST_STATIONS
    assert "191 more stations: add --csv - to see all" in "\n".join(lines)


@pytest.mark.parametrize("name", ["上海市浦东新区世纪大道地下停车场充电站" * 2, "e\u0301" * 90, "N" * 70, "Ort"])
def test_whatever_a_name_is_made_of_its_line_keeps_mark_rates_and_first_step(name):
    text = printed(story_of(station(*BAD, name=f"{name}x"), station(980_000, 820_000, name=name, station_id="B")))
    weeks = (r" +54\.4%", r" +45\.0%") if name == "Ort" else ("", "")
    figures = [
        (name, rf"54\.4% 1,800,000 +54\.4% +54–55{weeks[0]} +73,000 review *"),
        (f"{name}x", rf"45\.0% +100 +45\.0% +35–55{weeks[1]} +5\.1 review *"),
    ]
    rows = [line for line in text.splitlines() if line.startswith("▼")]
    for row, (label, told) in zip(rows, figures, strict=True):
        shown = re.fullmatch(f"▼ (.*?) +{told}", row)
        assert shown, row
        head, _, tail = shown[1].partition("…")
        assert (label.startswith(head), label.endswith(tail)) == (True, True)
        assert cell_len(row) <= 80


def test_the_last_four_weeks_stand_beside_now_where_the_screen_has_room_for_all():
    story = story_of(station(*BAD), station(350, 0, station_id="still", last_day=50))
    wide, narrow = (printed(story, width=width) for width in (74, 73))
    assert "range 4 weeks  since" in wide
    assert "4 weeks" not in narrow
    assert [row[4:] for row in rows_of(wide)] == [
        ["silent", "20", "May", "49", "power", "and", "comms"],
        ["45.0%", "35–55", "45.0%", "5.1", "review"],
    ]
    assert rows_of(narrow)[1][4:] == ["45.0%", "35–55", "5.1", "review"]


@pytest.mark.thorough
@pytest.mark.parametrize("width", [31, 40, 60, 79])
def test_on_a_narrow_screen_no_mark_and_no_digit_is_lost(width):
    stations = (
        station(350, 0, station_id="still", last_day=50),
        station(980_000, 820_000, station_id="bad", name="Harbour Street and all around"),
        station(*NEW, station_id="new"),
        station(*GOOD, station_id="good"),
    )

    def told(width, encoding):
        text = "\n".join(line.rstrip() for line in printed(story_of(*stations), encoding, width).splitlines())
        rows = text.split("\n\n")[-2].replace("4 weeks", "")
        return Counter(re.findall("[0-9%▼×○●*,.]", rows))

    shown = story_of(*stations).stations.query("not silent and not out_of_use")
    last_four_weeks = Counter("".join(f"{rate:.1%}" for rate in shown["rate_4_weeks"]))
    for encoding in ("utf-8", "ascii"):
        assert told(width, encoding) + last_four_weeks == told(200, encoding)


def test_a_range_is_rounded_outwards():
    text = printed(story_of(station(4995, 5, station_id="A"), station(*GOOD, station_id="B")))
    assert [row[5] for row in rows_of(text)] == ["99–100", "96–100"]


def test_of_few_stations_each_rate_is_printed():
    few = story_of(*(station(*GOOD, station_id=f"S{number}") for number in range(FEW_STATIONS)))
    assert len(rows_of(printed(few))) == FEW_STATIONS
    assert "more station" not in printed(few)


def test_without_an_attempt_no_rate_is_shown():
    text = printed(story_of(station(0, 0, unknown=7)))
    assert "No attempt could be judged; 7 unknown, 0 excluded." in text
    assert "0.0%" not in text
    assert "nan" not in text.lower()


def test_a_source_is_told_where_there_are_several():
    text = printed(story_of(station(*GOOD), station(*GOOD, source="other"), station(*GOOD, "B")), width=110)
    assert "A (acme)" in text
    assert "A (other)" in text
    assert "B (acme)" not in text


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["[bold]x[/bold]", "[/]", "[link=http://x]y", ":smile:", "\\[x]"])
def test_markup_in_a_name_is_text(name):
    assert name in printed(story_of(station(*BAD, name=name)))


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["\x1b[31mred", "a\nb", "\x9b1m", "\x07", "\u202eright", "\x7f", "\u2028"])
def test_control_characters_in_a_name_are_not_printed(name):
    text = printed(story_of(station(*BAD, name=name)))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert len(rows_of(text)) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1", "utf-8"])
def test_every_encoding_gets_marks_that_it_has(encoding):
    stations = (
        station(350, 0, station_id="still", last_day=50),
        station(*BAD, station_id="Île 上海"),
        station(*NEW, station_id="C"),
        station(*GOOD, station_id="D"),
    )
    marks = [row[0] for row in rows_of(printed(story_of(*stations), encoding=encoding))]
    assert marks[1:] == (["▼", "○", "●"] if encoding == "utf-8" else ["v", "o", "*"])
    assert marks[0] in ("×", "x")


def test_colour_and_form_are_for_terminals():
    story = story_of(station(*BAD), station(*GOOD, station_id="B"))
    assert "\x1b" not in printed(story)
    assert "\x1b[1;38;2;217;96;26m" in printed(story, force_terminal=True, color_system="truecolor")
