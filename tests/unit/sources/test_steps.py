"""Named steps, each by itself: what it changes, what it leaves alone, and what counts as a repair."""

from __future__ import annotations

import pytest

from evcharge.sources.steps import DROPPING, REWRITING, ROW_STEPS, STEPS, VALUE_STEPS, apply_step, are_dropped

VALUES = {
    "minute_month_first": [
        ("7/5/2018 8:09", "2018-07-05 08:09"),
        ("07/05/2018 08:09", "2018-07-05 08:09"),
        (" 7/5/2018  8:09 ", "2018-07-05 08:09"),
        ("7/5/2018 8:09:59", "2018-07-05 08:09"),
        ("2018-07-05T08:09:30", "2018-07-05 08:09"),
        ("2018-07-05T08:09:30.500", "2018-07-05 08:09"),
        ("12/31/2018 23:59", "2018-12-31 23:59"),
        ("5.7.2018 8:09", "5.7.2018 8:09"),
        ("7/5/18 8:09", "7/5/18 8:09"),
        ("7/5/2018", "7/5/2018"),
    ],
    "capitals": [(" mdt ", "MDT"), ("1a", "1A"), ("104717", "104717")],
    "swap_day_month": [
        ("2018-12-08", "2018-08-12"),
        ("2018-05-12", "2018-12-05"),
        ("2018-01-08T00:00:00", "2018-08-01T00:00:00"),
        ("2017/05/03 00:00:00", "2017/03/05 00:00:00"),
        (" 2018-12-08 ", "2018-08-12"),
        ("2018-08-08", "2018-08-08"),
        ("2018-08-13", "2018-08-13"),
        ("2018-08-31T00:00:00", "2018-08-31T00:00:00"),
        ("08/12/2018", "08/12/2018"),
        ("2018-12/08", "2018-12/08"),
        ("2018-1-8", "2018-1-8"),
        ("2018-12-081", "2018-12-081"),
        ("20181208", "20181208"),
        ("soon", "soon"),
    ],
    "hyphens_in_date": [
        ("2017/08/31", "2017-08-31"),
        ("2017/08/31 22:12", "2017-08-31 22:12"),
        ("2017-08-31", "2017-08-31"),
        ("31/08/2017", "31/08/2017"),
        ("2017/8/31", "2017/8/31"),
        ("2017/08-31", "2017/08-31"),
        ("2017/08/311", "2017/08/311"),
    ],
    "two_digit_year": [
        ("0014-11-18 15:40:26", "2014-11-18 15:40:26"),
        ("0099/01/01", "2099/01/01"),
        (" 0014-11-18", "2014-11-18"),
        ("2014-11-18", "2014-11-18"),
        ("0114-11-18", "0114-11-18"),
        ("14-11-18", "14-11-18"),
        ("00141118", "00141118"),
        ("18.11.0014", "18.11.0014"),
    ],
    "date_part": [
        ("2018/01/31 00:00:00+00", "2018/01/31"),
        ("2018-08-31T00:00:00", "2018-08-31"),
        (" 31.12.2018 10:20 ", "31.12.2018"),
        ("2018-08-31", "2018-08-31"),
        ("nothing", "nothing"),
    ],
    "time_part": [
        ("2021/01/21 17:43:00+00", "17:43:00"),
        ("2021-01-21T17:43:00Z", "17:43:00"),
        ("2021-01-21 17:43:00-07:00", "17:43:00"),
        ("2021-01-21 17:43:00.5+0000", "17:43:00.5"),
        ("2021-01-21 5:43 PM", "5:43 PM"),
        (" 17:43:00 ", "17:43:00"),
        ("17:43:00+00", "17:43:00+00"),
    ],
    "without_zero_seconds": [
        ("22:12:00", "22:12"),
        (" 9:05:00 ", "9:05"),
        ("22:12:30", "22:12:30"),
        ("22:12", "22:12"),
        ("22:12:00.5", "22:12:00.5"),
        ("2018-01-01 22:12:00", "2018-01-01 22:12:00"),
    ],
    "no_epoch_zero": [
        ("01/01/1970", ""),
        ("01/01/1970 01:00", ""),
        ("1/1/1970 00:00", ""),
        ("01.01.1970 00:00", ""),
        ("1970-01-01T01:00:00", ""),
        ("1970-01-01 00:00:00+00", ""),
        ("1970/01/01", ""),
        ("1969-12-31T16:00:00", ""),
        ("31/12/1969 19:00", ""),
        ("12/31/1969 19:00", ""),
        ("01/01/2018 19:70", "01/01/2018 19:70"),
        ("11/01/1970", "11/01/1970"),
        ("01/01/19700", "01/01/19700"),
        ("1970-01-02", "1970-01-02"),
        ("1970-01-011", "1970-01-011"),
        ("21970-01-01", "21970-01-01"),
        ("31/12/1970", "31/12/1970"),
    ],
    "without_percent_sign": [
        ("30%", "30"),
        (" 30 % ", "30"),
        ("30", "30"),
        ("%", ""),
        ("%30", "%30"),
        ("30%%", "30%"),
    ],
    "percent_of_share": [
        ("0.57", "57"),
        ("0.31", "31"),
        ("0", "0"),
        ("1", "100"),
        ("1.0", "100"),
        (".5", "50"),
        (" 0.8 ", "80"),
        ("0.123456789", "12.3456789"),
        ("80", "8000"),
        ("-0.1", "-0.1"),
        ("80%", "80%"),
        ("0,5", "0,5"),
        ("1e-1", "1e-1"),
        ("0_5", "0_5"),
        ("٣", "٣"),
        ("nan", "nan"),
        ("half", "half"),
    ],
    "without_thousands_commas": [
        ("2,418", "2418"),
        (" 1,234,567.5 ", "1234567.5"),
        ("-1,394.711", "-1394.711"),
        ("24,18", "24,18"),
        ("0,3", "0,3"),
        ("2,4180", "2,4180"),
        ("1234,567", "1234,567"),
        ("2418", "2418"),
        (",418", ",418"),
        ("     -       ", "     -       "),
    ],
    "without_kwh": [
        ("12.4 kWh", "12.4"),
        ("12,4KWH", "12,4"),
        ("1 234,5\u00a0kWh", "1 234,5"),
        ("1'234 kWh", "1'234"),
        ("850 Wh", "850 Wh"),
        ("kWh", "kWh"),
        ("12.4", "12.4"),
    ],
    "days_as_hours": [
        ("2 days 01:30:00", "49:30:00"),
        ("1 day 1:30:00", "25:30:00"),
        ("541 days 18:50:55", "13002:50:55"),
        ("0 days 00:10:00", "0:10:00"),
        ("1 days +01:30:00.000000", "25:30:00"),
        ("-1 days 23:00:00", "-1 days 23:00:00"),
        ("01:30:00", "01:30:00"),
        ("500:22:20", "500:22:20"),
        ("2 days", "2 days"),
        ("99999 days 00:00:00", "99999 days 00:00:00"),
    ],
}

ROWS = {
    "only_with_first": (
        [["d", "", " ", "e"], ["t", "u", "v", ""], ["1", "2", "3", "4"]],
        [["d", "", " ", "e"], ["t", "", "", ""], ["1", "", "", "4"]],
        4,
    ),
}

DROPPED = {
    "drop_filler_rows": [
        (["", ""], True),
        ([" ", "\u00a0"], True),
        (["", "x"], False),
        (["0", ""], False),
        (["-", "-"], False),
    ],
    "drop_template_rows": [
        (["String", "datetime", "Decimal(8,2)", "Date Time (UTC)", "ISO 8601", "YYYY-MM-DDThh:mm:ssZ"], True),
        (["Required", "Recommended", "Required if there was an error", "not required"], True),
        (["", " ", "String"], True),
        (["VARCHAR(36)", "double", "timestamp"], True),
        (["Mandatory", "Optional"], True),
        (["", " "], False),
        (["Required", "2024-01-01T00:00:00Z"], False),
        (["Stringent"], False),
        (["Interrupted"], False),
        (["0"], False),
    ],
    "drop_evwatts_duplicates": [
        (["16"], True),
        (["17"], True),
        (["400"], True),
        ([" 16 "], True),
        (["16.0"], True),
        (["0"], False),
        (["15"], False),
        (["32"], False),
        (["384"], False),
        (["160"], False),
        ([""], False),
        (["-16"], False),
        (["16.5"], False),
        (["sixteen"], False),
    ],
}


def test_every_step_is_tried_here():
    assert set(VALUE_STEPS) == set(VALUES)
    assert set(ROW_STEPS) == set(ROWS)
    assert set(DROPPING) == set(DROPPED)
    assert sorted([*VALUES, *ROWS, *DROPPED]) == sorted(STEPS)
    assert set(VALUES) >= REWRITING


@pytest.mark.parametrize(
    ("step", "text", "done"), [(step, text, done) for step, cases in VALUES.items() for text, done in cases]
)
def test_a_step_changes_what_it_names_and_leaves_the_rest_alone(step, text, done):
    assert VALUE_STEPS[step](text) == done


@pytest.mark.parametrize("step", VALUES)
def test_nothing_stays_nothing(step):
    assert apply_step(step, [["", ""], [""]]) == ([["", ""], [""]], 0)


@pytest.mark.parametrize("step", VALUES)
def test_repairs_are_counted_text_by_text_and_rewriting_is_none(step):
    texts, expected = map(list, zip(*VALUES[step], strict=True))
    done, repaired = apply_step(step, [texts, texts])
    changed = sum(old != new for old, new in VALUES[step])
    assert done == [expected, expected]
    assert changed
    assert repaired == (0 if step in REWRITING else 2 * changed)


@pytest.mark.parametrize("step", ROWS)
def test_a_step_on_rows_looks_at_the_fields_of_a_row_together(step):
    fields, expected, repaired = ROWS[step]
    before = [list(texts) for texts in fields]
    assert apply_step(step, fields) == (expected, repaired)
    assert fields == before


@pytest.mark.parametrize("step", [*VALUES, *ROWS])
def test_a_step_without_any_of_its_fields_does_nothing(step):
    assert apply_step(step, []) == ([], 0)


@pytest.mark.parametrize(
    ("step", "row", "dropped"), [(step, row, dropped) for step, cases in DROPPED.items() for row, dropped in cases]
)
def test_a_dropping_step_tells_which_rows_are_no_sessions(step, row, dropped):
    assert are_dropped(step, [[text] for text in row]) == [dropped]
