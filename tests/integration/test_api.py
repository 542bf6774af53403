"""What a Python program calls gives the figures that the command line gives."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date

import pandas as pd
import pytest

import evcharge
from evcharge import reliability
from evcharge.cli import run_command
from evcharge.db import open_engine
from evcharge.errors import ConfigError, SourceError
from evcharge.load import load_file
from evcharge.metrics.outcomes import GROUPINGS
from evcharge.sources import builtin_profiles
from evcharge.synth import write_sample

SESSIONS = pd.DataFrame(
    {
        "session_id": ["a", "b", "c"],
        "station_id": [7, 7, 8],
        "start_time": pd.to_datetime(["2024-05-01T08:00Z", "2024-05-02T08:00Z", "2024-05-03T08:00Z"]),
        "end_time": pd.to_datetime(["2024-05-01T09:00Z", "2024-05-02T08:01Z", None]),
        "energy_kwh": [7.5, 0.0, None],
    }
)


@pytest.fixture
def star(url, tmp_path):
    path = tmp_path / "s.csv"
    write_sample(path, rows=400)
    load_file(path, url, [builtin_profiles()["native"]])
    return url


@pytest.mark.thorough
def test_the_document_is_the_one_that_the_command_prints(star, capsys):
    found = evcharge.reliability(star, start=date(2025, 5, 1), definition="afirev", target=0.9)
    assert run_command(["report", "--db", star, "--from", "2025-05-01", "--definition", "afirev", "--target", "0.9",
                        "--json", "--no-png"]) == 0  # fmt: skip
    assert found.to_dict() == json.loads(capsys.readouterr().out)


@pytest.mark.thorough
def test_an_engine_and_its_url_give_the_same(star):
    with_engine = evcharge.reliability(open_engine(star))
    assert with_engine.to_dict() == evcharge.reliability(star).to_dict()


@pytest.mark.thorough
def test_a_path_names_an_sqlite_file(sqlite_url, tmp_path):
    write_sample(tmp_path / "s.csv", rows=50)
    load_file(tmp_path / "s.csv", sqlite_url, [builtin_profiles()["native"]])
    assert evcharge.reliability(sqlite_url.removeprefix("sqlite:///")).network["attempts"].item() > 40


@pytest.mark.thorough
def test_frames_add_up_and_hold_every_definition(star):
    found = evcharge.reliability(star)
    assert found.stations["attempts"].sum() == found.network["attempts"].item()
    assert set(found.sensitivity["definition"]) >= {"recorded", "afirev", "ucdavis_1kwh"}
    assert found.load is None
    assert repr(found).startswith("<Reliability: 10 stations, ")


@pytest.mark.thorough
def test_the_dispersion_is_that_of_the_stations_around_their_pooled_ratio(star):
    found = evcharge.reliability(star)
    stations, ratio = found.stations, found.network["success_ratio"].item()
    z = (stations["success_ratio"] - ratio) / (ratio * (1 - ratio) / stations["attempts"]) ** 0.5
    assert found.dispersion.phi == pytest.approx((z**2).mean())
    assert 0 < found.dispersion.chance < 1


@pytest.mark.thorough
@pytest.mark.parametrize("by", [name for name in GROUPINGS if name != "station"])
def test_other_groups_hold_the_same_sessions(star, by):
    assert (
        evcharge.reliability(star, by=by).stations["attempts"].sum()
        == evcharge.reliability(star).stations["attempts"].sum()
    )


@pytest.mark.thorough
def test_a_frame_of_sessions_needs_no_database():
    found = evcharge.reliability(SESSIONS)
    assert found.stations[["station_id", "successes", "failures", "unknown"]].to_numpy().tolist() == [
        ["7", 1, 1, 0],
        ["8", 0, 0, 1],
    ]
    assert found.load is not None
    assert (found.load.read, found.load.rejected) == (3, 0)


@pytest.mark.thorough
def test_a_frame_is_cleaned_by_the_same_rules():
    found = evcharge.reliability(SESSIONS.assign(energy_kwh=[7.5, 1001, None]))
    assert found.load.rejects_by_rule == {"energy_kwh_out_of_range": 1}


@pytest.mark.thorough
def test_times_without_a_zone_need_one():
    naive = SESSIONS.assign(**{name: SESSIONS[name].dt.tz_localize(None) for name in ("start_time", "end_time")})
    with pytest.raises(SourceError, match="zone"):
        evcharge.reliability(naive)
    assert len(evcharge.reliability(naive, timezone="Europe/Oslo").stations) == 2


def test_an_unknown_definition_is_an_error_with_the_known_ones(star):
    with pytest.raises(ConfigError, match="no definition 'csr'"):
        evcharge.reliability(star, definition="csr")


@pytest.mark.parametrize("target", [95, 1.0, 0, -0.5, float("nan"), float("inf")])
def test_a_target_that_is_no_share_between_0_and_1_is_an_error(target):
    with pytest.raises(ConfigError, match=f"target is {target:g}; it must be a share between 0 and 1.") as caught:
        evcharge.reliability(SESSIONS, target=target)
    assert caught.value.code == "config_out_of_range"


@pytest.mark.parametrize(
    ("asked", "code", "told"),
    [
        ({"target": "95%"}, "bad_argument", "Write it like target=0.95."),
        ({"confidence": None}, "bad_argument", "Write it like confidence=0.95."),
        ({"by": ["station", "port"]}, "bad_argument", "Write it like by='station'."),
        ({"where": "operator=Shine"}, "bad_argument", "Write it like where={'network': 'Exampla'}."),
        ({"price": "0.59 EUR"}, "bad_price", "Write it like price=(0.59, 'EUR')."),
        ({"price": (-1, "EUR")}, "bad_price", "Write it like price=(0.59, 'EUR')."),
        ({"price": (0.59, "euro")}, "bad_price", "Write it like price=(0.59, 'EUR')."),
        ({"data": None}, "data_or_counts", "Give one, as in evcharge.reliability('ev_charging.db')."),
        ({"data": "star.db", "timezone": "Europe/Oslo"}, "no_frame", "Leave it out"),
    ],
)
def test_what_is_given_in_the_words_of_the_command_line_is_answered_in_those_of_python(asked, code, told):
    with pytest.raises(ConfigError) as caught:
        evcharge.reliability(**{"data": SESSIONS, **asked})
    assert (caught.value.code, told in str(caught.value)) == (code, True)


@pytest.mark.thorough
def test_a_lot_and_a_price_give_what_the_command_gives(star, evcharge):
    lot = {"network": "Exampla", "name": ["Harbour Street", "Foundry Green"]}
    found = reliability(star, target=0.999, where=lot, price=(0.5, "EUR"))
    where = ("--where", "network=Exampla", "--where", "name=Harbour Street", "--where", "name=Foundry Green")
    options = ("--json", "--no-png", "--target", "99.9%", "--price", "0.5 EUR")
    _, out, _ = evcharge("report", "--db", star, *options, *where)
    assert found.to_dict() == json.loads(out)
    assert found.spells["kwh_lost_per_week"].notna().any()
    assert found.spells["money_lost_per_week"].tolist() == pytest.approx(
        (found.spells["kwh_lost_per_week"] / 2).tolist(), nan_ok=True
    )
    assert "money_lost_per_week" not in reliability(star).spells


@pytest.mark.parametrize(
    ("lot", "wrong"),
    [
        ({"colour": "red"}, "no lot of stations can be named by the column 'colour'."),
        ({"network": []}, "no word of the column 'network' is named."),
    ],
)
def test_a_lot_that_names_nothing_is_an_error_and_not_all_stations(lot, wrong):
    with pytest.raises(ConfigError) as caught:
        evcharge.reliability(SESSIONS, where=lot)
    assert str(caught.value).startswith(wrong)


def test_an_unknown_group_is_an_error_with_the_known_ones():
    with pytest.raises(ConfigError, match="nothing is grouped by 'foo'") as caught:
        evcharge.reliability(SESSIONS, by="foo")
    assert caught.value.hint == "Known: station, port, network, operator, region, department, month, load."


@pytest.mark.thorough
def test_an_error_of_a_frame_names_no_file_that_nobody_has():
    with pytest.raises(SourceError) as caught:
        evcharge.reliability(SESSIONS.drop(columns="energy_kwh"))
    assert str(caught.value).startswith("the DataFrame does not fit profile native: it lacks energy_kwh")
    assert "sessions.csv" not in str(caught.value)


@pytest.mark.thorough
def test_the_short_form_counts_one_station_and_one_attempt_as_one():
    one = SESSIONS[SESSIONS["session_id"] == "a"]
    assert repr(evcharge.reliability(one)).startswith("<Reliability: 1 station, 1 attempt, ")


@pytest.mark.thorough
def test_importing_evcharge_is_light_and_its_function_stays_one():
    code = (
        "import sys, evcharge; assert 'pandas' not in sys.modules; "
        "first = evcharge.reliability; assert callable(first) and evcharge.reliability is first; "
        "assert 'reliability' in evcharge.__all__"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
