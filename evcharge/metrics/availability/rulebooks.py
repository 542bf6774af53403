"""Rulebooks: what counts as uptime, as data; one TOML each in ``metrics/rulebooks``, or a file of the user's own.

What does not belong here: the arithmetic (``uptime``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from evcharge import toml
from evcharge.errors import ConfigError, as_path
from evcharge.metrics.availability.evidence import CAUSES

BUILTIN = (
    *("nevi", "evchart", "cec-2026-a", "cec-2026-b", "uk-pcpr-a", "uk-pcpr-b"),
    *("afirev", "afirev-24h", "nsw-evc", "status-only", "kwwhat"),
)
"""The rulebooks that come with evcharge, in the order in which they are shown."""
ALL = "all"
"""The word for all of them side by side."""
HASH_DIGITS = 8
"""Digits of the hash in the id of a rulebook of the user's own."""

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_ID = re.compile(r"[a-z0-9_-]{1,48}")


@dataclass(frozen=True)
class Rulebook:
    """What one rulebook says; the words of each field are in ``FIELDS``.

    Attributes:
        id: its name; that of the user's own ends in ``@`` and the first digits of its hash.
        title: what it is, in a few words.
        version: date of the text that it follows.
        clause: where in the text the formula stands.
        source: the text.
        provisional: whether the text is not published, or was not read in the original.
        unit: what the limit holds for: each port, or the network.
        connectors: when a port of several connectors is down.
        minutes: which minutes the figure is a share of.
        unknown: what an unknown minute is. ``unsaid``: the text says nothing; the formula counts outages alone.
        unknown_hours: hours after which unknown is down, for the words of ``unknown`` that ask for it.
        offline: what silence, and a disconnection by the back office's record, are.
        exempt: causes whose outages are exempt.
        exempt_minutes: whether exempt outages are no outages (``stay``) or leave the minutes of the figure (``leave``).
        incident_hours: most exempt hours of one incident, by cause.
        year_hours: most exempt hours of one calendar year, by cause.
        period: which period it judges.
        limit: share that is required; None for none.
        limit_is: ``above`` or ``at least``.
        young_ports: whether ports in operation for less than a year are counted, or have no figure yet.
        decimals: digits of the percentage that is handed in.
        rounding: to the nearest, or down.
        sha256: hash of the file.
    """

    id: str
    title: str
    version: str
    clause: str
    source: str
    provisional: bool
    unit: str
    connectors: str
    minutes: str
    unknown: str
    offline: str
    exempt: tuple[str, ...]
    exempt_minutes: str
    period: str
    limit: float | None
    limit_is: str
    young_ports: str
    decimals: int
    rounding: str
    unknown_hours: float
    incident_hours: Mapping[str, float]
    year_hours: Mapping[str, float]
    sha256: str


class Field(NamedTuple):
    """A key of a rulebook: what its value must be, in words, whether it is, and what it is where the key is missing."""

    right: str
    fits: Callable[[Any], bool]
    default: Any = ...


def _one_of(*words: str, default: Any = ...) -> Field:
    return Field("one of " + ", ".join(f'"{word}"' for word in words), lambda value: value in words, default)


def _number(value: Any, above: float, most: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and above < value <= most


def _are_hours(value: Any) -> bool:
    return isinstance(value, dict) and all(key in CAUSES and _number(hours, 0, 8784) for key, hours in value.items())


_TEXT = Field("a text that is not blank", lambda value: isinstance(value, str) and bool(value.strip()))
_HOURS = Field(
    "a table of hours above 0 and up to 8784 by cause, such as { vandalism = 240 }",
    _are_hours,
    {},
)
FIELDS = {
    "id": Field(
        "small letters, digits, hyphens and underscores, up to 48",
        lambda value: isinstance(value, str) and _ID.fullmatch(value) is not None,
    ),
    "title": _TEXT,
    "version": Field(
        'a year, month or day as a text, such as "2025-10-08"',
        lambda value: isinstance(value, str) and _DATE.fullmatch(value) is not None,
    ),
    "clause": _TEXT,
    "source": _TEXT,
    "provisional": Field("true or false", lambda value: isinstance(value, bool), False),
    "unit": _one_of("port", "network"),
    "connectors": _one_of("all", "any", "mean", default="any"),
    "minutes": _one_of("525600", "calendar", "open hours", "since commissioning"),
    "unknown": _one_of("unsaid", "down", "up", "out", "down after hours", "down beyond hours"),
    "unknown_hours": Field("hours above 0 and up to 8784", lambda value: _number(value, 0, 8784), 24.0),
    "offline": _one_of("unknown", "down", default="unknown"),
    "exempt": Field(
        "a list of some of " + ", ".join(f'"{cause}"' for cause in CAUSES),
        lambda value: isinstance(value, list) and all(cause in CAUSES for cause in value),
        [],
    ),
    "exempt_minutes": _one_of("stay", "leave", default="stay"),
    "incident_hours": _HOURS,
    "year_hours": _HOURS,
    "period": _one_of("12 months", "calendar year", "quarter", "any", default="any"),
    "limit": Field("a share above 0 and up to 1, such as 0.97", lambda value: _number(value, 0, 1), None),
    "limit_is": _one_of("above", "at least", default="at least"),
    "young_ports": _one_of("count", "no figure yet", default="count"),
    "decimals": Field("a whole number from 0 to 6", lambda value: type(value) is int and 0 <= value <= 6, 2),
    "rounding": _one_of("nearest", "down", default="nearest"),
}
"""Every key of a rulebook's file; those without a default must be there."""


def builtin_rulebooks() -> dict[str, Rulebook]:
    """The rulebooks that come with evcharge, by id, in a fixed order."""
    return dict(_builtin())


@cache
def _builtin() -> dict[str, Rulebook]:
    folder = resources.files("evcharge.metrics") / "rulebooks"
    return {name: _rulebook(f"{name}.toml", (folder / f"{name}.toml").read_bytes()) for name in BUILTIN}


def find_rulebook(name: str) -> Rulebook:
    """The rulebook of that id, or the one in the file of that name.

    Raises:
        ConfigError: ``unknown_rulebook``, or what ``read_rulebook`` raises.
    """
    if name in BUILTIN:
        return _builtin()[name]
    if name.lower().endswith(".toml"):
        return read_rulebook(Path(name))
    hint = f"Known: {', '.join(BUILTIN)}; or name a file that ends in .toml."
    python = f"Write rulebook={BUILTIN[0]!r}, or another of {', '.join(map(repr, BUILTIN))}; or the path of a .toml."
    raise ConfigError("unknown_rulebook", f"There is no rulebook {name!r}.", hint, python)


def find_rulebooks(name: str) -> list[Rulebook]:
    """All rulebooks that come with evcharge for the word ``all``, else the one of ``find_rulebook``.

    Raises:
        ConfigError: as ``find_rulebook``.
    """
    return list(_builtin().values()) if name == ALL else [find_rulebook(name)]


def read_rulebook(path: Path) -> Rulebook:
    """The rulebook in a TOML file of the user's own.

    Raises:
        ConfigError: ``bad_rulebook`` naming the key and what would be right.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        _refuse(as_path(path), f"can't be read: {error.strerror}", "Name a file that there is.")
    rulebook = _rulebook(as_path(path), content)
    if rulebook.id in BUILTIN:
        _refuse(as_path(path), f"says id is {rulebook.id!r}, which is that of a rulebook here", "Write another id.")
    return _named(rulebook, f"{rulebook.id}@{rulebook.sha256[:HASH_DIGITS]}")


def _named(rulebook: Rulebook, name: str) -> Rulebook:
    return Rulebook(**{**vars(rulebook), "id": name})


def _rulebook(name: str, content: bytes) -> Rulebook:
    """A rulebook from the bytes of its file."""
    try:
        given = toml.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, toml.TOMLDecodeError) as error:
        _refuse(name, f"can't be read as TOML: {error}", "See docs/metrics/uptime.md for the layout.")
    for key in given:
        if key not in FIELDS:
            _refuse(name, f"has the unknown key {key!r}", f"Known keys: {', '.join(FIELDS)}.")
    values = {key: _value(name, given, key) for key in FIELDS}
    _check_together(name, values)
    return Rulebook(
        **{**values, "exempt": tuple(cause for cause in CAUSES if cause in values["exempt"])},
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _value(name: str, given: Mapping[str, Any], key: str) -> Any:
    """The value of a key, or its default."""
    field = FIELDS[key]
    if key not in given:
        if field.default is ...:
            _refuse(name, f"lacks the key {key!r}", f"Write {key} = {field.right}.")
        return field.default
    value = given[key]
    if isinstance(value, (dict, list)) and key not in ("exempt", "incident_hours", "year_hours"):
        fits = False
    else:
        fits = field.fits(value)
    if not fits:
        _refuse(name, f"says {key} is {value!r}", f"Write {field.right}.")
    return value


def _check_together(name: str, values: Mapping[str, Any]) -> None:
    """Refuses what no minute could follow: caps on causes that are not exempt."""
    for key in ("incident_hours", "year_hours"):
        for cause in values[key]:
            if cause not in values["exempt"]:
                hint = f"Add {cause!r} to exempt, or take it out of {key}."
                _refuse(name, f"caps {cause!r} in {key}, which is not exempt", hint)


def _refuse(name: str, what: str, hint: str) -> NoReturn:
    raise ConfigError("bad_rulebook", f"The rulebook {name} {what}.", hint)
