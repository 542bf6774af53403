"""Laws of cleaning: what holds of every chunk, however broken."""

from __future__ import annotations

import math
import string
from datetime import datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.clean import clean
from evcharge.frames import CLEAN_FRAME, REJECT_FRAME, Conventions
from evcharge.instants import local_hours, parse_instants
from evcharge.parse import parse_durations, parse_numbers, parse_words
from evcharge.rules import RULES, STRUCTURAL_RULES
from tests.support.factories import AS_OF, raw_sessions
from tests.support.strategies import ZONES, any_text, conventions, laws, raws, rows

pytestmark = pytest.mark.thorough

UTC = timezone.utc
MINUTE = timedelta(minutes=1)


def records(frame: pd.DataFrame) -> set[str]:
    return {repr(tuple(row)) for row in frame.astype(object).itertuples(index=False)}


def every_text(frame: pd.DataFrame) -> list[str]:
    return [value for name in frame for value in frame[name] if isinstance(value, str)]


@laws(50)
@given(raws)
def test_every_row_ends_in_exactly_one_of_rows_and_rejects(raw):
    before = raw.frame.copy()
    cleaned = clean(raw, AS_OF)
    kept, refused = set(cleaned.rows.line), set(cleaned.rejects.line)
    assert kept | refused == set(raw.frame.line)
    assert not kept & refused
    assert cleaned.rows.line.is_unique
    assert not cleaned.rejects.duplicated(["line", "rule"]).any()
    assert set(cleaned.rejects.rule) <= {rule.code for rule in RULES}
    assert all(0 < count <= len(kept) for count in cleaned.warnings.values())
    assert set(cleaned.stations.station_id) == set(cleaned.rows.station_id)
    assert cleaned.stations.station_id.is_unique
    pd.testing.assert_frame_equal(raw.frame, before)


@laws(40)
@given(raws)
def test_every_chunk_has_the_stated_columns_and_dtypes(raw):
    cleaned = clean(raw, AS_OF)
    for frame, columns in ((cleaned.rows, CLEAN_FRAME), (cleaned.rejects, REJECT_FRAME)):
        assert [(name, str(dtype)) for name, dtype in frame.dtypes.items()] == [(c.name, c.dtype) for c in columns]
    assert cleaned.rows.line.is_monotonic_increasing
    assert cleaned.rejects.line.is_monotonic_increasing


@laws(25)
@given(st.lists(rows, min_size=1, max_size=5), conventions, st.randoms(use_true_random=False))
def test_no_row_depends_on_its_neighbours_or_on_their_order(overrides, stated, random):
    placed = [{"line": number, **over} for number, over in enumerate(overrides)]
    together = clean(raw_sessions(*placed, conventions=stated), AS_OF)
    random.shuffle(placed)
    shuffled = clean(raw_sessions(*placed, conventions=stated), AS_OF)
    apart = [clean(raw_sessions(row, conventions=stated), AS_OF) for row in placed]
    for name in ("rows", "rejects"):
        columns = [c for c in getattr(together, name) if c != "raw"]
        whole = records(getattr(together, name)[columns])
        assert records(getattr(shuffled, name)[columns]) == whole
        assert set().union(*(records(getattr(one, name)[columns]) for one in apart)) == whole
    for code, count in together.warnings.items():
        assert count == shuffled.warnings[code] == sum(one.warnings.get(code, 0) for one in apart)


@laws(50)
@given(raws)
def test_what_is_kept_fits_every_check_of_the_database(raw):
    kept = clean(raw, AS_OF).rows
    assert not (kept.end_time < kept.start_time).any()
    assert kept.start_time.notna().all()
    for column, most in (("duration_minutes", 1e9), ("energy_kwh", 1e6), ("peak_power_kw", 1e6)):
        given_values = kept[column].dropna()
        assert ((given_values >= 0) & (given_values < most)).all()
    assert not np.isinf(kept.average_power_kw).any()
    assert kept[["session_id", "station_id"]].notna().all(axis=None)
    assert all(0 < len(text) <= 255 for text in every_text(kept))
    for key in kept.time_key:
        datetime.strptime(str(key), "%Y%m%d%H")  # noqa: DTZ007


@laws(50)
@given(raws)
def test_no_text_that_a_database_refuses_is_handed_on(raw):
    cleaned = clean(raw, AS_OF)
    for text in every_text(cleaned.rows) + every_text(cleaned.rejects) + every_text(cleaned.stations):
        assert "\x00" not in text
        text.encode("utf-8")


@laws(50)
@given(st.lists(any_text, min_size=1, max_size=20), conventions)
def test_no_text_at_all_stops_a_parser(written, stated):
    texts = pd.Series([*written, None, ""], dtype="object")
    times = parse_instants(texts, stated)
    assert len(local_hours(times, stated.timezone)) == len(texts)
    numbers = parse_numbers(texts, stated.decimal, 1000, stated.thousands)
    assert not np.any(np.isfinite(numbers.amounts) & numbers.unreadable)
    durations = parse_durations(texts, stated)
    assert not np.any(durations.amounts < 0)
    assert len(parse_words(texts, stated)) == len(texts)


AROUND = " \t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
AROUND += "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
"""What an id loses at its ends: blanks, a tab, and what no eye sees."""
DIGITS, LETTERS = frozenset("0123456789"), frozenset(string.ascii_letters)


def without_formula(text: str) -> str:
    """What a spreadsheet shows of an id that it wrote as a formula or with an apostrophe."""
    if len(text) > 2 and text[:2] == '="' and text[-1] == '"' and '"' not in text[2:-1]:
        return text[2:-1]
    typed = set(text[1:])
    is_typed = text[:1] == "'" and text[1:2] in DIGITS | LETTERS and typed & DIGITS
    return text[1:] if is_typed and typed <= DIGITS | LETTERS | set("._:/*-") else text


@laws(50)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    " 007 ",
                    "\u00a0x",
                    "1e5",
                    "e\u0301",
                    "É",
                    "\u200bx",
                    "\tx",
                    '="007"',
                    '=" 7\ufeff"',
                    "'007",
                    "'x",
                    "'x7",
                    "\u3000x\u202f",
                    "=1",
                ]
            ),
            any_text,
        ),
        max_size=8,
    )
)
def test_an_id_loses_nothing_but_a_formula_and_what_no_eye_sees_at_its_ends(ids):
    raw = raw_sessions(*({"station_id": text, "session_id": text} for text in ids))
    cleaned = clean(raw, AS_OF)
    written = [ids[line - 2] for line in cleaned.rows.line]
    for text, kept in zip(written, cleaned.rows.station_id, strict=True):
        before, found, after = without_formula(text).partition(kept)
        assert found
        assert set(before + after) <= set(AROUND)
        assert kept[0] not in AROUND
        assert kept[-1] not in AROUND
    assert cleaned.rows.session_id.tolist() == cleaned.rows.station_id.tolist()
    formulas = [without_formula(text) != text for text in written]
    padded = [text != kept for text, kept in zip(written, cleaned.rows.station_id, strict=True)]
    assert cleaned.warnings.get("formula_id", 0) == sum(formulas)
    assert cleaned.warnings.get("padded_id", 0) == sum(
        one and not formula for one, formula in zip(padded, formulas, strict=True)
    )


@laws(40)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20), st.data())
def test_one_id_is_one_session_however_it_is_wrapped(core, data):
    around = st.text(st.sampled_from(AROUND), max_size=3)
    wrapped = [data.draw(around) + core + data.draw(around) for _ in range(3)]
    kept = clean(raw_sessions(*({"session_id": text} for text in wrapped if without_formula(text) == text)), AS_OF).rows
    assert set(kept.session_id) <= {core}


@laws(50)
@given(st.lists(st.one_of(st.sampled_from(["x" * 300, "a\r\n b", "\x07", " ok ", "", None]), any_text), max_size=8))
def test_no_text_that_only_tells_of_a_session_refuses_it(texts):
    columns = ("stop_reason", "error_code", "next_status", "trigger_reasons", "success", "authorisation_mode")
    columns += ("port_id", "connector_id", "peak_power_kw", "start_soc_percent", "source_updated_at", "station_name")
    cleaned = clean(raw_sessions(*(dict.fromkeys(columns, text) for text in texts)), AS_OF)
    assert (len(cleaned.rows), len(cleaned.rejects)) == (len(texts), 0)
    for text, kept in zip(texts, cleaned.rows.stop_reason, strict=True):
        words = "".join(char if char.isprintable() or not is_control(char) else " " for char in text or "").split()
        assert (kept or "").split() == " ".join(words)[:255].split()


def is_control(char):
    return char < " " or "\x7f" <= char <= "\x9f" or "\ud800" <= char <= "\udfff"


@laws(50)
@given(raws)
def test_durations_and_powers_follow_from_what_is_kept(raw):
    for row in clean(raw, AS_OF).rows.itertuples():
        if pd.isna(row.end_time):
            assert math.isnan(row.duration_minutes)
            assert math.isnan(row.average_power_kw)
            continue
        milliseconds = (row.end_time - row.start_time) // pd.Timedelta(milliseconds=1)
        assert row.duration_minutes == milliseconds / 60_000
        if milliseconds and not math.isnan(row.energy_kwh):
            assert row.average_power_kw == pytest.approx(row.energy_kwh / (milliseconds / 3_600_000))
        else:
            assert math.isnan(row.average_power_kw)


@laws(40)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=8), st.integers(0, 999_999))
def test_milliseconds_are_floored_in_every_format(seconds, fraction):
    begin = datetime(2005, 1, 1, tzinfo=UTC)
    moments = [begin + timedelta(seconds=count) for count in seconds]
    expected = [moment + timedelta(milliseconds=fraction // 1000) for moment in moments]
    pattern = "%d.%m.%Y %H:%M:%S.%f %z"
    written = {
        "iso8601": [f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:06}Z" for moment in moments],
        "epoch_s": [f"{int(moment.timestamp())}.{fraction:06}" for moment in moments],
        "epoch_ms": [str(int(moment.timestamp()) * 1000 + fraction // 1000) for moment in moments],
        pattern: [f"{moment:%d.%m.%Y %H:%M:%S}.{fraction:06} +0000" for moment in moments],
    }
    for time_format, texts in written.items():
        times = parse_instants(pd.Series(texts, dtype="object"), Conventions(time_format=time_format))
        assert list(times.instants) == expected


@laws(50)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["true", "NO", "maybe", "", None]),
            st.sampled_from(["0", "-0", "1e-400", "0.1", "x", "-1", "", None]),
            st.sampled_from([None, *(rule.code for rule in STRUCTURAL_RULES)]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_refused_row_would_have_been_what_it_recorded_else_a_failure_if_no_energy_flowed(cases):
    chunk = [{"success": word, "energy_kwh": energy, "fault": fault, "end_time": "x"} for word, energy, fault in cases]
    rejects = clean(raw_sessions(*chunk), AS_OF).rejects
    assert set(rejects.line) == set(range(2, len(cases) + 2))
    for reject in rejects.itertuples():
        word, energy, _ = cases[reject.line - 2]
        nothing_flowed = energy in ("0", "-0", "1e-400")
        recorded = {"true": "success", "NO": "failure"}.get(word, "failure" if nothing_flowed else "unknown")
        assert reject.would_have_been == recorded


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """What the zone's clocks show within the hour before each change, from 2009 to 2025."""
    place = ZoneInfo(zone)
    days = [datetime(2009, 1, 1, tzinfo=UTC) + timedelta(days=count) for count in range(17 * 365)]
    offsets = [day.astimezone(place).utcoffset() for day in days]
    changed = [day for day, last, this in zip(days, offsets, offsets[1:], strict=False) if last != this] or days[:1]
    hours = [day + timedelta(hours=count) for day in changed for count in range(24)]
    return tuple(
        hour.astimezone(place).replace(tzinfo=None)
        for hour in hours
        if hour.astimezone(place).utcoffset() != (hour + timedelta(hours=1)).astimezone(place).utcoffset()
    ) or (datetime(2025, 1, 1),)  # noqa: DTZ001


def meanings(wall: datetime, zone: str) -> list[datetime]:
    """The instants at which clocks of the zone show this time, the earlier first."""
    place = ZoneInfo(zone)
    both = {wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(instant for instant in both if instant.astimezone(place).replace(tzinfo=None) == wall)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("choice", ["reject", "first", "second"])
def test_clock_changes_are_read_as_the_zone_s_own_clocks_show_them(zone, choice):
    @laws(10)
    @given(st.sampled_from(changes(zone)), st.lists(st.integers(-200, 1700), min_size=10, max_size=40))
    def law(change, minutes):
        walls = [change + count * MINUTE for count in [*minutes, *range(-5, 130, 5)]]
        texts = pd.Series([wall.isoformat() for wall in walls], dtype="object")
        times = parse_instants(texts, Conventions(timezone=zone, ambiguous_time=choice))
        hours = local_hours(times, zone)
        for row, wall in enumerate(walls):
            shown = meanings(wall, zone)
            repeated = len(shown) == 2
            assert times.nonexistent[row] == (not shown)
            assert times.ambiguous[row] == (repeated and choice == "reject")
            if not shown:
                assert times.instants[row] is times.earlier[row] is times.later[row] is pd.NaT
                assert hours[row] == 0
            else:
                assert times.instants[row] == shown[-1 if choice == "second" else 0]
                assert (times.earlier[row], times.later[row]) == (shown[0], shown[-1])
                assert hours[row] == int(f"{wall:%Y%m%d%H}")
        assert not times.unreadable.any()

    law()


def kinds_of_sessions(walls, zone):
    """Starts and ends that the zone's clocks show, by which of them they show twice, and whether an end can be."""
    kinds = {}
    for start, end in walls:
        starts, ends = meanings(start, zone), meanings(end, zone)
        if starts and ends:
            kind = (len(starts), len(ends), any(one >= starts[0] for one in ends))
            kinds.setdefault(kind, []).append((start, end))
    return kinds


@pytest.mark.parametrize("zone", ZONES)
def test_a_session_in_a_repeated_hour_is_kept_if_it_has_one_length_and_an_end_left_out_if_it_has_two(zone):
    @laws(10)
    @given(st.sampled_from(changes(zone)), st.lists(st.tuples(st.integers(-90, 200), st.integers(0, 200)), min_size=20))
    def law(change, sessions):
        walls = [(change + start * MINUTE, change + (start + length) * MINUTE) for start, length in sessions]
        walls += [(start, start - 5 * MINUTE) for start, _ in walls]
        for (starts, ends, can_end), pairs in kinds_of_sessions(walls, zone).items():
            rows = [{"start_time": start.isoformat(), "end_time": end.isoformat()} for start, end in pairs]
            cleaned = clean(raw_sessions(*rows, conventions=Conventions(timezone=zone)), AS_OF)
            kept, rejects = cleaned.rows, cleaned.rejects
            warnings = {code: count for code, count in cleaned.warnings.items() if code != "implausible_power"}
            if (starts, ends) == (2, 1):
                assert (rejects.rule == "start_time_ambiguous").sum() == rejects.line.nunique() == len(pairs)
            elif (starts, ends) == (1, 2):
                assert kept.end_time.isna().tolist() == [True] * len(pairs)
                assert warnings == {"end_time_ambiguous": len(pairs)}
            elif not can_end:
                assert rejects.rule.tolist() == ["end_before_start"] * len(pairs)
            else:
                firsts = [meanings(start, zone)[0] for start, _ in pairs]
                assert kept.start_time.tolist() == firsts
                assert kept.end_time.tolist() == [
                    next(one for one in meanings(end, zone) if one >= first)
                    for (_, end), first in zip(pairs, firsts, strict=True)
                ]
                assert warnings == ({"hour_is_ambiguous": len(pairs)} if starts == 2 else {})

    law()


@pytest.mark.parametrize("zone", ZONES)
def test_the_local_hour_is_what_the_zone_s_clocks_show_at_the_instant(zone):
    @laws(10)
    @given(st.sampled_from(changes(zone)), st.lists(st.integers(-3000, 3000), min_size=1, max_size=40))
    def law(change, minutes):
        instants = [change.replace(tzinfo=UTC) + count * MINUTE for count in minutes]
        texts = pd.Series([str(int(instant.timestamp())) for instant in instants], dtype="object")
        stated = Conventions(time_format="epoch_s", timezone=zone)
        shown = [int(f"{instant.astimezone(ZoneInfo(zone)):%Y%m%d%H}") for instant in instants]
        assert local_hours(parse_instants(texts, stated), zone).tolist() == shown

    law()


@laws(40)
@given(st.datetimes(datetime(2006, 1, 1), datetime(2025, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_a_written_offset_decides_the_instant_and_the_local_hour(wall, minutes):
    written = wall.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    for time_format, text in (
        ("iso8601", written.isoformat()),
        ("%d/%m/%Y %H:%M:%S%z", f"{written:%d/%m/%Y %H:%M:%S%z}"),
    ):
        times = parse_instants(pd.Series([text], dtype="object"), Conventions(time_format=time_format))
        assert times.instants[0] == written
        assert local_hours(times, None)[0] == int(f"{wall:%Y%m%d%H}")
        assert local_hours(times, "Asia/Kathmandu")[0] == int(
            f"{written.astimezone(ZoneInfo('Asia/Kathmandu')):%Y%m%d%H}"
        )
