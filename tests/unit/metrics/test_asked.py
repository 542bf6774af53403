from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from evcharge.errors import NoDataError
from evcharge.metrics.asked import require_known
from evcharge.metrics.selection import Selection
from tests.support.star import MIXED, write_sessions


@pytest.fixture
def session(engine):
    write_sessions(engine, *MIXED)
    with Session(engine) as session:
        session.execute(text("UPDATE dim_station SET operator = 'Shine' WHERE station_id = 'A'"))
        session.execute(text("UPDATE dim_station SET operator = 'Glow' WHERE station_id = 'B'"))
        yield session


def refusal(session, **asked):
    with pytest.raises(NoDataError) as refused:
        require_known(session, Selection(**asked))
    return refused.value.code, refused.value.reason, refused.value.hint


def test_one_unknown_station_beside_known_ones_is_refused_by_its_name_with_the_closest(session):
    assert refusal(session, station_ids=("A", "Stop BB")) == (
        "unknown_station",
        "no station has the id 'Stop BB'.",
        "Closest: 'B' (Stop B), 'D' (Stop D), 'C' (Stop C).",
    )
    assert refusal(session, station_ids=("A",), source="other")[1] == "no station of source other has the id 'A'."


def test_one_unknown_word_of_a_lot_is_refused_with_the_closest_or_those_there_are(session):
    lot = (("operator", "Shine"), ("operator", "shone"))
    assert refusal(session, where=lot) == ("unknown_lot", "no station has the operator 'shone'.", "Closest: 'Shine'.")
    assert refusal(session, where=(("operator", "zzz"),))[2] == "There are 'Glow', 'Shine'."
    assert (
        refusal(session, where=(("region", "Nord"),))[2]
        == "No station has any; a registry brings them, in a shell: evcharge stations FILE"
    )


def test_what_somebody_knows_and_stations_without_a_word_may_be_asked_for(session):
    asked = Selection(station_ids=("A", "B"), where=(("operator", "Glow"), ("operator", "")))
    assert require_known(session, asked) is None


def test_where_nothing_is_loaded_that_is_told_rather_than_that_a_station_is_unknown(engine):
    with Session(engine) as session:
        assert require_known(session, Selection(station_ids=("A",), where=(("operator", "Glow"),))) is None
