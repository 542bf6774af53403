"""What the sections of the page say, of stories that are stated: no database, no browser."""

from __future__ import annotations

import base64
import json
import math
import re
import zlib
from datetime import date

import pandas as pd
import pytest

from evcharge.metrics.concentration import HourWindow
from evcharge.metrics.cost import Price
from evcharge.metrics.direction import NO_CHANGE, SMALL, WORSE, Direction, StationShare
from evcharge.metrics.outcomes import FILLED
from evcharge.report.page.actions import actions_of
from evcharge.report.page.figures import Charts, charts_of
from evcharge.report.page.head import head_of
from evcharge.report.page.page import pens, render_page
from evcharge.report.page.request import PageRequest
from evcharge.report.page.stations import STATIC_ROWS, download_data, stations_of, table_data
from evcharge.report.story import to_csv
from tests.support.stories import BAD, FIRST_DAY, GOOD, NEW, evidence_of, station, story_of

EVERYTHING = frozenset(name for names in FILLED.values() for name in names)


def silent(station_id, **more):
    return station(350, 0, station_id, last_day=50, **more)


def figure_of(story, name):
    (figure,) = (one for one in head_of(story, 0).figures if one.name == name)
    return figure


def charts_shown(story, **evidence) -> Charts:
    """The charts of a story, with what stands behind it."""
    behind = evidence_of(story, **evidence)
    return charts_of(story, behind.actions, behind.missing, pens())


def page_of(story, **evidence):
    request = PageRequest(target=story.report.target, selection=story.selection)
    return render_page(story, evidence_of(story, **evidence), request, request.command(story.report))


# Do these first


@pytest.mark.thorough
def test_where_all_that_is_wrong_is_silence_the_page_does_not_say_that_there_is_nothing_to_do():
    told = story_of(*(silent(f"S{n}") for n in range(4)), *(station(*GOOD, f"G{n}") for n in range(9)))
    text = page_of(told)
    assert "4 stations fell silent" in text
    assert "nothing to do first" not in text
    assert "All 2 stations meet the target: nothing to do first." in page_of(
        story_of(station(*GOOD), station(*GOOD, "B"))
    )


def test_few_silent_stations_stand_among_the_others():
    told = story_of(*(silent(f"S{n}") for n in range(3)), station(*BAD))
    behind = evidence_of(told)
    said = actions_of(told, behind.actions, behind.silent)
    assert [one.badge.word for one in said.rows] == ["silent", "silent", "silent", "below target"]
    assert said.silent is None


# Evidence


@pytest.mark.thorough
def test_stations_of_one_name_have_panels_and_labels_of_their_own():
    told = story_of(station(*BAD, "1", name="Depot"), station(*GOOD, "2", name="Depot"))
    spread = charts_shown(told).spread
    assert {row[0] for row in spread.table.rows} == {"Depot · 1", "Depot · 2"}
    assert {">Depot · 1<", ">Depot · 2<"} <= {part + "<" for part in _texts(spread.drawn.wide)}


@pytest.mark.thorough
def test_one_id_of_two_sources_has_panels_and_labels_of_its_own():
    told = story_of(station(*BAD, "1"), station(*GOOD, "1", source="other"))
    text = page_of(told)
    assert ">1 (acme)<" in text
    assert ">1 (other)<" in text


def _texts(svg):
    return [f">{part}" for part in svg.replace("<", ">").split(">")]


@pytest.mark.thorough
def test_the_title_of_the_funnel_counts_the_stations_below_target_and_no_silent_one():
    others = [station(*GOOD, f"G{n}") for n in range(8)]
    for bad, title in (
        (2, "The difference is real at two stations"),
        (1, "The difference is real at one station"),
        (0, "No station in use is below target beyond what chance explains"),
    ):
        told = story_of(*(station(*BAD, f"B{n}") for n in range(bad)), silent("S1"), silent("S2"), *others)
        assert charts_shown(told).spread.title == title


@pytest.mark.thorough
def test_stations_out_of_use_are_not_in_the_funnel():
    gone = station(60, 40, "gone", last_day=50)
    told = story_of(gone, *(station(*GOOD, f"G{n}", last_day=160) for n in range(10)))
    spread = charts_shown(told).spread
    assert spread.caption.endswith("Without the stations out of use.")
    assert "Meets target: 10." in spread.drawn.wide
    assert "tell yet: 1." not in spread.drawn.wide


def test_where_failures_were_removed_the_charts_show_the_rates_that_the_table_shows():
    told = story_of(*(station(100, 0, f"R{n}", without_failures=1) for n in range(10)))
    shown = charts_shown(told)
    assert shown.spread.drawn.wide
    assert shown.weekly.drawn.wide


@pytest.mark.thorough
def test_why_reasons_are_left_out_is_told_as_it_is():
    unsaid = pd.DataFrame({"source": "acme", "station_id": "A", "kind": ["none"], "sessions": 55})
    told = story_of(station(*BAD), reasons=unsaid)
    for recorded, reason in (
        (frozenset({"port_id"}), "the data records no stop_reason and no error_code."),
        (frozenset({"error_code"}), "no reason was recorded for the failures since each station's last change."),
    ):
        said = charts_shown(told, recorded=recorded)
        assert said.no_reasons == f"Why attempts fail is left out: {reason}"
    sound = story_of(station(100, 0))
    said = charts_shown(sound, recorded=EVERYTHING)
    assert said.no_reasons == "Why attempts fail is left out: none failed since its station's last change."


def test_columns_that_the_data_lacks_are_named():
    told = story_of(station(*BAD))
    assert evidence_of(told, recorded=frozenset()).missing == ["port_id", "stop_reason or error_code", "energy_kwh"]
    assert evidence_of(told, recorded=frozenset({"port_id", "error_code"})).missing == ["energy_kwh"]
    assert evidence_of(told, recorded=EVERYTHING).missing == []


def hours_of(*keys):
    """Failures at noon at these stations, each at two ports of which one never was tried."""
    rows = [
        (key, port, day, hour, 0, int(hour == 12 and port == "1"))
        for key in keys
        for day in pd.date_range(FIRST_DAY, periods=60).as_unit("s")
        for hour, port in ((12, "1"), (9, "2"))
    ]
    columns = ["station_key", "port_id", "day", "hour", "successes", "failures"]
    return pd.DataFrame(rows, columns=columns).assign(unknown=0)


def test_a_port_without_attempts_has_no_share_of_failures():
    told = story_of(station(*BAD, ports=2), detail=hours_of(1))
    (tile,) = charts_shown(told).tiles
    assert tile.table.rows == [["1", "60", "60", "100.0%"], ["2", "0", "0", "–"]]


@pytest.mark.thorough
def test_charts_of_hours_come_in_the_order_of_the_stations_to_fix_first():
    window = HourWindow(20, 4, 60, 60, 1.0, 0.0, 0.0)
    bunched = {"hour_window": window, "worst_hours": "20:00–24:00"}
    stations = (station(*BAD, "a", **bunched), station(*GOOD, "b"), station(100, 400, "c", **bunched))
    told = story_of(*stations, detail=hours_of(1, 3))
    charts = charts_shown(told).hours
    assert [one.title for one in charts] == ["c: 100.0% fail 20:00–24:00", "a: 100.0% fail 20:00–24:00"]
    assert all(">20:00–24:00<" in one.drawn.wide for one in charts)


# The head


@pytest.mark.thorough
def test_the_head_counts_what_it_names():
    many = [station(*GOOD, f"S{n}", source=f"source{n}") for n in range(4)]
    assert head_of(story_of(*many), 0).eyebrow.startswith("4 sources · ")
    networks = [station(*GOOD, f"S{n}", network=f"Net {n}") for n in range(4)]
    assert head_of(story_of(*networks), 0).eyebrow.startswith("4 networks · ")
    assert head_of(story_of(*networks[:2]), 0).eyebrow.startswith("Net 0 and Net 1 · ")


def test_where_failures_were_removed_the_head_says_of_what_the_rate_is_and_no_share_of_an_allowance():
    told = story_of(station(10, 20, without_failures=30))
    rate = figure_of(told, "Published sessions that succeeded")
    assert (rate.value, rate.detail, rate.tone) == ("33.3%", "failures are not in the data", "")
    allowance = figure_of(told, "Failure allowance used")
    assert (allowance.value, allowance.detail, allowance.tone) == ("–", "failures are not in the data", "")


def test_an_allowance_that_is_more_than_used_up_is_bad_and_one_failure_is_one():
    assert figure_of(story_of(station(90, 10)), "Failure allowance used").tone == "bad"
    one = figure_of(story_of(station(99, 1)), "Failure allowance used")
    assert (one.value, one.detail, one.tone) == ("20%", "1 failure; 5 allowed by the target", "")


WEEKS = {"weeks_before": 20, "weeks_now": 6, "first_day": date(2025, 4, 21), "last_day": date(2025, 6, 1)}
FALL = Direction(WORSE, 0.962, 0.941, -2.1, stations=(StationShare(1, 0.7),), **WEEKS)


@pytest.mark.thorough
def test_the_direction_of_the_head_tells_its_weeks_and_the_stations_that_make_it():
    spread_out = Direction(WORSE, 0.962, 0.941, -2.1, since=(date(2025, 4, 14), date(2025, 4, 28)), **WEEKS)
    weeks = "in the six weeks up to 1 Jun 2025"
    for found, value, detail in (
        (FALL, "Down 2.1 points", f"96.2% to 94.1% {weeks}; 70% of it is A"),
        (
            spread_out,
            "Down 2.1 points",
            f"96.2% to 94.1% {weeks}; no three stations make half of it, and it began between the weeks of 14 Apr and "
            "28 Apr 2025",
        ),
        (Direction(SMALL, 0.9612, 0.9608, -0.04, **WEEKS), "No change that matters", f"96.1% to 96.1% {weeks}"),
        (Direction(NO_CHANGE, 0.962, 0.96, -0.2, **WEEKS), "No change shown", f"clearest: 96.2% to 96.0% {weeks}"),
        (Direction("can't tell yet", reason="too few"), "Can't tell yet", "too few"),
    ):
        told = story_of(station(*GOOD), station(*GOOD, "B"), direction=found)
        figure = figure_of(told, "Direction, week by week")
        assert (figure.value, figure.detail) == (value, detail)


@pytest.mark.thorough
def test_the_weekly_chart_says_what_the_direction_says_and_no_more():
    changed = charts_shown(story_of(station(*GOOD), station(*GOOD, "B"), direction=FALL)).weekly
    assert changed.title == "Week by week: down 2.1 points (96.2% to 94.1%)"
    assert changed.caption.startswith(
        "In the six weeks up to 1 Jun 2025, against the 20 before; 70% of it is A. Success of all stations by full "
    )
    unchanged = charts_shown(story_of(*(station(70, 30, name) for name in "AB"))).weekly
    assert unchanged.title == "Week by week: can't tell yet: 9 full weeks with attempts; 17 are needed"
    assert unchanged.caption == (
        "Success of all stations by full week. Band: how much single weeks vary anyway (Laney p′, of all weeks)."
    )


def test_a_loss_has_its_range_and_says_of_how_many_stations_it_is_known():
    known = figure_of(story_of(station(*BAD), station(*BAD, "B")), "Charges lost a week")
    assert (known.value, known.detail) == ("10", "8.2 to 12; 203 kWh (163 to 241), at 2 below target")
    young = story_of(station(*BAD), station(5, 45, "young", first_day=65))
    assert young.attention["charges_lost_per_week"].isna().sum() == 1
    partly = figure_of(young, "Charges lost a week")
    assert (partly.value, partly.detail) == (
        "5.1",
        "4.1 to 6.0; 101 kWh (82 to 120), at 2 below target (known of 1 of 2 stations)",
    )
    none = figure_of(story_of(station(*GOOD)), "Charges lost a week")
    assert (none.value, none.detail) == ("–", "no station needs attention")


def test_what_silent_stations_lose_is_told_apart_from_what_is_measured():
    both = figure_of(story_of(silent("Pier"), station(*BAD), station(*GOOD, "B")), "Charges lost a week")
    assert both.value == "5.1"
    assert both.detail.endswith(", at 1 below target; 49 more if Pier is really down")
    alone = figure_of(story_of(silent("Pier"), station(*GOOD, "B")), "Charges lost a week")
    assert (alone.value, alone.detail) == ("49", "980 kWh, if Pier is really down")


def test_an_action_tells_range_energy_money_and_what_the_loss_hangs_on():
    told = story_of(silent("Pier"), station(*BAD), station(*GOOD, "B"), price=Price(0.5, "EUR"))
    actions = actions_of(told, told.attention, told.attention.head(0)).rows
    assert [one.lost for one in actions] == ["49", "5.1"]
    assert [one.lost_detail for one in actions] == [
        "if really down · 980 kWh · 490 EUR",
        "4.1 to 6.0 · 101 kWh · 51 EUR",
    ]
    without = story_of(silent("Pier"), station(*GOOD, "B"))
    assert "EUR" not in actions_of(without, without.attention, without.attention.head(0)).rows[0].lost_detail


def test_the_tally_goes_with_its_numbers():
    told = head_of(story_of(station(*GOOD), station(*GOOD, "B"), station(*BAD, "C")), 0).tally
    assert [one.text for one in told] == ["1 below target", "0 silent", "0 can't tell yet", "2 meet target"]
    assert head_of(story_of(station(*GOOD)), 0).tally[3].text == "1 meets target"


# All stations


def test_the_axis_of_the_table_reaches_below_a_low_target():
    told = story_of(station(50, 50), target=0.4)
    assert stations_of(told).columns[2].name == "35% to 100%"
    assert table_data(told)["axis"] == 0.35


@pytest.mark.thorough
def test_without_scripts_only_what_is_left_out_is_told():
    few = story_of(station(*GOOD))
    assert "<noscript>" not in page_of(few)
    many = story_of(*(station(*NEW, f"S{n}") for n in range(STATIC_ROWS + 1)))
    assert "only the first 100 stations" in stations_of(many).without_scripts


def test_the_table_rounds_intervals_outwards():
    told = story_of(station(249, 2))
    (row,) = stations_of(told).rows
    assert (row.now, row.range) == ("99.2%", "97–100%")


def test_a_silent_station_is_told_by_its_last_session_and_its_spell_is_kept_beside_it():
    told = story_of(silent("S"), station(*GOOD))
    row = table_data(told)["rows"][0]
    assert (row["f"], row["e"]) == ("2025-04-01", "2025-05-20")
    assert stations_of(told).rows[0].since == "last 20 May 2025"


@pytest.mark.thorough
def test_a_station_out_of_use_has_no_rate_now_in_the_table_and_a_note_on_the_page():
    told = story_of(station(60, 40, "old", last_day=50), station(500, 0, "good", last_day=160))
    row = stations_of(told).rows[-1]
    assert (row.name.text, row.now, row.since, row.lost) == ("old", "unused", "last 20 May 2025", "")
    assert "1 station has been out of use for more than 13 weeks" in page_of(told)
    assert "been out of use" not in page_of(story_of(station(*GOOD)))


def test_the_data_of_the_table_is_unrounded_but_for_what_is_only_drawn():
    told = story_of(station(14, 7, reason="card refused", reason_share=1 / 3))
    (row,) = table_data(told)["rows"]
    (station_row,) = told.rows
    assert (row["n"], row["m"], row["k"], row["t"]) == (14, 21, 14, 21)
    assert row["c"] == station_row["charges_lost_per_week"]
    assert (row["l"], row["h"]) == (round(station_row["low_now"], 4), round(station_row["high_now"], 4))
    assert (row["r"], row["share"]) == ("card refused", "33%")
    assert ">card refused 33%</td>" in page_of(told)


def test_the_download_is_the_csv_of_the_report_in_the_order_of_the_table():
    told = story_of(station(2, 1, "B"), station(1, 30, "C", name='a "name", split'), station(9, 0, "A", name="=1+1"))
    head, *rows = json.loads(zlib.decompress(base64.b64decode(download_data(told))))
    assert "".join([head, *sorted(rows)]) == to_csv(told)
    assert [row.split(",")[1] for row in rows] == list(told.stations["station_id"]) == ["C", "B", "A"]


def test_a_reason_that_does_not_lead_is_no_word_in_the_table():
    told = story_of(station(2, 1, reason=math.nan))
    (row,) = table_data(told)["rows"]
    assert not {"r", "q", "share"} & set(row)
    assert stations_of(told).rows[0].reason == ""


# What counts


def test_where_no_definition_can_judge_a_session_the_page_says_so():
    told = story_of(station(0, 0, unknown=60))
    text = page_of(told)
    assert "No definition can judge these sessions." in text
    assert "No verdict over the whole period depends" not in text
    assert "No attempt could be judged; 60 sessions are unknown." in text


# Notes


@pytest.mark.thorough
@pytest.mark.parametrize(("out", "said"), [(1, "1 more station has no"), (3, "3 more stations have no"), (0, None)])
def test_stations_without_a_session_on_the_days_asked_for_are_counted(out, said):
    text = page_of(story_of(station(*GOOD)), out_of_period=out)
    assert "session on these days" in text if said else "session on these days" not in text
    assert said is None or said in text


def test_every_how_leads_to_a_term_on_the_page_and_every_entry_of_the_contents_to_a_section():
    text = page_of(story_of(station(*BAD, station_id="B", name="Depot", city="Bo"), station(*GOOD)))
    leads = set(re.findall(r'href="#([^"]+)"', text))
    assert leads <= set(re.findall(r' id="([^"]+)"', text))
    assert {"how-now", "how-lost-a-week", "how-direction", "evidence"} <= leads


def test_no_word_is_of_the_clock_and_the_id_and_city_stand_below_a_name():
    told = story_of(silent("S", name="Depot", city="Bo"), station(*BAD))
    said = actions_of(told, evidence_of(told).actions, evidence_of(told).silent)
    (row,) = (one for one in said.rows if one.station == "Depot")
    assert row.station_detail[0] == "S · Bo"
    assert row.since_detail.endswith("days before the data's end")


def test_on_paper_stations_that_meet_the_target_are_counted_where_they_are_many():
    many = story_of(station(*BAD), *(station(*GOOD, f"G{n}") for n in range(11)))
    assert (
        stations_of(many).folded == "11 more stations meet the target, and are not printed: on a screen all are here."
    )
    assert stations_of(story_of(station(*BAD), station(*GOOD, "B"))).folded == ""
