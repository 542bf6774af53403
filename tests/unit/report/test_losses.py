"""What is lost is told with its range, and what hangs on silent stations being down is told apart."""

from __future__ import annotations

import csv
import io

import pytest

from evcharge.metrics.cost import Price
from evcharge.report.losses import Losses, Total, in_title, loss_figure, loss_sentence, own_loss_text
from evcharge.report.story import lede_of, title_of, to_csv
from tests.support.stories import BAD, GOOD, station, story_of

NOTHING = Losses((), {"charges": None, "kwh": None, "money": None}, "")
EUR = Price(0.59, "EUR")


def losses(*labels, charges=None, kwh=None, money=None):
    """Losses of these stations, each known of all of them unless a fourth number says of how many."""
    totals = {"charges": charges, "kwh": kwh, "money": money}
    known = {unit: one and Total(*one[:3], *(one[3:] or (len(labels),))) for unit, one in totals.items()}
    return Losses(labels, known, "EUR" if money else "")


def silent(station_id):
    return station(350, 0, station_id, last_day=50)


FEW = losses("A", "B", charges=(45, 20, 70), kwh=(900, 400, 1400), money=(531, 236, 826))
DOWN = losses("Garden Lane", charges=(98, 60, 130), kwh=(1960, 1200, 2600), money=(1156.4, 708, 1534))


@pytest.mark.parametrize(
    ("below", "down", "title"),
    [
        (NOTHING, NOTHING, ""),
        (FEW, NOTHING, "together they lose about 45 (20 to 70) charges a week"),
        (
            FEW,
            DOWN,
            "about 45 (20 to 70) charges a week are lost, and about 98 (60 to 130) more if Garden Lane is really down",
        ),
        (NOTHING, DOWN, "about 98 (60 to 130) charges a week are lost if Garden Lane is really down"),
        (losses("A", charges=(0.9, 0, 2)), NOTHING, ""),
        (
            losses("A", "B", "C", charges=(45, 20, 70, 2)),
            NOTHING,
            "about 45 (20 to 70) charges a week are lost (known of 2 of 3 stations)",
        ),
        (FEW, losses("X"), "about 45 (20 to 70) charges a week are lost"),
        (
            NOTHING,
            losses("X", "Y", charges=(9, 8, 11)),
            "about 9.0 (8.0 to 11) charges a week are lost if X and Y are really down",
        ),
        (
            NOTHING,
            losses("X", "Y", "Z", charges=(9, 8, 11)),
            "about 9.0 (8.0 to 11) charges a week are lost if the three silent stations are really down",
        ),
    ],
)
def test_a_title_tells_what_is_measured_and_apart_from_it_what_hangs_on_silent_stations(below, down, title):
    assert in_title(below, down, alone=False) == title


def test_a_lone_silent_station_needs_no_name():
    told = in_title(NOTHING, DOWN, alone=True)
    assert told == "it loses about 98 (60 to 130) charges a week if it is really down"


def test_a_long_name_is_cut_in_a_sentence():
    told = in_title(NOTHING, losses("N" * 200, charges=(9, 9, 9)), alone=False)
    assert told == f"about 9.0 charges a week are lost if {'N' * 19}…{'N' * 20} is really down"


def test_the_sentence_adds_energy_and_money_to_what_the_title_says():
    assert loss_sentence(FEW, DOWN) == (
        "the visits that failed beyond what the target allows cost 900 kWh (400 kWh to 1.4 MWh) and 531 EUR "
        "(236 to 826) a week; if Garden Lane is really down, 2.0 MWh (1.2 to 2.6) and 1,156 EUR (708 to 1,534) more"
    )
    assert loss_sentence(NOTHING, NOTHING) == ""


def test_the_sentence_has_the_charges_where_the_title_does_not_speak_of_them():
    little = losses("A", charges=(0.4, 0.1, 1.1), kwh=(8, 2, 22))
    assert loss_sentence(little, NOTHING) == (
        "the visits that failed beyond what the target allows cost 0.4 (0.1 to 1.1) charges and 8 kWh (2 to 22) a week"
    )


def test_where_no_more_visits_fail_than_allowed_it_says_so():
    retried = losses("A", charges=(0.0, 0.0, 1.0), kwh=(0, 0, 20))
    assert loss_sentence(retried, NOTHING) == (
        "no more visits fail than the target allows, so that failures cost no charge"
    )


def test_what_is_not_known_is_not_counted_as_nothing():
    assert loss_sentence(losses("A"), losses("B")) == "what stations below target lose is not known"
    assert loss_figure(losses("A"), NOTHING) == ("–", "not known")
    partly = losses("A", "B", charges=(45, 20, 70), kwh=(400, 200, 600, 1))
    assert "cost 400 kWh (200 to 600) (known of 1 of 2 stations) a week" in loss_sentence(partly, NOTHING)


def test_a_price_without_any_energy_to_it_is_not_passed_over():
    unpriced = Losses(("A",), {"charges": Total(5, 3, 8, 1), "kwh": None, "money": None}, "EUR")
    sentence = loss_sentence(unpriced, NOTHING)
    assert sentence.endswith("; what that is in money can't be told, for no energy is recorded there")
    assert own_loss_text(unpriced, silent=False) == (
        "it loses about 5.0 (3.0 to 8.0) charges in a usual week; what that is in money can't be told, for no energy "
        "is recorded"
    )
    without_price = Losses(("A",), unpriced.totals, "")
    assert "money" not in loss_sentence(without_price, NOTHING) + own_loss_text(without_price, silent=False)


def test_one_station_whose_loss_is_not_known_says_so_and_one_that_needs_no_attention_nothing():
    unknown = Losses(("A",), NOTHING.totals, "")
    assert own_loss_text(unknown, silent=True) == "what it loses in a usual week is not known"
    assert own_loss_text(NOTHING, silent=False) == ""


def test_the_sum_of_a_range_is_that_of_its_ends():
    told = story_of(station(*BAD), station(*BAD, "B"), silent("S"), station(*GOOD, "G"))
    below, down = told.losses
    rows = told.stations.set_index("station_id")
    ends = ("", "_low", "_high")
    assert below.charges == (*(2 * rows.loc["A", f"charges_lost_per_week{end}"] for end in ends), 2)
    assert down.charges == (*(rows.loc["S", f"charges_lost_per_week{end}"] for end in ends), 1)
    assert (below.labels, down.labels) == (("A", "B"), ("S",))


def test_stations_that_need_no_attention_lose_nothing_that_is_told():
    told = story_of(station(*BAD), station(*GOOD, "G"))
    assert told.stations.set_index("station_id")["charges_lost_per_week"].isna().to_dict() == {"A": False, "G": True}


def test_without_a_price_no_money_is_told():
    told = story_of(station(*BAD), silent("S"), station(*GOOD, "G"))
    document = told.to_dict()
    assert document["price"] is None
    assert document["attention"]["below_target"]["money_lost_per_week"] is None
    assert document["stations"][0]["now"]["money_lost_per_week"] is None
    assert "money_lost_per_week" not in to_csv(told).splitlines()[0]
    assert "EUR" not in lede_of(told)


def test_with_a_price_money_is_energy_times_the_price_everywhere():
    told = story_of(station(*BAD), silent("S"), station(*GOOD, "G"), price=EUR)
    document = told.to_dict()
    assert document["price"] == {"per_kwh": 0.59, "currency": "EUR"}
    for losses_of_group in (document["attention"][name] for name in ("below_target", "if_silent_are_down")):
        for end in ("", "_low", "_high"):
            kwh, money = (losses_of_group[f"{unit}_lost_per_week{end}"] for unit in ("kwh", "money"))
            assert money == pytest.approx(kwh * 0.59)
    first, second, _ = csv.DictReader(io.StringIO(to_csv(told)))
    assert (first["station_id"], first["currency"], second["money_lost_per_week"]) == ("A", "EUR", "")
    assert float(first["money_lost_per_week_low"]) == pytest.approx(float(first["kwh_lost_per_week_low"]) * 0.59)
    assert "101 kWh (82 to 120) and 60 EUR (48 to 71) a week; if S is really down, 980 kWh and 578 EUR more" in lede_of(
        told
    )
    assert "EUR" not in title_of(told)
