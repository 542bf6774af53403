"""The definition where none is named: one that can judge what the data records.

What does not belong here: what a definition says (``metrics.definitions``), and what is counted (``metrics.outcomes``).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from evcharge.metrics.counted import counted_of
from evcharge.metrics.definitions import AFIREV, CHARGEX_SESSION, RECORDED, UCDAVIS_1KWH, Definition
from evcharge.metrics.outcomes import count_recorded, has_charge, has_good_end, has_judged, has_recorded_outcomes
from evcharge.metrics.selection import Selection

TIMES_AS_MANY = 2
"""So many times the sessions another definition must be able to judge before it takes the place of ``afirev``. House
rule, provisional: below that most sessions have what ``afirev`` needs, and a rate by it can be compared with others."""


CHOSEN_BY = (RECORDED, AFIREV, UCDAVIS_1KWH, CHARGEX_SESSION)
"""Definitions without which the choice can't be made, for their outcomes tell what the data records."""


def usual_definition(session: Session, selection: Selection) -> tuple[Definition, str]:
    """The definition where none is named, and why: the first of these that fits, for all selected sessions alike.

    ``recorded`` where any session carries an outcome of its source. ``chargex_session`` where attempts never became a
    transaction and ``afirev`` can't judge them. ``afirev``, unless another definition can judge ``TIMES_AS_MANY``
    sessions: then ``ucdavis_1kwh``, which needs no duration, or ``chargex_session``, which needs no energy.

    Raises:
        ReportError: there are counts alone, and they lack one of ``CHOSEN_BY``.
    """
    if has_recorded_outcomes(session, selection):
        return RECORDED, "the data carries recorded outcomes"
    recorded = count_recorded(session, selection)
    told = bool(recorded.told_of_transaction)
    good_end = told and has_good_end(session, selection)
    if told and recorded.unmeasured_refusals and (good_end or not has_charge(session, selection)):
        return CHARGEX_SESSION, "the data has attempts without a transaction, which afirev can't judge"
    choices = (
        (AFIREV, recorded.measured, "the data carries no recorded outcomes"),
        (UCDAVIS_1KWH, recorded.with_energy, "most sessions lack the duration that afirev needs"),
        (
            CHARGEX_SESSION,
            recorded.told_of_transaction if good_end else 0,
            "most sessions lack energy, and stop reasons are recorded",
        ),
    )
    most = max(number for _, number, _ in choices)
    return next((choice, why) for choice, number, why in choices if TIMES_AS_MANY * number >= most)


def judging_note(session: Session, definition: Definition, selection: Selection) -> str:
    """That a definition can judge none of the selected sessions, and which one can; empty where it judges any."""
    if has_judged(session, definition, selection):
        return ""
    unjudged = f"No selected session is judged by {definition.id}"
    given = counted_of(session)
    if given and not all(given.tells(one) for one in CHOSEN_BY):
        return f"{unjudged}."
    other, _ = usual_definition(session, selection)
    if other == definition or not has_judged(session, other, selection):
        return f"{unjudged}, nor by any definition that is usual for such data."
    return f"{unjudged}; {other.id} judges some: --definition {other.id}"
