"""States of EVSEs in OCPI: pushed, polled and saved; what is kept of many nasty files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evcharge.errors import SourceError
from evcharge.sources import builtin_profiles, open_file, pick_profile
from tests.support.evidence import said, written

URL = "https://example.org/ocpi/emsp/2.2.1/locations/NL/ACM/L1"
TEN, ELEVEN = "2024-05-01T10:00:00Z", "2024-05-01T11:00:00Z"


def push(word: Any = "AVAILABLE", at: str | None = TEN, *, method: str = "PATCH", url: str = f"{URL}/E1") -> Any:
    return {"method": method, "url": url, "body": {"status": word, "last_updated": at}}


def location(*evses: Any, **members: Any) -> dict[str, Any]:
    about = {"country_code": "NL", "party_id": "ACM", "id": "L1", "name": "Depot", "address": "Quay 1"}
    return {**about, "coordinates": {"latitude": "52.1", "longitude": "5.1"}, "evses": list(evses), **members}


def evse(uid: Any = "E1", status: Any = "AVAILABLE", **members: Any) -> dict[str, Any]:
    return {"uid": uid, "status": status, "last_updated": TEN, **members}


def lines(*values: Any) -> str:
    return "\n".join(value if isinstance(value, str) else json.dumps(value) for value in values)


UP, DOWN = ("L1/E1", "01T10:00", "01T10:00", "up"), ("L1/E1", "01T11:00", "01T11:00", "down")
PUSHES: dict[str, tuple[list[Any], list[tuple[str, ...]], dict[str, int]]] = {
    "a patch of the status": ([push(), push("INOPERATIVE", ELEVEN)], [UP, DOWN], {}),
    "underscores and small letters": ([push(), push("out_of_order", ELEVEN)], [UP, DOWN], {}),
    "in reversed order": ([push("OUTOFORDER", ELEVEN), push()], [UP, DOWN], {}),
    "the same twice": ([push(), push()], [UP], {}),
    "two words at one instant: the later message stands": ([push("INOPERATIVE"), push()], [UP], {}),
    "a whole EVSE": ([{**push(method="PUT"), "body": evse(connectors=[{"id": "1"}])}], [UP], {}),
    "a whole location": ([{"method": "PUT", "url": URL, "body": location(evse(), evse("E2", "PLANNED"))}],
                         [UP, ("L1/E2", "01T10:00", "01T10:00", "out_of_scope")], {}),
    "a location without EVSEs": ([push(), {"method": "PATCH", "url": URL, "body": {"name": "x"}}], [UP], {}),
    "a connector": ([push(), {"method": "PATCH", "url": f"{URL}/E1/1", "body": {"max_amperage": 16}}], [UP], {}),
    "a patch without a status": ([push(), {"method": "PATCH", "url": f"{URL}/E1", "body": {"x": "1"}}], [UP], {}),
    "an id in the address is decoded": ([push(url=f"{URL}/E%201")], [("L1/E 1", "01T10:00", "01T10:00", "up")], {}),
    "a time without an offset is UTC": ([push(at="2024-05-01T10:00:00")], [UP], {}),
    "an unknown word": ([push(), push("MELTED", ELEVEN)], [UP], {"status_word_unknown": 1}),
    "unknown": ([push("UNKNOWN")], [("L1/E1", "01T10:00", "01T10:00", "unknown")], {}),
    "no time": ([push(), push("INOPERATIVE", None)], [UP], {"time_missing": 1}),
    "no such time": ([push(), push("INOPERATIVE", "soon")], [UP], {"time_unreadable": 1}),
    "the future": ([push(), push("INOPERATIVE", "2031-05-01T10:00:00Z")], [UP], {"time_in_the_future": 1}),
    "1970": ([push(), push("INOPERATIVE", "1970-01-01T00:00:00Z")], [UP], {"time_out_of_range": 1}),
    "a word that is a list": ([push(), push(["AVAILABLE"], ELEVEN)], [UP], {"value_not_scalar": 1}),
    "no word": ([push(), push(None, ELEVEN)], [UP], {"status_word_missing": 1}),
    "a whole location with an EVSE that nobody names": (
        [{"method": "PUT", "url": URL, "body": location(evse(None), evse())}], [UP], {"evse_without_uid": 1}),
    "a long id": ([push(), push(url=f"{URL}/{'E' * 256}")], [UP], {"port_id_unusable": 1}),
    "a broken line": ([push(), '{"url": }', push("INOPERATIVE", ELEVEN)], [UP, DOWN], {"malformed_row": 1}),
    "a deleted EVSE": ([push(), {"method": "DELETE", "url": f"{URL}/E1"}], [UP], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", PUSHES)
def test_a_log_of_pushes_says_what_was_pushed(tmp_path: Path, name: str) -> None:
    values, rows, refused = PUSHES[name]
    path = written(tmp_path / "pushed.jsonl", lines(*values))
    assert said(path, builtin_profiles()["ocpi-status-pushes"]) == (sorted(rows), refused)


def poll(minute: int, *evses: Any, **members: Any) -> Any:
    return {"polled_at": f"2024-05-01T10:{minute:02}:00Z", "data": [location(*evses)], **members}


FIVE = [poll(minute, evse()) for minute in (0, 5, 10, 15)]
POLLS: dict[str, tuple[list[Any], list[tuple[str, ...]], dict[str, int]]] = {
    "the same word is one row": (FIVE, [("L1/E1", "01T10:00", "01T10:15", "up")], {}),
    "in reversed order": (FIVE[::-1], [("L1/E1", "01T10:00", "01T10:15", "up")], {}),
    "a change": (
        [*FIVE, poll(20, evse(status="INOPERATIVE"))],
        [("L1/E1", "01T10:00", "01T10:15", "up"), ("L1/E1", "01T10:20", "01T10:20", "down")],
        {},
    ),
    "a gap": (
        [*FIVE, poll(40, evse()), poll(45, evse())],
        [("L1/E1", "01T10:00", "01T10:15", "up"), ("L1/E1", "01T10:40", "01T10:45", "up")],
        {},
    ),
    "an answer without Locations says nothing": (
        [*FIVE, {"polled_at": "2024-05-01T10:20:00Z", "data": []}],
        [("L1/E1", "01T10:00", "01T10:15", "up")],
        {},
    ),
    "the time of the poll after the data": (
        [{"data": one["data"], "polled_at": one["polled_at"]} for one in FIVE],
        [("L1/E1", "01T10:00", "01T10:15", "up")],
        {},
    ),
    "no time": ([*FIVE, {"data": [location(evse())]}], [("L1/E1", "01T10:00", "01T10:15", "up")], {"time_missing": 1}),
    "an EVSE that is none": ([poll(0, "E1", evse())], [UP], {"not_an_object": 1}),
    "no uid": ([poll(0, evse(""), evse())], [UP], {"evse_without_uid": 1}),
    "a location without an id": (
        [{**poll(0), "data": [location(evse(), id=None), location(evse())]}],
        [UP],
        {"station_id_missing": 1},
    ),
}


FOUR = ("L1/E1", "01T10:00", "01T10:15", "up")
POLLS |= {
    "a byte order mark": (["\ufeff" + json.dumps(FIVE[0]), *FIVE[1:]], [FOUR], {}),
    "blank lines": (["", *FIVE, "", ""], [FOUR], {}),
    "an unknown word": (
        [*FIVE, poll(20, evse(status="MELTED")), poll(25, evse())],
        [FOUR, ("L1/E1", "01T10:25", "01T10:25", "up")], {"status_word_unknown": 1}),
    "the future": (
        [*FIVE, {**poll(0, evse()), "polled_at": "2031-01-01T00:00:00Z"}], [FOUR], {"time_in_the_future": 1}),
    "a clock of 1970": (
        [*FIVE, {**poll(0, evse()), "polled_at": "1970-01-01T00:00:00Z"}], [FOUR], {"time_out_of_range": 1}),
    "seconds since 1970": ([*FIVE, {**poll(0, evse()), "polled_at": 1714557600}], [FOUR], {"time_unreadable": 1}),
    "a poll twice": ([*FIVE, FIVE[1]], [FOUR], {}),
    "two words at one instant": (
        [*FIVE, poll(5, evse(status="BLOCKED"))],
        [("L1/E1", "01T10:00", "01T10:00", "up"), ("L1/E1", "01T10:10", "01T10:15", "up")],
        {"two_statuses_at_one_instant": 2}),
    "no word": ([*FIVE, poll(20, evse(status=None))], [FOUR], {"status_word_missing": 1}),
    "a word that is a list": ([*FIVE, poll(20, evse(status=["AVAILABLE"]))], [FOUR], {"value_not_scalar": 1}),
    "null for the EVSEs": ([*FIVE, {**poll(20), "data": [{**location(), "evses": None}]}], [FOUR], {}),
    "null for a location": ([*FIVE, {**poll(20), "data": [None, location(evse())]}],
                            [("L1/E1", "01T10:00", "01T10:20", "up")], {"not_an_object": 1}),
    "the partner has no answer": ([*FIVE, {**poll(20), "data": None, "status_code": 3000}], [FOUR], {}),
    "an EVSE that is missing once": (
        [*FIVE, poll(20, evse("E2")), poll(25, evse())],
        [("L1/E1", "01T10:00", "01T10:25", "up"), ("L1/E2", "01T10:20", "01T10:20", "up")], {}),
    "ids that differ by case and zeros": (
        [poll(0, evse("e1"), evse("E1"), evse("E01"))],
        [(f"L1/{uid}", "01T10:00", "01T10:00", "up") for uid in ("E01", "E1", "e1")], {}),
    "NUL": ([*FIVE, poll(20, evse("E\0"))], [FOUR], {"nul_character": 1}),
    "a long uid": ([*FIVE, poll(20, evse("E" * 256))], [FOUR], {"port_id_unusable": 1}),
    "the one location that was asked for": ([{**one, "data": location(evse())} for one in FIVE], [FOUR], {}),
    "the one EVSE that was asked for": ([*FIVE, {**poll(20), "data": evse()}], [FOUR], {"station_id_missing": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", POLLS)
def test_polls_say_what_each_evse_was_when_it_was_asked(tmp_path: Path, name: str) -> None:
    values, rows, refused = POLLS[name]
    path = written(tmp_path / "polls.jsonl", lines(*values))
    assert said(path, builtin_profiles()["ocpi-status-polls"]) == (rows, refused)


SNAPSHOTS: dict[str, tuple[str, list[tuple[str, ...]], dict[str, int]]] = {
    "a list": (json.dumps([location(evse())]), [UP], {}),
    "an answer": (json.dumps({"data": [location(evse())], "status_code": 1000, "timestamp": ELEVEN}), [UP], {}),
    "an answer on many lines": (json.dumps({"data": [location(evse())]}, indent=2), [UP], {}),
    "lines": (lines(location(evse()), location(evse("E2", "REMOVED"), id="L2")),
              [UP, ("L2/E2", "01T10:00", "01T10:00", "out_of_scope")], {}),
    "an unknown word": (json.dumps([location(evse(), evse("E2", "MELTED"))]), [UP], {"status_word_unknown": 1}),
    "a byte order mark": ("\ufeff" + json.dumps([location(evse())]), [UP], {}),
    "an EVSE twice, alike": (json.dumps([location(evse(), evse())]), [UP], {}),
    "an EVSE twice, unlike": (
        json.dumps([location(evse(), evse(status="BLOCKED"))]), [], {"two_statuses_at_one_instant": 2}),
}  # fmt: skip


SNAPSHOTS |= {
    "nested nulls": (json.dumps([location(evse(connectors=None, coordinates=None, x={"y": None}))]), [UP], {}),
    "null for the EVSEs": (json.dumps([location(evse()), location(id="L2", evses=None)]), [UP], {}),
    "no uid": (json.dumps([location(evse(None), evse())]), [UP], {"evse_without_uid": 1}),
    "a number for a uid": (json.dumps([location(evse(7))]), [("L1/7", "01T10:00", "01T10:00", "up")], {}),
    "no word": (json.dumps([location(evse(), evse("E2", None))]), [UP], {"status_word_missing": 1}),
    "a number for a word": (json.dumps([location(evse(), evse("E2", 3))]), [UP], {"status_word_unknown": 1}),
    "words in any case": (json.dumps([location(evse(status="available"))]), [UP], {}),
    "ids that differ by case and zeros": (
        json.dumps([location(evse("e1"), evse("E1"), evse("01"), evse("1"))]),
        [(f"L1/{uid}", "01T10:00", "01T10:00", "up") for uid in ("01", "1", "E1", "e1")], {}),
    "a change that is yet to come": (json.dumps([location(evse(last_updated="2031-01-01T00:00:00Z"))]), [UP], {}),
    "a change by a clock of 1970": (json.dumps([location(evse(last_updated="1970-01-01T00:00:00Z"))]), [UP], {}),
    "no change": (json.dumps([location(evse(last_updated=None))]), [UP], {}),
    "a location twice": (json.dumps([location(evse()), location(evse())]), [UP], {}),
    "no party": (json.dumps([location(evse(), country_code=None, party_id=None)]), [UP], {}),
    "a location without an id": (
        json.dumps([location(evse(), id=None), location(evse())]), [UP], {"station_id_missing": 1}),
    "null for a location": (json.dumps([None, location(evse())]), [UP], {"not_an_object": 1}),
    "a text for a location": (json.dumps(["x", location(evse())]), [UP], {"not_an_object": 1}),
    "NUL": (json.dumps([location(evse("E\0"), evse())]), [UP], {"nul_character": 1}),
    "a long uid": (json.dumps([location(evse("E" * 256), evse())]), [UP], {"port_id_unusable": 1}),
    "the one location that was asked for": (json.dumps({"data": location(evse())}), [UP], {}),
    "one location alone": (json.dumps(location(evse())), [UP], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_snapshot_says_what_it_lists_at_the_time_in_its_name(tmp_path: Path, name: str) -> None:
    content, rows, refused = SNAPSHOTS[name]
    path = written(tmp_path / "2024-05-01T10-00-00Z.json", content)
    assert said(path, builtin_profiles()["ocpi-status-snapshots"]) == (rows, refused)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (json.dumps([location(evse()), location(evse("E2"))])[:-40], "truncated_json"),
        (json.dumps({"data": None, "status_code": 3000}), "service_answered_error"),
    ],
)
def test_a_snapshot_that_is_none_is_refused_whole(tmp_path: Path, content: str, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        said(written(tmp_path / "2024-05-01T10-00-00Z.json", content), builtin_profiles()["ocpi-status-snapshots"])
    assert caught.value.code == code


@pytest.mark.parametrize("empty", ["[]", '{"data": []}', '{"data": [], "status_code": 1000, "timestamp": "x"}'])
def test_an_empty_snapshot_says_that_nothing_is_known_of_any_port(tmp_path: Path, empty: str) -> None:
    path = written(tmp_path / "2024-05-01T10-00-00Z.json", empty)
    known = (("L1", "E1"), ("L1", "E2"))
    kept, _ = said(path, builtin_profiles()["ocpi-status-snapshots"], known)
    assert [row[::3] for row in kept] == [("L1/E1", "unknown"), ("L1/E2", "unknown")]


@pytest.mark.parametrize(
    ("name", "content", "profile"),
    [
        ("a.jsonl", lines(push()), "ocpi-status-pushes"),
        ("a.jsonl", lines(*FIVE), "ocpi-status-polls"),
        ("2024-05-01T10-00-00Z.json", json.dumps([location(evse())]), "ocpi-status-snapshots"),
        ("feed-20240501_100000+0200.json", json.dumps([location(evse())]), "ocpi-status-snapshots"),
    ],
)
def test_each_carrier_is_recognised_by_its_beginning_and_a_snapshot_by_its_name(
    tmp_path: Path, name: str, content: str, profile: str
) -> None:
    with open_file(written(tmp_path / name, content)) as file:
        assert pick_profile(file, builtin_profiles().values()).name == profile


@pytest.mark.parametrize("name", ["locations.json", "2024-05-01.json", "20240501_1000-20240502_1000.json"])
def test_locations_whose_name_tells_no_one_time_are_sent_to_the_stations(tmp_path: Path, name: str) -> None:
    with (
        open_file(written(tmp_path / name, json.dumps([location(evse())]))) as file,
        pytest.raises(SourceError) as caught,
    ):
        pick_profile(file, builtin_profiles().values())
    assert caught.value.code == "not_sessions"
    assert "2024-05-01T08-30-00Z.json" in str(caught.value.hint)


def test_a_location_of_two_parties_is_refused(tmp_path: Path) -> None:
    content = json.dumps([location(evse()), location(evse(), party_id="OTH")])
    path = written(tmp_path / "2024-05-01T10-00-00Z.json", content)
    with pytest.raises(SourceError) as caught:
        said(path, builtin_profiles()["ocpi-status-snapshots"])
    assert caught.value.code == "location_of_two_parties"
