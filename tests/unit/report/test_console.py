from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from rich.cells import cell_len
from rich.console import Console

import evcharge
from evcharge.metrics.bounds import Refused, judge_network
from evcharge.metrics.definitions import RECORDED
from evcharge.metrics.rates import with_rates
from evcharge.report.rates import LOT_FIGURES, NOT_COUNTED_NOTE, Report, network_figures
from evcharge.report.terminal.story import MOST_ROWS, print_report
from evcharge.report.terminal.table import print_table, say


def station(station_id, successes, failures, unknown=0, **more):
    return {
        "source": "acme",
        "station_id": station_id,
        "name": None,
        "successes": successes,
        "failures": failures,
        "excluded": 0,
        "unknown": unknown,
        "without_failures": 0,
        "perhaps_without_failures": 0,
        **more,
    }


def printed(*stations, encoding="utf-8", target=0.95, **options):
    counts = pd.DataFrame(stations)
    report = Report(
        definition=RECORDED,
        reason="asked for",
        target=target,
        first_day=date(2025, 4, 1),
        last_day=date(2025, 6, 30),
        by="station",
        groups=with_rates(counts, target)[["source", "station_id", "name", *LOT_FIGURES]],
        network=network_figures(judge_network(counts, Refused(), target)),
    )
    binary = io.BytesIO()
    file = io.TextIOWrapper(binary, encoding=encoding, errors="strict", newline="", write_through=True)
    print_report(report, Console(file=file, width=110, **options))
    file.flush()
    return binary.getvalue().decode(encoding)


def table_of(text):
    """The rows below the heading, as words."""
    lines = text.splitlines()
    (heading,) = [number for number, line in enumerate(lines) if "95% interval " in line and "verdict" in line]
    return [line.split() for line in lines[heading + 1 : lines.index("", heading)]]


def test_the_head_says_period_counts_target_and_what_a_success_is():
    lines = printed(station("A", 3, 1, 2), station("B", 0, 0, 4)).splitlines()
    assert lines[0] == "1 Apr 2025 – 30 Jun 2025   2 stations   4 attempts   target 95%"
    assert lines[1] == "success = recorded: the source's own success flag (asked for)"
    assert lines[3] == "75.0% succeeded (95% interval 30.1%–95.4%); 6 unknown, 0 excluded."


def test_stations_that_need_attention_come_first_each_group_from_the_worst():
    rows = table_of(
        printed(
            station("meets", 500, 0),
            station("empty", 0, 0, 1),
            station("unsure", 9, 1),
            station("less-sure", 1, 1),
            station("bad", 50, 50),
            station("worse", 0, 100),
        )
    )
    assert [row[:2] for row in rows] == [
        ["▼", "worse"],
        ["▼", "bad"],
        ["○", "less-sure"],
        ["○", "unsure"],
        ["○", "empty"],
        ["●", "meets"],
    ]
    assert " ".join(rows[1]) == "▼ bad 50.0% 40.4%–59.6% 50 of 100 below target so few: under 1 in 1,000,000"
    assert " ".join(rows[4]) == "○ empty – 0 of 0 1 can't tell yet"


def test_the_foot_counts_verdicts_and_says_what_is_not_counted():
    lines = printed(station("A", 500, 0), station("B", 0, 100), station("C", 1, 0)).splitlines()
    assert lines[-3:] == [
        "1 below target, 1 can't tell yet, 1 meets the target",
        "Each of these was judged as one of many: below under 0.1%, meets under 2.5%.",
        NOT_COUNTED_NOTE,
    ]


def test_only_the_first_rows_are_shown_and_the_rest_is_counted():
    text = printed(*(station(f"S{n:04}", 1, n % 2) for n in range(1200)))
    assert len(table_of(text)) == MOST_ROWS == 40
    assert "\n1,160 more stations: add --csv - or --json to see all\n" in text
    assert "\n1 more station: add" in printed(*(station(f"S{n:04}", 1, 0) for n in range(MOST_ROWS + 1)))
    exact = printed(*(station(f"S{n:04}", 1, 0) for n in range(MOST_ROWS)))
    assert len(table_of(exact)) == MOST_ROWS
    assert "more stations" not in exact


def test_without_an_attempt_no_rate_is_shown():
    text = printed(station("A", 0, 0, 7))
    assert "No attempt could be judged; 7 unknown, 0 excluded" in text
    assert "0.0%" not in text
    assert "nan" not in text


def test_a_station_is_called_by_its_name_and_its_source_is_told_where_there_are_several():
    text = printed(station("A", 1, 0, name="Town Hall"), station("B", 1, 0))
    assert "Town Hall" in text
    assert "acme" not in text
    text = printed(station("A", 1, 0), station("A", 1, 0, source="other"))
    assert "A (acme)" in text
    assert "A (other)" in text


@pytest.mark.parametrize("name", ["[bold]x[/bold]", "[/]", "[link=http://x]y", ":smile:", "\\[x]"])
def test_markup_in_a_name_is_text(name):
    assert name in printed(station("A", 1, 0, name=name))


@pytest.mark.parametrize("name", ["\x1b[31mred", "a\nb", "\x9b1m", "\x07", "\u202eright", "\x7f", "\u2028"])
def test_control_characters_in_a_name_are_not_printed(name):
    text = printed(station("A", 1, 0, name=name))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert len(table_of(text)) == 1


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1", "utf-8"])
def test_every_encoding_gets_marks_that_it_has(encoding):
    text = printed(station("Île 上海", 0, 100), station("B", 1, 0), station("C", 500, 0), encoding=encoding)
    marks = [row[0] for row in table_of(text)]
    assert marks == (["▼", "○", "●"] if encoding == "utf-8" else ["v", "o", "*"])
    assert "below target" in text
    assert "30 Jun 2025" in text
    if encoding == "cp1252":
        assert "Île ??" in text
        assert "0.0%–3.7%" in text


def tabled(width, encoding="utf-8", **options):
    """A table with a column of each kind, in a terminal of this width."""
    binary = io.BytesIO()
    file = io.TextIOWrapper(binary, encoding=encoding, errors="strict", newline="", write_through=True)
    headings = ("", "~station", ">succeeded", "first step", "|raw")
    rows = [
        ("●", "上海市浦东新区世纪大道地下停车场充电站", "123,456 of 123,456", "check power and comms", "x" * 300),
        ("▼", "Harbour Street, at the very end of it", "7 of 9", None, "[bold]\x1b"),
    ]
    print_table(Console(file=file, width=width), headings, rows, **options)
    return binary.getvalue().decode(encoding).splitlines()


@pytest.mark.parametrize("tight", [False, True])
@pytest.mark.parametrize(("width", "lines"), [(100, 3), (80, 3)])
def test_a_table_is_no_wider_than_a_usual_screen_and_leaves_out_letters_of_names_alone(width, lines, tight):
    table = tabled(width, tight=tight)
    assert max(map(cell_len, table)) <= width
    assert len(table) == lines
    text = "\n".join(table)
    assert text.count("…") == 2
    digits = re.sub("[^0-9]", "", text)
    assert digits == "12345612345679"
    assert "".join(re.findall("[▼●]", text)) == "●▼"


def test_a_table_that_fits_leaves_out_nothing():
    (_, first, second) = tabled(400)
    assert first.split()[:5] == ["●", "上海市浦东新区世纪大道地下停车场充电站", "123,456", "of", "123,456"]
    assert second.rstrip().endswith("[bold]□")


def test_a_poor_terminal_gets_a_sign_that_it_has_for_what_is_left_out():
    assert "Har~f it" in "".join(tabled(80, "ascii"))


def test_columns_in_which_nothing_stands_are_left_out_before_a_name_is_cut():
    file = io.StringIO()
    rows = [("Orchard Road / ST-003-1", "81.34%", "–", "2025-06-14 05:00", "")] * 2
    headings = ("~port", ">low", ">excluded", "from the hour", "verdict, if there is one")
    for width in (100, 80):
        print_table(Console(file=file, width=width), headings, rows)
    wide, usual = file.getvalue().splitlines()[:3], file.getvalue().splitlines()[3:]
    assert wide[0].split() == ["port", "low", "excluded", "from", "the", "hour", "verdict,", "if", "there", "is", "one"]
    assert usual[0].split() == ["port", "low", "from", "the", "hour"]
    assert usual[1].split() == ["Orchard", "Road", "/", "ST-003-1", "81.34%", "2025-06-14", "05:00"]


def test_on_a_narrow_screen_a_table_that_has_no_room_for_its_words_is_paragraphs():
    assert [line.rstrip() for line in tabled(44)] == [
        "● 上海市浦东新区世纪大道地下停车场充电站",
        "  succeeded: 123,456 of 123,456",
        "  first step: check power and comms",
        "  raw:",
        *["  " + "x" * 42] * 4,
        "  " + "x" * 31 + "…",
        "▼ Harbour Street, at the very end of it",
        "  succeeded: 7 of 9; raw: [bold]□",
    ]
    assert tabled(18)[:4] == ["● ", "上海市浦东新区世纪", "大道地下停车场充电", "站"]
    assert tabled(44, "ascii")[-3].endswith("x~")


def lines_of(width, headings, *rows, styles=()):
    file = io.StringIO()
    print_table(Console(file=file, width=width), headings, rows, styles)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_a_table_stays_one_while_each_column_holds_its_longest_word():
    headings, row = ("~station", ">time seen", "verdict"), ("Harbour Street", "100.0%", "can't tell today")
    assert lines_of(23, headings, row) == [
        "          time",
        "station   seen verdict",
        "Harbour 100.0% can't",
        "Street         tell",
        "               today",
    ]
    assert lines_of(22, headings, row) == ["Harbour Street", "  time seen: 100.0%", "  verdict: can't tell", "  today"]


def test_a_cell_that_names_no_station_has_its_heading_in_a_paragraph_and_an_empty_one_is_that_above():
    rows = [("Charge Start Success", "AC", "9 of 10"), ("", "all", ""), ("Session Success", "AC", "8 of 10")]
    assert lines_of(20, ("KPI", "mode", ">succeeded in the end"), *rows) == [
        "KPI: Charge Start",
        "Success",
        "  mode: AC",
        "  succeeded in the",
        "  end: 9 of 10",
        "KPI: Charge Start",
        "Success",
        "  mode: all",
        "KPI: Session Success",
        "  mode: AC",
        "  succeeded in the",
        "  end: 8 of 10",
    ]


def test_tables_are_printed_in_one_place():
    package = Path(evcharge.__file__).parent
    users = [file.name for file in package.rglob("*.py") if "rich.table" in file.read_text(encoding="utf-8")]
    assert users == ["table.py"]


HOSTILE_LINE = "ours: \x1b[31mred\x07 \x9b1m \u202eright [bold]x[/bold] :smile: 1\n2"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_nothing_in_a_line_is_a_command_to_the_terminal_or_no_character_of_it(encoding):
    binary = io.BytesIO()
    file = io.TextIOWrapper(binary, encoding=encoding, errors="strict", newline="", write_through=True)
    say(Console(file=file, width=110, force_terminal=True, color_system="truecolor"), HOSTILE_LINE)
    box = "□" if encoding == "utf-8" else "?"
    shown = HOSTILE_LINE.translate(dict.fromkeys(map(ord, "\x1b\x07\x9b\u202e\n"), box))
    assert binary.getvalue().decode(encoding) == f"{shown}\n"


def test_colour_and_form_are_for_terminals():
    rows = [station("A", 0, 100), station("B", 500, 0)]
    assert "\x1b" not in printed(*rows)
    assert "\x1b[1;38;2;217;96;26m" in printed(*rows, force_terminal=True, color_system="truecolor")
