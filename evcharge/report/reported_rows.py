"""What was reported of uptime as the rows of a document or of a frame for programs.

What does not belong here: the comparison with the evidence (``reported``), and words for people (``reported_words``).
"""

from __future__ import annotations

import pandas as pd

from evcharge.metrics.milliseconds import utc_text
from evcharge.reported import CONTRADICTIONS


def report_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """``Uptime.reported`` with times as texts, in UTC, and with what contradicts itself in words beside its codes."""
    codes = [text.split(",") if text else [] for text in rows["contradictions"].tolist()]
    texts = {
        "from_ms": [utc_text(at) for at in rows["from_ms"].tolist()],
        "until_ms": [utc_text(at) for at in rows["until_ms"].tolist()],
        "contradictions_text": ["; ".join(CONTRADICTIONS[code] for code in some) for some in codes],
    }
    told = rows.assign(**{name: pd.Series(text, index=rows.index, dtype=object) for name, text in texts.items()})

    place = rows.columns.tolist().index("contradictions") + 1
    names = [*rows.columns[:place], "contradictions_text", *rows.columns[place:]]
    return told[names].rename(columns={"from_ms": "from", "until_ms": "to"})
