"""Uptime in Python is that of the command: by all rulebooks, of a quarter and of a year."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

import evcharge as public
from evcharge.errors import ConfigError
from evcharge.metrics.availability.periods import of_quarter
from evcharge.metrics.availability.rulebooks import BUILTIN
from evcharge.metrics.milliseconds import instant_of
from tests.support.evidence_star import EvidenceStar

thorough = pytest.mark.thorough


@pytest.fixture
def star(engine):
    """A port that was up and one that was down, for three days."""
    star = EvidenceStar(engine)
    for port, word in (("1", "up"), ("2", "down")):
        star.says(port, 0, "Available", "up")
        star.says(port, 24, "Faulted", word)
        star.says(port, 72, "Available", "up")
    return star


def told_by(evcharge, engine, *options):
    code, out, err = evcharge("uptime", "--db", engine.url.render_as_string(hide_password=False), *options)
    assert code == 0, err
    return out


@thorough
def test_all_rulebooks_give_the_document_of_the_command(star, engine, evcharge):
    found = public.uptime(engine, rulebook="all")
    assert json.loads(told_by(evcharge, engine, "--rulebook", "all", "--json")) == json.loads(
        json.dumps(found.to_dict())
    )


@thorough
def test_all_rulebooks_give_the_rows_of_the_command(star, engine, evcharge):
    rows = pd.read_csv(io.StringIO(told_by(evcharge, engine, "--rulebook", "all", "--csv", "-")))
    ports = public.uptime(engine, rulebook="all").ports
    assert ports["rulebook"].tolist() == rows["rulebook"].tolist()
    np.testing.assert_allclose(ports[["low", "high", "uptime"]], rows[["low", "high", "uptime"]])


@thorough
def test_the_short_form_counts_one_port_as_one(engine):
    star = EvidenceStar(engine)
    star.says("1", 0, "Available", "up")
    star.says("1", 72, "Available", "up")
    assert repr(public.uptime(engine, where={"operator": "Shine"})).startswith("<Uptime: 1 port, ")


@thorough
def test_each_frame_says_by_which_rulebook_it_is(star, engine):
    found = public.uptime(engine, rulebook="all", by="station")
    for frame in (found.ports, found.groups, found.network, found.steps):
        assert list(dict.fromkeys(frame["rulebook"])) == list(BUILTIN)
    assert set(public.uptime(engine).groups["rulebook"]) == {"nevi"}
    assert f"{len(BUILTIN)} rulebooks" in repr(found)
    assert found._repr_html_().count("<tr>") == 1 + len(BUILTIN)
    assert found.reported.empty


@pytest.mark.parametrize(
    ("asked", "option"), [({"year": np.int64(2025)}, "--year"), ({"quarter": "2025q1"}, "--quarter")]
)
def test_a_quarter_and_a_year_are_those_of_the_command(star, engine, evcharge, asked, option):
    found = public.uptime(engine, **asked)
    told = told_by(evcharge, engine, option, str(*asked.values()), "--json")
    assert json.loads(told) == json.loads(json.dumps(found.to_dict()))


def test_a_quarter_lasts_three_months():
    begins, ends = (instant_of(at) for at in of_quarter("2025Q4"))
    assert (f"{begins:%Y-%m-%d}", f"{ends:%Y-%m-%d}") == ("2025-10-01", "2026-01-01")
    assert of_quarter("2025Q5") is None


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"quarter": "2025Q5"}, "quarter='2025Q4'"),
        ({"quarter": 4}, "quarter='2025Q4'"),
        ({"year": "2025"}, "year=2025"),
        ({"year": True}, "year=2025"),
        ({"year": 1}, "year=2025"),
        ({"year": 2025, "quarter": "2025Q4"}, "Give start and end, or one other."),
        ({"year": 2025, "start": "2025-01-01"}, "Give start and end, or one other."),
        ({"rulebook": ["nevi"]}, "rulebook='nevi'"),
        ({"by": None}, "by='port'"),
        ({"where": {"operator": None}}, "where={'operator': 'Exampla'}"),
    ],
)
def test_what_is_no_period_and_no_rulebook_is_refused_in_python(asked, told):
    with pytest.raises(ConfigError) as caught:
        public.uptime("nowhere.db", **asked)
    assert told in str(caught.value)
