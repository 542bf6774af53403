"""Which definition each letter of a frame is by, as the frame itself says: read by name, never by position.

What does not belong here: the letters of an outcome (``metrics.letters``), and which definitions a report takes.
"""

from __future__ import annotations

import pandas as pd

from evcharge.errors import SourceError
from evcharge.metrics.counted import Places
from evcharge.metrics.letters import LETTERS, ORDER, named_letters

LETTER_COLUMNS = ("outcomes", "letters")
"""Columns of a frame with letters: one for each definition, and by which definitions they are."""


def places_of(name: str, rows: pd.DataFrame) -> Places:
    """The place of each letter of a frame, counted from 1, by id and version.

    Args:
        name: of the frame.
        rows: at least one, with ``letters``.

    Raises:
        SourceError: ``counts_bad_letters``.
    """
    texts = rows["letters"].unique()
    if len(texts) > 1:
        reason = f"{name}: its rows do not all have the same letters: {texts[0]!r} and {texts[1]!r}."
        raise SourceError("counts_bad_letters", reason, "Count all sessions by the same definitions.")
    places: dict[tuple[str, int], int] = {}
    for place, word in enumerate(str(texts[0]).split(), start=1):
        definition, _, version = word.rpartition("@")
        if not definition or not version.isdecimal():
            reason = f"{name}: letters has {word!r}, which is no id with a version."
            raise SourceError("counts_bad_letters", reason, f"Write them like: {named_letters(ORDER)}")
        if (definition, int(version)) in places:
            reason = f"{name}: letters has {word!r} twice."
            raise SourceError("counts_bad_letters", reason, "Each definition has one letter.")
        places[definition, int(version)] = place
    return places


def require_vectors(name: str, rows: pd.DataFrame, places: Places) -> None:
    """Refuses outcomes that have not one known letter for each definition.

    Raises:
        SourceError: ``counts_bad_outcomes``.
    """
    known = "".join(LETTERS.values())
    for vector in rows["outcomes"].unique():
        if len(vector) != len(places):
            reason = f"{name}: the outcomes {vector!r} have {len(vector)} letters, and letters names {len(places)}."
            raise SourceError("counts_bad_outcomes", reason, "One letter for each definition, in their order.")
        if strange := set(vector) - set(known):
            reason = f"{name}: the outcomes {vector!r} have the letter {min(strange)!r}."
            raise SourceError("counts_bad_outcomes", reason, f"The letters are {', '.join(known)}.")
