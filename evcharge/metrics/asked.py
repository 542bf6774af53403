"""Whether what a selection asks for is known: each station, and each word of a lot.

What does not belong here: whether anything is known of them (each figure says that), and how a station is found by its
name (``explain``).
"""

from __future__ import annotations

import difflib

from sqlalchemy import select
from sqlalchemy.orm import Session

from evcharge.errors import NoDataError
from evcharge.metrics.counted import counted_of
from evcharge.metrics.explain import CLOSEST, unknown_station
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation

SEE_ALL = "evcharge report --csv - --no-png"
"""What shows every station with sessions."""


def require_known(session: Session, selection: Selection, see_all: str = SEE_ALL) -> None:
    """Refuses a selection of which one station, or one word of a lot, is nowhere: else it would be passed over.

    A database without a station is not looked at: nothing is loaded. Nor is an empty word, which stands for none.

    Args:
        session: reads the star.
        selection: what is asked for.
        see_all: the command that shows the stations there are.

    Raises:
        NoDataError: ``unknown_station`` or ``unknown_lot``.
        ReportError: only counts were given, without that column of stations.
    """
    if session.execute(select(DimStation.station_key).limit(1)).first() is None:
        return
    if selection.station_ids:
        of_source = Selection(station_ids=selection.station_ids, source=selection.source)
        query = select(DimStation.station_id).where(*of_source.station_conditions())
        known = set(session.scalars(query))
        for text in selection.station_ids:
            if text not in known:
                raise unknown_station(session, f"the id {text!r}", text, selection.source, see_all)
    given = counted_of(session)
    for column in dict.fromkeys(column for column, _ in selection.where):
        if given is not None:
            given.require_attribute(column)
        _require_words(session, column, [word for one, word in selection.where if one == column and word])


def _require_words(session: Session, column: str, words: list[str]) -> None:
    """Refuses words that no station has in this column."""
    known = {word for word in session.scalars(select(getattr(DimStation, column)).distinct()) if word}
    for word in words:
        if word not in known:
            folded = {one.casefold(): one for one in sorted(known)}
            close = [folded[one] for one in difflib.get_close_matches(word.casefold(), folded, CLOSEST)]
            there = f"Closest: {', '.join(map(repr, close))}." if close else _those_there(sorted(known))
            raise NoDataError("unknown_lot", f"no station has the {column} {word!r}.", there)


def _those_there(words: list[str]) -> str:
    """The first words that stations have."""
    if not words:
        return "No station has any; a registry brings them, in a shell: evcharge stations FILE"
    more = f" and {len(words) - CLOSEST:,} more" if len(words) > CLOSEST else ""
    return f"There are {', '.join(map(repr, words[:CLOSEST]))}{more}."
