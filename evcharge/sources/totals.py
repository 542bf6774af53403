"""Rows that sum up others, as many a table ends with: told by a word such as Total, never by their numbers.

What does not belong here: refusing them (``rules``), and other rows that are no sessions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evcharge.texts import are_plain

TOTAL_ROW = "total_row"
"""Code of the fault of such a row."""

_WORDS = frozenset(
    {
        *("total", "totals", "grand total", "total sum", "sum", "sum total", "subtotal", "sub total", "sub-total"),
        *("average", "mean", "avg"),
        *("summe", "gesamt", "gesamtsumme", "zwischensumme", "insgesamt", "durchschnitt", "mittelwert"),
        *("somme", "total général", "total general", "sous-total", "moyenne"),
        *("totaal", "eindtotaal", "subtotaal", "gemiddelde"),
        *("totales", "total general", "suma", "suma total", "promedio"),
        *("totale", "somma", "totalt", "sum totalt", "gjennomsnitt"),
        *("합계", "총계", "소계", "총합", "평균"),
    }
)
"""Words for a total or an average, in the languages of ``synonyms.toml`` and Italian: a cell says nothing else."""
_AROUND = " \u00a0\t:=*.\u2211"


def is_total(text: str) -> bool:
    """Whether a cell says that its row is a total or an average of others."""
    return text.strip(_AROUND).casefold() in _WORDS


def find_totals(columns: Mapping[str, Sequence[str | None]], *, has_ids: bool) -> list[int]:
    """Which rows sum up others: their session id says so; or they tell of no session, and another text says so.

    What tells of a session is an id, a start, an end or an outcome. Such a row keeps what it says, for there are
    stations and operators of the name Total, and its attempt may have failed.

    Args:
        columns: texts by our column; all of one length.
        has_ids: whether ``session_id`` is the source's own, and not made of other columns.
    """
    ids = columns.get("session_id", ()) if has_ids else ()
    by_id = {row for row, text in enumerate(ids) if text and not "0" <= text[-1] <= "9" and is_total(text)}
    starts = columns.get("start_time", ())
    if None not in starts and are_plain(starts):
        return sorted(by_id)  # each row tells when it began
    telling = [ids, *(columns.get(name, ()) for name in ("end_time", "success"))]
    without_session = [
        row
        for row, start in enumerate(starts)
        if _is_blank(start) and all(_is_blank(texts[row]) for texts in telling if texts)
    ]
    others = [texts for name, texts in columns.items() if name != "session_id"]
    return sorted(by_id | {row for row in without_session if any(is_total(texts[row] or "") for texts in others)})


def _is_blank(text: str | None) -> bool:
    return not text or text.isspace()
