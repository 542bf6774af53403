from __future__ import annotations

import io
import math
import subprocess
import sys

import matplotlib
import pandas as pd
import pytest
from matplotlib.text import Text
from PIL import Image

from evcharge.report.charts.bars import draw_station_reliability
from evcharge.report.charts.lettering import DPI
from evcharge.report.charts.ranked import WIDTH_PX
from evcharge.report.charts.save import save_png
from evcharge.report.charts.stations import ChartText
from evcharge.report.plots import FEW_STATIONS
from tests.support.charting import (
    BELOW,
    MEETS,
    SILENT,
    TEXT,
    UNSURE,
    alternative,
    changed,
    collisions,
    day,
    fleet,
    many,
    mixed,
    part,
    station,
    words,
)


def png(stations, text=TEXT):
    file = io.BytesIO()
    save_png(draw_station_reliability(stations, text), file)
    return file.getvalue()


def row_labels(figure, stations):
    """The texts that name a station, from top to bottom."""
    names = set(stations["station_id"]) | set(stations["name"])
    drawn = [artist for artist in figure.findobj(Text) if artist.get_text() in names]
    return [artist.get_text() for artist in sorted(drawn, key=lambda artist: artist.get_position()[1])]


def drawn_labels(names):
    """The texts of a picture of stations id0, id1 … with these names; saved too, for that is when fonts complain."""
    stations = fleet(*(station(f"id{i}", 90, 100, MEETS, name=name) for i, name in enumerate(names)))
    figure = draw_station_reliability(stations, TEXT)
    save_png(figure, io.BytesIO())
    return words(figure)


def test_the_stations_that_need_attention_come_first_and_the_idle_after_the_uncertain():
    figure = draw_station_reliability(mixed(), TEXT)
    assert row_labels(figure, mixed()) == ["worse", "bad", "new", "idle", "good"]


@pytest.mark.thorough
def test_equal_rates_are_ordered_by_station_id_whatever_the_order_of_the_rows():
    rows = [station(name, 9, 10, UNSURE) for name in ("c", "a", "b")]
    assert row_labels(draw_station_reliability(fleet(*rows), TEXT), fleet(*rows)) == ["a", "b", "c"]
    assert png(fleet(*rows)) == png(fleet(*rows[::-1]))


def test_each_bar_starts_at_zero_and_is_as_long_as_the_rate():
    figure = draw_station_reliability(mixed(), TEXT)
    corners = [set(path.vertices[:, 0]) for path in part(figure, "bars").get_paths()]
    assert corners == [{0, 0.6}, {0, 0.8}, {0, 0.9}, {0, 0.99}]


def test_the_axis_runs_from_zero_to_one():
    assert draw_station_reliability(mixed(), TEXT).axes[0].get_xlim() == (0, 1)


def test_the_target_line_stands_at_the_target_and_is_named():
    figure = draw_station_reliability(mixed(), ChartText("t", "s", 0.975, "d"))
    assert set(part(figure, "target").get_xdata()) == {0.975}
    assert "target 97.5%" in words(figure)


def test_each_interval_is_drawn_from_low_to_high_in_the_row_of_its_bar():
    figure = draw_station_reliability(mixed(), TEXT)
    segments = part(figure, "intervals").get_segments()[::3]
    expected = [(0.5, 0.65), (0.7, 0.85), (0.8, 0.95), (0.89, 1.0)]
    assert [tuple(segment[:, 0]) for segment in segments] == [pytest.approx(span) for span in expected]
    middles = [path.vertices[:4, 1].mean() for path in part(figure, "bars").get_paths()]
    assert [segment[0, 1] for segment in segments] == pytest.approx(middles)


def test_each_verdict_has_a_shape_and_a_colour_of_its_own():
    stations = pd.concat([mixed(), fleet(station("dead", 97, 100, SILENT))])
    axes = draw_station_reliability(stations, TEXT).axes[0]
    marks = [line for line in axes.findobj(matplotlib.lines.Line2D) if line.get_marker() in ("v", "X", "o")]
    looks = [(line.get_marker(), line.get_markeredgecolor(), line.get_markerfacecolor()) for line in marks]
    assert looks == [
        ("v", "#b5460f", "#b5460f"),
        ("X", "#0c0f12", "#0c0f12"),
        ("o", "#7b8490", "#ffffff"),
        ("o", "#1f6cb0", "#1f6cb0"),
    ]
    assert [list(line.get_xdata()) for line in marks] == [[0.6, 0.8], [0.97], [0.9], [0.99]]


def test_a_station_without_attempts_says_so_and_has_no_bar():
    figure = draw_station_reliability(fleet(station("idle", 0, 0, UNSURE)), TEXT)
    assert "no attempts counted" in words(figure)
    assert part(figure, "bars").get_paths() == []
    save_png(figure, io.BytesIO())


def test_counts_stand_at_the_right_with_what_is_not_counted():
    stations = fleet(
        station("a", 48, 52, UNSURE, unknown=3),
        station("b", 1200, 1300, BELOW, excluded=2),
        station("c", 1, 2, UNSURE, unknown=1, excluded=4),
    )
    expected = {"48 of 52", "+3 unknown", "1,200 of 1,300", "+2 excluded", "+1 unknown, 4 excluded", "92.3%"}
    assert expected <= set(words(draw_station_reliability(stations, TEXT)))


def test_a_rate_is_never_rounded_to_all_or_nothing():
    stations = fleet(station("a", 99_999, 100_000, MEETS), station("b", 1, 100_000, BELOW))
    drawn = words(draw_station_reliability(stations, TEXT))
    assert {">99.9%", "<0.1%"} <= set(drawn)
    assert "100.0%" not in drawn


@pytest.mark.thorough
def test_a_picture_that_leaves_stations_out_says_so_and_counts_all_in_the_legend():
    drawn = words(draw_station_reliability(many(5000), TEXT))
    assert "Shown: the 40 costliest of 1,000 stations that need attention, the costliest first." in drawn
    assert "And 4,960 more stations (below target: 960, can't tell yet: 1,000, meets target: 3,000)." in drawn
    assert {"Below target (1,000)", "Can't tell yet (1,000)", "Meets target (3,000)"} <= set(drawn)


@pytest.mark.parametrize("count", [1, 5, FEW_STATIONS])
def test_a_picture_that_shows_all_stations_speaks_of_no_cap(count):
    assert not [line for line in words(draw_station_reliability(many(count), TEXT)) if "hown" in line]


def test_of_many_stations_those_that_need_attention_and_the_ten_next_to_it_are_drawn_and_the_rest_is_counted():
    drawn = words(draw_station_reliability(many(35), TEXT))
    assert "Shown: 7 stations that need attention, the costliest first, and the 10 nearest to it." in drawn
    assert "And 18 more stations that meet the target." in drawn


@pytest.mark.thorough
@pytest.mark.parametrize(("count", "bars"), [(1, 1), (20, 20), (21, 15), (50, 20), (5000, 40)])
def test_at_most_forty_bars_are_drawn(count, bars):
    assert len(part(draw_station_reliability(many(count), TEXT), "bars").get_paths()) == bars


def test_title_subtitle_definition_and_note_are_in_the_picture():
    text = ChartText("The finding", "The period", 0.95, "kwwhat: more than 0 kWh", "failures not in the data")
    drawn = words(draw_station_reliability(mixed(), text))
    expected = {
        "The finding",
        "The period",
        "Definition of success – kwwhat: more than 0 kWh",
        "failures not in the data",
    }
    assert expected <= set(drawn)


def test_the_note_stands_above_the_bars_in_bold():
    figure = draw_station_reliability(mixed(), ChartText("t", "s", 0.95, "d", "failures not in the data"))
    (note,) = [artist for artist in figure.findobj(Text) if artist.get_text() == "failures not in the data"]
    assert note.get_weight() == "bold"
    assert note.get_window_extent().y0 > figure.axes[0].get_window_extent().y1


@pytest.mark.thorough
def test_the_same_input_gives_the_same_bytes():
    assert png(mixed()) == png(mixed())


@pytest.mark.thorough
def test_settings_of_the_user_change_neither_the_bytes_nor_are_they_changed():
    plain = png(mixed())
    with matplotlib.rc_context(
        {"font.size": 30, "axes.facecolor": "red", "savefig.bbox": "tight", "lines.linewidth": 9, "figure.dpi": 30}
    ):
        before = dict(matplotlib.rcParams.copy())
        assert png(mixed()) == plain
        assert dict(matplotlib.rcParams.copy()) == before


def test_the_frame_is_left_as_it_was():
    stations = mixed()
    draw_station_reliability(stations, TEXT)
    pd.testing.assert_frame_equal(stations, mixed())


@pytest.mark.thorough
@pytest.mark.parametrize("count", [1, 5, 50])
def test_the_png_has_the_size_of_the_figure_and_grows_with_the_rows(count):
    figure, file = draw_station_reliability(many(count), TEXT), io.BytesIO()
    save_png(figure, file)
    image = Image.open(file)
    assert image.size == (WIDTH_PX, figure.get_figheight() * DPI)
    assert image.size[1] > 200 + 25 * min(count, FEW_STATIONS)


def test_the_png_carries_title_and_alternative_text_and_no_date_or_version():
    chunks = Image.open(io.BytesIO(png(mixed()))).text
    assert chunks == {"Title": TEXT.title, "Description": alternative(draw_station_reliability(mixed(), TEXT))}
    assert chunks["Description"].startswith("Bar chart: 2 of 4 stations need attention. Success rate, June 2025.")


@pytest.mark.thorough
@pytest.mark.parametrize("count", [1, 8, 45])
def test_no_text_overlaps_another_or_leaves_the_picture(count):
    stations = many(count)
    stations["name"] = [f"W{i} " + "Mühlenstraße " * (i % 9) for i in range(count)]
    stations["unknown"] = 1_234_567
    stations["excluded"] = 89
    stations["changed"] = True
    figure = draw_station_reliability(
        stations, ChartText("Title " * 20, "subtitle " * 20, 1, "success " * 20, "note " * 40)
    )
    assert collisions(figure) == []


def test_text_is_never_read_as_markup():
    figure = draw_station_reliability(fleet(station(r"$\bad$", 1, 2, UNSURE), station("_x^2", 1, 2, UNSURE)), TEXT)
    assert {r"$\bad$", "_x^2"} <= set(words(figure))
    assert not any(artist.get_parse_math() for artist in figure.findobj(Text) if artist.get_text())


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("名前 A", "□□ A · id0"),
        ("a\ud800b", "a□b · id0"),
        ("line\r\nbreak\x00\x1b[31m", "line break [31m"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("\u200b\ufeff", "id0"),
        (" \t ", "id0"),
        (math.nan, "id0"),
        ("Z" + "\u0301" * 200, "Ź\u0301"),
        ("Łódź – Straße 5", "Łódź – Straße 5"),
    ],
)
def test_any_name_becomes_text_that_can_be_drawn(name, label):
    assert label in drawn_labels([name])


def test_a_long_name_keeps_its_start_and_its_end():
    (label,) = [line for line in drawn_labels(["Garage " + "x" * 240 + " 17b"]) if line.startswith("Garage")]
    assert label.endswith("x 17b")
    assert len(label) <= 36
    assert "…" in label


def test_a_wide_name_leaves_the_bars_more_than_half_of_the_picture():
    figure = draw_station_reliability(fleet(station("W" * 255, 9, 10, UNSURE)), TEXT)
    assert figure.axes[0].get_window_extent().width > WIDTH_PX / 2


def test_a_uuid_is_shown_whole():
    assert "123e4567-e89b-12d3-a456-426614174000" in drawn_labels(["123e4567-e89b-12d3-a456-426614174000"])


def test_stations_that_share_a_name_are_told_apart_by_their_ids():
    drawn = drawn_labels(["Depot", "Depot", "Mall"])
    assert {"Depot · id0", "Depot · id1", "Mall"} <= set(drawn)


def test_an_id_in_two_sources_is_labelled_with_each_source():
    stations = fleet(station("1", 9, 10, UNSURE), station("1", 9, 10, UNSURE, source="palo_alto"))
    assert {"1 (oslo)", "1 (palo_alto)"} <= set(words(draw_station_reliability(stations, TEXT)))


def test_nasty_words_around_the_chart_reach_picture_and_chunks_as_plain_text():
    text = ChartText("$x_\\n\n\ud800 名", "s\x00" * 5, 0.95, "d" * 500, "n\u202e")
    chunks = Image.open(io.BytesIO(png(mixed(), text))).text
    assert chunks["Title"] == "$x_\\n □ 名"
    assert "Note: n." in chunks["Description"]


def test_the_alternative_text_tells_finding_counts_worst_definition_and_note():
    text = ChartText("Two are bad", "June 2025.", 0.95, "recorded", "one month only")
    assert alternative(draw_station_reliability(mixed(), text)) == (
        "Bar chart: Two are bad. June 2025. 5 stations against target 95% – below target: 2, can't tell yet: 2, "
        "meets target: 1. First: worse 60.0% (60 of 100); bad 80.0% (80 of 100). "
        "Definition of success – recorded. Note: one month only."
    )


def test_stations_that_need_attention_are_ordered_by_what_they_lose_whether_silent_or_below():
    rows = [
        station("a", 80, 100, BELOW, charges_lost_per_week=5.0),
        station("b", 97, 100, SILENT, charges_lost_per_week=40.0),
        station("c", 60, 100, BELOW, charges_lost_per_week=19.0),
        station("d", 50, 100, BELOW, charges_lost_per_week=math.nan),
        station("e", 99, 100, MEETS, charges_lost_per_week=0.0),
        station("f", 70, 100, UNSURE, charges_lost_per_week=99.0),
    ]
    assert row_labels(draw_station_reliability(fleet(*rows), TEXT), fleet(*rows)) == ["b", "c", "a", "d", "f", "e"]


def test_of_a_changed_station_the_bar_is_the_whole_period_and_the_mark_is_now():
    figure = draw_station_reliability(fleet(changed("a", BELOW, 0.8, 0.97, "2025-06-20")), TEXT)
    (bar,) = part(figure, "bars").get_paths()
    assert set(bar.vertices[:, 0]) == {0, 0.9}
    (mark,) = [line for line in figure.axes[0].lines if line.get_marker() == "v"]
    assert list(mark.get_xdata()) == [0.8]
    (span, *_) = part(figure, "intervals").get_segments()
    assert tuple(span[:, 0]) == pytest.approx((0.75, 0.85))
    assert {"now 80%, since 20 Jun", "90.0%", "900 of 1,000"} <= set(words(figure))


def test_a_silent_station_tells_since_when():
    dead = station("a", 97, 100, SILENT, last_session=day("2025-06-13"))
    drawn = words(draw_station_reliability(fleet(dead, station("b", 9, 10, UNSURE)), TEXT))
    assert "silent since 13 Jun" in drawn


def test_a_station_out_of_use_tells_since_when_and_no_rate_now():
    gone = changed("a", UNSURE, 0.8, 0.97, "2025-01-20", out_of_use=True, last_session=day("2025-02-13"))
    drawn = words(draw_station_reliability(fleet(station("b", 9, 10, UNSURE), gone), TEXT))
    assert "out of use since 13 Feb" in drawn
    assert not [text for text in drawn if text.startswith("now")]


def test_a_day_of_another_year_than_the_last_session_is_told_with_its_year():
    rows = [changed("a", BELOW, 0.8, 0.97, "2024-06-20"), changed("b", BELOW, 0.8, 0.97, "2025-02-01")]
    drawn = words(draw_station_reliability(fleet(*rows), TEXT))
    assert {"now 80%, since 20 Jun 2024", "now 80%, since 1 Feb"} <= set(drawn)


def test_where_nothing_changed_there_is_no_column_for_the_present():
    assert "at present" not in words(draw_station_reliability(mixed(), TEXT))


def test_a_line_below_the_title_tells_how_to_read_bar_and_mark():
    assert any(
        line.startswith("Pale bar: the whole period. Mark and line: now")
        for line in words(draw_station_reliability(mixed(), TEXT))
    )


def test_the_alternative_text_tells_what_the_first_stations_do_now():
    rows = [
        station("dead", 97, 100, SILENT, last_session=day("2025-06-13"), charges_lost_per_week=40.0),
        changed("fell", BELOW, 0.8, 0.97, "2025-06-20", charges_lost_per_week=19.0),
    ]
    expected = "First: dead 97.0% (97 of 100, silent since 13 Jun); fell 90.0% (900 of 1,000, now 80%, since 20 Jun)."
    assert expected in alternative(draw_station_reliability(fleet(*rows), TEXT))


@pytest.mark.thorough
def test_the_alternative_text_of_a_capped_chart_says_so():
    told = alternative(draw_station_reliability(many(5000), TEXT))
    assert "Shown: the 40 costliest of 1,000 stations that need attention" in told


def test_no_station_is_refused():
    with pytest.raises(ValueError, match="no station"):
        draw_station_reliability(mixed().iloc[:0], TEXT)


def test_a_verdict_without_a_mark_is_refused_by_name():
    with pytest.raises(ValueError, match="'fine'"):
        draw_station_reliability(fleet(station("a", 1, 2, UNSURE)).assign(verdict_now="fine"), TEXT)


@pytest.mark.parametrize("target", [95, -0.1, math.nan])
def test_a_target_that_is_no_ratio_is_refused(target):
    with pytest.raises(ValueError, match="ratio"):
        ChartText("t", "s", target, "d")


def test_pyplot_is_never_imported():
    program = "import sys, evcharge.report.charts; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_what_a_silent_station_and_its_mark_are_is_told_where_there_is_one():
    note = "Silent: no session for much longer than its use allows. The mark stands at the rate up to the last one."
    assert note in words(draw_station_reliability(fleet(station("a", 97, 100, SILENT)), TEXT))
    assert note not in words(draw_station_reliability(mixed(), TEXT))
