"""Pages without an object: loaded as no rows where it is known what they are of; answers that say why are errors."""

from __future__ import annotations

import json

import pytest

from tests.support.loading import query

EMPTY = '{"data": [], "status_code": 1000, "timestamp": "2025-01-01T12:00:00Z"}'
REFUSED = (
    '{"status_code": 2001, "status_message": "Invalid or missing parameters", "timestamp": "2025-01-01T12:00:00Z"}'
)
SESSION = {
    "id": "S1",
    "start_date_time": "2024-03-09T10:17:09Z",
    "end_date_time": "2024-03-09T11:17:09Z",
    "kwh": 7.5,
    "location_id": "LOC1",
    "status": "COMPLETED",
    "last_updated": "2024-03-09T11:17:10Z",
}
CDR = {
    "id": "C1",
    "start_date_time": "2024-03-09T10:17:09Z",
    "end_date_time": "2024-03-09T11:17:09Z",
    "total_energy": 7.5,
    "cdr_location": {"id": "LOC1", "evse_uid": "1", "connector_id": "1"},
    "last_updated": "2024-03-09T11:17:10Z",
}


def page(*objects, **more):
    return json.dumps({"data": list(objects), "status_code": 1000, "timestamp": "2025-01-01T12:00:00Z", **more})


@pytest.fixture
def run(evcharge, url, tmp_path, monkeypatch):
    """Writes files of one partner into the folder ``work`` and runs a command on the database of the test."""
    monkeypatch.setenv("EVCHARGE_SOURCE", "a partner")

    def run_it(command, files):
        for name, text in files.items():
            place = tmp_path / "work" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return evcharge(*command.split(), "--db", url)

    return run_it


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("text", "profile"),
    [
        (EMPTY, "ocpi-sessions"),
        (EMPTY, "ocpi-cdrs"),
        ('{"data": null, "status_code": 1000}', "ocpi-sessions"),
        ("[]", "ocpi-sessions"),
        ("[]\n[]\n", "acn-data"),
        ('{"_items": []}', "acn-data"),
        (f"{EMPTY}\n{EMPTY}\n", "ocpi-cdrs"),
    ],
)
@pytest.mark.parametrize("command", ["load", "check"])
def test_an_empty_page_of_a_named_profile_is_no_rows(run, url, command, text, profile):
    code, out, err = run(f"{command} page.json --profile {profile}", {"page.json": text})
    assert (code, "Error" in err) == (0, False)
    assert "read 0 = 0 inserted" in out
    ledger = query(url, "SELECT profile, rows_read FROM load_ledger")
    assert [(name.partition("@")[0], rows) for name, rows in ledger] == ([(profile, 0)] if command == "load" else [])


def test_a_page_that_tells_whose_it_is_needs_no_name(run):
    code, out, _ = run("load page.json", {"page.json": '{"_items": [], "_meta": {"total": 0}}'})
    assert (code, "profile acn-data@" in out) == (0, True)


def test_a_list_that_may_be_of_several_is_refused_with_their_names(run, url):
    code, _, err = run("load page.json", {"page.json": "[]"})
    assert code == 1
    names = "acn-data, ocpi-cdrs, ocpi-sessions"
    assert f"Error [empty_page]: page.json is a page without an object, and may be of several profiles: {names}." in err
    assert "--profile ocpi-sessions" in err
    assert query(url, "SELECT * FROM load_ledger") == []


@pytest.mark.parametrize("command", ["load", "check"])
def test_a_partner_who_answers_that_there_is_nothing_is_no_error(run, command):
    code, out, err = run(f"{command} page.json", {"page.json": EMPTY})
    assert (code, "Error" in err) == (0, False)
    assert "profile ocpi-sessions" in out
    assert "read 0 = " in out


@pytest.mark.thorough
@pytest.mark.parametrize(("object_", "profile"), [(SESSION, "ocpi-sessions"), (CDR, "ocpi-cdrs")])
@pytest.mark.parametrize("command", ["load", "check"])
def test_the_empty_last_page_of_a_folder_is_of_the_profile_of_the_others(run, command, object_, profile):
    code, out, err = run(f"{command} pages", {"pages/1.json": page(object_), "pages/2.json": EMPTY})
    assert (code, "Error" in err) == (0, False)
    assert out.count(profile) >= 2
    assert "read 0 = " in out


@pytest.mark.thorough
def test_an_empty_list_beside_pages_of_two_kinds_is_refused_and_an_empty_answer_is_not(run):
    files = {"pages/1.json": page(SESSION), "pages/2.json": page(CDR), "pages/3.json": EMPTY}
    assert run("load pages", files)[0] == 0
    code, _, err = run("load pages", files | {"pages/3.json": "[]"})
    assert (code, "empty_page" in err) == (1, True)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "text",
    [
        REFUSED,
        REFUSED.replace("}", ', "data": null}'),
        REFUSED.replace("}", ', "data": []}'),
        f"{page(SESSION)}\n{REFUSED}\n",
        f"{REFUSED}\n{page(SESSION)}\n",
        f"[{page(SESSION)},{REFUSED}]",
        f"{EMPTY}\n{REFUSED}",
        page(SESSION, status_code=2001, status_message="Invalid or missing parameters"),
    ],
    ids=[
        "alone",
        "null",
        "empty list",
        "after a page",
        "before a page",
        "in a list",
        "after an empty page",
        "with data",
    ],
)
@pytest.mark.parametrize("profile", ["", " --profile ocpi-sessions"])
@pytest.mark.parametrize("command", ["load", "check"])
def test_an_answer_that_is_an_error_is_told_and_nothing_is_kept(run, url, command, profile, text):
    code, _, err = run(f"{command} page.json{profile}", {"page.json": text})
    assert code == 1
    assert "Error [service_answered_error]" in err
    assert "the partner answered 2001 Invalid or missing parameters." in err
    assert query(url, "SELECT * FROM fact_charging") == query(url, "SELECT * FROM load_ledger") == []


def test_a_status_of_success_in_any_page_is_no_error(run):
    code, out, _ = run("load page.json", {"page.json": page(SESSION, status_code=1001) + page({**SESSION, "id": "S2"})})
    assert (code, "read 2 = 2 inserted" in out) == (0, True)


def test_a_file_that_is_no_page_is_no_empty_page(run):
    for text in ("{}", '{"status_code": 1}', '{"data": [', "[1]", "a,b\n", '{"x": []}'):
        code, _, err = run("load page.json --profile ocpi-sessions", {"page.json": text})
        assert (code, "wrong_format" in err) == (1, True), text


def test_an_empty_page_of_locations_is_no_station_and_no_error(run, url):
    code, out, err = run("stations page.json --source city", {"page.json": EMPTY})
    assert (code, "Error" in err) == (0, False)
    assert "stations: read 0 = 0 inserted" in out
    assert query(url, "SELECT * FROM dim_station") == []


def test_locations_that_a_partner_could_not_answer_are_an_error(run):
    code, _, err = run("stations page.json --source city", {"page.json": REFUSED})
    assert code == 1
    assert "the partner answered 2001 Invalid or missing parameters." in err
