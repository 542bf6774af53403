"""The published figures of every rulebook, to four decimals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evcharge.errors import ConfigError
from evcharge.metrics.availability.connectors import together
from evcharge.metrics.availability.evidence import DOWN, OUT_OF_SCOPE, UNKNOWN, UP, Period
from evcharge.metrics.availability.lies import up_not_dispensing
from evcharge.metrics.availability.rulebooks import BUILTIN, FIELDS, builtin_rulebooks, find_rulebook, read_rulebook
from evcharge.metrics.availability.timeline import Counted, timeline
from evcharge.metrics.availability.uptime import AGE_UNKNOWN, CANT_TELL, MEETS, groups, uptime
from tests.support.availability import (
    MINUTE_MS,
    YEAR,
    evidence_of,
    integers,
    ms,
    period_of,
    ports_of,
    ups_and_downs,
    year_with_everything,
)

STATUSES = Counted(statuses=True)


def figures_of(evidence, period, rulebook, counted=STATUSES):
    book = find_rulebook(rulebook) if isinstance(rulebook, str) else rulebook
    return uptime(timeline(evidence, period, counted), evidence, period, book)


def port_of(evidence, period, rulebook, counted=STATUSES):
    return figures_of(evidence, period, rulebook, counted).ports.iloc[0]


def percent(ratio):
    return round(ratio * 100, 4)


def minutes_down(minutes, period=YEAR, port=0, after=0):
    begin = period.from_ms + (1000 + after) * MINUTE_MS
    return ups_and_downs([(begin, begin + minutes * MINUTE_MS)] if minutes else [], period, port)


# T1: a year with everything in it


HEARD = Counted(statuses=True, own_messages=True)


@pytest.mark.parametrize(
    ("rulebook", "excluded", "result", "verdict"),
    [
        pytest.param("nevi", 28_080, 99.3836, "meets", id="nevi: 23 CFR 680.116(b), unknown up"),
        pytest.param("evchart", 28_080, 99.3836, "meets", id="evchart: 23 CFR 680.112(a)(7)"),
        pytest.param("cec-2026-a", 19_440, 97.7397, "meets", id="cec (a): PRC 25231.5, exempt is up"),
        pytest.param("cec-2026-b", 19_440, 97.6529, "can't tell", id="cec (b): PRC 25231.5, exempt leaves"),
        pytest.param("uk-pcpr-a", 0, 94.0411, "falls short", id="uk (a): SI 2023/1168 reg. 7, literal"),
        pytest.param("uk-pcpr-b", 22_320, 98.2117, "falls short", id="uk (b): reg. 7 and guidance"),
        pytest.param("afirev", 0, 93.3562, "", id="afirev: whole gap beyond 24 h"),
        pytest.param("afirev-24h", 0, 93.6301, "", id="afirev: only beyond 24 h"),
        pytest.param("nsw-evc", 0, 94.0, "", id="nsw-evc: unknown leaves"),
        pytest.param("kwwhat", 0, 93.3562, "", id="kwwhat: silence is offline"),
        pytest.param("status-only", 0, 94.0411, "", id="status-only: silence is up"),
    ],
)
def test_t1_a_year_with_everything_comes_out_by(rulebook, excluded, result, verdict):
    figures = figures_of(year_with_everything(), YEAR, rulebook, HEARD)
    port = figures.ports.iloc[0]
    assert (percent(port["uptime"]), port["excluded_minutes"]) == (result, excluded)
    judged = figures.network if figures.rulebook.unit == "network" else port
    assert judged["verdict"] == verdict


def test_t1_knows_31320_minutes_down_and_3600_unknown():
    port = port_of(year_with_everything(), YEAR, "nevi", HEARD)
    assert (port["down_minutes"], port["unknown_minutes"], port["minutes"]) == (31_320, 3_600, 525_600)


def test_t1_nevi_meets_both_ways_and_cec_b_only_if_the_unknown_time_was_up():
    evidence = year_with_everything()
    nevi, cec = (port_of(evidence, YEAR, name, HEARD) for name in ("nevi", "cec-2026-b"))
    assert (percent(nevi["low"]), percent(nevi["high"])) == (98.6986, 99.3836)
    assert (percent(cec["low"]), percent(cec["high"])) == (96.9417, 97.6529)
    assert np.isnan(cec["handed_in"])


def test_t1_status_alone_holds_through_the_gap_which_makes_it_up():
    assert percent(port_of(year_with_everything(), YEAR, "status-only")["uptime"]) == 94.0411


def test_t1_afirev_counts_no_99_percent_point_and_one_that_was_down_for_more_than_7_days():
    network = figures_of(year_with_everything(), YEAR, "afirev", HEARD).network
    assert (network["ports_available_99"], network["ports_down_over_7_days"]) == (0, 1)


def test_t1_as_a_waterfall_goes_from_the_period_to_the_figure():
    steps = figures_of(year_with_everything(), YEAR, "cec-2026-b", HEARD).steps
    shown = [(name, minutes) for name, minutes in steps if minutes]
    assert shown == [
        ("the period", 525_600),
        ("exempt outages, which leave the period", -19_440),
        ("counted", 506_160),
        ("down", -31_320),
        ("exempt outages, which left", 19_440),
        ("no outage, as the rulebook counts", 494_280),
        ("of that, time that nobody saw", 3_600),
    ]


# T2 to T7


@pytest.mark.parametrize(("down_if", "minutes"), [("all", 60), ("any", 180)])
def test_t2_a1_a_port_is_down_if_its_connectors_are(down_if, minutes):
    evidence, period = two_connectors()
    line = together(timeline(evidence, period, STATUSES), integers([0, 0]), down_if)
    assert (line.until_ms - line.from_ms)[line.state == DOWN].sum() == minutes * MINUTE_MS


def test_t2_afirev_takes_the_mean_of_connectors():
    evidence, period = two_connectors()
    assert groups(figures_of(evidence, period, "afirev"), "station").loc[0, "down_minutes"] / 2 == 120


def two_connectors():
    period = period_of("2025-03-01", "2025-03-02")
    hours = [period.from_ms + hour * 60 * MINUTE_MS for hour in range(24)]
    first = ups_and_downs([(hours[10], hours[12])], period)
    second = ups_and_downs([(hours[11], hours[13])], period, port=1)
    return evidence_of(ports_of(2), events=first + second), period


@pytest.mark.parametrize(
    ("rulebook", "result", "verdict"), [("nevi", 96.9939, "falls short"), ("cec-2026-a", 97.0021, "meets")]
)
def test_t3_a5_a_leap_year_has_525600_minutes_by_23_cfr_680_116_b_and_527040_by_the_calendar(rulebook, result, verdict):
    leap = period_of("2024-01-01", "2025-01-01")
    port = port_of(evidence_of(ports_of(), events=minutes_down(15_800, leap)), leap, rulebook)
    assert (percent(port["uptime"]), port["verdict"]) == (result, verdict)


@pytest.mark.parametrize("rulebook", ["nevi", "cec-2026-a"])
def test_a5_of_a_leap_year_of_which_twelve_hours_were_seen_the_share_that_was_up_is_told_by_each_rulebook(rulebook):
    leap = period_of("2024-01-01", "2025-01-01")
    words = [("2024-12-31T12:00", UP), ("2024-12-31T18:00", DOWN), ("2024-12-31T21:00", UP)]
    evidence = evidence_of(ports_of(), events=[(0, ms(at), state) for at, state in words])
    port = port_of(evidence, leap, rulebook)
    assert (port["up_minutes"], port["down_minutes"]) == (540, 180)
    assert port["seen"] == pytest.approx(0.75, abs=0.001)
    assert port["low"] <= port["seen"] <= port["high"]


def test_a5_of_a_leap_year_of_which_all_was_seen_the_three_figures_are_one():
    leap = period_of("2024-01-01", "2025-01-01")
    port = port_of(evidence_of(ports_of(), events=minutes_down(15_800, leap)), leap, "nevi")
    assert port["low"] == port["seen"] == port["high"] == port["uptime"]


def test_t4_a_young_port_has_no_figure_yet_by_ev_chart_whatever_its_own_minutes_say():
    begun = ms("2025-10-01")
    ports = ports_of(commissioned_ms=integers([begun]))
    own = Period(begun, YEAR.until_ms)
    evidence = evidence_of(ports, events=minutes_down(5_000, own))
    nevi = port_of(evidence, YEAR, "nevi")
    assert (percent(nevi["uptime"]), nevi["verdict"]) == (99.0487, "no figure yet")
    assert np.isnan(nevi["handed_in"])
    life = port_of(evidence, YEAR, "nsw-evc")
    assert (percent(life["uptime"]), life["minutes"]) == (96.2258, 132_480)


def test_t5_si_2023_1168_counts_only_the_hours_in_which_a_point_is_open():
    ports = ports_of(opening_hours=["06:00-22:00"])
    evidence = evidence_of(ports, events=ups_and_downs([(ms("2025-03-03T20:00"), ms("2025-03-04T08:00"))]))
    port = port_of(evidence, YEAR, "uk-pcpr-a")
    assert (port["minutes"], port["down_minutes"], percent(port["uptime"])) == (350_400, 240, 99.9315)


@pytest.mark.parametrize(
    ("outage", "excluded", "result", "above", "at_least"),
    [
        (15_768, 0, 97.0, "falls short", "meets"),
        (15_767, 0, 97.0002, "meets", "meets"),
        (20_000, 5_000, 97.1461, "meets", "meets"),
        (26_280, 12_000, 97.2831, "meets", "meets"),
    ],
)
def test_t6_23_cfr_680_116_b_asks_for_more_than_97_and_ev_chart_for_97(outage, excluded, result, above, at_least):
    begin = YEAR.from_ms + 1000 * MINUTE_MS
    claims = [(0, begin, begin + excluded * MINUTE_MS, "grid")]
    evidence = evidence_of(ports_of(), events=minutes_down(outage), exemptions=claims)
    nevi, evchart = (port_of(evidence, YEAR, name) for name in ("nevi", "evchart"))
    assert (percent(nevi["uptime"]), nevi["verdict"], evchart["verdict"]) == (result, above, at_least)
    assert nevi["handed_in"] == round(result, 2)


@pytest.mark.parametrize(("rulebook", "result"), [("uk-pcpr-a", 99.4292), ("uk-pcpr-b", 99.3692)])
def test_t7_si_2023_1168_7_judges_the_network_by_its_points_minutes(rulebook, result):
    exempt = 100_000 if rulebook.endswith("b") else 0
    events = minutes_down(4_000) + minutes_down(2_000 + exempt, port=1)
    begin = YEAR.from_ms + 1000 * MINUTE_MS
    claims = [(1, begin, begin + exempt * MINUTE_MS, "vandalism")]
    figures = figures_of(evidence_of(ports_of(2), events=events, exemptions=claims), YEAR, rulebook)
    assert (percent(figures.network["uptime"]), figures.network["verdict"]) == (result, "meets")
    assert set(figures.ports["verdict"]) == {""}


# T8 to T11


EXERCISE = """
id = "exercise"
title = "A station is up if any of its chargers is; gaps are down"
version = "2024"
clause = "README"
source = "Electric Era's public exercise"
unit = "port"
connectors = "all"
minutes = "calendar"
unknown = "down"
decimals = 0
rounding = "down"
"""


@pytest.mark.parametrize(
    ("reports", "result"),
    [
        ([(0, 0, 50, UP), (0, 50, 100, UP), (1, 50, 100, UP)], 100),
        ([(0, 25, 75, DOWN)], 0),
        ([(0, 0, 50, UP), (0, 100, 200, UP)], 75),
        ([(0, 10, 20, UP), (0, 20, 30, DOWN), (0, 30, 40, UP)], 66),
        (
            [
                (0, 0, 50, UP),
                (0, 50, 100, UP),
                (1, 50, 100, UP),
                (1, 100, 150, UP),
                (1, 150, 200, DOWN),
                (1, 200, 250, UP),
            ],
            80,
        ),
    ],
)
def test_t8_a2_a8_electric_era_counts_a_station_from_first_to_last_report_and_rounds_down(tmp_path, reports, result):
    (tmp_path / "exercise.toml").write_text(EXERCISE)
    ends = {(charger, end): UNKNOWN for charger, _, end, _ in reports}
    said = ends | {(charger, begin): state for charger, begin, _, state in reports}
    period = Period(min(row[1] for row in reports), max(row[2] for row in reports))
    chargers = evidence_of(ports_of(2), events=[(*at, state) for at, state in said.items()])
    line = together(timeline(chargers, period, STATUSES), integers([0, 0]), "all")
    figures = uptime(line, evidence_of(ports_of()), period, read_rulebook(tmp_path / "exercise.toml"))
    assert figures.ports.loc[0, "handed_in"] == result


@pytest.mark.parametrize(("day", "minutes"), [(1, 120), (2, 240)])
def test_t9_a6_an_outage_over_midnight_is_cut_at_the_edge(day, minutes):
    evidence = evidence_of(
        ports_of(),
        events=[(0, ms("2025-01-01"), UP), (0, ms("2025-01-01T22:00"), DOWN), (0, ms("2025-01-02T04:00"), UP)],
    )
    period = period_of(f"2025-01-0{day}", f"2025-01-0{day + 1}")
    assert port_of(evidence, period, "kwwhat")["down_minutes"] == minutes


def test_t9_kwwhat_has_a_charger_offline_after_300_seconds_of_silence():
    period = period_of("2025-01-01T10:00", "2025-01-01T11:00")
    evidence = evidence_of(ports_of(), events=[(0, period.from_ms, UP)], messages=[(0, period.from_ms, period.from_ms)])
    assert port_of(evidence, period, "kwwhat", HEARD)["down_minutes"] == 55


def test_t10_france_sums_minutes_and_takes_no_mean_of_rates():
    day = period_of("2025-01-01", "2025-01-02")
    noon = (day.from_ms + day.until_ms) // 2
    events = ups_and_downs([], day) + ups_and_downs([(noon, day.until_ms)], day, port=1)
    two = groups(figures_of(evidence_of(ports_of(2), events=events), day, "afirev"), "station")
    assert percent(two.loc[0, "uptime"]) == 75

    days = period_of("2025-01-01", "2025-01-06")
    quarter = 6 * 60 * MINUTE_MS
    downs = [
        (days.from_ms + day * 4 * quarter + quarter, days.from_ms + (day + 1) * 4 * quarter) for day in range(1, 5)
    ]
    five = port_of(evidence_of(ports_of(), events=ups_and_downs(downs, days)), days, "afirev")
    assert percent(five["uptime"]) == 40


def demo_of_twelve_days():
    """Two connectors of a charger: the first is Faulted after each of 101 authorisations, 133.5 minutes in all."""
    period = period_of("2025-10-02", "2025-10-14")
    total = 133_500 * 60
    each = total // 101
    lengths = [each] * 100 + [total - 100 * each]
    begins = [period.from_ms + (place + 1) * 10_000_000 for place in range(101)]
    events = ups_and_downs(list(zip(begins, np.add(begins, lengths).tolist(), strict=True)), period)
    gap = ms("2025-10-05T04:00")
    messages = [(0, period.from_ms, gap), (0, gap + 600_000, period.until_ms)]
    both = [*events, (1, period.from_ms, UP)]
    return evidence_of(ports_of(2), events=both, messages=messages), period


def test_t11_kwwhats_demo_says_99_2274_by_status_alone_and_shows_a_port_that_is_up_and_never_dispenses():
    evidence, period = demo_of_twelve_days()
    figures = figures_of(evidence, period, "status-only")
    assert [percent(ratio) for ratio in figures.ports["uptime"]] == [99.2274, 100]
    attempts = pd.DataFrame({"attempts": [101, 39], "successes": [0, 39]})
    assert up_not_dispensing(figures.ports, attempts).tolist() == [0]


def test_t11_with_contact_300_seconds_of_a_gap_of_600_are_unknown():
    evidence, period = demo_of_twelve_days()
    port = port_of(evidence, period, "nevi", HEARD)
    assert (port["unknown_minutes"], percent(port["coverage"])) == (5, round(100 - 100 * 5 / 17_280, 4))
    assert percent(port["low"]) < 99.2274 == percent(port["high"])


@pytest.mark.parametrize(("down_if", "result"), [("any", 99.2274), ("all", 100)])
def test_t11_port_1_of_two_connectors(down_if, result):
    evidence, period = demo_of_twelve_days()
    line = together(timeline(evidence, period, STATUSES), integers([0, 0]), down_if)
    one = uptime(line, evidence_of(ports_of()), period, find_rulebook("status-only"))
    assert percent(one.ports.loc[0, "uptime"]) == result
    assert percent(groups(figures_of(evidence, period, "status-only"), "station").loc[0, "uptime"]) == 99.6137


def test_a_claim_on_a_year_of_which_nothing_was_seen_is_no_uptime():
    claims = [(0, YEAR.from_ms, YEAR.until_ms, "grid")]
    before = [(0, YEAR.from_ms - 400 * 1440 * MINUTE_MS, UP)]
    port = port_of(evidence_of(ports_of(), events=before, exemptions=claims), YEAR, "nevi", HEARD)
    assert (port["low"], port["high"], port["coverage"]) == (1, 1, 0)
    assert port["verdict"] == CANT_TELL
    assert np.isnan(port["uptime"])
    assert np.isnan(port["handed_in"])


def test_a_word_that_a_port_is_planned_does_not_show_that_it_is_a_year_old():
    planned = [(0, YEAR.from_ms - 1440 * MINUTE_MS, OUT_OF_SCOPE), (0, YEAR.from_ms + MINUTE_MS, UP)]
    assert port_of(evidence_of(ports_of(), events=planned), YEAR, "nevi")["verdict"] == AGE_UNKNOWN
    there = [(0, YEAR.from_ms - 1440 * MINUTE_MS, UP), (0, YEAR.from_ms + MINUTE_MS, UP)]
    assert port_of(evidence_of(ports_of(), events=there), YEAR, "nevi")["verdict"] == MEETS


# The fields of a rulebook


def test_a9_a_cap_takes_ten_days_of_each_incident_of_vandalism_and_claims_that_touch_are_one():
    begin = YEAR.from_ms + 1000 * MINUTE_MS
    half = 15 * 1440 * MINUTE_MS
    evidence = evidence_of(ports_of(), events=ups_and_downs([(begin, begin + 3 * half)]))
    touching = [(0, begin, begin + half, "vandalism"), (0, begin + half, begin + 2 * half, "vandalism")]
    apart = [touching[0], (0, begin + 2 * half, begin + 3 * half, "vandalism")]
    for claims, days in ((touching, 10), (apart, 20)):
        claimed = evidence._replace(exemptions=evidence_of(ports_of(), exemptions=claims).exemptions)
        assert port_of(claimed, YEAR, "cec-2026-a")["excluded_minutes"] == days * 1440


def test_a9_planned_maintenance_is_capped_at_72_hours_of_each_calendar_year():
    period = period_of("2024-07-01", "2025-07-01")
    downs = [(ms("2024-12-30"), ms("2025-01-04")), (ms("2025-03-01"), ms("2025-03-05"))]
    claims = [(0, *down, "planned_maintenance") for down in downs]
    evidence = evidence_of(ports_of(), events=ups_and_downs(downs, period), exemptions=claims)
    assert port_of(evidence, period, "cec-2026-a")["excluded_minutes"] == (48 + 72) * 60


def test_a9_unknown_minutes_under_a_claim_are_exempt_only_in_the_reading_in_which_they_are_down():
    day = period_of("2025-01-01", "2025-01-02")
    evidence = evidence_of(
        ports_of(), events=[(0, day.from_ms, UP)], exemptions=[(0, day.from_ms, day.until_ms, "grid")]
    )
    cec = port_of(evidence, day, "cec-2026-a", HEARD)
    assert (cec["unknown_minutes"], cec["excluded_minutes"]) == (1435, 0)
    assert (cec["low"], cec["high"]) == (1, 1)


def test_an_outage_outside_opening_hours_is_exempt_where_closed_is():
    ports = ports_of(opening_hours=["06:00-22:00"])
    evidence = evidence_of(ports, events=ups_and_downs([(ms("2025-03-03T20:00"), ms("2025-03-04T08:00"))]))
    assert port_of(evidence, YEAR, "nevi")["excluded_minutes"] == 8 * 60
    assert port_of(evidence, YEAR, "cec-2026-a")["excluded_minutes"] == 0


def test_hours_that_cant_be_read_give_no_figure_where_open_hours_count():
    ports = ports_of(2, opening_hours=["sunrise-sunset", None])
    events = [(port, YEAR.from_ms, UP) for port in range(2)]
    figures = figures_of(evidence_of(ports, events=events), YEAR, "uk-pcpr-a")
    assert figures.ports["uptime"].isna().tolist() == [True, False]
    assert (figures.network["ports_hours_unreadable"], figures.network["minutes"]) == (1, 525_600)
    assert figures_of(evidence_of(ports, events=events), YEAR, "nevi").network["ports_hours_unreadable"] == 0


@pytest.mark.parametrize(
    ("begin", "end", "own"),
    [
        ("2025-01-01", "2026-01-01", ["nevi", "uk-pcpr-a"]),
        ("2024-12-31T14:00", "2025-12-31T14:00", ["nevi", "uk-pcpr-a"]),
        ("2024-07-01", "2025-07-01", ["nevi"]),
        ("2025-10-02", "2025-10-14", []),
    ],
)
def test_a_verdict_needs_a_period_that_the_rulebook_judges(begin, end, own):
    period = period_of(begin, end)
    evidence = evidence_of(ports_of(), events=[(0, period.from_ms, UP)])
    for name in ("nevi", "uk-pcpr-a"):
        figures = figures_of(evidence, period, name)
        verdict = figures.network["verdict"] or figures.ports.loc[0, "verdict"]
        assert (figures.own_period, verdict) == ((True, "meets") if name in own else (False, ""))
        assert figures.ports.loc[0, "uptime"] == 1
        assert np.isnan(figures.ports.loc[0, "handed_in"]) != figures.own_period


def test_a_port_of_which_nothing_is_known_has_no_figure_and_can_be_anything():
    port = port_of(evidence_of(ports_of()), YEAR, "nevi")
    assert (port["low"], port["high"], port["coverage"], port["verdict"]) == (0, 1, 0, "can't tell")
    assert port[["seen", "uptime", "handed_in"]].isna().all()


def test_a_port_that_is_planned_or_removed_all_the_time_has_no_minutes_and_no_figure():
    port = port_of(evidence_of(ports_of(), events=[(0, YEAR.from_ms, OUT_OF_SCOPE)]), YEAR, "nevi")
    assert port["minutes"] == 0
    assert port[["low", "seen", "high", "uptime", "coverage"]].isna().all()
    assert port["verdict"] == "no figure yet"


def test_groups_add_minutes_up_and_judge_the_network_alone_where_the_limit_is_its_own():
    ports = ports_of(3, operator=["x", "x", None], station_id=["A", "B", "B"])
    events = minutes_down(40_000) + minutes_down(0, port=1) + minutes_down(10_000, port=2)
    figures = figures_of(evidence_of(ports, events=events), YEAR, "uk-pcpr-a")
    by_operator = groups(figures, "operator").set_index("operator")
    assert by_operator.loc["x", "down_minutes"] == 40_000
    assert list(by_operator["verdict"]) == ["falls short", "falls short"]
    assert list(groups(figures, "station")["verdict"]) == ["", ""]
    assert groups(figures, "port") is figures.ports


# Files


def test_the_rulebooks_come_in_a_fixed_order_each_with_clause_source_and_hash():
    books = builtin_rulebooks()
    assert tuple(books) == BUILTIN
    for name, book in books.items():
        assert book.id == name
        assert book.clause
        assert book.source
        assert len(book.sha256) == 64
    assert {name for name, book in books.items() if book.provisional} == {
        *("cec-2026-a", "cec-2026-b", "uk-pcpr-b", "afirev", "afirev-24h")
    }


def test_a_rulebook_of_the_users_own_bears_its_hash_in_its_id(tmp_path):
    path = tmp_path / "exercise.toml"
    path.write_text(EXERCISE)
    book = find_rulebook(str(path))
    assert book.id == f"exercise@{book.sha256[:8]}"
    path.write_text(EXERCISE.replace("decimals = 0", "decimals = 1"))
    assert find_rulebook(str(path)).id != book.id


@pytest.mark.parametrize(
    ("change", "reason", "hint"),
    [
        ("\nlimits = 0.97\n", "has the unknown key 'limits'", "Known keys: id, title"),
        ("\nlimit = 97\n", "says limit is 97", "a share above 0 and up to 1, such as 0.97"),
        ("\nlimit = true\n", "says limit is True", "a share"),
        ("\nlimit = nan\n", "says limit is nan", "a share"),
        ('\nexempt = ["weather"]\n', "says exempt is ['weather']", '"planned_maintenance"'),
        ('\nexempt = [["grid"]]\n', "says exempt is [['grid']]", "a list of some of"),
        ("\nyear_hours = { grid = 72 }\n", "caps 'grid' in year_hours, which is not exempt", "Add 'grid' to exempt"),
        ('\nexempt = ["grid"]\nyear_hours = { grid = -1 }\n', "says year_hours is {'grid': -1}", "hours above 0"),
        ("\nyear_hours = { rain = 1 }\n", "says year_hours is {'rain': 1}", "by cause"),
        ('\nperiod = ["quarter"]\n', "says period is ['quarter']", 'one of "12 months"'),
        ('\nprovisional = "no"\n', "says provisional is 'no'", "true or false"),
        ("\nperiod = 1979-05-27\n", "says period is datetime.date(1979, 5, 27)", 'one of "12 months"'),
        ("\nlimit = \n", "can't be read as TOML", "docs/metrics/uptime.md"),
    ],
)
def test_what_is_wrong_with_a_rulebook_is_said_with_what_would_be_right(tmp_path, change, reason, hint):
    path = tmp_path / "own.toml"
    path.write_text(EXERCISE + change)
    with pytest.raises(ConfigError) as refused:
        read_rulebook(path)
    assert refused.value.code == "bad_rulebook"
    assert reason in refused.value.reason
    assert hint in refused.value.hint


@pytest.mark.parametrize("key", [key for key, field in FIELDS.items() if field.default is ...])
def test_a_key_that_must_be_there_is_missed(tmp_path, key):
    path = tmp_path / "own.toml"
    path.write_text("\n".join(line for line in EXERCISE.splitlines() if not line.startswith(f"{key} =")))
    with pytest.raises(ConfigError, match=f"lacks the key '{key}'"):
        read_rulebook(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "NEVI"),
        ("id", "a b"),
        ("id", "x" * 49),
        ("title", " "),
        ("version", "May 2025"),
        ("unit", "station"),
        ("unknown", "maybe"),
    ],
)
def test_a_wrong_value_of_a_key_is_refused(tmp_path, key, value):
    path = tmp_path / "own.toml"
    lines = [f'{key} = "{value}"' if line.startswith(f"{key} =") else line for line in EXERCISE.splitlines()]
    path.write_text("\n".join(lines))
    with pytest.raises(ConfigError, match=f"says {key} is {value!r}"):
        read_rulebook(path)


@pytest.mark.parametrize("name", ["nevi2", "NEVI", "", "rules.tom"])
def test_a_rulebook_that_there_is_not_is_refused_with_those_that_there_are(name):
    with pytest.raises(ConfigError) as refused:
        find_rulebook(name)
    assert refused.value.code == "unknown_rulebook"
    assert all(known in refused.value.hint for known in BUILTIN)


def test_a_file_that_there_is_not_or_that_takes_the_name_of_a_rulebook_here_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="can't be read"):
        find_rulebook(str(tmp_path / "none.toml"))
    (tmp_path / "own.toml").write_text(EXERCISE.replace('"exercise"', '"nevi"'))
    with pytest.raises(ConfigError, match="which is that of a rulebook here"):
        find_rulebook(str(tmp_path / "own.toml"))


def test_rounding_is_decided_on_the_exact_value_and_printed_after():
    almost = replace(find_rulebook("evchart"), decimals=0)
    port = port_of(evidence_of(ports_of(), events=minutes_down(15_769)), YEAR, almost)
    assert (port["handed_in"], port["verdict"]) == (97, "falls short")
