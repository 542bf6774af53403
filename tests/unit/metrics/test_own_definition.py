"""A definition of the user's own judges as it says, and is known by a hash of what it says."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from evcharge.errors import ConfigError
from evcharge.metrics.own_definition import Contract, read_contract, read_definition
from evcharge.models import FactCharging
from tests.support.star import write_sessions

TEXTS = 'id = "ours"\ntitle = "our contract"\nsource = "Contract 12, annex B"\n'


@pytest.fixture
def definition(tmp_path):
    def written(rule, texts=TEXTS):
        path = tmp_path / "ours.toml"
        path.write_text(texts + rule)
        return read_definition(path)

    return written


def judged(engine, definition, *rows):
    write_sessions(engine, *rows)
    with engine.connect() as connection:
        found = dict(connection.execute(select(FactCharging.session_id, definition.outcome)).all())
    return [found[f"S{number}"] for number in range(len(rows))]


CASES = {
    "energy_kwh_above = 0.5": ({"energy_kwh": 0.51}, {"energy_kwh": 0.5}, {"energy_kwh": None}),
    "energy_kwh_at_least = 1": ({"energy_kwh": 1.0}, {"energy_kwh": 0.99}, {}),
    "duration_minutes_above = 3": ({"duration_minutes": 3.1}, {"duration_minutes": 3.0}, {}),
    "duration_minutes_at_least = 3": ({"duration_minutes": 3.0}, {"duration_minutes": 2.9}, {}),
    'stop_reasons = ["Local", "Remote"]': ({"stop_reason": "Local"}, {"stop_reason": "Other"}, {}),
    'next_status_not = ["Faulted"]': ({"next_status": "Available"}, {"next_status": "Faulted"}, {}),
    "recorded_success = true": ({"success": True}, {"success": False}, {}),
    "reached_charging = true": ({"reached_charging": True}, {"reached_charging": False}, {}),
}


@pytest.mark.parametrize("rule", CASES)
def test_each_condition_judges_as_it_says(engine, definition, rule):
    assert judged(engine, definition(rule), *CASES[rule]) == ["success", "failure", "unknown"]


def test_every_condition_must_hold(engine, definition):
    rule = definition("energy_kwh_above = 0.5\nduration_minutes_above = 2")
    rows = [{"energy_kwh": 1.0, "duration_minutes": minutes} for minutes in (3.0, 1.0, None)]
    assert judged(engine, rule, *rows) == ["success", "failure", "unknown"]
    assert rule.needs == ("energy_kwh", "duration_minutes")


def test_attempts_without_a_transaction_fail_where_the_definition_says_so(engine, definition):
    rule = definition("energy_kwh_above = 0.5\nattempts_without_transaction_fail = true")
    rows = [{"has_transaction": told, "energy_kwh": 1.0} for told in (True, False, None)]
    assert judged(engine, rule, *rows) == ["success", "failure", "unknown"]


def test_the_id_ends_in_a_hash_of_the_rule_alone(definition):
    one = definition("energy_kwh_above = 0.5\nduration_minutes_above = 2")
    same = definition("duration_minutes_above = 2\nenergy_kwh_above = 0.5", TEXTS.replace("our contract", "Title"))
    other = definition("energy_kwh_above = 0.6\nduration_minutes_above = 2")
    assert one.id == same.id != other.id
    assert one.id.startswith("ours@")
    assert (one.title, one.source) == ("our contract", "Contract 12, annex B")
    spelt = definition("duration_minutes_above = 2.0\nenergy_kwh_above = 5e-1")
    assert spelt.id == one.id


def test_words_are_hashed_whatever_their_order_and_number(definition):
    rule = 'stop_reasons = ["Local", "Remote"]'
    assert definition('stop_reasons = ["Remote", "Local", "Remote"]').id == definition(rule).id
    assert definition('next_status_not = ["Local", "Remote"]').id != definition(rule).id
    assert definition("recorded_success = true").id != definition("recorded_success = false").id


def test_the_id_of_a_rule_stays_what_it_is(definition):
    """Ids stand in reports that were handed out."""
    rule = definition('energy_kwh_above = 1\nnext_status_not = ["Faulted"]\nattempts_without_transaction_fail = true')
    assert rule.id == "ours@1303875a"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("", "states no condition"),
        ("energy = 1", "unknown key 'energy'"),
        ("energy_kwh_above = '1'", "energy_kwh_above is '1'"),
        ("energy_kwh_above = true", "energy_kwh_above is True"),
        ("energy_kwh_above = nan", "energy_kwh_above is nan"),
        ("energy_kwh_above = inf", "energy_kwh_above is inf"),
        (f"energy_kwh_above = 1{'0' * 400}", "energy_kwh_above is 10000"),
        ("energy_kwh_above = -1", "energy_kwh_above is -1"),
        ("stop_reasons = []", "stop_reasons is []"),
        ("stop_reasons = 'Local'", "stop_reasons is 'Local'"),
        ("recorded_success = 1", "recorded_success is 1"),
        ("energy_kwh_above = 1\nattempts_without_transaction_fail = false", "is False"),
        ("energy_kwh_above = ", "can't be read as TOML"),
    ],
)
def test_a_faulty_definition_is_refused_with_its_key(definition, rule, told):
    with pytest.raises(ConfigError) as refusal:
        definition(rule)
    assert refusal.value.code == "bad_definition"
    assert told in refusal.value.reason
    assert refusal.value.hint


def test_a_file_that_is_not_there_is_told_in_words(tmp_path):
    with pytest.raises(ConfigError) as refusal:
        read_definition(tmp_path / "none.toml")
    assert refusal.value.reason.endswith("none.toml can't be read: No such file or directory.")


@pytest.mark.parametrize("name", ['"Our Rule"', '""', '"afirev"', "7"])
def test_an_id_is_a_short_name_of_its_own(definition, name):
    with pytest.raises(ConfigError, match="id is"):
        definition("energy_kwh_above = 1", TEXTS.replace('"ours"', name))


@pytest.mark.parametrize(
    ("table", "contract"),
    [
        ("", Contract()),
        ("[contract]\n", Contract()),
        ("[contract]\ntarget = 0.97\n", Contract(target=0.97)),
        ("[contract]\ntarget = 0.97\nconfidence = 0.99\n", Contract(0.97, 0.99)),
    ],
)
def test_a_contract_states_target_and_confidence_and_is_no_part_of_the_definition(
    tmp_path, definition, table, contract
):
    alone = definition("energy_kwh_above = 0.5\n")
    assert definition(f"energy_kwh_above = 0.5\n{table}").id == alone.id
    assert read_contract(tmp_path / "ours.toml") == contract


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ("contract = 1", "contract is 1"),
        ("[contract]\ngoal = 0.9", "unknown key 'goal' in .contract."),
        ("[contract]\ntarget = 95", "target is 95"),
        ('[contract]\nconfidence = "0.9"', "confidence is '0.9'"),
        ("[contract]\nconfidence = true", "confidence is True"),
    ],
)
def test_a_contract_that_says_nothing_usable_is_refused(tmp_path, table, what):
    (tmp_path / "ours.toml").write_text(f"{TEXTS}{table}\n")
    with pytest.raises(ConfigError, match=what):
        read_contract(tmp_path / "ours.toml")
