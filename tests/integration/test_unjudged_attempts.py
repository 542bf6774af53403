"""A rule that can't see attempts without a transaction must not flatter: the report says how many it leaves out."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from evcharge.cli import run_command
from evcharge.db import open_engine
from evcharge.load import load_file
from evcharge.load.rebuild import rebuild
from evcharge.sources import builtin_profiles
from tests.support.factories import native_csv, session_row


def report(capsys, url, *arguments):
    assert run_command(["report", "--db", url, "--json", "--no-png", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.thorough
def test_attempts_that_never_became_a_transaction_are_told_where_the_rule_can_not_judge_them(url, tmp_path, capsys):
    rows = [session_row(session_id=str(n), success="", energy_kwh="7.5" if n < 3 else "") for n in range(5)]
    load_file(native_csv(tmp_path / "a.csv", *rows), url, [builtin_profiles()["native"]])
    with open_engine(url, writes=True).begin() as connection:
        seen = {"yes": True, "no": False}
        change = "UPDATE fact_charging SET has_transaction = :{} WHERE energy_kwh IS {} NULL"
        connection.execute(text(change.format("yes", "NOT")), seen)
        connection.execute(text(change.format("no", "")), seen)
    rebuild(url)
    by_energy = report(capsys, url, "--definition", "afirev")
    assert (by_energy["network"]["attempts"], by_energy["network"]["unknown"]) == (3, 2)
    assert any(note.startswith("2 attempts never became a transaction") for note in by_energy["notes"])
    by_stop = report(capsys, url, "--definition", "chargex_session")
    assert by_stop["network"]["failures"] == 5
    assert not any("transaction" in note for note in by_stop["notes"])
