"""What was last said of each port, however long ago.

A statement that was confirmed (a run of polls or snapshots) stands from its first to its last confirmation, whatever
else is said meanwhile; after it, and after an event, it is the last word until the next. So a run that is cut in two
where no other statement begins says the same. What does not belong here: how long a word may be believed (``contact``).
"""

from __future__ import annotations

import numpy as np

from evcharge.arrays import Flags, Integers
from evcharge.metrics.availability.axis import Axis, Steps
from evcharge.metrics.availability.evidence import EVENT, POLL, REFUSED, SNAPSHOT, STATE_NAMES, UNKNOWN, Statements

NOTHING_SAID = -1
"""Before the first statement of a port."""
_PRECEDENCE = np.empty(4, dtype=np.int64)
_PRECEDENCE[[SNAPSHOT, POLL, EVENT, REFUSED]] = range(4)
"""At one instant the higher stands: an event is exact; what was refused may have been anything."""


def said(axis: Axis, statements: Statements) -> Steps:
    """The state that the last word on each port gives, or ``NOTHING_SAID``, as steps.

    Of several statements of one port, instant and evidence the last in the arrays stands. Of different evidence at one
    instant that with precedence. Runs that cover one instant and contradict each other leave the port unknown there.
    """
    rows = standing(statements)
    port, from_ms, until_ms = (column[rows] for column in (statements.port, statements.from_ms, statements.until_ms))
    evidence, state = statements.evidence[rows], statements.state[rows]
    state = np.where(evidence == REFUSED, UNKNOWN, state)

    # A word is the last one from its last confirmation on; at that instant those with precedence come behind.
    confirmed = np.minimum(until_ms, axis.period.until_ms)
    order = np.lexsort((state, _PRECEDENCE[evidence], confirmed, port))
    words = _of_instants(axis, port[order], confirmed[order], _PRECEDENCE[evidence[order]], state[order])
    runs = until_ms > from_ms
    if not runs.any():
        return words
    covers = _covers(axis, axis.keys(port, from_ms)[runs], axis.keys(port, until_ms)[runs], state[runs])
    keys = np.unique(np.concatenate([words.keys, covers.keys]))
    covering = covers.at(keys, NOTHING_SAID)
    return Steps(keys, np.where(covering == NOTHING_SAID, words.at(keys, NOTHING_SAID), covering))


def standing(statements: Statements) -> Integers:
    """Places of the statements that stand, in order of port, start and evidence."""
    order = np.lexsort((statements.evidence, statements.from_ms, statements.port))
    columns = (statements.port[order], statements.from_ms[order], statements.evidence[order])
    return order[_last_of(*columns)]


def _last_of(*columns: Integers) -> Flags:
    """Of rows in order, the last of each group that is alike in all columns."""
    differs = np.zeros(max(len(columns[0]) - 1, 0), dtype=bool)
    for column in columns:
        differs |= column[1:] != column[:-1]
    return np.append(differs, True)[: len(columns[0])]


def _of_instants(axis: Axis, port: Integers, at_ms: Integers, rank: Integers, state: Integers) -> Steps:
    """One word for each port and instant of rows that are in order; unknown where those of one rank contradict."""
    last = _last_of(port, at_ms, rank)
    begins = np.append(0, np.flatnonzero(last)[:-1] + 1)[: last.sum()]
    contradicted = state[begins] != state[last]
    state = np.where(contradicted, UNKNOWN, state[last])
    keys = axis.keys(port[last], at_ms[last])

    # All that is said before the period falls on its start, where the last of it stands.
    newest = _last_of(keys)
    keys, state = (
        np.concatenate([axis.starts(), keys[newest]]),
        np.concatenate([np.full(axis.ports, -1), state[newest]]),
    )
    order = np.argsort(keys, kind="stable")
    keys, state = keys[order], state[order]
    newest = _last_of(keys)
    return Steps(keys[newest], state[newest])


def _covers(axis: Axis, begins: Integers, ends: Integers, state: Integers) -> Steps:
    """The state that runs give while they last: unknown where they differ, ``NOTHING_SAID`` between them."""
    keys = np.unique(np.concatenate([begins, ends]))
    kinds, only = np.zeros(len(keys), dtype=np.int64), np.full(len(keys), NOTHING_SAID, dtype=np.int64)
    for one in range(len(STATE_NAMES)):
        of_it = state == one
        if of_it.any():
            change = np.bincount(np.searchsorted(keys, begins[of_it]), minlength=len(keys))
            change -= np.bincount(np.searchsorted(keys, ends[of_it]), minlength=len(keys))
            there = np.cumsum(change) > 0
            kinds += there
            only[there] = one
    only[kinds > 1] = UNKNOWN
    return Steps(keys, only)
