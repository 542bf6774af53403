"""Reports that are saved, and what changed since one: with the command line, on both databases."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import evcharge.load.saved_reports
from evcharge.db import open_engine
from evcharge.errors import DatabaseError
from evcharge.load.saved_reports import is_saved, save_report
from evcharge.metrics.selection import Selection
from evcharge.report.saved import as_saved
from evcharge.report.story import build_story
from evcharge.station_frame import SAVED_COLUMNS
from tests.support.loading import dump, query
from tests.support.star import START, write_sessions

DAYS = 120
LAST = str((START + timedelta(days=DAYS - 1)).date())
HALF = str((START + timedelta(days=79)).date())
"""The last day of all sessions, and one up to which an earlier report looks."""


def sessions():
    """Four stations, three attempts a day: A falls silent, B breaks on day 85, C is bad up to day 78, D works."""
    for day in range(DAYS):
        for hour in (8, 12, 16):
            at = (START + timedelta(days=day)).replace(hour=hour)
            good = {"A": True, "B": day < 85 or hour == 8, "C": day >= 78 or hour == 8, "D": True}
            yield from (
                {"station_id": name, "start_time": at, "success": success}
                for name, success in good.items()
                if name != "A" or day < 90
            )


@pytest.fixture
def report(url, engine, evcharge):
    """Runs ``evcharge report`` on the four stations."""
    write_sessions(engine, *sessions())

    def run(*arguments, code=0):
        found, out, err = evcharge("report", "--no-png", "--db", url, *arguments)
        assert found == code, err
        return out, err

    return run


def runs(url):
    return query(url, "SELECT run_key, definition, target, data_to, stations FROM report_run ORDER BY run_key")


def now_of(url):
    return dict(query(url, "SELECT station_id, verdict_now FROM v_station_now ORDER BY station_id"))


NOW = {"A": "silent", "B": "below target", "C": "meets target", "D": "meets target"}


@pytest.mark.thorough
def test_a_saved_report_has_every_figure_that_the_report_shows(url, engine, report):
    report("--save")
    story = build_story(url, target=0.95, selection=Selection())
    columns = ", ".join(f'"{name}"' for name in SAVED_COLUMNS)
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT {columns} FROM station_verdict ORDER BY station_id")).mappings().all()
    _, expected = as_saved(story)
    for saved, row in zip(rows, sorted(expected, key=lambda one: one["station_id"]), strict=True):
        assert {name: str(value) for name, value in plain(saved).items()} == {
            name: str(value) for name, value in plain(row).items()
        }
    assert now_of(url) == NOW
    ((stations, attempts, ratio, selected),) = query(
        url, "SELECT stations, attempts, success_ratio, selected_stations FROM report_run"
    )
    network = story.report.network
    assert (stations, attempts, ratio, selected) == (4, network["attempts"], network["success_ratio"], "")


def plain(row):
    """SQLite has 0 and 1 for no and yes."""
    return {name: int(value) if isinstance(value, bool) else value for name, value in row.items()}


@pytest.mark.thorough
def test_the_same_report_is_saved_once_and_says_so(url, report):
    run, _ = as_saved(build_story(url, target=0.95, selection=Selection()))
    assert not is_saved(url, run)
    assert "saved what the report says of 4 stations (report 1)" in report("--save")[1]
    before = dump(url)
    assert is_saved(url, run)
    assert not is_saved(url, {**run, "fingerprint": "another"})
    assert "already saved on" in report("--save", "-v")[1]
    assert dump(url) == before


@pytest.mark.thorough
def test_another_rule_target_or_period_is_another_report_and_the_view_has_the_newest_of_all_stations(url, report):
    for arguments in ((), ("--target", "90%"), ("--to", HALF), ("--station", "B"), ()):
        report("--save", *arguments)
    assert [(target, str(day), stations) for _, _, target, day, stations in runs(url)] == [
        (0.95, LAST, 4),
        (0.9, LAST, 4),
        (0.95, HALF, 4),
        (0.95, LAST, 1),
    ]
    rows = query(url, "SELECT target, COUNT(*), MIN(CAST(data_to AS VARCHAR(10))) FROM v_station_now GROUP BY target")
    assert sorted(rows) == [(0.9, 4, LAST), (0.95, 4, LAST)]


@pytest.mark.thorough
def test_last_is_the_report_whose_data_end_last_though_one_on_earlier_days_was_saved_after_it(report):
    later = str((START + timedelta(days=99)).date())
    for last_day in (later, HALF):
        report("--save", "--to", last_day)
    since = json.loads(report("--json", "--since-report", "last")[0])["since_report"]
    assert since["to"] == later


@pytest.mark.thorough
def test_what_is_unloaded_later_leaves_saved_reports_as_they_were(url, report, evcharge):
    report("--save")
    saved = query(url, "SELECT * FROM station_verdict")
    assert evcharge("unload", "--source", "city", "--yes", "--db", url)[0] == 0
    assert query(url, "SELECT station_id FROM dim_station") == []
    assert query(url, "SELECT * FROM station_verdict") == saved


@pytest.mark.thorough
def test_an_interrupted_save_leaves_nothing_behind(url, report, monkeypatch):
    run, stations = as_saved(build_story(url, target=0.95, selection=Selection()))
    before = dump(url)

    def interrupt(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(evcharge.load.saved_reports, "insert", interrupt)
        with pytest.raises(KeyboardInterrupt):
            save_report(url, run, stations)
    assert dump(url) == before
    stations[-1]["verdict_now"] = None
    with pytest.raises(DatabaseError):
        save_report(url, run, stations)
    assert dump(url) == before


@pytest.mark.thorough
def test_a_database_that_can_not_be_written_to_names_the_next_step_after_the_report(url, report, monkeypatch):
    def reading(url, *, writes, **settings):
        return open_engine(url, **settings)

    monkeypatch.setattr(evcharge.load.saved_reports, "open_engine", reading)
    out, err = report("--save", code=1)
    assert "need attention" in out
    assert "Error [database_read_only]" in err
    assert err.splitlines()[-1].startswith("  ")
    assert runs(url) == []


def test_saving_and_comparing_are_of_stations_by_one_definition(evcharge):
    for option in (("--save",), ("--since-report", "last")):
        for other in (("--by", "month"), ("--definition", "all")):
            code, _, err = evcharge("report", *option, *other)
            assert code == 2
            assert "of stations, by one definition" in err


def test_what_is_missing_of_a_station_is_empty_in_what_is_saved(url, engine):
    write_sessions(engine, {"success": None})
    run, stations = as_saved(build_story(url, target=0.95, selection=Selection()))
    save_report(url, run, stations)
    missing = query(url, "SELECT since, rate_now, low_now, first_step, charges_lost_per_week FROM station_verdict")
    assert missing == [(None,) * 5]
    assert query(url, "SELECT success_ratio, selected_to FROM report_run") == [(None, None)]


# Since an earlier report


def changes(document):
    return {one["station_id"]: one["change"] for one in document["since_report"]["changes"]}


CHANGED = {"A": "gone silent", "B": "newly below target", "C": "mended"}


@pytest.mark.thorough
def test_the_changes_are_the_same_since_the_last_saved_report_and_since_its_document(report):
    report("--to", HALF, "--save", "--json", "old.json")
    by_file = json.loads(report("--since-report", "old.json", "--json")[0])
    by_table = json.loads(report("--since-report", "last", "--json")[0])
    assert changes(by_file) == changes(by_table) == CHANGED
    saved_at = by_table["since_report"].pop("saved_at")
    assert saved_at.endswith("+00:00")
    assert by_file["since_report"].pop("saved_at") is None
    assert by_file == by_table
    assert by_file["since_report"]["to"] == HALF


@pytest.mark.thorough
def test_terminal_and_page_show_what_changed_and_the_page_how_to_make_it_again(report):
    report("--to", HALF, "--json", "old.json")
    out, _ = report("--since-report", "old.json", "--html", "page.html")
    shown = out[out.index("Since the report of") :].splitlines()[:4]
    assert shown == [
        "Since the report of 24 Dec 2024 – 13 Mar 2025:",
        "  1 newly below target: Stop B",
        "  1 gone silent: Stop A",
        "  1 mended: Stop C",
    ]
    page = Path("page.html").read_text(encoding="utf-8")
    assert '<h2 id="since">Since the report of 24 Dec 2024 – 13 Mar 2025</h2>' in page
    assert "1 newly below target, 1 gone silent and 1 mended." in page
    assert "--since-report old.json" in page
    report("--html", "page.html")
    assert 'id="since"' not in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.thorough
def test_a_job_that_runs_again_compares_with_the_same_report_as_before(report):
    report("--to", HALF, "--save")
    night = ("--save", "--since-report", "last", "--json")
    first, again = (json.loads(report(*night)[0]) for _ in range(2))
    assert first == again
    assert changes(first) == CHANGED


@pytest.mark.thorough
def test_the_first_night_has_nothing_to_compare_with_and_is_no_failure(report):
    out, err = report("--save", "--since-report", "last", "--json")
    assert "since_report" not in json.loads(out)
    assert "No earlier report by recorded at 95% of these stations is saved, so nothing is compared." in err


@pytest.mark.thorough
def test_a_first_report_by_another_target_is_not_called_the_first(report):
    report("--to", HALF, "--save")
    _, err = report("--save", "--since-report", "last", "--target", "90%")
    assert "No earlier report by recorded at 90% of these stations is saved, so nothing is compared." in err


@pytest.mark.thorough
def test_without_a_saved_report_of_the_same_question_the_next_step_is_named(report):
    _, err = report("--since-report", "last", code=1)
    assert "Error [no_saved_report]: no earlier report by recorded at 95% of these stations is saved.\n" in err
    assert "  Add --save to this command each time.\n" in err
    report("--save", "--target", "90%")
    report("--save", "--station", "A")
    for other in ((), ("--station", "B"), ("--definition", "afirev")):
        _, err = report("--since-report", "last", *other, code=1)
        assert f"saved are: recorded at 90% of all stations, up to {LAST}, recorded at 95% of A, up to" in err


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--definition", "afirev"), "judges by recorded, version 1; this report by afirev, version 1"),
        (("--target", "90%"), "is against a target of 95%, this report against 90%"),
        (("--station", "B"), "is of stations all, this report of B"),
        (("--to", HALF), "tells of days up to 22 Apr 2025, this report of days up to 13 Mar 2025"),
    ],
)
def test_a_report_that_answers_another_question_is_refused_with_the_reason(report, options, said):
    report("--json", "old.json")
    out, err = report("--since-report", "old.json", *options, code=1)
    assert out == ""
    assert "Error [earlier_report_unusable]: --since-report: old.json " in err
    assert said in err
    assert len(err.splitlines()) == 2


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't be read: No such file"),
        ("{", "is no JSON"),
        ("[]", "is no report on stations"),
        ('{"by": "month", "schema_version": 1}', "is no report on stations"),
        ('{"by": "station", "schema_version": 1}', "is of schema version 1; this evcharge reads version 2"),
        ('{"by": "station", "schema_version": 2}', "is no report on stations that says what is so now"),
    ],
)
def test_a_file_that_is_no_report_names_the_next_step(report, content, said):
    if content is not None:
        Path("old.json").write_text(content)
    _, err = report("--since-report", "old.json", code=1)
    assert err.startswith(f"Error [earlier_report_unusable]: --since-report: old.json {said}")
    assert "  Name a document of: evcharge report --db " in err
    assert err.endswith(" --json FILE\n")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("verdict", "fine"),
        ("since", "yesterday"),
        ("success_ratio", "most"),
        ("last_session", 7),
    ],
)
def test_a_document_with_a_value_that_no_report_writes_is_refused(report, key, value):
    document = json.loads(report("--json")[0])
    document["stations"][0]["now"][key] = value
    Path("old.json").write_text(json.dumps(document))
    assert "is no report on stations that says what is so now" in report("--since-report", "old.json", code=1)[1]


@pytest.mark.thorough
def test_a_document_of_an_evcharge_before_tells_no_selection_and_is_compared(report):
    document = json.loads(report("--to", HALF, "--json")[0])
    del document["selection"]
    for station in document["stations"]:
        for name in ("last_session", "out_of_use"):
            del station["now"][name]
    Path("old.json").write_text(json.dumps(document))
    assert changes(json.loads(report("--since-report", "old.json", "--json")[0])) == CHANGED


# The document in a file


@pytest.mark.thorough
def test_json_with_a_file_writes_the_document_whole_and_prints_the_report(report):
    printed, _ = report("--json")
    out, err = report("--json", "report.json")
    assert "need attention" in out
    assert "wrote report.json" in err
    assert Path("report.json").read_text(encoding="ascii") == printed


@pytest.mark.thorough
def test_a_report_without_a_session_leaves_the_old_document_as_it_is(report):
    Path("report.json").write_text("old")
    report("--json", "report.json", "--from", "2031-01-01", code=4)
    assert Path("report.json").read_text(encoding="ascii") == "old"


@pytest.mark.thorough
def test_the_document_does_not_replace_the_one_that_it_is_compared_with(report):
    report("--json", "old.json")
    before = Path("old.json").read_bytes()
    _, err = report("--since-report", "old.json", "--json", "./old.json", code=1)
    assert "Error [would_replace]" in err
    assert Path("old.json").read_bytes() == before


@pytest.mark.thorough
@pytest.mark.parametrize("arguments", [("--by", "month"), ("--definition", "all")])
def test_other_groups_write_their_document_too(report, arguments):
    printed, _ = report(*arguments, "--json")
    report(*arguments, "--json", "report.json")
    assert Path("report.json").read_text(encoding="ascii") == printed
