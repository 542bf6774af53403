"""Layouts of delimited text for tests: a sound row, ways to spoil it, and what becomes of the file.

What becomes of a file is told in words: ``kept 1``, ``kept 1 warned padded_id``, ``rejected station_id_missing``,
``skipped 1``, ``refused wrong_encoding``; several of them in this order.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from evcharge.clean import clean
from evcharge.errors import SourceError
from evcharge.frames import Cleaned, RawSessions
from evcharge.load.time_format import settled
from evcharge.sources import Profile, builtin_profiles, open_file, pick_profile, read, with_overrides
from evcharge.sources.names import folded

AS_OF = pd.Timestamp("2026-01-01", tz="UTC")

Row = Mapping[str, str]
Data = str | bytes
Variants = dict[str, tuple[Data, str]]


@dataclass(frozen=True)
class Layout:
    """A format as its publisher writes it.

    Attributes:
        name: of the profile that fits it.
        row: their field to a sound text.
        delimiter: what separates the fields.
        settings: what a load has to state besides, such as the timezone.
    """

    name: str
    row: Row
    delimiter: str = ","
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def profile(self) -> Profile:
        return builtin_profiles()[self.name]

    def field_of(self, ours: str) -> str:
        """The field of the sound row that is mapped to our column."""
        spellings = set(map(folded, self.profile.mapped[ours]))
        return next(name for name in self.row if folded(name) in spellings)

    @property
    def starts(self) -> tuple[str, ...]:
        """The fields of the sound row that make up the start."""
        return self.profile.combined.get("start_time") or (self.field_of("start_time"),)

    def lines(self, *rows: Sequence[str]) -> str:
        """Rows as the publisher writes them."""
        text = io.StringIO()
        csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerows(rows)
        return text.getvalue()

    def file(self, *overs: Row, without: str = "") -> str:
        """A file with one row for each set of overrides of the sound row; a new field stands last."""
        known = dict.fromkeys([*self.row, *(name for over in overs for name in over)])
        names = [name for name in known if name != without]
        return self.lines(names, *([{**self.row, **over}.get(name, "") for name in names] for over in overs))

    def read(self, path: Path, **settings: str) -> list[RawSessions]:
        """The file as read, its profile picked among all that come with evcharge."""
        with open_file(path) as file:
            profile = with_overrides(pick_profile(file, builtin_profiles().values()), **{**self.settings, **settings})
            assert profile.name == self.name
            return list(read(file, settled(file, profile).profile, salt="a grain"))

    def read_text(self, folder: Path, data: Data, **settings: str) -> list[RawSessions]:
        """As ``read``, of a file that holds the data."""
        path = folder / "sessions.csv"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return self.read(path, **settings)

    def cleaned(self, folder: Path, data: Data, **settings: str) -> Cleaned:
        """What cleaning makes of a file of one chunk."""
        (raw,) = self.read_text(folder, data, **settings)
        return clean(raw, AS_OF)

    def outcome(self, folder: Path, data: Data) -> str:
        """What becomes of the file, in words."""
        try:
            raws = self.read_text(folder, data)
        except SourceError as error:
            return f"refused {error.code}"
        told = []
        for raw in raws:
            cleaned = clean(raw, AS_OF)
            told += [f"kept {len(cleaned.rows)}"] if len(cleaned.rows) else []
            told += [f"warned {code}" for code in cleaned.warnings]
            told += [f"rejected {rule}" for rule in cleaned.rejects["rule"]]
            told += [f"skipped {raw.skipped}"] if raw.skipped else []
        return " ".join(told)


def common_variants(layout: Layout) -> Variants:
    """What may happen to any table, and the documented outcome."""
    sound = layout.file({})
    header, row = sound.splitlines()
    energy, station = layout.field_of("energy_kwh"), layout.field_of("station_id")
    names, values = list(layout.row), list(layout.row.values())
    decimal = layout.profile.conventions.decimal
    return {
        "sound": (sound, "kept 1"),
        "byte order mark, CR LF": (b"\xef\xbb\xbf" + sound.replace("\n", "\r\n").encode(), "kept 1"),
        "gzipped": (gzip.compress(sound.encode(), mtime=0), "kept 1"),
        "heading in capitals, underscores for blanks": (f"{header.upper().replace(' ', '_')}\n{row}\n", "kept 1"),
        "columns in another order": (layout.lines(names[::-1], values[::-1]), "kept 1"),
        "a column that nobody knows": (layout.file({"surprise": "1"}), "kept 1"),
        "a blank line": (f"{header}\n{row}\n\n{row}\n", "kept 2"),
        "no row": (f"{header}\n", ""),
        "no energy flowed": (layout.file({energy: "0"}), "kept 1"),
        "energy left empty": (layout.file({energy: ""}), "kept 1"),
        "energy below zero": (layout.file({energy: f"-0{decimal}5"}), "kept 1 warned meter_ran_backwards"),
        "energy in words": (layout.file({energy: "much"}), "rejected energy_kwh_not_a_number"),
        "energy in Wh": (layout.file({energy: "7500"}), "rejected energy_kwh_out_of_range"),
        "no station": (layout.file({station: " "}), "rejected station_id_missing"),
        "a padded station": (layout.file({station: f" {layout.row[station]} "}), "kept 1 warned padded_id"),
        "no start": (layout.file(dict.fromkeys(layout.starts, "")), "rejected start_time_missing"),
        "a row too short": (layout.lines(names, values[:-1]), "rejected row_too_short"),
        "a row too long": (layout.lines(names, [*values, "x"]), "rejected row_too_long"),
        "a NUL": (f"{header}\n{row}\0\n", "rejected nul_character"),
        "the header again": (f"{header}\n{row}\n{header}\n", "kept 1 rejected repeated_header"),
        "a heading missing": (layout.file({}, without=energy), "refused no_profile_fits"),
        "a heading twice": (layout.lines([*names, energy], [*values, "1"]), "refused duplicate_column"),
        "a quote that is never closed": (f'{header}\n{row}\n"open\nand on\n', "refused unclosed_quote"),
        "bytes that are not UTF-8": (sound.encode() + b"\xff\xfe\n", "refused wrong_encoding"),
    }
