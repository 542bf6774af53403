"""What the profiles that come with evcharge promise of a whole load."""

from __future__ import annotations

import pytest

from evcharge.errors import SourceError
from evcharge.load import load_file
from evcharge.sources import with_overrides
from tests.support import layouts
from tests.support.publishers import all_published

WITHOUT_ZONE = (layouts.ASENSIO_WORKPLACE, layouts.ATLAS_CHARGING_USE, layouts.ELAADNL, layouts.EVWATTS)


@pytest.fixture
def load(tmp_path, sqlite_url):
    def load_it(name, data, **settings):
        (tmp_path / name).write_text(data)
        profiles = [with_overrides(profile, **settings) for profile in all_published()]
        return load_file(tmp_path / name, sqlite_url, profiles)

    return load_it


def test_a_session_in_both_copies_of_perths_export_is_loaded_once(load):
    new, old = layouts.PERTH_KINROSS, layouts.PERTH_KINROSS_ARCGIS
    first = load("new.csv", new.file({}, {"_id": "2", "Start Time": "22:50"}))
    second = load("old.csv", old.file({"_id": "41", "OBJECTID": "40"}))
    assert (first.inserted, second.inserted, second.unchanged) == (2, 0, 1)


@pytest.mark.thorough
def test_a_repeat_in_boulders_file_is_unchanged(load):
    layout = layouts.BOULDER_OLD
    result = load("boulder.csv", layout.file({}, {"ObjectId": "2"}, {"Energy__kWh_": "9"}))
    assert (result.read, result.inserted, result.unchanged) == (3, 2, 1)


def test_a_port_without_data_is_skipped_and_not_in_the_count_of_rows(load):
    layout = layouts.EVCHART_MODULE2
    result = load("module2.csv", layout.file({}, layouts.EVCHART_MODULE2_NO_DATA))
    assert (result.read, result.inserted, result.skipped) == (1, 1, 1)


@pytest.mark.thorough
@pytest.mark.parametrize("layout", WITHOUT_ZONE, ids=lambda layout: layout.name)
def test_a_file_whose_zone_nobody_published_is_refused_until_one_is_stated(load, layout):
    with pytest.raises(SourceError) as caught:
        load("sessions.csv", layout.file({}))
    assert caught.value.code == "time_zone_unstated"
    assert "--tz" in caught.value.hint
    assert load("sessions.csv", layout.file({}), timezone="UTC").inserted == 1


def test_the_order_of_day_and_month_is_stated_where_it_can_not_be_told(load):
    data = layouts.UK_APT.file(layouts.UK_APT_EITHER_ORDER)
    with pytest.raises(SourceError) as caught:
        load("council.csv", data)
    assert caught.value.code == "time_format_ambiguous"
    assert load("council.csv", data, time_format="%m/%d/%Y %H:%M").inserted == 1
