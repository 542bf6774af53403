"""Options that say how files are to be read, and the profiles that they make.

What does not belong here: what a command does with a file, and options of every command (``options``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evcharge.cli.options import setting

if TYPE_CHECKING:
    from evcharge.carriers.archive import Archive
    from evcharge.sources import Profile

Command = TypeVar("Command", bound=Callable[..., Any])


def mapping(text: str) -> tuple[str, str]:
    """One of our columns and the source's name for it, written station_id=loc."""
    ours, sign, theirs = text.partition("=")
    if not (ours and sign and theirs):
        raise click.BadParameter(f"{text!r} is not of the form station_id=THEIR_COLUMN.")
    return ours.strip(), theirs


def zone_label(text: str) -> tuple[str, str]:
    """A zone label and the offset that it stands for, written IST=+05:30."""
    label, _, offset = text.rpartition("=")
    if not (label.strip() and re.fullmatch("[+-](?:0[0-9]|1[0-4]):[0-5][0-9]", offset.strip())):
        raise click.BadParameter(f"{text!r} is not of the form LABEL=+05:30.")
    return label.strip(), offset.strip()


def names(text: str) -> tuple[str, ...]:
    """Words or names with commas between them; one that holds a comma stands in quotes, as in a CSV."""
    row = next(csv.reader([text], skipinitialspace=True), [])
    return tuple(name.strip() for name in row if name.strip())


READING_OPTIONS = (
    click.option("--profile", metavar="NAME|FILE", help="How to read the files: a built-in profile, or your own TOML."),
    click.option(
        "--map",
        "columns",
        type=mapping,
        metavar="OURS=THEIRS",
        multiple=True,
        help="Their name for one of our columns; repeatable. The same one again joins two, such as a date and a clock "
        "time.",
    ),
    click.option(
        "--session-key", type=names, metavar="A,B", help="Their columns that tell sessions apart, where no id does."
    ),
    click.option("--station-id", metavar="ID", help="The station of every row, where the file is of one station."),
    click.option(
        "--header-line",
        type=click.IntRange(min=1),
        metavar="N",
        help="Line that names the columns; without it, the first that does.",
    ),
    click.option(
        "--sheet", metavar="NAME", help="Sheet of a workbook, a load of its own; without it, the one that fits."
    ),
    click.option("--tz", "timezone", metavar="ZONE", help="Zone of times without an offset, e.g. Europe/Paris."),
    click.option(
        "--zone",
        "zones",
        type=zone_label,
        metavar="LABEL=+HH:MM",
        multiple=True,
        help="What a zone label in the file stands for, such as IST=+05:30; repeatable.",
    ),
    click.option(
        "--ambiguous",
        type=click.Choice(["earlier", "later"]),
        help="Which of the two hours is meant where a clock change repeats one.",
    ),
    click.option(
        "--time-format",
        metavar="FORMAT",
        multiple=True,
        help="How times are written: iso8601, epoch_s, epoch_ms, or strptime letters such as '%d/%m/%Y %H:%M'. "
        "Repeatable, for a file that mixes several.",
    ),
    click.option("--delimiter", metavar="SIGN", help="What separates the columns of a CSV; the word tab for a tab."),
    click.option("--decimal", type=click.Choice([".", ","]), help="Decimal sign."),
    click.option(
        "--thousands",
        type=click.Choice(["none", ".", ",", "space", "apostrophe"]),
        help="Thousands separator, as in 1.234,5 or 1 234,5.",
    ),
    click.option("--encoding", metavar="NAME", help="Text encoding; UTF-8, and UTF-16 with a mark, are recognised."),
    click.option("--energy-unit", type=click.Choice(["kWh", "Wh"]), help="Unit of the energy column."),
    click.option(
        "--duration-format",
        type=click.Choice(["h:m:s", "hours", "minutes", "seconds"]),
        help="How lengths are written that state no unit.",
    ),
    click.option("--true-words", type=names, metavar="A,B", help="Words that mean that a session succeeded."),
    click.option("--false-words", type=names, metavar="A,B", help="Words that mean that it failed."),
    click.option("--null-words", type=names, metavar="A,B", help="Words that mean that nothing was recorded."),
    click.option(
        "--failures-included",
        type=click.Choice(["yes", "no", "unknown"]),
        help="Whether the publisher left failed sessions in.",
    ),
    click.option(
        "--source",
        metavar="NAME",
        help="Who published the files; ids are unique only within a source. Asked for where many publish in a layout; "
        "to say it once: source in evcharge.toml.",
    ),
)
"""How a file is to be read."""


def reading_options(command: Command) -> Command:
    """Adds the options that say how a file is to be read."""
    for option in reversed(READING_OPTIONS):
        command = option(command)
    return command


def is_one_source(archive: Archive) -> bool:
    """Whether an archive is read as one; who reads files is imported where there is an archive."""
    from evcharge.sources.recognise import is_one_source as is_one

    return is_one(archive)


def reading_profiles(profile: str | None, columns: Iterable[tuple[str, str]], **overrides: Any) -> list[Profile]:
    """The profiles a file may be read by: the built-in ones, or the named one.

    A layout that many publish in takes its source from the settings, where ``--source`` does not say it. What
    ``evcharge sample`` made up keeps its source whatever either says, and no other file may take it.
    """
    from evcharge.sources.asked import profiles_as_asked, why_no_source

    stated = overrides.pop("source", None)
    publisher = (setting("source") or None) if stated is None else stated
    if reason := why_no_source(publisher):
        raise click.BadParameter(reason, param_hint="the setting source" if stated is None else "--source")
    mapped: dict[str, list[str]] = {}
    for ours, theirs in columns:
        mapped.setdefault(ours, []).append(theirs)
    overrides["zones"] = dict(overrides.get("zones") or ())
    for name in ("session_key", "true_words", "false_words", "null_words"):
        overrides[name] = overrides.get(name) or ()
    return profiles_as_asked(profile, mapped, stated=stated, publisher=publisher, **overrides)
