"""The conventions by which the texts of a table may be written, and the doubts about them.

What does not belong here: which column is which of ours (``proposal``), and the conventions of a load (``profile``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import available_timezones

from evcharge.sources.contents import Contents, Decimals, decimals_of, number_of
from evcharge.sources.meaning import heading_of, language_of, outcome_under, says_failure, zone_hint, zone_of_language
from evcharge.sources.profile import Step
from evcharge.sources.steps import time_part
from evcharge.sources.time_shapes import formats_of, has_swapped_days, read_by, states_zone

WH_FROM = 300.0
"""Median from which on an energy without a unit is taken for Wh: no car's battery holds that many kWh. House rule."""
NO_HINT_ZONE = "Europe/London"
"""Zone that is proposed where nothing hints at one; it is always a doubt."""
_USUAL_YES, _USUAL_NO = ("1", "true", "yes"), ("0", "false", "no")
"""Words that a flag of failures may have which are not among those seen."""
_OF_NUMBERS = ("number", "amount")
_AT_THOUSANDS = "a dot or a comma before three digits may also separate thousands: then --thousands names it"
_OFFSET = re.compile(r"(?:utc|gmt)\s*[+\-\u2212]\s*0*[1-9]", re.IGNORECASE)
"""An offset in a heading: such a clock is not that of UTC."""
_EARLY_YEAR = re.compile(r"00[0-9]{2}[-/]")
"""A year of two digits that was stored with four."""

Columns = Mapping[str, tuple[str, ...]]
ByHeading = Mapping[str, Contents]


@dataclass
class Writing:
    """Conventions of a table, as far as they differ from the usual ones.

    Attributes:
        time_formats: formats that together read every time; several where the table mixes layouts.
        reads_times: whether they do; false where some time is in no format that is known.
        readings: each format that may be meant in place of the first, with what a time of the table would then be.
        zone: IANA zone, or None where each time states its offset.
        decimal: decimal sign.
        thousands: what stands at thousands, as in ``Conventions``.
        energy_unit: ``kWh`` or ``Wh``.
        duration_format: as in ``Conventions``.
        true_words: words of success, as written.
        false_words: words of failure, as written.
        other_words: words of the same column that are neither.
        null_words: words for nothing.
        steps: what has to be done to fields before they are mapped.
    """

    time_formats: tuple[str, ...] = ("iso8601",)
    reads_times: bool = True
    readings: dict[str, str] = field(default_factory=dict)
    zone: str | None = None
    decimal: str = "."
    thousands: str = "none"
    energy_unit: str = "kWh"
    duration_format: str = "minutes"
    true_words: tuple[str, ...] = ()
    false_words: tuple[str, ...] = ()
    other_words: tuple[str, ...] = ()
    null_words: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


def writing_of(columns: Columns, contents: ByHeading, names: Sequence[str], doubts: dict[str, str]) -> Writing:
    """The likeliest conventions; what nothing proves is added to the doubts."""
    writing = Writing()
    _settle_days(writing, columns, contents)
    _settle_swaps(writing, columns, contents, doubts)
    times = _times(columns, contents, writing)
    _settle_zone(writing, times, columns, contents, names, doubts)
    _settle_times(writing, times, doubts)
    _settle_numbers(writing, columns, contents, doubts)
    _settle_lengths(writing, columns, contents, doubts)
    _settle_words(writing, columns, contents, doubts)
    used = [contents[name] for ours, theirs in columns.items() for name in theirs if not ours.endswith("_id")]
    writing.null_words = tuple(dict.fromkeys(word for column in used for word in column.nothing))
    return writing


def _settle_days(writing: Writing, columns: Columns, contents: ByHeading) -> None:
    """Dates that are written with midnight, beside a clock time of their own, lose it; years get their century."""
    dates = tuple(
        theirs[0]
        for ours in ("start_time", "end_time")
        if len(theirs := columns.get(ours, ())) > 1 and any(":" in text for text in contents[theirs[0]].examples)
    )
    if dates:
        writing.steps += (Step("date_part", dates),)
    early = tuple(
        name
        for ours in ("start_time", "end_time")
        for name in columns.get(ours, ())
        if any(_EARLY_YEAR.match(text) for text in contents[name].examples)
    )
    if early:
        writing.steps += (Step("two_digit_year", early),)
    clocks = tuple(
        theirs[1]
        for ours in ("start_time", "end_time")
        if len(theirs := columns.get(ours, ())) > 1 and contents[theirs[1]].kind == "time"
    )
    if clocks:
        writing.steps += (Step("time_part", clocks),)


def _settle_swaps(writing: Writing, columns: Columns, contents: ByHeading, doubts: dict[str, str]) -> None:
    """Days and months that a tool swapped wherever it could are put back, if the starts say that it did."""
    starts = columns.get("start_time", ())
    if starts and has_swapped_days(contents[starts[0]].texts):
        days = tuple(columns[ours][0] for ours in ("start_time", "end_time") if ours in columns)
        writing.steps += (Step("swap_day_month", days),)
        doubts["swap_day_month"] = (
            f"days up to the 12th in {starts[0]} lie among the other days only with day and month swapped"
        )


def _times(columns: Columns, contents: ByHeading, writing: Writing) -> list[str]:
    """All times of the table as they will be read."""
    cut = {name for step in writing.steps if step.step == "date_part" for name in step.fields}
    times: list[str] = []
    for ours in ("start_time", "end_time"):
        theirs = columns.get(ours, ())
        texts = [contents[name].texts for name in theirs]
        if len(theirs) > 1 and len(set(map(len, texts))) == 1:
            days = [text.split(" ")[0].split("T")[0] for text in texts[0]] if theirs[0] in cut else texts[0]
            clocks = map(time_part, texts[1]) if contents[theirs[1]].kind == "time" else texts[1]
            times += [f"{day} {clock}" for day, clock in zip(days, clocks, strict=True)]
        elif len(theirs) == 1:
            times += texts[0]
    return times


def _settle_times(writing: Writing, times: Sequence[str], doubts: dict[str, str]) -> None:
    """The formats that read the times; of two orders of day and month that both do, the one of the shorter span."""
    if not times:
        return
    shapes = formats_of(times)
    if not all(shapes):
        writing.reads_times = False
        odd = next(text for text in dict.fromkeys(times) if not any(formats_of([text])))
        doubts["time_formats"] = f"no known format reads {odd!r}"
    sure = [formats[0] for formats in shapes if len(formats) == 1]
    month_first = any(map(_is_month_first, sure)) or bool(writing.zone and writing.zone.startswith("America/"))
    chosen = []
    for formats in filter(None, shapes):
        spans = {pattern: _span(times, (*sure, pattern)) for pattern in formats}
        rank = {pattern: (month_first and not _is_month_first(pattern), spans[pattern]) for pattern in formats}
        chosen.append(min(formats, key=rank.__getitem__))
        if len(formats) > 1:
            writing.readings.update(_readings(times, formats))
            doubts["time_formats"] = "; or ".join(f"{said} ({pattern})" for pattern, said in writing.readings.items())
    writing.time_formats = tuple(dict.fromkeys(chosen)) or ("iso8601",)


def _readings(times: Sequence[str], formats: Sequence[str]) -> dict[str, str]:
    """What the first time that the formats read differently is by each of them."""
    text = next((text for text in times if len({read_by(text, name) for name in formats} - {None}) > 1), times[0])
    read = {pattern: read_by(text, pattern) for pattern in formats}
    return {pattern: f"{text} is {instant.day} {instant:%B %Y}" for pattern, instant in read.items() if instant}


def _is_month_first(pattern: str) -> bool:
    return pattern.startswith("%m")


def _span(times: Sequence[str], patterns: Sequence[str]) -> float:
    """Days from the first to the last of the times that formats read: an export rarely spans more than it must."""
    read = [instant.replace(tzinfo=None) for name in patterns for text in times if (instant := read_by(text, name))]
    return (max(read) - min(read)).days if read else 0.0


def _settle_zone(
    writing: Writing,
    times: Sequence[str],
    columns: Columns,
    contents: ByHeading,
    names: Sequence[str],
    doubts: dict[str, str],
) -> None:
    """The zone of the stations, by the first hint there is: labels, headings, a country, the language."""
    named = {text for column in contents.values() if column.kind == "words" for text in column.words if "/" in text}
    if len(named) == 1 and named <= available_timezones():
        writing.zone = named.pop()
        return
    if times and states_zone(times):
        return
    of_labels = [name for ours in ("start_zone", "station_country") for name in columns.get(ours, ())]
    labels = [text for name in of_labels for text in contents[name].texts]
    of_times = [name for ours in ("start_time", "end_time") for name in columns.get(ours, ())]
    headings = [contents[name].heading for name in of_times if not _OFFSET.search(contents[name].heading)]
    words = [word for heading in headings for word in heading_of(heading).words if word in ("utc", "gmt")]
    utc = ["utc"] if any(heading.casefold().startswith("utc") for heading in headings) else []
    hints = [zone for word in (*words, *utc, *labels) if (zone := zone_hint(word))]
    language = zone_of_language(language_of(names))
    writing.zone = hints[0] if hints else language or NO_HINT_ZONE
    hinting = "a column hints" if hints else "the language of the headings hints" if language else "nothing hints"
    doubts["timezone"] = f"the times do not say their zone; {hinting} at it"


def _settle_numbers(writing: Writing, columns: Columns, contents: ByHeading, doubts: dict[str, str]) -> None:
    """Decimal sign and unit, by the energy first: one sign holds for all numbers."""
    ours_of_numbers = ("energy_kwh", "peak_power_kw", "duration_minutes", "start_soc_percent", "end_soc_percent")
    theirs = [name for ours in ours_of_numbers for name in columns.get(ours, ()) if contents[name].kind in _OF_NUMBERS]
    signs = {name: decimals_of(_numbers_of(contents[name])) for name in theirs}
    with_sign = [signs_of for signs_of in signs.values() if signs_of.sign == "," or signs_of.thousands != "none"]
    grouped = [
        signs_of for signs_of in with_sign if signs_of.thousands != "none" and signs_of.sign == with_sign[0].sign
    ]
    decimals = [*grouped, *with_sign, decimals_of([text for name in theirs for text in _numbers_of(contents[name])])][0]
    decimals = _by_size(decimals, columns, contents)
    writing.decimal, writing.thousands = decimals.sign, decimals.thousands
    if not decimals.is_sure or (grouped and not all(signs_of.is_sure for signs_of in signs.values())):
        doubts["decimal"] = _AT_THOUSANDS
    for name in columns.get("energy_kwh", ()):
        _settle_energy(writing, name, contents[name], decimals, doubts)


def _by_size(decimals: Decimals, columns: Columns, contents: ByHeading) -> Decimals:
    """Of two readings of 2,418, that of thousands where the other makes an energy in Wh too small for a car."""
    other = Decimals("." if decimals.sign == "," else ",", is_sure=False, thousands=decimals.sign)
    for name in columns.get("energy_kwh", ()):
        small, large = (_median(contents[name].texts, reading) for reading in (decimals, other))
        if not decimals.is_sure and heading_of(contents[name].heading).unit == "Wh" and small < WH_FROM <= large:
            return other
    return decimals


def _median(texts: Sequence[str], decimals: Decimals) -> float:
    """The number in the middle of those that are read; 0 where none is."""
    numbers = sorted(number for text in texts if (number := number_of(text, decimals)) is not None)
    return numbers[len(numbers) // 2] if numbers else 0.0


def _numbers_of(column: Contents) -> Sequence[str]:
    """The texts of a column of numbers, without the units of energy behind them."""
    return [text.rstrip("kKWwhH \u00a0\u202f") for text in column.texts] if column.kind == "amount" else column.texts


def _settle_energy(writing: Writing, name: str, column: Contents, decimals: Decimals, doubts: dict[str, str]) -> None:
    """The unit of the energy, by its heading, by what stands behind each number, or by how large they are."""
    unit = heading_of(column.heading).unit
    if column.kind == "amount":
        writing.steps += (Step("without_kwh", (name,)),)
    elif unit in ("kWh", "Wh"):
        writing.energy_unit = unit
    else:
        median = _median(column.texts, decimals)
        writing.energy_unit = "Wh" if median >= WH_FROM else "kWh"
        doubts["energy_unit"] = f"the heading names no unit; half of the values are {median:g} or more"


def _settle_lengths(writing: Writing, columns: Columns, contents: ByHeading, doubts: dict[str, str]) -> None:
    """The form of lengths, by their heading or by how they are written."""
    for name in columns.get("duration_minutes", ()):
        unit, kind = heading_of(contents[name].heading).unit, contents[name].kind
        if kind in ("clock", "length"):
            two_parts = any(text.count(":") == 1 for text in contents[name].texts)
            writing.duration_format = "h:m:s"
            if two_parts:
                doubts["duration_format"] = "of two parts nobody knows whether they are hours and minutes"
        elif unit in ("minutes", "hours", "seconds"):
            writing.duration_format = unit
        else:
            doubts["duration_format"] = "the heading names no unit of time"


def _settle_words(writing: Writing, columns: Columns, contents: ByHeading, doubts: dict[str, str]) -> None:
    """The words of success and of failure."""
    for name in columns.get("success", ()):
        words = list(dict.fromkeys(contents[name].texts))
        by_meaning = {word: outcome_under(name, word) for word in words}
        writing.true_words = tuple(word for word, meaning in by_meaning.items() if meaning is True)
        writing.false_words = tuple(word for word, meaning in by_meaning.items() if meaning is False)
        writing.other_words = tuple(word for word, meaning in by_meaning.items() if meaning is None)
        neither = f"; neither: {', '.join(writing.other_words)}" if writing.other_words else ""
        doubts["success"] = f"which of its words mean that a session succeeded is for you to say{neither}"
        if says_failure(name):
            writing.true_words = writing.true_words or _USUAL_NO
            writing.false_words = writing.false_words or _USUAL_YES
            doubts["success"] = f"{name} seems to mean failures, so that {writing.false_words[0]} is one"
