"""Which of two rows of one session stays: between files, and within one.

What does not belong here: finding the two rows, and writing (``writer``).
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Literal

from evcharge.load.mapping import FACT_COLUMNS, KEY, LINEAGE, LOAD, VERSION, Fact

CONTENT = [i for i in range(len(FACT_COLUMNS)) if i not in (*KEY, *LINEAGE)]
"""Places in a fact of what a session is, beside its key and where it came from."""
START, END = FACT_COLUMNS.index("start_time"), FACT_COLUMNS.index("end_time")
_OF_START = [FACT_COLUMNS.index(name) for name in ("start_time", "time_key", "duration_minutes")]
"""Places in a fact of the start, its local hour and the length that is reckoned from it."""
_GROWING = [FACT_COLUMNS.index(name) for name in ("energy_kwh", "peak_power_kw", "end_soc_percent")]
"""Places in a fact of what only grows while a session goes on."""
content_of, lineage_of = itemgetter(*CONTENT), itemgetter(*LINEAGE)

Choice = Literal["unchanged", "newer", "older", "would_reopen"]
"""What a fact is beside one of another load; ``would_reopen`` is an older one that states no version."""
Repeat = Literal["unchanged", "newer", "older", "fuller", "emptier", "repeated"]
"""What a row is beside an earlier one of the same file; ``repeated`` is another session under the same id."""


def choose(fact: Fact, before: Fact) -> Choice:
    """Which of two facts of a session from two files stays.

    Where the source states versions the newest stays, whatever the order of the files, and a stated version wins over
    none; equal versions that differ are settled by comparing their values, so that any order ends the same. Where
    neither states one, the later load wins, but for an older state of the session: a row that only empties what the
    other one fills, whatever its start, or that takes its end away. A file that is loaded again keeps its place among
    the loads.
    """
    if content_of(fact) == content_of(before):
        return "unchanged"
    if fact[VERSION] is not None or before[VERSION] is not None:
        return "newer" if _rank(fact) > _rank(before) else "older"
    if fact[LOAD] < before[LOAD]:
        return "newer" if _is_older_state(before, fact) else "older"
    return "would_reopen" if _is_older_state(fact, before) else "newer"


def _is_older_state(later: Fact, earlier: Fact) -> bool:
    """Whether what a later load says only takes from what an earlier one says: values, or the end."""
    reopens = later[END] is None and earlier[END] is not None and later[START] == earlier[START]
    told = [i for i in CONTENT if i not in _OF_START and later[i] != earlier[i]]
    return reopens or (bool(told) and all(later[i] is None for i in told))


def choose_within_file(fact: Fact, before: Fact) -> Repeat:
    """Which of two rows of one file with one session id stays.

    A row of the same start that is only fuller than the other tells more of the same session, and so does a later
    version that the source states, and one that has ended beside one that went on. Any other difference makes it
    another session, whose id collides.
    """
    if content_of(fact) == content_of(before):
        return "unchanged"
    if fact[START] != before[START]:
        return "repeated"
    if is_fuller(fact, before):
        return "fuller"
    if is_fuller(before, fact):
        return "emptier"
    if fact[VERSION] is not None and before[VERSION] is not None and fact[VERSION] != before[VERSION]:
        return "newer" if fact[VERSION] > before[VERSION] else "older"
    if _went_on_to(before, fact):
        return "fuller"
    return "emptier" if _went_on_to(fact, before) else "repeated"


def _went_on_to(going: Fact, ended: Fact) -> bool:
    """Whether one row shows a session that goes on, and the other the same at its end: nothing less, nothing else."""
    if going[END] is not None or ended[END] is None:
        return False
    differing = [i for i in CONTENT if going[i] is not None and going[i] != ended[i]]
    return all(i in _GROWING and ended[i] is not None and going[i] <= ended[i] for i in differing)


def is_fuller(fact: Fact, other: Fact) -> bool:
    """Whether a fact says all that another one says, and more."""
    return fact != other and all(other[i] is None or fact[i] == other[i] for i in CONTENT)


def _rank(fact: Fact) -> tuple[tuple[bool, Any], ...]:
    return tuple((fact[i] is not None, fact[i] if fact[i] is not None else 0) for i in (VERSION, *CONTENT))
