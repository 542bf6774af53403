"""What a Python program gives is read as it is meant, or refused in words of Python."""

from __future__ import annotations

from datetime import date, datetime, timezone

import numpy as np
import pandas as pd
import pytest

from evcharge.api_arguments import as_day, as_definition, as_file, as_lot, as_share, known_columns, renamed, shown
from evcharge.errors import ConfigError

FRAME = pd.DataFrame({"Station": ["7"], "session_id": ["a"]})


@pytest.mark.parametrize(
    "given",
    [
        "2025-04-01",
        date(2025, 4, 1),
        datetime(2025, 4, 1),  # noqa: DTZ001 - a day has no zone
        datetime(2025, 4, 1, tzinfo=timezone.utc),
        pd.Timestamp("2025-04-01"),
        pd.Timestamp("2025-04-01", tz="Europe/Oslo"),
    ],
)
def test_a_day_is_text_a_date_or_a_time_at_midnight(given):
    day = as_day(given, "start")
    assert day == date(2025, 4, 1)
    assert type(day) is date


def test_no_day_is_no_limit():
    assert as_day(None, "start") is None


@pytest.mark.parametrize(
    "given", ["2025-02-29", "1.4.2025", "20250401", "2025-04-01 08:00", "", 20250401, 1.5, pd.NaT, float("nan")]
)
def test_what_is_no_day_is_refused_with_how_to_write_one(given):
    with pytest.raises(ConfigError) as caught:
        as_day(given, "start")
    assert caught.value.code == "bad_day"
    assert str(caught.value).startswith(f"start is {str(given)!r}, which is no day.")
    assert "start='2025-04-01'" in str(caught.value)


@pytest.mark.parametrize("given", [datetime(2025, 4, 1, 8), pd.Timestamp("2025-04-01 23:59:59.9")])  # noqa: DTZ001
def test_a_time_of_day_is_not_cut_off_without_a_word(given):
    with pytest.raises(ConfigError, match="has a time of day") as caught:
        as_day(given, "end")
    assert "end=when.date()" in str(caught.value)


def test_columns_get_our_names_and_the_frame_that_was_given_keeps_its_own():
    assert renamed(FRAME, {"Station": "station_id"}).columns.tolist() == ["station_id", "session_id"]
    assert FRAME.columns.tolist() == ["Station", "session_id"]


def test_a_name_that_is_none_of_ours_is_refused_with_all_that_are():
    with pytest.raises(ConfigError) as caught:
        renamed(FRAME, {"Station": "station"})
    assert caught.value.code == "unknown_column"
    assert all(name in str(caught.value) for name in ("station_id", "station_name", "stop_reason", *known_columns()))


def test_a_name_that_the_frame_lacks_is_refused_with_those_that_it_has():
    with pytest.raises(ConfigError, match="columns names 'station'") as caught:
        renamed(FRAME, {"station": "station_id"})
    assert caught.value.hint == "It has: Station, session_id."


@pytest.mark.parametrize("columns", [{"Station": "session_id"}, {"Station": "station_id", "session_id": "station_id"}])
def test_two_columns_of_one_name_are_refused(columns):
    with pytest.raises(ConfigError) as caught:
        renamed(FRAME, columns)
    assert caught.value.code == "column_named_twice"


@pytest.mark.parametrize(
    ("given", "lot"),
    [
        (None, ()),
        ({"operator": "Shine"}, (("operator", "Shine"),)),
        ({"operator": ("A", "B")}, (("operator", "A"), ("operator", "B"))),
        ({"operator": pd.Series(["A"])}, (("operator", "A"),)),
        ({"operator": np.array(["A"])}, (("operator", "A"),)),
    ],
)
def test_a_lot_is_a_word_or_several_by_column(given, lot):
    assert as_lot(given) == lot


@pytest.mark.parametrize("given", [[], "operator", {"operator": None}, {"operator": 5}, {"operator": ["A", None]}])
def test_a_lot_of_anything_else_is_refused_with_how_to_write_one(given):
    with pytest.raises(ConfigError, match="where=") as caught:
        as_lot(given)
    assert caught.value.code == "bad_argument"


@pytest.mark.parametrize("given", [3, [], {}, b"afirev", pd.Timestamp("2025-01-01"), FRAME])
def test_a_definition_is_an_id_or_a_definition(given):
    with pytest.raises(ConfigError, match="definition='afirev'"):
        as_definition(given)


@pytest.mark.parametrize("given", [None, "", 3, b"x.csv", FRAME])
def test_a_file_is_named_by_text_or_a_path(given):
    with pytest.raises(ConfigError, match=r"path='x\.csv'"):
        as_file(given, "path", "'x.csv'")


@pytest.mark.parametrize("given", ["0.95", True, None, 10**400, [0.95]])
def test_a_share_is_a_number(given):
    with pytest.raises(ConfigError, match=r"target=0\.95"):
        as_share(given, "target")
    assert type(as_share(np.float64(0.5), "target")) is float


def test_what_is_long_is_shown_as_its_type():
    assert shown(FRAME) == "this DataFrame"
    assert shown(10**400) == "this int"
    assert shown(np.int64(3)) == "3"
