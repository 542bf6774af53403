"""One port by several kinds of evidence, as it is drawn: a bar for each.

What does not belong here: what is compared (``evidence_compared``), and drawing (``charts.evidence``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from evcharge.metrics.availability.evidence import Period


class Bar(NamedTuple):
    """A port's time by one kind of evidence.

    Attributes:
        label: which evidence.
        figure: the share of the period that it was up for certain, in words.
        note: what else it was, in words.
        spans: since when, until when, and the state.
    """

    label: str
    figure: str
    note: str
    spans: Sequence[tuple[datetime, datetime, str]]


class Compared(NamedTuple):
    """What is drawn: the bars from top to bottom, their period, and what they are of."""

    bars: list[Bar]
    period: Period
    title: str
