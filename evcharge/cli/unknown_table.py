"""What evcharge check says of a table that fits no profile: what it holds, what it may be, and what to type.

What does not belong here: what is proposed (``sources``), and files that a profile fits (``cli.check``).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evcharge.cli.given import given
from evcharge.cli.options import database, database_url
from evcharge.cli.terminal import narrow_console, notice, tell
from evcharge.errors import DatabaseError, ReportError, SourceError, as_path

if TYPE_CHECKING:
    from evcharge.carriers.inputs import Input
    from evcharge.sources.proposal import Proposal

SURVEYED = ("no_profile_fits", "missing_columns", "wrong_encoding", "malformed_header")
"""Faults of a file of which its own columns are told."""
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_WIDEST_NAME, _WIDEST_KIND, _WIDEST_EXAMPLES = 28, 20, 44
"""Widths of the columns of the list [characters]; longer texts are cut."""


def proposed(one: Input, stated: Mapping[str, Any]) -> Proposal:
    """What the table may be.

    Args:
        one: the input.
        stated: options of reading: what they say of the table's form is taken as said.

    Raises:
        SourceError: nothing in it names columns, with what mends that.
    """
    from evcharge.sources import open_file
    from evcharge.sources.proposal import proposal_of
    from evcharge.sources.survey import survey

    delimiter = {"tab": "\t"}.get(stated.get("delimiter") or "", stated.get("delimiter"))
    with open_file(one.path, one.name) as file:
        table = survey(
            file,
            encoding=stated.get("encoding"),
            delimiter=delimiter,
            header_line=stated.get("header_line"),
            sheet=stated.get("sheet"),
        )
        return proposal_of(table)


def mended(error: SourceError, fault: SourceError) -> SourceError:
    """The error of a file with a hint of what mends it, where its own hint is to look at it by a check."""
    return SourceError(error.code, error.reason, fault.hint) if error.code == "no_profile_fits" else error


def write_profile(proposal: Proposal, one: Input, path: Path) -> None:
    """Writes a starter profile, never over another file.

    Raises:
        ReportError: ``profile_exists``, or what writing raises.
    """
    from evcharge.output import written_whole
    from evcharge.sources.starter import starter_profile, to_fill

    text = starter_profile(proposal, one.name)
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    if path.exists():
        raise ReportError("profile_exists", f"{path} is there already, and may have been edited.", "Name another file.")
    with written_whole(path) as file:
        file.write(text.encode())
    first = (
        f"fill in {' and '.join(lines)} first, without which no load reads it, " if (lines := to_fill(proposal)) else ""
    )
    notice(f"wrote {path}: {first}look at the lines that say confirm, then: {_loads(one, path)}")


def show_proposal(proposal: Proposal, one: Input) -> None:
    """Prints what the table holds, each column with what it may be, and the one command that loads it."""
    from evcharge.sources.starter import confirmations, options_of, source_of, to_fill

    tell(f"{one.name}: what it holds")
    tell(f"  {_form(proposal)}")
    _show_columns(_columns_of(proposal))
    if proposal.missing:
        tell(f"  nothing in it seems to be: {', '.join(proposal.missing)}")
    options = options_of(proposal, source_of(one.name))
    doubts = list(proposal.doubts.items())
    if options is not None:
        tell("  If it is what it seems to be, this loads it:")
        tell(f"    {shlex.join(['evcharge', 'load', as_path(one.path), *options])}{_database()}")
        doubts = confirmations(proposal, options)
    elif not to_fill(proposal):
        tell("  If it is what it seems to be, these two load it:")
        tell(f"    {_writes(one)}")
        tell(f"    {_loads(one, Path('my.toml'))}")
    else:
        lines = to_fill(proposal)
        are = "is" if len(lines) == 1 else "are"
        tell(f"  No load reads it before {' and '.join(lines)} {are} filled in, in a profile: {_writes(one)}")
    if doubts:
        tell("  Confirm first:")
        for option, doubt in doubts:
            tell(f"    {option}: {doubt}")
    if options is not None:
        tell(f"  For exports that come again, a profile of your own: {_writes(one)}")


def as_document(proposal: Proposal, one: Input) -> dict[str, Any]:
    """The same for a JSON document."""
    from evcharge.sources.starter import options_of, source_of

    survey = proposal.survey
    options = options_of(proposal, source_of(one.name))
    return {
        "kind": survey.kind,
        "encoding": survey.encoding or None,
        "delimiter": survey.delimiter or None,
        "header_line": survey.header_line or None,
        "sheet": survey.sheet or None,
        "other_sheets": list(survey.other_sheets),
        "rows_looked_at": len(survey.rows),
        "columns": [
            {
                "name": name,
                "holds": column.kind,
                "filled_ratio": round(column.filled / column.rows, 4) if column.rows else None,
                "examples": list(column.examples),
                "words": column.words,
                "may_be": proposal.column_of(name) or None,
            }
            for name, column in proposal.contents.items()
        ],
        "time_formats": list(proposal.writing.time_formats),
        "other_readings": proposal.writing.readings,
        "command": ["evcharge", "load", as_path(one.path), *options] if options is not None else None,
        "confirm": proposal.doubts,
        "missing": list(proposal.missing),
    }


def _form(proposal: Proposal) -> str:
    """How the table is cut, and how much of it was looked at."""
    from evcharge.report.words import counted

    survey = proposal.survey
    parts = {
        "csv": [_DELIMITERS.get(survey.delimiter, repr(survey.delimiter)), survey.encoding],
        "workbook": [f"sheet {survey.sheet}"],
        "jsonl": ["JSON lines", survey.encoding],
    }[survey.kind]
    if survey.header_line:
        parts.append(f"header on line {survey.header_line}")
    rows = counted(len(survey.rows), "row") if survey.is_whole else f"its first {len(survey.rows):,} rows"
    other = f"; {survey.other_rows:,} more seem to be no sessions: a load refuses them" if survey.other_rows else ""
    return f"{', '.join(parts)}; {rows} looked at{other}"


def _columns_of(proposal: Proposal) -> list[tuple[str, ...]]:
    """Each column: its name, what it holds, how much of it is filled, examples, and what it may be."""
    from evcharge.sources.contents import KIND_NAMES

    rows: list[tuple[str, ...]] = []
    for name, column in proposal.contents.items():
        words = (f"{word} ({count:,})" for word, count in column.words.items())
        examples = ", ".join(words if column.words else column.examples)
        ours = proposal.column_of(name)
        mark = " ?" if ours in proposal.doubts else ""
        filled = f"{100 * column.filled // column.rows if column.rows else 0}%"
        shown = "not shown" if ours == "private" else examples
        rows.append((name, KIND_NAMES[column.kind], filled, shown, f"{ours or '–'}{mark}"))
    return rows


def _show_columns(rows: Sequence[tuple[str, ...]]) -> None:
    headings = ("column", "holds", "filled", "for example", "may be")
    if screen := narrow_console():
        from evcharge.report.terminal.table import print_table

        signs = ("~", "", ">", "|", "")
        print_table(screen, [sign + heading for sign, heading in zip(signs, headings, strict=True)], rows)
        return
    for row in (headings, *rows):
        tell(f"  {_in_columns(*row)}")


def _in_columns(name: str, kind: str, filled: str, examples: str, ours: str) -> str:
    return (
        f"{_cut(name, _WIDEST_NAME):<{_WIDEST_NAME}} {kind:<{_WIDEST_KIND}} {filled:>6}  "
        f"{_cut(examples, _WIDEST_EXAMPLES):<{_WIDEST_EXAMPLES}} {ours}"
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _writes(one: Input) -> str:
    return f"evcharge check {shlex.quote(as_path(one.path))} --write-profile my.toml"


def _loads(one: Input, profile: Path) -> str:
    return f"evcharge load {shlex.quote(as_path(one.path))} --profile {shlex.quote(as_path(profile))}{_database()}"


def _database() -> str:
    """The options of a load that name the database of this run, and make it where it is not there."""
    from evcharge.migrate import require_head

    named = f" --db {shlex.quote(given('db'))}" if given("db") else ""
    try:
        require_head(database(), database_url())
    except DatabaseError:
        return f"{named} --create-db"
    return named
