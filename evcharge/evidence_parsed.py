"""A chunk of raw evidence with its text read: what its rules look at, and what is kept of a row.

What does not belong here: what refuses a row (``evidence_rules``), and the rows of sessions (``parsed``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from evcharge.arrays import Flags, Integers
from evcharge.frames import Conventions
from evcharge.ids import AROUND, clean_id, is_rounded
from evcharge.instants import parse_instants
from evcharge.limits import CLOCK_SKEW, EARLIEST, LONGEST_DURATION_MINUTES
from evcharge.parse import Numbers, parse_durations, parse_numbers, parse_words
from evcharge.parsed import is_usable, shortened, without_blanks
from evcharge.texts import per_distinct
from evcharge.times import Times, no_times

NO_INSTANT = np.iinfo(np.int64).min
"""Stands for a missing instant among milliseconds."""


@lru_cache(maxsize=4096)  # a feed has few words
def letters_of(word: str) -> str:
    """A word by its letters alone, whatever their case and accents; one without letters as it stands.

    ``OUT_OF_ORDER``, ``OutOfOrder`` and ``out of order`` are one word.
    """
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(filter(str.isalpha, plain)) or plain.strip().strip(AROUND)


@dataclass(frozen=True)
class ParsedEvidence:
    """A raw chunk with its text read; every attribute is as long as the chunk."""

    raw: pd.DataFrame
    conventions: Conventions
    as_of: pd.Timestamp
    words: Mapping[str, str]

    def written(self, name: str) -> list[str | None]:
        """A column of the file, of nothing where the file has no such column."""
        return self.raw[name].tolist() if name in self.raw.columns else [None] * len(self.raw)

    @cached_property
    def faults(self) -> list[str | None]:
        """The fault in each row's own structure."""
        return self.written("fault")

    @cached_property
    def station_ids(self) -> list[str | None]:
        """The stations' ids as they are kept."""
        return per_distinct(clean_id, self.written("station_id"))

    @cached_property
    def port_ids(self) -> list[str | None]:
        """The ports' ids as they are kept; None for the whole station."""
        return per_distinct(clean_id, self.written("port_id"))

    @cached_property
    def words_written(self) -> list[str | None]:
        """The words of states without blanks around them."""
        return per_distinct(clean_id, self.written("word"))

    @cached_property
    def word_letters(self) -> list[str | None]:
        """The words of states by their letters alone."""
        return per_distinct(letters_of, self.words_written)

    def text(self, column: str) -> list[str | None]:
        """A text that tells of a row: on one line, and no longer than the database keeps."""
        if column not in self.raw.columns:
            return [None] * len(self.raw)
        return per_distinct(kept_text, self.written(column))

    @cached_property
    def time(self) -> Times:
        """When it was so."""
        return self._times("time")

    @cached_property
    def updated(self) -> Times:
        """The source's own version of each row."""
        return self._times("updated_at")

    @cached_property
    def updated_ms(self) -> Integers:
        """The source's own version of each row [ms since 1970]; ``NO_INSTANT`` where none can be read or can be."""
        instants = self.updated.instants
        return milliseconds(instants.where(~(self.updated.ambiguous | self.is_impossible(instants))))

    @cached_property
    def start(self) -> Times:
        """The start of each outage."""
        return self._times("from_time")

    @cached_property
    def stated_end(self) -> Times:
        """The end of each outage, where the source states one."""
        return self._times("until_time")

    @cached_property
    def duration(self) -> Numbers:
        """The length of each outage, where the source states one [minutes]."""
        if "duration_minutes" not in self.raw.columns:
            return Numbers(np.full(len(self.raw), np.nan), np.zeros(len(self.raw), dtype=bool))
        return parse_durations(self.raw["duration_minutes"], self.conventions)

    @cached_property
    def end(self) -> pd.Series:
        """The end of each outage: as stated, else start plus length, else missing."""
        minutes = np.where(self.duration.amounts <= LONGEST_DURATION_MINUTES, self.duration.amounts, np.nan)
        length = pd.Series(pd.to_timedelta(np.round(minutes * 60_000), unit="ms"))
        made = (self.start.instants + length).astype("datetime64[ms, UTC]")
        return self.stated_end.instants.where(self.stated_end.present, made)

    def figure(self, column: str) -> Numbers:
        """A number of each row, where the source states one; a percentage may be written with its sign."""
        texts = self.written(column)
        if column.endswith("_percent"):
            texts = per_distinct(lambda text: text.strip().removesuffix("%"), texts)
        series = pd.Series(texts, dtype="object")
        return parse_numbers(series, self.conventions.decimal, 1.0, self.conventions.thousands)

    @cached_property
    def excluded(self) -> pd.Series:
        """Whether the reporter takes the outage out of its uptime: True, False or missing."""
        return parse_words(pd.Series(self.written("excluded"), dtype="object"), self.conventions)

    @cached_property
    def is_marker(self) -> Flags:
        """Rows that stand for a snapshot which lists no port."""
        return ~self.is_missing(self.written("is_empty"))

    def where(self, texts: list[str | None], holds: Callable[[str], bool]) -> Flags:
        """Rows whose text is so; of no empty text."""
        found = {text for text in set(texts) if text and holds(text)}
        return np.array([text in found for text in texts], dtype=bool) if found else np.zeros(len(texts), dtype=bool)

    def is_missing(self, texts: list[str | None]) -> Flags:
        """Rows without a text."""
        if None not in texts:
            return np.zeros(len(texts), dtype=bool)
        return np.array([text is None for text in texts], dtype=bool)

    def is_unusable(self, texts: list[str | None]) -> Flags:
        """Rows whose text the database does not take."""
        return self.where(texts, lambda text: not is_usable(text))

    def is_rounded(self, texts: list[str | None]) -> Flags:
        """Rows whose id is a number that a spreadsheet has rounded."""
        return self.where(texts, is_rounded)

    def is_before_all(self, instants: pd.Series) -> Flags:
        """Rows whose time is before any charger could say anything."""
        return np.asarray(instants < EARLIEST)

    def is_after_today(self, instants: pd.Series) -> Flags:
        """Rows whose time is further ahead than clocks run."""
        return np.asarray(instants > self.as_of + CLOCK_SKEW)

    def is_impossible(self, instants: pd.Series) -> Flags:
        """Rows whose time can't be one at which something was said."""
        return self.is_before_all(instants) | self.is_after_today(instants)

    def _times(self, column: str) -> Times:
        texts = self.written(column)
        if texts.count(None) == len(texts):
            return no_times(len(self.raw))
        return parse_instants(self.raw[column], self.conventions)


def milliseconds(instants: pd.Series) -> Integers:
    """Instants as milliseconds since 1970; ``NO_INSTANT`` for none."""
    numbers: Integers = instants.astype("datetime64[ms, UTC]").dt.tz_localize(None).to_numpy().astype(np.int64)
    return numbers


def kept_text(text: str) -> str | None:
    """A text on one line and no longer than the database keeps; one that fits stays as it is."""
    inner = without_blanks(text)
    return inner if inner is None or is_usable(inner) else shortened(inner)
