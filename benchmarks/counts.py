"""evcharge's counts of every definition, as a process of its own: ``python -m benchmarks.counts DATA OUT station``.

With ``statement`` in place of the data it writes the statement that it would run, for DuckDB to run over the same rows;
by ``nothing`` it only starts. What does not belong here: what is measured.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from benchmarks.places import Data
from evcharge.db import open_engine
from evcharge.metrics.definitions import DEFINITIONS
from evcharge.metrics.outcomes import Selection, count_all_outcomes, select_outcomes


def statement(by: str) -> str:
    """The statement with its values in it, in a dialect that DuckDB reads."""
    query = select_outcomes(list(DEFINITIONS.values()), Selection(), by)
    return str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})).replace("%%", "%")


def main() -> None:
    """Counts, and writes how many groups, sessions and outcomes there are."""
    first, path, by = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if first == "statement":
        path.write_text(statement(by), encoding="utf-8")
        return
    data = Data(Path(first), 0)
    with Session(open_engine(f"sqlite:///{data.star}")) as session:
        if by == "nothing":
            session.connection()
            return
        counts = count_all_outcomes(session, list(DEFINITIONS.values()), Selection(), by)
    recorded, afirev = (counts[counts["definition"] == name] for name in ("recorded", "afirev"))
    sessions = recorded[["successes", "failures", "excluded", "unknown"]].to_numpy().sum()
    path.write_text(f"{len(recorded)} {sessions} {recorded['successes'].sum()} {afirev['failures'].sum()}")


if __name__ == "__main__":
    main()
