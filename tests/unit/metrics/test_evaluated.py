from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import DEFINITIONS, OUTCOMES, RECORDED
from evcharge.metrics.evaluated import column_of, outcomes_by
from evcharge.metrics.letters import LETTERS, ORDER, letter_at, letters_by
from evcharge.models import FactCharging

FLAGS = (None, True, False)
VALUES = {
    "success": FLAGS,
    "has_transaction": FLAGS,
    "reached_charging": FLAGS,
    "energy_kwh": (None, 0.0, 0.1, 0.2, 0.25, 0.5, 0.6, 1.0, 20.0),
    "duration_minutes": (None, 0.0, 2.0, 2.5, 3.0, 3.5),
    "stop_reason": (None, "Local", "LocalOutOfCredit", "local", "PowerLoss"),
    "next_status": (None, "Faulted", "Available"),
}
ROWS = list(itertools.product(*VALUES.values()))
"""Every value at and beside every limit, with every other."""


@pytest.fixture(scope="module")
def told_by_the_database():
    """The outcome of each row by each definition, and its letters, as SQLite says them."""
    engine = create_engine("sqlite://")
    names = ", ".join(VALUES)
    with Session(engine) as session:
        connection = session.connection()
        connection.exec_driver_sql(f"CREATE TABLE fact_charging ({names}, source_line INTEGER)")
        marks = ", ".join("?" * (len(VALUES) + 1))
        rows = [(*row, number) for number, row in enumerate(ROWS)]
        connection.exec_driver_sql(f"INSERT INTO fact_charging VALUES ({marks})", rows)
        outcomes = [definition.outcome for definition in ORDER]
        letters = letters_by(ORDER)
        query = select(letters, letter_at(letters, len(ORDER)), *outcomes).order_by(FactCharging.source_line)
        told = [tuple(row) for row in session.execute(query)]
    engine.dispose()
    return told


def columns(rows=ROWS):
    """The rows as columns of a clean frame."""
    kinds = {"energy_kwh": "float64", "duration_minutes": "float64", "stop_reason": "object", "next_status": "object"}
    told = zip(VALUES, zip(*rows, strict=True), strict=True)
    return {name: column_of(pd.Series(list(values), dtype=kinds.get(name, "boolean"))) for name, values in told}


@pytest.mark.parametrize("place", range(len(ORDER)), ids=[definition.id for definition in ORDER])
def test_a_definition_says_in_memory_what_it_says_in_the_database(told_by_the_database, place):
    places = outcomes_by(ORDER[place].outcome, columns())
    assert [OUTCOMES[number] for number in places] == [row[place + 2] for row in told_by_the_database]
    assert len(np.unique(places)) > 1


def test_the_letters_are_those_of_the_outcomes_in_order(told_by_the_database):
    for letters, last, *outcomes in told_by_the_database:
        assert letters == "".join(LETTERS[outcome] for outcome in outcomes)
        assert last == letters[-1]


def test_every_published_definition_has_its_letter():
    assert tuple(DEFINITIONS.values()) == ORDER
    assert sorted(LETTERS) == sorted(OUTCOMES)
    assert len(set(LETTERS.values())) == len(OUTCOMES)


@pytest.mark.parametrize(
    "outcome",
    [
        RECORDED.outcome.concat("x"),
        func.lower(FactCharging.next_status),
        select(FactCharging.next_status).scalar_subquery(),
    ],
)
def test_what_no_published_definition_holds_is_refused(outcome):
    with pytest.raises(TypeError, match="in no published definition"):
        outcomes_by(outcome, columns(ROWS[:2]))
