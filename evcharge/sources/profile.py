"""A profile: what a source calls its columns, and the conventions its text is read by; and what it can be asked.

What does not belong here: the TOML file that it is written in (``profile_file``), finding the profile that fits a file
(``recognise``), and what a value must be to be kept (``clean``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import NamedTuple

from evcharge.frames import Conventions
from evcharge.sources.formats import TABULAR
from evcharge.sources.names import folded

ID_COLUMNS = ("session_id", "station_id", "port_id", "connector_id")
"""Columns whose text is never interpreted: null words and number spellings are ids here."""

_FINGERPRINT_DIGITS = 8
"""Hexadecimal digits of a fingerprint's hash: 32 bits tell apart the few profiles a person ever writes."""


SESSIONS, STATUS, OUTAGES, UPTIME = "sessions", "status", "outages", "uptime"
"""What a profile's files hold."""


class Step(NamedTuple):
    """A named step of ``steps`` and the publisher's fields that it is applied to."""

    step: str
    fields: tuple[str, ...]


Spellings = tuple[str, ...]
"""A publisher's names for one field, in different years or copies; the first that a file has is read."""


@dataclass(frozen=True)
class Profile:
    """How one publisher's files are read. Field names are the publisher's; column names are ours.

    Attributes:
        name: short name, ``[a-z0-9-]+``.
        title: for people.
        source: who published the files, in whose scope station ids are unique; empty where many publish in the layout.
        stand_in: what is taken for the source in the first load of such files; without one, the name.
        format: one of ``formats.format_names``.
        failures_included: whether the publisher left failed sessions in: ``yes``, ``no`` or ``unknown``.
        delimiters: csv only; each is tried on the header line.
        encoding: of a file without a byte order mark.
        header_line: line of the header, counted from 1; None where it is the first that fits.
        sheet: name of the sheet of a workbook; None where it is the one that fits.
        columns: our column to the spellings of their field; each must be in the file.
        optional_columns: the same; may be absent. Attributes of the station are here as ``station_name`` and so on.
        combined: our column to their fields that make it up, joined by a blank; each must be in the file.
        constants: our column to the text that stands in every row.
        session_key: their fields that make up ``session_id`` where the source has none; each must be in the file, in
            any of the spellings that it is mapped by.
        tells_apart: their fields that tell rows of one file with one session id apart, though not those of two files;
            they may be absent.
        private: their fields that must not be kept, not even in a reject; what is mapped to ``driver_ref`` is too.
        marks: their fields that nothing is mapped to, and that a file must have to be of this layout.
        steps: what is done to their fields before they are mapped, in this order.
        key_steps: what is done to their fields in ``session_key`` besides, for the key alone.
        conventions: how the text is read.
        kind: what a row is: one of ``sessions``, ``status``, ``outages`` and ``uptime``.
        evidence: of statuses: ``event`` (a change), ``poll`` (an answer about a port) or ``snapshot`` (a list of all).
        unlisted: what a port is that a snapshot does not list: ``up``, ``down`` or ``unknown``; empty for no snapshot.
        words: a source's words for the state of a port, each with what it means; compared by their letters alone.
    """

    name: str
    title: str
    source: str
    format: str
    failures_included: str
    delimiters: tuple[str, ...]
    encoding: str
    columns: Mapping[str, Spellings]
    optional_columns: Mapping[str, Spellings] = field(default_factory=dict)
    combined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    session_key: tuple[str, ...] = ()
    tells_apart: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    key_steps: tuple[Step, ...] = ()
    conventions: Conventions = field(default_factory=Conventions)
    header_line: int | None = None
    stand_in: str = ""
    sheet: str | None = None
    kind: str = SESSIONS
    evidence: str = ""
    unlisted: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Name and a hash of every setting but the name and title: two equal ones read the same from the same bytes."""
        settings = {key: value for key, value in asdict(self).items() if key not in ("name", "title", "stand_in")}
        for key in ("header_line", "sheet"):
            if settings[key] is None:
                del settings[key]  # so that profiles without one keep the fingerprint that they had before it
        if self.kind == SESSIONS:
            for key in ("kind", "evidence", "unlisted", "words"):
                del settings[key]  # for the same reason
        if self.sheet is not None:
            settings["sheet"] = self.sheet.casefold()  # Excel takes no two sheets that differ by case
        if self.conventions.thousands == "none":
            del settings["conventions"]["thousands"]  # for the same reason
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        return f"{self.name}@{digest[:_FINGERPRINT_DIGITS]}"

    @property
    def is_tabular(self) -> bool:
        """Whether the file itself names its fields."""
        return self.format in TABULAR

    @property
    def mapped(self) -> Mapping[str, Spellings]:
        """Our column to the spellings of their field, required or not."""
        return {**self.optional_columns, **self.columns}

    @property
    def fields(self) -> frozenset[str]:
        """Their fields that are read, folded, in every spelling."""
        lists = (*self.mapped.values(), *self.combined.values(), *(step.fields for step in self.steps))
        return frozenset(map(folded, (*chain.from_iterable(lists), *self.session_key, *self.tells_apart)))

    @property
    def needed(self) -> frozenset[str]:
        """Their fields that must be in a file, folded, each in its first spelling."""
        spelled = (names[0] for names in self.columns.values())
        others = (*chain.from_iterable(self.combined.values()), *self.session_key, *self.marks)
        return frozenset(map(folded, (*spelled, *others)))

    @property
    def private_fields(self) -> frozenset[str]:
        """Their fields that must not be kept, folded, in every spelling."""
        return frozenset(map(folded, (*self.private, *self.mapped.get("driver_ref", ()))))

    def spellings_of(self, name: str) -> Spellings:
        """All the spellings of a field: those of the column that it is mapped to, else the name alone."""
        for spellings in self.mapped.values():
            if folded(name) in map(folded, spellings):
                return spellings
        return (name,)

    def missing_from(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """What the profile needs and the file's field names lack: pairs of our column and their field."""
        present = {folded(name) for name in names}
        needed = [(ours, spellings) for ours, spellings in self.columns.items()]
        needed += [(ours, (name,)) for ours, parts in self.combined.items() for name in parts]
        needed += [("session_key", self.spellings_of(name)) for name in self.session_key]
        needed += [("marks", (name,)) for name in self.marks]
        return tuple((ours, names[0]) for ours, names in needed if present.isdisjoint(map(folded, names)))

    def unused_of(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The file's field names that nothing is mapped to, in file order; nameless and private ones are left out."""
        known = self.fields | self.private_fields | set(map(folded, self.marks))
        return tuple(name for name in names if folded(name) and folded(name) not in known)
