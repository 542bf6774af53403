from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from evcharge.errors import ConfigError
from evcharge.metrics.definitions import DEFINITIONS, OUTCOMES, find_definition
from evcharge.models import FactCharging
from tests.support.star import write_sessions

DOCS = Path(__file__).parents[3] / "docs" / "metrics"

SESSIONS = {
    # energy_kwh, duration_minutes, success; recorded, afirev, qualicharge_u11
    "a long charge": (7.5, 60.0, True, "success", "success", "success"),
    "2 minutes exactly": (7.5, 2.0, True, "success", "failure", "failure"),
    "a little over 2 minutes": (7.5, 2.001, False, "failure", "success", "failure"),
    "3 minutes exactly": (7.5, 3.0, False, "failure", "success", "failure"),
    "a little over 3 minutes": (7.5, 3.001, True, "success", "success", "success"),
    "0.5 kWh exactly": (0.5, 60.0, True, "success", "failure", "failure"),
    "a little over 0.5 kWh": (0.501, 60.0, False, "failure", "success", "success"),
    "nothing at all": (0.0, 0.0, False, "failure", "failure", "failure"),
    "no energy recorded": (None, 60.0, True, "success", "unknown", "unknown"),
    "no energy recorded, and short": (None, 0.0, False, "failure", "unknown", "unknown"),
    "no duration recorded": (7.5, None, False, "failure", "unknown", "unknown"),
    "no outcome recorded": (7.5, 60.0, None, "unknown", "success", "success"),
    "nothing recorded": (None, None, None, "unknown", "unknown", "unknown"),
}


@pytest.fixture
def outcomes(engine):
    """The outcome of each session of the table by each definition, as the database tells it."""
    rows = (
        {"session_id": name, "energy_kwh": energy, "duration_minutes": minutes, "success": success}
        for name, (energy, minutes, success, *_) in SESSIONS.items()
    )
    write_sessions(engine, *rows)
    told = {}
    with engine.connect() as connection:
        for name, definition in DEFINITIONS.items():
            told[name] = dict(connection.execute(select(FactCharging.session_id, definition.outcome)).all())
    return told


def test_each_session_counts_as_each_definition_says(outcomes):
    for place, definition in enumerate(("recorded", "afirev", "qualicharge_u11"), start=3):
        assert outcomes[definition] == {name: row[place] for name, row in SESSIONS.items()}, definition


def test_every_session_has_one_of_the_four_outcomes_by_every_definition(outcomes):
    for definition, told in outcomes.items():
        assert told.keys() == SESSIONS.keys(), definition
        assert set(told.values()) <= set(OUTCOMES), definition


def test_a_session_is_unknown_exactly_when_a_needed_column_is_empty(outcomes):
    columns = ("energy_kwh", "duration_minutes", "success")
    for definition in DEFINITIONS.values():
        for name, row in SESSIONS.items():
            known = dict(zip(columns, row, strict=False))
            lacking = any(known.get(column) is None for column in definition.needs)
            assert (outcomes[definition.id][name] == "unknown") is lacking, (definition.id, name)


def test_ids_and_words_are_the_ones_that_outputs_rely_on():
    assert tuple(DEFINITIONS) == (
        *("recorded", "afirev", "afirev_old", "qualicharge_u11", "ucdavis_1kwh", "kwwhat", "chargex_session"),
        "csr_now_p3_provisional",
    )
    assert OUTCOMES == ("success", "failure", "excluded", "unknown")


def test_every_definition_has_a_source_a_title_a_version_and_a_page():
    for definition in DEFINITIONS.values():
        assert definition.source, definition.id
        assert definition.title, definition.id
        assert definition.version >= 1, definition.id
        page = (DOCS / f"{definition.id}.md").read_text(encoding="utf-8")
        assert page.startswith(f"# `{definition.id}`")
        assert f"version {definition.version}" in page
        assert definition.title in page


def test_what_a_definition_needs_are_columns_of_the_fact():
    for definition in DEFINITIONS.values():
        assert set(definition.needs) <= set(FactCharging.__table__.columns.keys()), definition.id


def test_a_definition_is_found_by_its_id():
    assert find_definition("afirev") is DEFINITIONS["afirev"]


def test_an_unknown_definition_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="'csr'") as refusal:
        find_definition("csr")
    assert refusal.value.code == "unknown_definition"
    assert refusal.value.hint == f"Known: {', '.join(DEFINITIONS)}."


MEASURES = {
    # energy_kwh, duration_minutes; afirev_old, ucdavis_1kwh
    "short but more than 0.2 kWh": (0.21, 1.0, "success", "failure"),
    "2 minutes and 0.2 kWh exactly": (0.2, 2.0, "failure", "failure"),
    "long without energy": (0.0, 2.1, "success", "failure"),
    "1 kWh exactly": (1.0, 0.0, "success", "success"),
    "a little under 1 kWh": (0.999, 60.0, "success", "failure"),
    "enough energy, no duration recorded": (7.5, None, "unknown", "success"),
}
OK = {"has_transaction": True, "reached_charging": True, "energy_kwh": 5.0, "next_status": "Available"}
ATTEMPTS = {
    # what is not as in OK, with the stop reason; kwwhat, chargex_session, csr_now_p3_provisional
    "stopped by the driver": ({"stop_reason": "Local"}, "success", "success", "success"),
    "battery full, as OCPP 2.0.1 says it": ({"stop_reason": "SOCLimitReached"}, "failure", "success", "success"),
    "out of credit": ({"stop_reason": "LocalOutOfCredit"}, "failure", "success", "success"),
    "emergency stop": ({"stop_reason": "EmergencyStop"}, "failure", "failure", "failure"),
    "a fault after it": ({"stop_reason": "Local", "next_status": "Faulted"}, "failure", "success", "success"),
    "0.1 kWh exactly": ({"stop_reason": "Local", "energy_kwh": 0.1}, "failure", "success", "success"),
    "no power": ({"stop_reason": "EVDisconnected", "reached_charging": False}, "success", "success", "failure"),
    "can't tell of power": ({"stop_reason": "Local", "reached_charging": None}, "success", "success", "unknown"),
    "no stop recorded": ({"stop_reason": None}, "unknown", "failure", "failure"),
    "no next status": ({"stop_reason": "Remote", "next_status": None}, "unknown", "success", "success"),
    "never a transaction": (
        {"has_transaction": False, "energy_kwh": None, "next_status": None, "reached_charging": None},
        *("failure", "failure", "failure"),
    ),
    "not from a message log": ({"has_transaction": None, "stop_reason": "Local"}, "unknown", "unknown", "unknown"),
}


def told_of(engine, definition):
    with engine.connect() as connection:
        return dict(connection.execute(select(FactCharging.session_id, DEFINITIONS[definition].outcome)).all())


@pytest.mark.parametrize(("definition", "place"), [("afirev_old", 2), ("ucdavis_1kwh", 3)])
def test_measures_count_as_published(engine, definition, place):
    rows = [{"session_id": n, "energy_kwh": r[0], "duration_minutes": r[1]} for n, r in MEASURES.items()]
    write_sessions(engine, *rows)
    assert told_of(engine, definition) == {name: row[place] for name, row in MEASURES.items()}


@pytest.mark.parametrize(
    ("definition", "place"), [("kwwhat", 1), ("chargex_session", 2), ("csr_now_p3_provisional", 3)]
)
def test_attempts_of_message_logs_count_as_published(engine, definition, place):
    write_sessions(engine, *({"session_id": name, **OK, **row[0]} for name, row in ATTEMPTS.items()))
    assert told_of(engine, definition) == {name: row[place] for name, row in ATTEMPTS.items()}


def test_what_is_provisional_says_so():
    provisional = DEFINITIONS["csr_now_p3_provisional"]
    assert "provisional" in provisional.id
    assert "provisional" in provisional.title
