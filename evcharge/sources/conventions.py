"""The conventions of a profile, as its table says them: each checked, none guessed.

What does not belong here: the other tables of a profile (``profile_file``), and reading text by conventions (``parse``,
``instants``).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import fields
from zoneinfo import ZoneInfo, available_timezones

from evcharge.frames import Conventions
from evcharge.sources.settings import Settings
from evcharge.thousands import THOUSANDS

TIME_FORMATS = ("iso8601", "epoch_s", "epoch_ms")
"""Time formats with a name; any other is a strptime pattern."""

TIME_LETTERS = frozenset("YymdHIMSfpbBaAjz")
"""Letters of a strptime pattern. %Z is not among them: a zone's abbreviation names no one zone."""

_CHOICES = {
    "ambiguous_time": ("reject", "first", "second"),
    "decimal": (".", ","),
    "thousands": tuple(THOUSANDS),
    "energy_unit": ("kWh", "Wh"),
    "power_unit": ("kW", "W"),
    "duration_format": ("h:m:s", "hours", "minutes", "seconds"),
}
"""Conventions that are one of a few words."""


def conventions_of(given: Settings) -> Conventions:
    """The conventions that the settings state; the usual ones for the rest.

    Raises:
        SourceError: as ``Settings.refuse``.
    """
    usual = Conventions()
    conventions = Conventions(
        time_format=_time_format(given, given.text("time_format", usual.time_format)),
        time_formats=tuple(_time_format(given, pattern) for pattern in given.texts("time_formats", ())),
        timezone=_timezone(given),
        **{key: given.text(key, getattr(usual, key), choices) for key, choices in _CHOICES.items()},
        true_words=tuple(word.casefold() for word in given.texts("true_words", usual.true_words)),
        false_words=tuple(word.casefold() for word in given.texts("false_words", usual.false_words)),
        null_words=given.texts("null_words", usual.null_words),
        no_port_words=given.texts("no_port_words", usual.no_port_words),
        zone_labels=_zone_labels(given.table("zone_labels")),
    )
    if both := set(conventions.true_words) & set(conventions.false_words):
        given.refuse("false_words", sorted(both), "each word in one of true_words and false_words")
    if conventions.thousands == conventions.decimal:
        given.refuse("thousands", conventions.thousands, "another sign than decimal, which has this one")
    given.nothing_left([convention.name for convention in fields(Conventions)])
    return conventions


def _zone_labels(given: Settings) -> dict[str, str]:
    labels = given.texts_by_key()
    for label, offset in labels.items():
        if not re.fullmatch("[+-](?:0[0-9]|1[0-4]):[0-5][0-9]", offset):
            given.refuse(label, offset, "an offset such as -06:00")
    return labels


def _time_format(given: Settings, pattern: str) -> str:
    letters = re.findall("%(.?)", pattern.replace("%%", ""), re.DOTALL)
    if pattern not in TIME_FORMATS and (not letters or not TIME_LETTERS.issuperset(letters)):
        given.refuse("time_format", pattern, f"{', '.join(TIME_FORMATS)}, or a pattern such as %d/%m/%Y %H:%M")
    return pattern


def _timezone(given: Settings) -> str | None:
    name = given.optional_text("timezone")
    try:
        return None if name is None else ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(str(name), sorted(available_timezones()), n=3)
        given.refuse("timezone", name, f"an IANA zone such as {', '.join(near) or 'Europe/Paris'}")
