"""What changed is told after the report is written and before it is saved: what could not be sent is told next time."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from evcharge.db import open_engine
from evcharge.load.saved_reports import save_report
from evcharge.metrics.selection import Selection
from evcharge.notify import retries
from evcharge.report.saved import as_saved
from evcharge.report.story import build_story
from tests.support.loading import query
from tests.support.receivers import Answer, MailServer, WebServer, serving
from tests.support.star import START, write_sessions

pytestmark = pytest.mark.thorough

DAYS = 60
EARLIER = (START + timedelta(days=29)).date()
SAVE = ("--since-report", "last", "--save")


@pytest.fixture(scope="module")
def two_stations(tmp_path_factory, migrated_sqlite):
    """A database of two stations, three attempts a day, of which one breaks on day 35; a report of 30 days is saved."""
    path = tmp_path_factory.mktemp("notify") / "star.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    rows = (
        {
            "station_id": name,
            "start_time": (START + timedelta(days=day)).replace(hour=hour),
            "success": name == "A" or day < 35,
        }
        for day in range(DAYS)
        for hour in (8, 12, 16)
        for name in "AB"
    )
    write_sessions(open_engine(f"sqlite:///{path}", writes=True), *rows)
    story = build_story(f"sqlite:///{path}", target=0.95, selection=Selection(last_day=EARLIER))
    save_report(f"sqlite:///{path}", *as_saved(story))
    return path


@pytest.fixture
def report(two_stations, tmp_path, evcharge, monkeypatch):
    """Runs ``evcharge report`` on a copy of them."""
    path = tmp_path / "star.db"
    path.write_bytes(two_stations.read_bytes())
    monkeypatch.setattr(retries, "sleep", lambda _: None)

    def run(*arguments, code=0):
        found, out, err = evcharge("report", "--no-png", "--db", f"sqlite:///{path}", *arguments)
        assert found == code, err
        assert "SECRET" not in out + err
        return err

    run.saved = lambda: query(f"sqlite:///{path}", "SELECT count(*) FROM report_run")[0][0]
    return run


def test_what_changed_is_posted_once_and_then_saved(report):
    server = WebServer([Answer(200)])
    with serving(server):
        err = report(*SAVE, "--notify", server.url)
        place = f"http://127.0.0.1:{server.server_port}/***"
        assert f"told {place}: evcharge: 1 newly below target" in err
        assert report.saved() == 2
        again = report(*SAVE, "--notify", server.url)
        assert f"nothing to tell {place}: this report was saved before" in again
    ((_, _, body),) = server.requests
    told = json.loads(body)["since_report"]["changes"]
    assert [(one["station_id"], one["change"]) for one in told] == [("B", "newly below target")]


def test_what_could_not_be_sent_is_not_saved_and_is_told_by_the_next_run_and_the_report_is_written(report):
    server = WebServer([Answer(403), Answer(200)])
    with serving(server):
        err = report(*SAVE, "--notify", server.url, "--json", "report.json", "--metrics", "report.prom", code=1)
        assert "Error [not_notified]" in err
        assert "Nothing was saved, so the next run tells the same." in err
        assert report.saved() == 1
        assert json.loads(Path("report.json").read_text())["since_report"]["changes"]
        assert Path("report.prom").read_text().endswith("# EOF\n")
        report(*SAVE, "--notify", server.url)
    assert report.saved() == 2
    assert [json.loads(body)["title"] for _, _, body in server.requests] == ["evcharge: 1 newly below target"] * 2


def test_nothing_is_sent_where_nothing_changed_that_matters(report):
    report("--save", "--to", str((START + timedelta(days=DAYS - 2)).date()))
    server = WebServer([Answer(200)])
    with serving(server):
        assert "nothing to tell http://" in report(*SAVE, "--notify", server.url)
    assert server.requests == []
    assert report.saved() == 3


def test_the_first_report_tells_nothing_and_is_saved(report):
    err = report(*SAVE, "--target", "0.9", "--notify", "file:changes.json")
    assert "No earlier report by recorded at 90% of these stations is saved, so nothing is compared." in err
    assert "nothing to tell changes.json" in err
    assert not Path("changes.json").exists()
    assert report.saved() == 2


def test_a_dry_run_prints_what_would_be_sent_and_neither_sends_nor_saves(report):
    server = WebServer([Answer(200)])
    with serving(server):
        err = report(*SAVE, "--notify", f"slack:{server.url}", "--dry-run", "-q")
    assert server.requests == []
    assert report.saved() == 1
    head, _, document = err.partition(":\n")
    assert head == f"to http://127.0.0.1:{server.server_port}/***"
    assert json.loads(document)["text"].startswith("evcharge: 1 newly below target\n")


def test_a_file_gets_the_document(report):
    report(*SAVE, "--notify", "file:changes.json")
    assert json.loads(Path("changes.json").read_text())["title"] == "evcharge: 1 newly below target"


def test_a_file_that_cannot_be_written_is_not_told_and_nothing_is_saved(report):
    err = report(*SAVE, "--notify", "file:nowhere/changes.json", "--json", "report.json", code=1)
    assert "Error [not_notified]: nowhere/changes.json can't be written: No such file or directory." in err
    assert "Nothing was saved, so the next run tells the same." in err
    assert Path("report.json").exists()
    assert report.saved() == 1


def test_target_and_mail_server_come_from_settings_too_and_where_a_folder_states_them_that_is_said(report, monkeypatch):
    server = MailServer()
    Path("evcharge.toml").write_text('notify = "mailto:ops@example.org"\nsmtp_security = "none"\n')
    monkeypatch.setenv("EVCHARGE_SMTP_HOST", server.place)
    monkeypatch.setenv("EVCHARGE_SMTP_FROM", "evcharge@example.org")
    with serving(server):
        err = report(*SAVE, "--notify")
    assert "notify comes from evcharge.toml of this folder" in err
    assert "told ops@example.org: evcharge: 1 newly below target" in err
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--notify", "file:x.json"), 2, "add --since-report last --save"),
        (("--notify", "file:x.json", "--save"), 2, "add --since-report last --save"),
        (("--notify", "file:x.json", "--save", "--since-report", "old.json"), 2, "add --since-report last --save"),
        (("--dry-run",), 2, "it prints what --notify would send"),
        ((*SAVE, "--notify"), 1, "[notify_target_missing]"),
        ((*SAVE, "--notify", "https://user:SECRET@example.org/"), 1, "[notify_target_unreadable]"),
        ((*SAVE, "--notify", "mailto:ops@example.org"), 1, "[smtp_host_unreadable]"),
        ((*SAVE, "--notify", "file:../star.db"), 1, "[would_replace]"),
        ((*SAVE, "--notify", "file:evcharge.toml"), 1, "[would_replace]"),
        ((*SAVE, "--notify", "file:x.json", "--json", "./x.json"), 1, "[same_output_twice]"),
    ],
)
def test_what_cannot_be_told_is_refused_before_anything_is_written(report, arguments, code, said):
    assert said in report(*arguments, "--html", "page.html", code=code)
    assert not list(Path().iterdir())
    assert report.saved() == 1


def test_no_setting_that_is_a_secret_is_shown(evcharge, monkeypatch):
    monkeypatch.setenv("EVCHARGE_NOTIFY", "https://example.org/SECRET")
    monkeypatch.setenv("EVCHARGE_SMTP_PASSWORD", "SECRET")
    _, out, _ = evcharge("config")
    assert "notify = ***    (environment EVCHARGE_NOTIFY)" in out
    assert "smtp_password = ***    (environment EVCHARGE_SMTP_PASSWORD)" in out
    assert "SECRET" not in out
    monkeypatch.delenv("EVCHARGE_NOTIFY")
    Path("evcharge.toml").write_text("notify = 4711\n")
    code, out, err = evcharge("config")
    assert code == 1
    assert "notify from evcharge.toml is ***; it must be text." in err
    assert "4711" not in out + err
