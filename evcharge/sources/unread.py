"""Columns that nothing reads though they say what a rate needs: words of failures, ends, energy in another unit.

What does not belong here: what such a column is read as: a profile says it, or an option (``proposal`` proposes it).
"""

from __future__ import annotations

from collections.abc import Callable

from evcharge.carriers.file import SourceFile
from evcharge.errors import SourceError
from evcharge.sources.contents import MOST_WORDS
from evcharge.sources.meaning import heading_of, is_flag, meanings_of, outcome_of, tells_of_failure, tells_of_test
from evcharge.sources.profile import Profile
from evcharge.sources.proposal import SURE
from evcharge.sources.recognise import line_of_header, unknown_columns
from evcharge.sources.survey import Survey, survey
from evcharge.sources.time_shapes import shape_of
from evcharge.sources.workbook import best_page
from evcharge.sources.workbook_archive import is_workbook

SEEN_BY_A_LOAD = 5_000
"""Rows that a load looks at for these columns: it must take next to no time beside the load. House rule."""
UNREAD_WARNINGS = {
    "outcome_not_read": "a column that is not read seems to hold outcomes: --map success=COLUMN with --true-words and "
    "--false-words, or --map stop_reason=COLUMN",
    "end_not_read": "a column that is not read holds ends, and no other is read: --map end_time=COLUMN",
    "energy_not_read": "a column that is not read holds energy in another unit: is the right one read? "
    "--map energy_kwh=COLUMN with --energy-unit",
}
"""The warnings about such columns, by code."""


def unread_information(file: SourceFile, profile: Profile) -> dict[str, list[str]]:
    """The columns that nothing reads though they tell what a rate needs, each with what it tells, by code of warning.

    Only the beginning of a table is looked at; a format with structure of its own has no such columns.
    """
    names = unknown_columns(file, profile)
    if not names:
        return {}
    try:
        table = _survey_of(file, profile)
    except SourceError:  # its rows are refused one by one
        return {}
    looks: dict[str, Callable[[Survey, str, Profile], str]] = {
        "outcome_not_read": _failures,
        "end_not_read": _ends,
        "energy_not_read": _other_energy,
    }
    there = [name.strip() for name in names if name.strip() in table.names]
    told = {code: [said for name in there if (said := look(table, name, profile))] for code, look in looks.items()}
    return {code: said for code, said in told.items() if said}


def _survey_of(file: SourceFile, profile: Profile) -> Survey:
    """The table as the profile cuts it."""
    delimiter = profile.delimiters[0] if len(profile.delimiters) == 1 else None
    encoding = profile.encoding if profile.encoding != "utf-8" else None
    return survey(
        file,
        encoding=encoding,
        delimiter=delimiter,
        header_line=line_of_header(file, profile),
        sheet=best_page(file, profile).title if is_workbook(file) else None,
        most_rows=SEEN_BY_A_LOAD,
    )


def _failures(table: Survey, name: str, profile: Profile) -> str:
    """The words of failures of a column of few words, or those of one whose heading says that it is of outcomes."""
    words = {text.strip() for text in table.texts(name)} - {""}
    if not words or len(words) > MOST_WORDS:
        return ""
    told = sorted(word for word in words if tells_of_failure(word))
    if not told and all(outcome_of(word) is not None for word in words):
        told = sorted(filter(tells_of_test, words))
    if not told and all(map(is_flag, words)) and _means(name, "success") and not _is_read("success", table, profile):
        told = sorted(words)
    return f"{name} ({', '.join(told)})" if told else ""


def _ends(table: Survey, name: str, profile: Profile) -> str:
    """Whether a column of times is of ends, where none is read."""
    if _is_read("end_time", table, profile) or not _means(name, "end_time"):
        return ""
    examples = [text.strip() for text in table.texts(name) if text.strip()]
    return f"{name} ({examples[0]})" if examples and shape_of(examples[0]) else ""


def _other_energy(table: Survey, name: str, profile: Profile) -> str:
    """Whether a column is of energy in another unit than the one that is read."""
    unit = heading_of(name).unit
    is_other = unit in ("kWh", "Wh") and unit != profile.conventions.energy_unit
    return f"{name} ({unit})" if is_other and _means(name, "energy_kwh") else ""


def _means(name: str, column: str) -> bool:
    return any(meaning.column == column and meaning.score >= SURE for meaning in meanings_of(name)[:1])


def _is_read(column: str, table: Survey, profile: Profile) -> bool:
    """Whether the table has what the profile maps to one of our columns."""
    optional = {ours: names for ours, names in profile.optional_columns.items() if ours == column}
    return (
        column in profile.columns
        or column in profile.combined
        or any(name in table.names for names in optional.values() for name in names)
    )
