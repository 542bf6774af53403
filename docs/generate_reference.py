"""Writes pages of docs/reference from the code: commands, rules of cleaning and of evidence, the frame of stations.

Run it as ``python docs/generate_reference.py``.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from evcharge.cli import cli  # noqa: E402
from evcharge.cli.options import GLOBAL_OPTIONS  # noqa: E402
from evcharge.evidence_rules import (  # noqa: E402
    EVIDENCE_WARNINGS,
    OUTAGE_RULES,
    STATUS_RULES,
    TWO_STATUSES_RULE,
    UPTIME_RULES,
    EvidenceRule,
)
from evcharge.load import CONTRADICTIONS  # noqa: E402
from evcharge.rules import (  # noqa: E402
    LEFT_OUT_RULES,
    SESSION_ID_REPEATED,
    STRUCTURAL_RULES,
    VALUE_RULES,
    WARNINGS,
    Rule,
)
from evcharge.station_frame import CSV_COLUMNS, STATION_FRAME, StationColumn  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"

COMMANDS_HEAD = """# Commands

Written by `python docs/generate_reference.py` from `evcharge/cli/`. Do not edit it by hand: a test compares.

`python -m evcharge.load` is `evcharge load`, `python -m evcharge.report` is `evcharge report`, and `python -m evcharge`
alone is `evcharge run`. What a command ends with: [exit codes](../how-to/schedule.md). Where a default comes from:
[settings](settings.md).

## Options of every command

They stand before the command's name or after it.

"""
RULES_HEAD = """# Cleaning rules

Written by `python docs/generate_reference.py` from `evcharge/rules.py`. Do not edit it by hand: a test compares.

A row is refused only if what identifies, times or measures its session can't be read or can't be true. What only tells
of the session is left out or shortened instead, counted, and the row kept. A session of no energy, of no length or of a
few seconds is kept, too: failed attempts look like that. Nothing is mended that a profile does not
[name](../sources/README.md#steps).

A refused row is kept with its file, line, rule, value and raw text. `evcharge load --rejects FILE` writes them as CSV,
the table [rejected_row](../data-dictionary.md#rejected_row) has them, and `evcharge explain STATION` finds those that
name a station. A load counts them by rule, and tells how many of them would have counted as failures. States of ports
and outages have [rules of their own](evidence-rules.md).

"""
STRUCTURE_HEAD = """## Rules on the row as a whole

A row that one of these refuses is looked at no further.

"""
VALUES_HEAD = """
## Rules on values

A row is refused with each rule that applies to it. Columns are ours, as in
[the native layout](../sources/native.md).

"""
REPEATED_HEAD = """
## Rule on two rows of one file

The load compares each row with those before it of the same station and session id. A row that says the same is counted
as unchanged, unless its profile names a field that tells the two apart (`tells_apart`). One of the same start that only
says more takes the place of the row before, and the one that says less is superseded; so is a row without an end beside
one with an end that says no less. A later version that the source states updates the row before, if its start is the
same. Any other row is refused, since it may be another session: the reject names the line of the row that stays.

"""
LEFT_OUT_HEAD = """
## Values left out

The row is kept without the value, and counted as a warning of the same name.

"""
WARNINGS_HEAD = """
## Warnings

Other remarks on rows that are kept.

"""
CONTRADICTIONS_HEAD = """
## Contradictions

Remarks on rows that are kept, which only other rows of the same load show; for tables and message logs alike. The load
counts them, `evcharge check` lists the first lines of these and of all warnings, and so does `--json` of both.

"""
EVIDENCE_HEAD = """# Rules of evidence

Written by `python docs/generate_reference.py` from `evcharge/evidence_rules.py`. Do not edit it by hand: a test
compares.

What refuses a statement about the state of a port, a reported outage, a claim that one is exempt, or a reported uptime,
which is no evidence itself. A row that is
broken in itself is refused by the [rules of sessions](cleaning-rules.md#rules-on-the-row-as-a-whole), too. A refused
row is kept in [rejected_evidence](../data-dictionary.md#rejected_evidence). Where the port and the time of a refused
statement can be read, the port is unknown from then until its next statement.

"""
STATUSES_HEAD = """
## States of ports

Of files of statuses.

"""
OUTAGES_HEAD = """
## Outages and exemptions

"""
UPTIMES_HEAD = """
## Uptime as reported

The times are judged by the rules above on `from_time` and `until_time`, too. Figures that contradict themselves are no
fault of the row: they are kept as they were reported, and [warned of](#warnings).

"""
EVIDENCE_WARNINGS_HEAD = """
## Warnings

Remarks on rows that are kept.

"""
STATIONS_HEAD = """# The frame of stations

Written by `python docs/generate_reference.py` from `evcharge/station_frame.py`. Do not edit it by hand: a test
compares.

One row per station, those that need attention first: `found.spells` of the [Python API](../how-to/schedule.md#python).
Names say first what is measured, then when: `_now` is of the present [spell](../metrics/spells.md), `_before` of the
one before it. Every column is there for every database. A missing text is `None`, a missing number `NaN`, a missing
day `NaT`. The frame saves as it is: `to_parquet`, `to_sql`, `to_csv`.

`evcharge report --csv` has the columns with a mark under "CSV", by source and id. Eight more stand at its end:
`definition`, the rule; `target`, which the verdicts are against; `refused_rows`, `refused_failures` and
`refused_unknown`, what the loads refused of the selection; `network_lowest_ratio` and `network_highest_ratio`, between
what the rate of all stations lies with all unknown and refused attempts in it; `made_up_sessions`, how many of its
sessions `evcharge sample` made up. Missing is empty there.

"""


def commands() -> str:
    """The page of all commands."""
    lines = [*_options(_declared(GLOBAL_OPTIONS)), ""]
    for name, command in _all_commands("evcharge", cli):
        lines += [*_section(name, command), ""]
    return COMMANDS_HEAD + "\n".join(lines).rstrip() + "\n"


def cleaning_rules() -> str:
    """The page of the rules and warnings of cleaning."""
    left_out = {rule.code for rule in LEFT_OUT_RULES}
    warnings = (f"| `{one.code}` | {_cell(one.message)} |" for one in WARNINGS if one.code not in left_out)
    contradictions = (f"| `{code}` | {_cell(message)} |" for code, message in CONTRADICTIONS.items())
    return "".join(
        (
            RULES_HEAD,
            STRUCTURE_HEAD,
            _table(("rule", "what is wrong"), (_row(rule) for rule in STRUCTURAL_RULES)),
            VALUES_HEAD,
            _table(("rule", "column", "what is wrong"), (_row(rule) for rule in VALUE_RULES)),
            REPEATED_HEAD,
            _table(("rule", "column", "what is wrong"), (_row(SESSION_ID_REPEATED),)),
            LEFT_OUT_HEAD,
            _table(("warning", "column", "why the value is left out"), (_row(rule) for rule in LEFT_OUT_RULES)),
            WARNINGS_HEAD,
            _table(("warning", "what is worth a look"), warnings),
            CONTRADICTIONS_HEAD,
            _table(("warning", "what is worth a look"), contradictions),
        )
    )


def evidence_rules() -> str:
    """The page of the rules and warnings of evidence."""
    of_statuses, of_outages = ({rule.code for rule in rules} for rules in (STATUS_RULES, OUTAGE_RULES))
    of_rows = {rule.code for rule in STRUCTURAL_RULES}
    warnings = (f"| `{code}` | {_cell(message)} |" for code, message in EVIDENCE_WARNINGS.items())
    return "".join(
        (
            EVIDENCE_HEAD,
            _evidence_table(rule for rule in STATUS_RULES if rule.code in of_outages - of_rows),
            STATUSES_HEAD,
            _evidence_table((*(rule for rule in STATUS_RULES if rule.code not in of_outages), TWO_STATUSES_RULE)),
            OUTAGES_HEAD,
            _evidence_table(rule for rule in OUTAGE_RULES if rule.code not in of_statuses),
            UPTIMES_HEAD,
            _evidence_table(rule for rule in UPTIME_RULES if rule.code not in of_statuses | of_outages),
            EVIDENCE_WARNINGS_HEAD,
            _table(("warning", "what is worth a look"), warnings),
        )
    )


def station_frame() -> str:
    """The page of the columns of the stations' frame."""
    heads = ("column", "dtype", "unit", "meaning", "missing when", "CSV")
    return STATIONS_HEAD + _table(heads, (_column_row(column) for column in STATION_FRAME))


PAGES = {
    REFERENCE / "commands.md": commands,
    REFERENCE / "cleaning-rules.md": cleaning_rules,
    REFERENCE / "evidence-rules.md": evidence_rules,
    REFERENCE / "station-frame.md": station_frame,
}


def _declared(options: Iterable[Callable[..., object]]) -> list[click.Option]:
    """The options that decorators add, in their order."""

    def command() -> None: ...

    for option in options:
        option(command)
    return command.__click_params__


def _all_commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, by its whole name; old names, which are hidden, are left out."""
    if command.hidden:
        return
    if not isinstance(command, click.Group):
        yield name, command
        return
    for part, inner in command.commands.items():
        yield from _all_commands(f"{name} {part}", inner)


def _section(name: str, command: click.Command) -> Iterator[str]:
    everywhere = {option.name for option in _declared(GLOBAL_OPTIONS)}
    arguments = [_argument(one) for one in command.params if isinstance(one, click.Argument)]
    options = [one for one in command.params if isinstance(one, click.Option) and one.name not in everywhere]
    words = [name, *(["[OPTIONS]"] if options else []), *arguments]
    yield from (f"## {name}", "", inspect.cleandoc(command.help or ""), "", "```", " ".join(words), "```")
    if options:
        yield ""
        yield from _options(options)


def _argument(argument: click.Argument) -> str:
    name = str(argument.name).upper()
    return (name if argument.required else f"[{name}]") + ("..." if argument.nargs == -1 else "")


def _options(options: Iterable[click.Option]) -> Iterator[str]:
    yield from ("| option | what it does | default |", "| --- | --- | --- |")
    for option in options:
        names = ", ".join((*option.opts, *option.secondary_opts))
        taken = f" {_taken(option)}" if not option.is_flag else ""
        default = f"`{option.default}`" if option.show_default else "required" if option.required else ""
        yield f"| `{_cell(names + taken)}` | {_cell(option.help or '')} | {default} |"


def _taken(option: click.Option) -> str:
    """The word that stands for an option's value."""
    if option.metavar:
        return option.metavar
    return "|".join(option.type.choices) if isinstance(option.type, click.Choice) else option.type.name.upper()


def _table(heads: tuple[str, ...], rows: Iterable[str]) -> str:
    return "\n".join([f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}", *rows]) + "\n"


def _evidence_table(rules: Iterable[EvidenceRule]) -> str:
    cells = ((rule.code, f"`{rule.column}`" if rule.column else "", _cell(rule.message)) for rule in rules)
    rows = (f"| `{code}` | {column} | {message} |" for code, column, message in cells)
    return _table(("rule", "column", "what is wrong"), rows)


def _row(rule: Rule) -> str:
    cells = [f"`{rule.code}`", *([f"`{rule.column}`"] if rule.column else []), _cell(rule.message)]
    return f"| {' | '.join(cells)} |"


def _column_row(column: StationColumn) -> str:
    texts = (column.unit, column.meaning, column.missing_when)
    cells = [f"`{column.name}`", f"`{column.dtype}`", *map(_cell, texts), "✓" if column.name in CSV_COLUMNS else ""]
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for file, page in PAGES.items():
        file.write_text(page(), encoding="utf-8")
        print(f"wrote {file.relative_to(ROOT)}")
