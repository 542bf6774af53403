"""What became of a station between two reports, of findings that are stated: no database."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone

import pytest

from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS
from evcharge.report.now import SILENT
from evcharge.report.page.since import changes_of
from evcharge.report.since import CHANGES, MOST_NAMES, Earlier, Finding, Since, changes_since, since_lines, since_title

MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)


def finding(verdict, *, ratio=0.9, since=MAY, last_session=MAY, out_of_use=False, changed=True, label="Plaza"):
    return Finding(label, verdict, ratio, since, last_session, out_of_use, changed)


def change_of(before, now):
    """What became of one station; None for nothing."""
    sides = ({("city", "A"): one} if one else {} for one in (before, now))
    changes = changes_since(*sides, target=0.95)
    return changes[0].change if changes else None


UNUSED = finding(CANT_TELL, out_of_use=True)


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (finding(MEETS), finding(BELOW), "newly below target"),
        (finding(CANT_TELL), finding(BELOW), "newly below target"),
        (finding(BELOW), finding(BELOW), "still below target"),
        (finding(MEETS), finding(SILENT), "gone silent"),
        (finding(BELOW), finding(SILENT), "gone silent"),
        (finding(SILENT), finding(SILENT), "still silent"),
        (finding(SILENT), finding(MEETS, last_session=JUNE), "back"),
        (finding(SILENT), finding(BELOW, last_session=JUNE), "newly below target"),
        (finding(SILENT), finding(BELOW), "newly below target"),
        (finding(SILENT), finding(CANT_TELL), "no longer shown silent"),
        (finding(SILENT), UNUSED, "out of use"),
        (finding(MEETS), UNUSED, "out of use"),
        (UNUSED, UNUSED, None),
        (UNUSED, finding(CANT_TELL, last_session=JUNE), "back"),
        (finding(BELOW), finding(MEETS), "mended"),
        (finding(BELOW), finding(CANT_TELL, since=JUNE, ratio=0.96), "mended"),
        (finding(BELOW), finding(CANT_TELL, since=JUNE, ratio=0.94), "no longer shown below target"),
        (finding(BELOW), finding(CANT_TELL, since=MAY, ratio=0.96), "no longer shown below target"),
        (finding(BELOW), finding(CANT_TELL, since=None, ratio=None), "no longer shown below target"),
        (finding(MEETS), finding(CANT_TELL), None),
        (finding(CANT_TELL), finding(MEETS), None),
        (None, finding(MEETS), "new station"),
        (finding(BELOW), None, "gone from the data"),
        (finding(SILENT, last_session=None), finding(MEETS), "back"),
    ],
)
def test_a_change_is_told_by_what_the_two_reports_say(before, now, change):
    assert change_of(before, now) == change
    assert change is None or change in CHANGES


def test_changes_come_in_their_order_and_then_in_that_of_the_reports():
    before = {("city", name): finding(BELOW if name == "C" else MEETS, label=name) for name in "ABCX"}
    words = {"D": BELOW, "B": SILENT, "A": BELOW, "C": BELOW}
    now = {("city", name): finding(word, label=name) for name, word in words.items()}
    told = [(one.label, one.change, one.before, one.now) for one in changes_since(before, now, 0.95)]
    assert told == [
        ("A", "newly below target", MEETS, BELOW),
        ("B", "gone silent", MEETS, SILENT),
        ("D", "new station", None, BELOW),
        ("C", "still below target", BELOW, BELOW),
        ("X", "gone from the data", MEETS, None),
    ]


def test_since_is_the_day_that_a_technician_looks_for():
    now = {
        ("city", "A"): finding(BELOW, since=JUNE, last_session=JUNE),
        ("city", "B"): finding(SILENT, since=MAY, last_session=JUNE),
        ("city", "C"): finding(MEETS, since=MAY),
        ("city", "D"): finding(BELOW, since=MAY, changed=False),
    }
    assert [one.since for one in changes_since({}, now, 0.95)] == [JUNE, JUNE, None, None]


def test_a_rate_of_other_days_does_not_mend_a_station_that_did_not_change():
    before, now = finding(BELOW, ratio=0.5, since=MAY), finding(CANT_TELL, ratio=1.0, since=JUNE, changed=False)
    (change,) = changes_since({("city", "A"): before}, {("city", "A"): now}, 0.95)
    assert change.change == "no longer shown below target"


def test_a_station_that_comes_back_broken_is_newly_below_target_and_not_only_back():
    before, now = finding(SILENT, last_session=MAY), finding(BELOW, ratio=0.0, last_session=JUNE)
    (change,) = changes_since({("city", "A"): before}, {("city", "A"): now}, 0.95)
    assert change.change == "newly below target"


def since_of(before, now, saved_at=None, network=(MEETS, MEETS)):
    earlier = Earlier(date(2025, 4, 1), MAY, saved_at, before, network[0])
    return Since(earlier, changes_since(before, now, 0.95), network[1])


def test_the_network_is_named_where_its_verdict_is_another():
    assert since_lines(since_of({}, {}, network=(MEETS, BELOW))) == ["the network: below target, was meets target"]
    both = since_of({}, {("city", "A"): finding(BELOW, label="A")}, network=(CANT_TELL, BELOW))
    assert since_lines(both) == ["1 new station: A (below target)", "the network: below target, was can't tell yet"]
    assert changes_of(both).summary == "1 new station. The network: below target, was can't tell yet."
    assert both.to_dict()["network"] == {"before": CANT_TELL, "now": BELOW}


def test_a_line_names_the_first_stations_and_says_how_many_more():
    names = [f"S{number}" for number in range(MOST_NAMES + 2)]
    now = {("city", name): finding(BELOW, label=name) for name in names}
    since = since_of({key: finding(MEETS) for key in now}, now)
    assert since_lines(since) == ["7 newly below target: S0, S1, S2, S3, S4 and 2 more"]
    assert since_title(since) == "Since the report of 1 Apr 2025 – 1 May 2025"


def test_a_new_station_that_needs_attention_says_why():
    now = {("city", "A"): finding(BELOW, label="A"), ("city", "B"): finding(MEETS, label="B")}
    assert since_lines(since_of({}, now)) == ["2 new stations: A (below target) and B"]


def test_where_nothing_changed_that_is_said_in_terminal_and_page():
    since = since_of({("city", "A"): finding(MEETS)}, {("city", "A"): finding(MEETS)})
    assert since_lines(since) == ["no station is newly below target or silent, none came back, none was mended"]
    assert changes_of(since).table is None
    assert changes_of(None) is None


def test_the_page_lists_what_changed_before_what_stayed():
    before = {("city", name): finding(BELOW, label=name) for name in "AB"}
    now = {("city", "A"): finding(BELOW, since=JUNE, label="A"), ("city", "B"): finding(MEETS, label="B")}
    section = changes_of(since_of(before, now, datetime(2025, 5, 2, 3, 4, tzinfo=timezone.utc)))
    assert section.title == "Since the report of 1 Apr 2025 – 1 May 2025, saved on 2 May 2025"
    assert section.summary == "1 still below target and 1 mended."
    assert section.table.rows == [
        ["B", "mended", "below target", "meets target", "–"],
        ["A", "still below target", "below target", "below target", "1 Jun 2025"],
    ]


def test_the_document_of_the_changes_is_plain_json():
    saved_at = datetime(2025, 5, 2, 3, 4, tzinfo=timezone.utc)
    told = json.loads(json.dumps(since_of({}, {("city", "A"): finding(BELOW)}, saved_at).to_dict()))
    assert told == {
        "from": "2025-04-01",
        "to": "2025-05-01",
        "saved_at": "2025-05-02T03:04:00+00:00",
        "network": {"before": "meets target", "now": "meets target"},
        "changes": [
            {
                **{"source": "city", "station_id": "A", "label": "Plaza", "change": "new station"},
                **{"before": None, "now": "below target", "since": "2025-05-01"},
            }
        ],
    }
