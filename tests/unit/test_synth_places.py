from __future__ import annotations

from evcharge.synth.places import place_of

STATIONS = 6_000


def test_no_two_stations_have_one_name_or_one_place() -> None:
    places = [place_of(index) for index in range(STATIONS)]
    assert len({place.name for place in places}) == STATIONS
    assert len({(place.latitude, place.longitude) for place in places}) == STATIONS


def test_names_are_words_and_only_in_huge_fleets_a_number_too() -> None:
    assert [place_of(index).name for index in (0, 1, 23, 299, 1_495)] == [
        "Harbour Street",
        "Mill Lane",
        "Harbour Lane",
        "Harbour Street North",
        "Harbour Street 2",
    ]
    assert all(place_of(index).name.replace(" ", "").isalpha() for index in range(1_495))


def test_a_city_is_in_one_region_and_its_stations_are_near_each_other() -> None:
    places = [place_of(index) for index in range(STATIONS)]
    assert len({place.region for place in places}) == 5
    assert len({(place.city, place.region) for place in places}) == len({place.city for place in places}) == 12
    for city in {place.city for place in places}:
        own = [place for place in places if place.city == city]
        for degrees, most in (
            ([float(place.latitude) for place in own], 0.13),
            ([float(place.longitude) for place in own], 0.17),
        ):
            assert 0 < max(degrees) - min(degrees) < most


def test_a_fleet_of_ten_stands_in_every_region() -> None:
    assert len({place_of(index).region for index in range(10)}) == 5
