from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from evcharge.errors import ConfigError
from evcharge.metrics.definitions import DEFINITIONS, OUTCOMES, find_definition
from evcharge.models import FactCharging
from tests.unit.metrics.star import write_sessions

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
            lacking = any(row[columns.index(column)] is None for column in definition.needs)
            assert (outcomes[definition.id][name] == "unknown") is lacking, (definition.id, name)


def test_ids_and_words_are_the_ones_that_outputs_rely_on():
    assert tuple(DEFINITIONS) == ("recorded", "afirev", "qualicharge_u11")
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
    assert refusal.value.hint == "Known: recorded, afirev, qualicharge_u11."
