"""A proposal as a person takes it up: a commented starter profile, and the options of a load of one file.

What nothing in the table proves is marked with the word confirm. What does not belong here: what is proposed
(``proposal``), and how a profile is read (``profile_file``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from evcharge.sources.contents import KIND_NAMES
from evcharge.sources.names import as_list, on_one_line
from evcharge.sources.proposal import Proposal

ONE_STATION = "station-1"
"""What the station of a table is called that names none, until somebody says its name."""
OPTIONS_OF_DOUBTS = {
    "time_formats": "--time-format",
    "timezone": "--tz",
    "decimal": "--decimal",
    "energy_unit": "--energy-unit",
    "duration_format": "--duration-format",
    "success": "--true-words, --false-words",
    "session_key": "--session-key",
    "encoding": "--encoding",
    "sheet": "--sheet",
    "failures_included": "--failures-included",
}
"""The option that settles a doubt; for the rest it is the --map of the column."""
_AT = 38
"""Column at which the comments of a profile begin, where there is room."""
_USUAL_WORDS = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_NOT_MAPPED_BY_OPTION = ("driver_ref", "station_latitude", "station_longitude", "station_country", "station_city")
"""Columns that the options leave out: a load of one file needs none of them."""


def source_of(file_name: str) -> str:
    """A name for whoever the table is of, made of the file's: small letters, digits and hyphens."""
    stem = PurePath(file_name.removesuffix(".gz")).stem
    return re.sub(r"[^a-z0-9]+", "-", stem.casefold()).strip("-")[:64] or "my-export"


def failures_in(proposal: Proposal) -> bool:
    """Whether the table shows failed attempts: by their words, or as sessions of no energy."""
    success = [text for name in proposal.columns.get("success", ()) for text in proposal.contents[name].texts]
    energies = (text for name in proposal.columns.get("energy_kwh", ()) for text in proposal.contents[name].texts)
    return not set(success).isdisjoint(proposal.writing.false_words) or any(
        re.fullmatch(r"0*[.,]?0*", text) for text in energies
    )


def to_fill(proposal: Proposal) -> list[str]:
    """The lines of a starter profile that the table fills with nothing, and without which a load is refused."""
    has_key = "session_id" in proposal.columns or bool(proposal.session_key)
    lines = {
        "session_key": has_key,
        "start_time": "start_time" in proposal.columns,
        "time_format": proposal.writing.reads_times,
    }
    return [line for line, is_filled in lines.items() if not is_filled]


# The options of a load


def options_of(proposal: Proposal, source: str) -> list[str] | None:
    """What follows ``evcharge load FILE`` to read it as proposed; None where no options can say it."""
    columns, writing = proposal.columns, proposal.writing
    has_end = not {"end_time", "duration_minutes"}.isdisjoint(columns)
    is_whole = "start_time" in columns and "energy_kwh" in columns and has_end
    if not is_whole or writing.steps or not writing.reads_times:
        return None
    options = ["--source", source, *_options_of_table(proposal), *_options_of_writing(proposal)]
    if not failures_in(proposal):
        options += ["--failures-included", "unknown"]
    if "station_id" not in columns:
        options += ["--station-id", ONE_STATION]
    for ours, names in columns.items():
        if ours not in _NOT_MAPPED_BY_OPTION:
            options += [part for name in names for part in ("--map", f"{ours}={on_one_line(name)}")]
    return [*options, *_list_option("--session-key", list(map(on_one_line, proposal.session_key)))]


def _options_of_table(proposal: Proposal) -> Iterator[str]:
    survey = proposal.survey
    if survey.kind == "csv" and survey.delimiter != ",":
        yield from ("--delimiter", "tab" if survey.delimiter == "\t" else survey.delimiter)
    if survey.encoding not in ("", "utf-8"):
        yield from ("--encoding", survey.encoding)
    if survey.header_line and not survey.starts_with_header:
        yield from ("--header-line", str(survey.header_line))
    if survey.other_sheets:
        yield from ("--sheet", survey.sheet)


def _options_of_writing(proposal: Proposal) -> Iterator[str]:
    writing = proposal.writing
    for pattern in writing.time_formats:
        if writing.time_formats != ("iso8601",):
            yield from ("--time-format", pattern)
    if writing.zone:
        yield from ("--tz", writing.zone)
    if writing.decimal != "." or "decimal" in proposal.doubts:
        yield from ("--decimal", writing.decimal)
    if writing.thousands != "none":
        yield from ("--thousands", writing.thousands)
    if writing.energy_unit != "kWh":
        yield from ("--energy-unit", writing.energy_unit)
    if writing.duration_format != "minutes":
        yield from ("--duration-format", writing.duration_format)
    if "success" in proposal.columns and not _are_usual(proposal):
        yield from _list_option("--true-words", writing.true_words)
        yield from _list_option("--false-words", writing.false_words)
    yield from _list_option("--null-words", writing.null_words)


def _are_usual(proposal: Proposal) -> bool:
    """Whether the words are those that every profile knows."""
    given = (proposal.writing.true_words, proposal.writing.false_words)
    return all(
        {word.casefold() for word in words} <= set(usual) for words, usual in zip(given, _USUAL_WORDS, strict=True)
    )


def _list_option(option: str, words: Sequence[str]) -> list[str]:
    """The option with its words as one argument, as CSV; none where there are no words."""
    return [option, as_list(words)] if words else []


# The profile


def starter_profile(proposal: Proposal, file_name: str) -> str:
    """The text of a profile that reads the table as proposed: every line that is a doubt says confirm."""
    name = source_of(file_name)
    parts = (
        [
            _one_line(f"# A starter profile for {file_name}, made by evcharge check --write-profile."),
            "# It is a proposal. Look at each line that says confirm; what is right may stay as it is.",
            "# Then: evcharge check FILE --profile THIS_FILE, and evcharge load FILE --profile THIS_FILE.",
        ],
        _head(proposal, name, file_name),
        *_columns(proposal),
        *_steps(proposal),
        _conventions(proposal),
        _unused(proposal),
    )
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(proposal: Proposal, name: str, file_name: str) -> list[str]:
    survey = proposal.survey
    failures = failures_in(proposal)
    why = "the file has failures, or sessions of no energy" if failures else "confirm: did somebody leave failures out?"
    lines = [
        _line("name", name),
        _line("title", file_name),
        _line("source", name, "confirm: whose station ids these are; ids are unique within a source"),
        _line("format", "jsonl" if survey.kind == "jsonl" else "csv"),
        _line("failures_included", "yes" if failures else "unknown", why),
    ]
    if survey.kind == "csv":
        lines.append(_line("delimiters", [survey.delimiter]))
    if survey.encoding not in ("", "utf-8"):
        lines.append(_line("encoding", survey.encoding, "confirm: are its letters right in the examples below?"))
    if survey.header_line and not survey.starts_with_header:
        lines.append(_line("header_line", survey.header_line, "confirm: the line that names the columns"))
    if survey.other_sheets:
        lines.append(_line("sheet", survey.sheet, _doubt(proposal, "sheet")))
    if "session_id" not in proposal.columns:
        none = "confirm: name the columns that tell rows apart; a load is refused until then"
        why = _doubt(proposal, "session_key") if proposal.session_key else none
        lines.append(_line("session_key", list(proposal.session_key), why))
    if proposal.private:
        lines.append(_line("private", list(proposal.private), "never stored, not even of a refused row"))
    return lines


def _columns(proposal: Proposal) -> Iterator[list[str]]:
    """The tables of columns; what a session may lack stands under a table of its own."""
    of_station = {ours: names for ours, names in proposal.columns.items() if _is_of_station(ours)}
    single = {ours: names[0] for ours, names in proposal.columns.items() if len(names) == 1 and ours not in of_station}
    joined = {ours: names for ours, names in proposal.columns.items() if len(names) > 1}
    tables: dict[str, list[str]] = {
        "columns": [
            *(_column(proposal, ours, name) for ours, name in single.items() if ours != "driver_ref"),
            *_start_to_name(proposal),
            *_energy_to_name(proposal),
        ],
        "optional_columns": [_column(proposal, ours, name) for ours, name in single.items() if ours == "driver_ref"],
        "combined": [_line(ours, list(names), _doubt(proposal, ours)) for ours, names in joined.items()],
        "constants": _constants(proposal),
        "station": [_column(proposal, ours, names[0]) for ours, names in of_station.items()],
    }
    for table, lines in tables.items():
        if lines:
            yield [f"[{table}]", *lines]


def _constants(proposal: Proposal) -> list[str]:
    if "station_id" in proposal.columns:
        return []
    return [
        _line("station_id", ONE_STATION, "confirm: no column seems to name the station; this one would be in every row")
    ]


def _start_to_name(proposal: Proposal) -> list[str]:
    if "start_time" in proposal.columns:
        return []
    why = _doubt(proposal, "start_time") or "confirm: nothing stands in the table"
    return [_line("start_time", "THEIR_COLUMN", f"{why}; a load is refused until one is named")]


def _energy_to_name(proposal: Proposal) -> list[str]:
    if "energy_kwh" in proposal.columns:
        return []
    return [f"# {_line('energy_kwh', 'THEIR_COLUMN', _doubt(proposal, 'energy_kwh'))}"]


def _is_of_station(ours: str) -> bool:
    return ours.startswith("station_") and ours != "station_id"


def _column(proposal: Proposal, ours: str, name: str) -> str:
    comment = _doubt(proposal, ours) or ", ".join(proposal.contents[name].examples)
    if ours == "driver_ref":
        comment = "stored as a salted hash only"
    return _line(ours.removeprefix("station_") if _is_of_station(ours) else ours, name, comment)


def _steps(proposal: Proposal) -> Iterator[list[str]]:
    for step in proposal.writing.steps:
        yield ["[[steps]]", _line("step", step.step, _doubt(proposal, step.step)), _line("fields", list(step.fields))]


def _conventions(proposal: Proposal) -> list[str]:
    writing = proposal.writing
    formats = list(writing.time_formats)
    lines = ["[conventions]"]
    if len(formats) == 1:
        lines.append(_line("time_format", formats[0], _doubt(proposal, "time_formats")))
    else:
        lines.append(_line("time_formats", formats, _doubt(proposal, "time_formats") or "the file mixes them"))
    lines += [f"# {_line('time_format', other)}" for other in writing.readings if other not in formats]
    if writing.zone:
        lines.append(_line("timezone", writing.zone, _doubt(proposal, "timezone")))
    lines.append(_line("decimal", writing.decimal, _doubt(proposal, "decimal")))
    if writing.thousands != "none" or "decimal" in proposal.doubts:
        lines.append(_line("thousands", writing.thousands, _doubt(proposal, "decimal")))
    lines.append(_line("energy_unit", writing.energy_unit, _doubt(proposal, "energy_unit")))
    if "duration_minutes" in proposal.columns:
        lines.append(_line("duration_format", writing.duration_format, _doubt(proposal, "duration_format")))
    if "success" in proposal.columns and not _are_usual(proposal):
        lines.append(_line("true_words", list(writing.true_words), _doubt(proposal, "success")))
        lines.append(_line("false_words", list(writing.false_words), "confirm"))
    if writing.null_words:
        lines.append(_line("null_words", list(writing.null_words), "they stand for nothing"))
    return lines


def _unused(proposal: Proposal) -> list[str]:
    """Comments that name what no line above reads."""
    unused = [name for name in proposal.contents if not proposal.column_of(name)]
    lines = [
        f"# {_as_toml(name)}: {KIND_NAMES[proposal.contents[name].kind]}{_examples(proposal, name)}" for name in unused
    ]
    asked = [f"# confirm: {proposal.doubts['outcome']}"] if "outcome" in proposal.doubts else []
    return ["# Not read:", *map(_one_line, [*lines, *asked])] if lines else []


def _examples(proposal: Proposal, name: str) -> str:
    examples = ", ".join(proposal.contents[name].examples)
    return f", such as {examples}" if examples else ""


def _doubt(proposal: Proposal, of: str) -> str:
    return f"confirm: {proposal.doubts[of]}" if of in proposal.doubts else ""


def _line(key: str, value: object, comment: str = "") -> str:
    """A setting with its comment."""
    setting = f"{key} = {_as_toml(value)}"
    return _one_line(f"{setting:<{_AT - 1}} # {comment}" if comment else setting)


def _as_toml(value: object) -> str:
    """A text, a whole number or a list of texts as TOML, of which the JSON of these is a part."""
    if isinstance(value, list):
        return f"[{', '.join(map(_as_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    """The text without characters that TOML takes in no comment."""
    return "".join(char if char.isprintable() or char == "\t" else " " for char in text)


def confirmations(proposal: Proposal, options: Iterable[str]) -> list[tuple[str, str]]:
    """What is to be confirmed of these options: the option and the doubt."""
    given = set(options)
    pairs = []
    for of, doubt in proposal.doubts.items():
        option = OPTIONS_OF_DOUBTS.get(of, f"--map {of}")
        if of not in OPTIONS_OF_DOUBTS and of not in proposal.columns:
            continue
        if option.split(",")[0].split(" ")[0] in given:
            pairs.append((option, doubt))
    if "--station-id" in given:
        pairs.append(("--station-id", "no column seems to name the station"))
    if "outcome" in proposal.doubts:
        pairs.append(("--map success, --true-words, --false-words", proposal.doubts["outcome"]))
    if "--failures-included" in given:
        none_seen = "no failure stands in the file: did somebody leave them out?"
        unknown = "whether failures stand in the file is not known before its outcome is"
        pairs.append(("--failures-included", unknown if "outcome" in proposal.doubts else none_seen))
    return pairs
