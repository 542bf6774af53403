"""The rows that a load refused, as the database keeps them: the same for whoever asks, now or at a later load.

What does not belong here: refusing (``clean``), and how many are too many (``sessions``).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from evcharge.models import LoadLedger, RejectedEvidence, RejectedRow

ROWS_AT_A_TIME = 10_000
"""Refused rows held in memory at a time."""


class Reject(NamedTuple):
    """A rule that refused a row; ``models.RejectedRow`` says what each field means."""

    line: int
    rule: str
    column: str | None
    value: str | None
    raw: str


def rejects_of(session: Session, load: LoadLedger) -> Generator[Reject, None, None]:
    """The rejects of a load, by line and then by rule, those of sessions first; the load may still be under way."""
    by_code_point = {"sqlite": "BINARY", "postgresql": "C"}[session.get_bind().dialect.name]
    columns = (RejectedRow.source_line, RejectedRow.rule, RejectedRow.column, RejectedRow.value, RejectedRow.raw)
    query = select(*columns).where(RejectedRow.load_key == load.load_key)
    ordered = query.order_by(RejectedRow.source_line, RejectedRow.rule.collate(by_code_point))
    with session.execute(ordered, execution_options={"yield_per": ROWS_AT_A_TIME}) as rows:
        for row in rows:
            yield Reject(*row)
    evidence = (RejectedEvidence.source_line, RejectedEvidence.rule, RejectedEvidence.column, RejectedEvidence.value)
    of_evidence = select(*evidence, RejectedEvidence.raw).where(RejectedEvidence.load_key == load.load_key)
    in_order = [RejectedEvidence.kind, RejectedEvidence.source_line, RejectedEvidence.rule.collate(by_code_point)]
    with session.execute(of_evidence.order_by(*in_order), execution_options={"yield_per": ROWS_AT_A_TIME}) as rows:
        for row in rows:
            yield Reject(*row)
