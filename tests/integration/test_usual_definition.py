"""Where no definition is named, the one that is used judges what the data records, and every output says why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import AFIREV, CHARGEX_SESSION, RECORDED
from evcharge.metrics.selection import Selection
from evcharge.report.rates import build_report
from evcharge.report.usual import judging_note, usual_definition
from tests.support.ocpp_log import Log
from tests.support.star import write_sessions

Run = Callable[..., tuple[int, str, str]]
CHARGED = {"energy_kwh": 7.5, "duration_minutes": 40.0}
REFUSED = {"energy_kwh": None, "duration_minutes": None, "has_transaction": False}
ENDED_WELL = CHARGED | {"has_transaction": True, "stop_reason": "Local"}
ENDED_BY_STATUS = CHARGED | {"has_transaction": True, "stop_reason": "COMPLETED"}


def usual(engine: Engine, *rows: dict[str, object], selection: Selection = Selection()) -> tuple[str, str]:  # noqa: B008
    write_sessions(engine, *rows)
    with Session(engine) as session:
        definition, reason = usual_definition(session, selection)
    return definition.id, reason


@pytest.mark.parametrize(
    ("rows", "expected", "why"),
    [
        ([CHARGED, CHARGED | {"success": False}], "recorded", "the data carries recorded outcomes"),
        ([CHARGED], "afirev", "the data carries no recorded outcomes"),
        ([ENDED_WELL] * 3, "afirev", "the data carries no recorded outcomes"),
        (
            [ENDED_WELL, REFUSED],
            "chargex_session",
            "the data has attempts without a transaction, which afirev can't judge",
        ),
        ([REFUSED], "chargex_session", "the data has attempts without a transaction, which afirev can't judge"),
        ([CHARGED] + [CHARGED | {"duration_minutes": None}] * 2, "ucdavis_1kwh", "most sessions lack the duration"),
        ([CHARGED, CHARGED | {"duration_minutes": None}], "afirev", "no recorded outcomes"),
        ([ENDED_WELL] + [ENDED_WELL | {"energy_kwh": None}] * 2, "chargex_session", "most sessions lack energy"),
        ([REFUSED | {"has_transaction": None}], "afirev", "no recorded outcomes"),
        ([REFUSED | {"has_transaction": True}], "afirev", "no recorded outcomes"),
        # a stop reason without a transaction is no good end
        ([ENDED_BY_STATUS, REFUSED | {"stop_reason": "Local"}], "afirev", "no recorded outcomes"),
    ],
)
def test_the_usual_definition_is_one_that_judges_what_is_recorded(
    engine: Engine, rows: list[dict[str, object]], expected: str, why: str
) -> None:
    definition, reason = usual(engine, *rows)
    assert definition == expected
    assert why in reason


def test_attempts_that_afirev_can_judge_leave_it_in_its_place(engine: Engine) -> None:
    """OCPI's session that never became active has an end and 0 kWh."""
    never_active = {"energy_kwh": 0.0, "duration_minutes": 3.0, "has_transaction": False}
    assert usual(engine, ENDED_BY_STATUS, never_active)[0] == "afirev"


def test_a_status_of_ocpi_is_no_stop_reason_by_which_every_charge_would_be_a_failure(engine: Engine) -> None:
    assert usual(engine, ENDED_BY_STATUS, REFUSED)[0] == "afirev"


def test_only_the_selected_sessions_decide(engine: Engine) -> None:
    rows = [ENDED_WELL | {"station_id": "A"}, REFUSED | {"station_id": "B"}]
    assert usual(engine, *rows, selection=Selection(station_ids=("A",)))[0] == "afirev"


def test_one_recorded_outcome_decides_for_all_sources_of_the_selection(engine: Engine) -> None:
    assert usual(engine, ENDED_WELL, REFUSED, CHARGED | {"success": True})[0] == "recorded"


def test_where_the_definition_taken_judges_the_lesser_part_a_note_says_how_much_of_it(engine: Engine) -> None:
    write_sessions(engine, CHARGED | {"success": True}, *[CHARGED] * 2)
    with Session(engine) as session:
        report = build_report(session, target=0.95, selection=Selection())
        assert "recorded judges 1 of 3 sessions; the others by: evcharge compare" in report.notes
        assert report.definition.id == "recorded"
        measured = build_report(session, target=0.95, selection=Selection(), definition=AFIREV)
    assert not any("judges" in note for note in measured.notes)


def test_the_note_names_a_definition_that_can_judge_where_the_one_asked_for_can_judge_none(engine: Engine) -> None:
    write_sessions(engine, ENDED_WELL, REFUSED | {"station_id": "B"})
    with Session(engine) as session:
        assert "chargex_session judges some: --definition chargex_session" in judging_note(
            session, RECORDED, Selection()
        )
        assert judging_note(session, CHARGEX_SESSION, Selection()) == ""
        only_refused = Selection(station_ids=("B",))
        assert "--definition chargex_session" in judging_note(session, AFIREV, only_refused)


def test_no_definition_is_named_where_none_can_judge(engine: Engine) -> None:
    from evcharge.metrics.definitions import AFIREV

    write_sessions(engine, {"energy_kwh": None, "duration_minutes": None})
    with Session(engine) as session:
        note = judging_note(session, AFIREV, Selection())
    assert note == "No selected session is judged by afirev, nor by any definition that is usual for such data."


@pytest.fixture
def latched(url: str, tmp_path: Path, evcharge: Run) -> str:
    """A log of one charge that ended well, and of two accepted cards after which the plug never locked."""
    log = Log().start("08:00:00", 1).stop("08:30:00", 1, 9000)
    for clock in ("09:00", "10:00"):
        log.say(f"{clock}:00", [2, f"card-{clock}", "Authorize", {"idTag": "TAG-2"}])
        log.say(f"{clock}:01", [3, f"card-{clock}", {"idTagInfo": {"status": "Accepted"}}], "sent")
    log.say("23:00:00", [2, "beat", "Heartbeat", {}])
    path = tmp_path / "log.txt"
    path.write_text("\n".join(log.lines) + "\n", encoding="utf-8")
    assert evcharge("load", "--db", url, str(path), "--profile", "ocpp", "--source", "bench")[0] == 0
    return url


WHY = "the data has attempts without a transaction, which afirev can't judge"


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["report --no-png", "visits", "reasons", "explain CP-1"])
def test_each_command_says_by_which_definition_it_judges_and_why(latched: str, evcharge: Run, command: str) -> None:
    code, out, err = evcharge(*command.split(), "--db", latched)
    assert code == 0, err
    assert "chargex_session" in out
    assert WHY in re.sub(r"\s+", " ", out)


@pytest.mark.thorough
def test_refused_attempts_are_failures_in_the_report_of_a_log(latched: str, evcharge: Run) -> None:
    document = json.loads(evcharge("report", "--db", latched, "--no-png", "--json", "--html", "page.html")[1])
    assert (document["definition"], document["definition_reason"]) == ("chargex_session", WHY)
    assert (document["network"]["successes"], document["network"]["failures"]) == (1, 2)
    assert "attempts without a transaction" in Path("page.html").read_text(encoding="utf-8")


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["report --no-png", "visits", "reasons"])
def test_the_definition_that_is_named_works_when_typed(latched: str, evcharge: Run, command: str) -> None:
    _, out, _ = evcharge(*command.split(), "--db", latched, "--definition", "recorded")
    said = re.sub(r"\s+", " ", out)
    advice = re.search(r"No selected session is judged by recorded; \w+ judges some: (--definition \w+)", said)
    assert advice, said
    code, out, _ = evcharge(*command.split(), "--db", latched, *advice[1].split())
    assert code == 0
    assert "No selected session" not in out
