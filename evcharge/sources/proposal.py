"""What a table's columns may be of ours, and how it may be written: a proposal, for a person to confirm.

Each of the table's columns is used at most once; what nothing in the table proves is a doubt, and said. What does not
belong here: writing the proposal as a profile or as options (``starter``), and reading a file by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evcharge.sources.advice import shown
from evcharge.sources.contents import MOST_WORDS, Contents, Kind, contents_of
from evcharge.sources.joined_times import join_days_and_clocks
from evcharge.sources.meaning import (
    Meaning,
    heading_of,
    is_barred_as_outcome,
    is_barred_as_start,
    is_flag,
    is_of_readings,
    may_tell_outcome,
    meanings_of,
    outcome_of,
    says_failure,
    tells_of_failure,
)
from evcharge.sources.names import folded
from evcharge.sources.survey import Survey
from evcharge.sources.time_shapes import read_by, shape_of
from evcharge.sources.writing import Writing, writing_of

_NUMBERS: frozenset[Kind] = frozenset({"number", "amount"})
_TEXTS: frozenset[Kind] = frozenset({"number", "words", "text", "amount"})
_TIMES: frozenset[Kind] = frozenset({"time", "day", "clock"})
_LENGTHS: frozenset[Kind] = frozenset({"number", "clock", "length", "amount"})
KINDS: Mapping[str, frozenset[Kind]] = {
    "session_id": _TEXTS | {"time"},
    "station_id": _TEXTS,
    "port_id": _TEXTS,
    "connector_id": _TEXTS,
    "start_time": _TIMES | {"number"},
    "end_time": _TIMES | {"number"},
    "duration_minutes": _LENGTHS,
    "energy_kwh": _NUMBERS,
    "success": frozenset({"words", "number"}),
    "stop_reason": _TEXTS,
    "error_code": _TEXTS,
    "peak_power_kw": frozenset({"number"}),
    "start_soc_percent": frozenset({"number"}),
    "end_soc_percent": frozenset({"number"}),
    "driver_ref": _TEXTS,
    "private": _TEXTS | {"empty"},
    "start_zone": frozenset({"words"}),
    "end_zone": frozenset({"words"}),
    "station_latitude": frozenset({"number"}),
    "station_longitude": frozenset({"number"}),
}
"""What has to stand in a column for it to be one of ours; of other attributes of a station, a text."""
NEEDED = ("station_id", "start_time")
"""Columns without which there is no session, besides an id or a key."""
_LONGEST_EXAMPLE = 40
SURE = 0.8
"""Score from which on a heading is taken to mean what its synonym does. House rule."""
_PLACES_THAT_MAY_BE_STATIONS = ("port_id", "station_name")
_ROW_NUMBERS = frozenset({"", "#", "index", "row", "rowid", "rownumber", "objectid", "objectid2", "fid", "unnamed:0"})
"""Folded headings of a number that counts rows, and starts anew in the next file."""
_KEYS = (
    ("station_id", "start_time"),
    ("station_id", "port_id", "start_time"),
    ("station_id", "start_time", "energy_kwh"),
    ("station_id", "port_id", "start_time", "end_time", "energy_kwh"),
)
"""Columns that may tell rows apart where there is no id, tried in this order."""


Sessions = Sequence[Mapping[str, str]]
"""Rows that are no repeats of each other: heading to text."""


@dataclass
class Proposal:
    """How a table may be read.

    Attributes:
        survey: the table.
        contents: what stands in each of its columns, by heading.
        columns: our column to the headings of what it may be; two of them make it together, as a date and a clock do.
        session_key: headings whose fields tell rows apart, where no column is an id.
        private: headings of what must not be kept.
        writing: the conventions, and the steps that the texts need.
        doubts: what nothing in the table proves: our column or a convention to the reason.
        missing: columns that a session needs and that nothing in the table seems to be.
    """

    survey: Survey
    contents: Mapping[str, Contents]
    columns: dict[str, tuple[str, ...]]
    session_key: tuple[str, ...]
    private: tuple[str, ...]
    writing: Writing
    doubts: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def column_of(self, name: str) -> str:
        """Our column that a heading may be of, ``session_key``, ``private``, or ''."""
        ours = next((ours for ours, names in self.columns.items() if name in names), "")
        return ours or ("private" if name in self.private else "session_key" if name in self.session_key else "")


def proposal_of(survey: Survey) -> Proposal:
    """The likeliest reading of a table."""
    headings = zip(survey.names, survey.headings, strict=True)
    contents = {name: contents_of(survey.texts(name), heading) for name, heading in headings if name}
    doubts: dict[str, str] = {}
    taken = _assigned(contents, doubts)
    private = tuple(name for name, ours in taken.items() if ours == "private")
    columns: dict[str, tuple[str, ...]] = {ours: (name,) for name, ours in taken.items() if ours != "private"}
    join_days_and_clocks(columns, contents, doubts)
    _drop_what_says_it_twice(columns, contents)
    sessions = _told_apart(survey, contents)
    _drop_row_number(sessions, columns, contents, doubts)
    key = _key(sessions, columns, contents, doubts)
    writing = writing_of(columns, contents, survey.names, doubts)
    if survey.rows and "energy_kwh" not in columns:
        doubts["energy_kwh"] = _why_no_energy(contents)
    if "success" not in columns and (asked := _may_be_outcomes(columns, contents, private)):
        doubts["outcome"] = f"{asked[0]} has few words and may be the outcome: if it is, name its words too"
    if survey.other_sheets:
        doubts["sheet"] = f"the workbook has other sheets, each a load of its own: {shown(survey.other_sheets)}"
    if survey.rows and "start_time" not in columns:
        doubts.setdefault("start_time", _why_no_start(contents))
    missing = tuple(ours for ours in NEEDED if ours not in columns)
    if not survey.rows:
        doubts["columns"] = "no rows stand below the header, unless a quotation mark is left open"
    return Proposal(survey, contents, _in_order(columns), key, private, writing, doubts, missing)


def _assigned(contents: Mapping[str, Contents], doubts: dict[str, str]) -> dict[str, str]:
    """Each heading with the one of our columns that it is taken for, the surest first, and each of these once."""
    likely = [
        (meaning, name)
        for name, column in contents.items()
        for meaning in (*meanings_of(name), *_by_second_line(name, column))
        if column.kind in KINDS.get(meaning.column, _TEXTS) and _may_be(meaning, name, column)
    ]
    taken: dict[str, str] = {}
    ours_taken: set[str] = set()
    for meaning, name in sorted(likely, key=lambda pair: -_weight(pair[0], pair[1], contents[pair[1]])):
        twice = meaning.column in ours_taken and meaning.column != "private"
        if name in taken or twice:
            continue
        taken[name] = meaning.column
        ours_taken.add(meaning.column)
        if meaning.score < SURE:
            doubts[meaning.column] = f"{name} may also mean something else"
    _fill_needed(taken, likely, doubts)
    _prefer_finer_station(taken, likely, contents, doubts)
    _take_only_time(taken, contents, doubts)
    by_words = [name for name in contents if name not in taken and _is_by_words(name, contents)]
    if by_words and "success" not in taken.values():
        taken[by_words[0]] = "success"
    return taken


def _by_second_line(name: str, column: Contents) -> list[Meaning]:
    """What the heading means together with what a second line of the header adds to it."""
    return [] if column.heading == name else meanings_of(column.heading)


def _why_no_start(contents: Mapping[str, Contents]) -> str:
    """What it means that no column is of starts."""
    for name, column in contents.items():
        if column.texts and any(m.column == "start_time" and m.score >= SURE for m in meanings_of(name)):
            return f"{name} seems to be the start, but no known format reads {column.texts[0][:_LONGEST_EXAMPLE]!r}"
    return "no column seems to be a start"


def _why_no_energy(contents: Mapping[str, Contents]) -> str:
    """What it means that no column is of energy, and what may make one."""
    readings = [name for name in contents if contents[name].kind in _NUMBERS and is_of_readings(name)]
    in_mwh = [name for name in contents if heading_of(name).unit == "MWh"]
    if in_mwh:
        return f"{in_mwh[0]} is in MWh, which no convention reads: write it in kWh"
    made = f"; {' and '.join(readings)} are readings: add a column of their difference" if len(readings) > 1 else ""
    return f"no column seems to hold energy, so that no definition of energy can judge a session{made}"


def _is_by_words(name: str, contents: Mapping[str, Contents]) -> bool:
    """Whether all the words of a column are of outcomes, and one says by itself that something failed."""
    words = contents[name].words
    is_of_outcomes = all(outcome_of(word) is not None for word in words) and any(map(tells_of_failure, words))
    return is_of_outcomes and not is_barred_as_outcome(name)


def _may_be_outcomes(
    columns: Mapping[str, tuple[str, ...]], contents: Mapping[str, Contents], private: Sequence[str]
) -> list[str]:
    """The headings of columns that are not used and may be outcomes, by heading or by a word."""
    rest = [name for name in contents if not _is_used(name, columns) and name not in private]
    return [
        name
        for name in rest
        if 0 < contents[name].distinct <= MOST_WORDS
        and contents[name].kind in ("number", "words", "text")
        and not is_barred_as_outcome(name)
        and (may_tell_outcome(name) or any(map(tells_of_failure, contents[name].words)))
    ]


def _may_be(meaning: Meaning, name: str, column: Contents) -> bool:
    """Whether the texts do not speak against what the heading says."""
    if meaning.column == "success":
        is_of_flags = all(map(is_flag, column.texts))
        return is_of_flags or (not says_failure(name) and any(outcome_of(word) is not None for word in column.words))
    if meaning.column == "error_code":
        return not (says_failure(name) and all(map(is_flag, column.texts)))
    if meaning.column == "energy_kwh":
        return heading_of(column.heading or name).unit != "MWh"
    if meaning.column == "session_id":
        return _tells_apart(column) and folded(name) not in _ROW_NUMBERS
    if meaning.column in ("start_time", "end_time") and column.kind == "number":
        return all(read_by(text, pattern) for text in column.texts for pattern in shape_of(text) or ("",))
    if meaning.column in ("start_time", "end_time"):
        return column.kind in ("clock", "day") or any(map(shape_of, column.texts))
    return True


def _weight(meaning: Meaning, name: str, column: Contents) -> float:
    """The score; an outcome goes before a flag of failure, a whole time before a part, a full column before others."""
    part = 0.05 if meaning.column == "success" and says_failure(name) else 0.0
    part += 0.05 if meaning.column in ("start_time", "end_time") and column.kind not in ("time", "number") else 0.0
    return meaning.score - part - (0.02 if 2 * column.filled < column.rows else 0.0)


def _fill_needed(taken: dict[str, str], likely: Sequence[tuple[Meaning, str]], doubts: dict[str, str]) -> None:
    """Gives a column that a session needs what was taken for one that it does not need."""
    for needed in NEEDED:
        if needed not in taken.values():
            may_be = (*_PLACES_THAT_MAY_BE_STATIONS, "private") if needed == "station_id" else ("private",)
            named = [name for meaning, name in likely if meaning.column == needed and taken[name] in may_be]
            places = [name for name, ours in taken.items() if ours in _PLACES_THAT_MAY_BE_STATIONS]
            for name in (*named, *(places if needed == "station_id" else ()))[:1]:
                taken[name] = needed
                doubts[needed] = f"no heading says it better than {name}"


def _prefer_finer_station(
    taken: dict[str, str],
    likely: Sequence[tuple[Meaning, str]],
    contents: Mapping[str, Contents],
    doubts: dict[str, str],
) -> None:
    """Of two columns that name stations, takes the one that tells more of them apart: the other names their sites."""
    named = [name for meaning, name in likely if meaning.column == "station_id" and meaning.score >= SURE]
    chosen = next((name for name in named if taken.get(name) == "station_id"), None)
    others = [name for name in named if name != chosen and taken.get(name, "station_name") == "station_name"]
    for name in others if chosen else ():
        coarse, fine = contents[chosen or ""], contents[name]
        if coarse.filled == coarse.rows == fine.filled and coarse.distinct < fine.distinct <= fine.rows / 2:
            if len(set(zip(coarse.texts, fine.texts, strict=True))) > fine.distinct:
                continue  # neither is a part of the other
            taken.pop(name, None)
            if "station_name" in taken.values():
                del taken[chosen or ""]
            else:
                taken[chosen or ""] = "station_name"
            taken[name] = "station_id"
            doubts["station_id"] = f"{chosen} may name the stations too; {name} tells more of them apart"
            return


def _take_only_time(taken: dict[str, str], contents: Mapping[str, Contents], doubts: dict[str, str]) -> None:
    """Takes the only column of times for the start, where no heading says one."""
    if "start_time" in taken.values():
        return
    times = [name for name, column in contents.items() if column.kind == "time" and name not in taken]
    if len(times) == 1 and not is_barred_as_start(times[0]):
        taken[times[0]] = "start_time"
        doubts["start_time"] = f"no heading says it; {times[0]} is the only column of times that is left"


def _counts_rows(column: Contents) -> bool:
    """Whether the column holds 0, 1, 2 and so on, or 1, 2, 3, which may be the rows' own numbers."""
    if not all(map(str.isdecimal, column.texts)):
        return False
    numbers = [int(text) for text in column.texts]
    return numbers[:1] in ([0], [1]) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _tells_apart(column: Contents) -> bool:
    return column.filled == column.rows == column.distinct and column.rows > 0


def _drop_what_says_it_twice(columns: dict[str, tuple[str, ...]], contents: Mapping[str, Contents]) -> None:
    """A length is read where there is no end; a place's name is no station's where it is the id already."""
    if "end_time" in columns:
        columns.pop("duration_minutes", None)
    for ours in ("start_zone", "end_zone"):
        names = columns.get(ours, ())
        if any("/" in text for name in names for text in contents[name].examples):
            del columns[ours]  # a name such as Europe/Paris is no label


def _told_apart(survey: Survey, contents: Mapping[str, Contents]) -> Sessions:
    """The different rows, by their columns without those that count the rows: one that repeats another is left out."""
    names = [name for name in contents if folded(name) not in _ROW_NUMBERS and not _is_row_number(name, contents[name])]
    rows = dict.fromkeys(zip(*map(survey.texts, names), strict=True))
    return [dict(zip(names, row, strict=True)) for row in rows]


def _is_row_number(name: str, column: Contents) -> bool:
    """Whether the column counts the rows, and is no more of an id by its heading than `No` is."""
    return _counts_rows(column) and not any(m.column == "session_id" and m.score >= SURE for m in meanings_of(name))


def _drop_row_number(
    sessions: Sessions, columns: dict[str, tuple[str, ...]], contents: Mapping[str, Contents], doubts: dict[str, str]
) -> None:
    """Leaves out an id that counts the rows, where others tell them apart: the next file begins at 1 again."""
    (name,) = columns.get("session_id", ("",))
    if not name or not _is_row_number(name, contents[name]):
        return
    doubts["session_id"] = f"{name} counts the rows from {contents[name].examples[0]} on: so may the next file"
    if any(_are_different(sessions, names) for names in _keys(columns)):
        del columns["session_id"], doubts["session_id"]


def _keys(columns: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The headings of each key of which all columns are there."""
    there = [ours for ours in _KEYS if all(column in columns for column in ours)]
    return [tuple(name for column in ours for name in columns[column]) for ours in there]


def _key(
    sessions: Sessions, columns: dict[str, tuple[str, ...]], contents: Mapping[str, Contents], doubts: dict[str, str]
) -> tuple[str, ...]:
    """The headings that tell rows apart, where no column is an id; none where one is."""
    if "session_id" in columns:
        return ()
    ids = [name for name in contents if any(m.column == "session_id" and m.score >= SURE for m in meanings_of(name))]
    ids = [name for name in ids if contents[name].filled == contents[name].rows and not _is_used(name, columns)]
    tried = [("station_id",), *_KEYS] if ids else _KEYS
    for ours in tried:
        names = tuple(name for column in ours for name in columns.get(column, ()))
        names = (*ids[:1], *names)
        if all(column in columns for column in ours) and _are_different(sessions, names):
            doubts["session_key"] = (
                "no column is an id of its own; these together tell the rows apart that were looked at"
            )
            return names
    names = (*ids[:1], *(name for column in _KEYS[-1] for name in columns.get(column, ())))
    even = "even these do not tell all rows apart" if names else "nothing in the table tells rows apart"
    doubts["session_key"] = f"no column is an id of its own, and {even}"
    return names


def _is_used(name: str, columns: Mapping[str, Iterable[str]]) -> bool:
    return any(name in names for names in columns.values())


def _are_different(sessions: Sessions, names: Sequence[str]) -> bool:
    """Whether the columns together tell all sessions apart."""
    return len({tuple(fields.get(name) for name in names) for fields in sessions}) == len(sessions)


def _in_order(columns: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The columns in the order of ``KINDS``, attributes of the station after them."""
    order = list(KINDS)
    known = {ours: columns[ours] for ours in order if ours in columns}
    return {**known, **{ours: names for ours, names in columns.items() if ours not in known}}
