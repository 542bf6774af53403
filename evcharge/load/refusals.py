"""Files that are refused whole, though each of their rows could be read: by what they came to, with what would cure it.

What does not belong here: the rules for one row (``rules``), and files that can't be read (``sources``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from evcharge.errors import GateError, SourceError
from evcharge.frames import Cleaned
from evcharge.load.result import RejectLimit
from evcharge.load.tally import Tally
from evcharge.rules import LEFT_OUT_RULES, STRUCTURAL_RULES
from evcharge.sources import SourceFile

FORMATS = ("iso8601", "epoch_s", "epoch_ms")
EXAMPLES = ("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S")
"""Time formats that are offered: those with a name, and the first of these patterns."""

UNSTATED = {
    "start_time_unreadable": (
        "time_format_unstated",
        "State the format: --time-format FORMATS.",
    ),
    "start_time_without_zone": (
        "time_zone_unstated",
        "State the zone of the stations: --tz Europe/Paris (any IANA name, or UTC).",
    ),
    "start_time_zone_unknown": (
        "zone_label_unstated",
        "Say what the label stands for: --zone LABEL=+HH:MM; or state the zone of the stations: --tz Asia/Kolkata.",
    ),
}
"""Rules that show, when they refuse every row of the first chunk with a start, that a convention was not stated."""
_WITHOUT_START = frozenset({"start_time_missing", *(rule.code for rule in STRUCTURAL_RULES)})
"""Rules that refuse a row without a start, such as a footer."""
SAID = {
    "time_format_unstated": "is not in the stated format",
    "time_zone_unstated": "does not say in which zone",
    "zone_label_unstated": "is a label that nobody explains",
}
"""What the first value of such a file is said to be."""
LEAST_ROWS_TO_DOUBT = 10
"""Rows from which on one rule that refuses over half of a file shows a wrong setting. House rule."""

_STATE_WORDS = "State the words: --true-words Completed,OK --false-words Failed,Faulted (the file's own)."
CURES = {
    "start_time_unreadable": UNSTATED["start_time_unreadable"][1],
    "start_time_without_zone": UNSTATED["start_time_without_zone"][1],
    "end_time_unreadable": UNSTATED["start_time_unreadable"][1],
    "end_time_without_zone": UNSTATED["start_time_without_zone"][1],
    "start_time_zone_unknown": UNSTATED["start_time_zone_unknown"][1],
    "end_time_zone_unknown": UNSTATED["start_time_zone_unknown"][1],
    "start_time_ambiguous": "Say which of the two hours is meant: --ambiguous earlier, or --ambiguous later.",
    "duration_minutes_unreadable": "State the form: --duration-format h:m:s, hours, minutes or seconds.",
    "energy_kwh_not_a_number": "State the signs: --decimal , (or a dot), and what separates thousands: --thousands .",
    "energy_kwh_out_of_range": "State the unit: --energy-unit Wh.",
    "success_unreadable": _STATE_WORDS,
    "session_id_repeated": "Name the columns that tell the rows apart: --session-key COLUMN,COLUMN.",
    "session_id_rounded": "Export the file anew with ids as text.",
    "station_id_rounded": "Export the file anew with ids as text.",
    "time_unreadable": UNSTATED["start_time_unreadable"][1],
    "from_time_unreadable": UNSTATED["start_time_unreadable"][1],
    "time_without_zone": UNSTATED["start_time_without_zone"][1],
    "from_time_without_zone": UNSTATED["start_time_without_zone"][1],
    "until_time_without_zone": UNSTATED["start_time_without_zone"][1],
    "status_word_unknown": "Say what the words mean: the table [words] of a profile of your own, by --profile my.toml.",
    "row_too_long": "State what separates the columns: --delimiter ';'.",
    "row_too_short": "State what separates the columns: --delimiter ';'.",
}
"""What cures a file of which one rule refuses most rows."""
SEE_THEM = "See the rows with --rejects FILE."
"""What is left to do where nothing cures it."""


def hint_of(cure: str, formats_in_use: Collection[str], labels: Sequence[str]) -> str:
    """A cure with what may be typed: formats that the file isn't read by, and the first label of a zone that is usable.

    Args:
        cure: a text of ``CURES``.
        formats_in_use: time formats that the file was read by.
        labels: labels of zones that nobody explains.
    """
    example = next((pattern for pattern in EXAMPLES if pattern not in formats_in_use), "PATTERN")
    *others, last = [
        f"'{example}' (strptime letters)",
        *(name for name in FORMATS if name not in formats_in_use),
    ]
    formats = f"{', '.join(others)} or {last}" if others else last
    usable = (label.strip() for label in labels if re.fullmatch("[A-Za-z0-9]{1,16}", label.strip()))
    return cure.replace("FORMATS", formats).replace("LABEL", next(usable, "LABEL"))


def refuse_unstated(cleaned: Cleaned, rows_read: int, file: SourceFile, formats_in_use: Collection[str]) -> None:
    """Refuses a file whose times follow a convention nobody stated, rather than reject it row by row.

    Raises:
        SourceError: a code of ``UNSTATED``.
    """
    with_start = rows_read - int(cleaned.rejects["rule"].isin(_WITHOUT_START).sum())
    for rule, (code, hint) in UNSTATED.items():
        refused = cleaned.rejects[cleaned.rejects["rule"] == rule]
        if with_start and len(refused) == with_start:
            first = refused.iloc[0]
            raise SourceError(
                code,
                f"{file.name} line {first['line']}: {first['column']} {first['value']!r} {SAID[code]}.",
                hint_of(hint, formats_in_use, [first["value"]] if first["column"] == "start_zone" else []),
            )


def refuse_too_many(tally: Tally, limit: RejectLimit | None, file: SourceFile) -> None:
    """Refuses a file of which more rows were rejected than the user allows.

    Raises:
        GateError: ``too_many_rejects``.
    """
    refuse_rows(tally.read, tally.rejected, tally.by_rule, limit, file)


def refuse_rows(
    read: int, rejected: int, by_rule: Counter[str], limit: RejectLimit | None, file: SourceFile, what: str = "rows"
) -> None:
    """The same for rows of any kind, which ``what`` names.

    Raises:
        GateError: ``too_many_rejects``.
    """
    if limit and limit.passed_by(rejected, read):
        rules = ", ".join(f"{rule} {count:,}" for rule, count in by_rule.most_common())
        raise GateError(
            "too_many_rejects",
            f"{file.name}: {rejected:,} of {read:,} {what} were rejected, more than {limit}. "
            f"Nothing was loaded. Rules: {rules}.",
            "See the rows with --rejects FILE, or raise --max-rejects.",
        )


def refuse_mostly_refused(
    tally: Tally, limit: RejectLimit | None, file: SourceFile, formats_in_use: Collection[str]
) -> None:
    """Refuses a file in which one rule takes over half of the rows, or their values, unless a limit is stated.

    Raises:
        SourceError: ``one_rule_refuses_most``, with what would cure it.
    """
    if limit:
        return
    left_out = {rule.code: tally.warnings[rule.code] for rule in LEFT_OUT_RULES}
    for code, count in (*tally.by_rule.most_common(), *left_out.items()):
        hint = hint_of(CURES.get(code, SEE_THEM), formats_in_use, tally.unknown_labels)
        refuse_most(code, count, tally.read, file, hint)


def refuse_most(code: str, count: int, read: int, file: SourceFile, hint: str, what: str = "rows") -> None:
    """Refuses a file of which this rule takes over half of the rows.

    Raises:
        SourceError: ``one_rule_refuses_most``.
    """
    if read >= LEAST_ROWS_TO_DOUBT and 2 * count > read:
        raise SourceError(
            "one_rule_refuses_most",
            f"{file.name}: {code} in {count:,} of {read:,} {what}. Nothing was loaded.",
            f"{hint} If the rows are as bad as that, --max-rejects 100% loads the others.",
        )
