"""The statements of every dialect as text, which ``tests/data/counts`` keeps.

Run it as ``python -m tests.support.golden_statements`` after a change of the statement, and read what became of them.
"""

from __future__ import annotations

from pathlib import Path

from evcharge.counts.check_statement import check_statement
from evcharge.counts.contract import DETAIL, FAILURES, STATIONS
from evcharge.counts.dialects import DIALECTS, SessionTable
from evcharge.counts.statement import frame_statement
from evcharge.metrics.definitions import AFIREV, KWWHAT
from evcharge.metrics.letters import ORDER

FOLDER = Path(__file__).parents[1] / "data" / "counts"
LACKS = {"next_status": "NULL", "reached_charging": "NULL"}
MAPPED = {**LACKS, "energy_kwh": "wh * 0.001", "start_local": "started", "name": "label", "failures_included": "'yes'"}
STATIONS_OF_DETAIL = [("city", "O'Hare\\2"), ("city", "A"), ("state", "B")]


def golden(dialect: str) -> str:
    """Counts by all definitions, the other frames by two, and the check, one below the other."""
    table, plain = SessionTable(dialect, "lake.sessions", MAPPED), SessionTable(dialect, "lake.sessions", LACKS)
    two = [AFIREV, KWWHAT]
    texts = {
        "counts": frame_statement("counts", plain, ORDER).text,
        "stations": frame_statement(STATIONS, table, two).text,
        "failures": frame_statement(FAILURES, table, two).text,
        "detail": frame_statement(DETAIL, plain, two, STATIONS_OF_DETAIL).text,
        "the check": check_statement(table, two).text,
    }
    return "\n".join(f"-- {name}\n{text.rstrip()};\n" for name, text in texts.items())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for dialect in DIALECTS:
        (FOLDER / f"{dialect}.sql").write_text(golden(dialect), encoding="utf-8")
