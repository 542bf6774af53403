"""One station's number taken apart: what it is made of, down to file and line.

What does not belong here: what a session counts as (``definitions``), rates (``rates``), refused rows (``rejects``),
and how it is told (``report``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from evcharge.errors import NoDataError
from evcharge.metrics.comparison import STATION, count_differences
from evcharge.metrics.definitions import EXCLUDED, FAILURE, OUTCOMES, SUCCESS, UNKNOWN, Definition
from evcharge.metrics.loads import ledger_column
from evcharge.metrics.outcomes import count_all_outcomes
from evcharge.metrics.rates import with_rates
from evcharge.metrics.reasons import REASON_COLUMNS, Reason, reasons_of
from evcharge.metrics.refused import withhold
from evcharge.metrics.rows import frame_of, parts_of
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation, FactCharging, LoadLedger

CLOSEST = 3
"""Ids that are shown where none matches."""

STATION_COLUMNS = ("source", "station_id", "name", "operator", "network", "address", "city", "timezone")
"""What is shown of a station, beside its key."""
LOAD_COLUMNS = (
    *("load_key", "file_name", "file_sha256", "format", "profile", "failures_included", "timezone", "rows_read"),
    *("rejected", "started_at", "evcharge_version"),
)
FACT_COLUMNS = (
    *("session_id", "port_id", "connector_id", "time_key", "start_time", "end_time", "duration_minutes", "energy_kwh"),
    *("peak_power_kw", "success", "stop_reason", "error_code", "start_soc_percent", "end_soc_percent"),
    *("has_transaction", "reached_charging", "next_status", "source_updated_at", "authorisation_mode"),
    *("authorised_after_seconds", "plugged_in_after_seconds", "power_after_seconds", "authorize_lead_seconds"),
    *("trigger_reasons", "energy_at_most_kwh"),
)
"""What is shown of a session: all that the fact has, but for its keys and the driver's reference."""
PLACE_COLUMNS = ("load_key", "source_line")
"""Where a session comes from."""
ROWS_AT_ONCE = 10_000
"""Sessions fetched, or written, at a time."""

_SHOWN_FIRST = {FAILURE: 0, UNKNOWN: 1, EXCLUDED: 2, SUCCESS: 3}


def find_stations(session: Session, text: str, source: str | None) -> list[dict[str, Any]]:
    """The stations that this text names: those of this id, else those of this name, exactly; by source and id.

    Each with ``station_key`` and ``STATION_COLUMNS``.
    """
    columns = [getattr(DimStation, name) for name in ("station_key", *STATION_COLUMNS)]
    query = select(*columns).where(or_(DimStation.station_id == text, DimStation.name == text))
    if source is not None:
        query = query.where(DimStation.source == source)
    stations = [dict(row) for row in session.execute(query).mappings()]
    stations.sort(key=lambda row: (row["source"], row["station_id"]))
    return [row for row in stations if row["station_id"] == text] or stations


def closest_stations(session: Session, text: str, source: str | None) -> list[tuple[str, str]]:
    """Id and name of up to ``CLOSEST`` stations that this text may mean; capitals do not matter.

    First those whose id or name holds the text, from the earliest place on; then those most like it.
    """
    query = select(DimStation.station_id, DimStation.name)
    if source is not None:
        query = query.where(DimStation.source == source)
    stations = sorted((station_id, name or "") for station_id, name in session.execute(query))
    words: dict[str, list[tuple[str, str]]] = {}
    for station in stations:
        for word in dict.fromkeys(part.casefold() for part in station if part):
            words.setdefault(word, []).append(station)

    asked = text.casefold()
    holding = sorted((word.index(asked), word) for word in words if asked in word)
    like = difflib.get_close_matches(asked, sorted(words), CLOSEST)
    close = [station for word in (*(word for _, word in holding), *like) for station in words[word]]
    return list(dict.fromkeys(close))[:CLOSEST]


def unknown_station(session: Session, what: str, text: str, source: str | None, see_all: str) -> NoDataError:
    """Says that no station, of this source, has what is asked for, and which come closest; else what shows all."""
    of_source = f" of source {source}" if source is not None else ""
    closest = closest_stations(session, text, source)
    close = ", ".join(f"{station_id!r} ({name})" if name else repr(station_id) for station_id, name in closest)
    hint = f"Closest: {close}." if close else f"See all stations: {see_all}"
    return NoDataError("unknown_station", f"no station{of_source} has {what}.", hint)


def rule_of(definition: Definition) -> str:
    """The rule of a definition as SQL over the columns of a session, every limit in it."""
    sql = str(definition.outcome.compile(compile_kwargs={"literal_binds": True}))
    return " ".join(sql.replace(f"{FactCharging.__tablename__}.", "").split())


def read_period(session: Session, selection: Selection) -> dict[str, Any]:
    """Number of selected ``sessions``; ``first_start``, ``last_start`` [UTC]; ``first_hour``, ``last_hour`` [local]."""
    time = (FactCharging.start_time, FactCharging.time_key)
    names = ("first_start", "first_hour", "last_start", "last_hour")
    ends = [end(column) for end in (func.min, func.max) for column in time]
    query = select(func.count().label("sessions"), *(end.label(name) for end, name in zip(ends, names, strict=True)))
    return dict(session.execute(query.where(*selection.conditions())).mappings().one())


def read_ports(session: Session, selection: Selection) -> pd.DataFrame:
    """``port_id`` (None where none is recorded) and ``sessions``, in order of the ids."""
    query = select(FactCharging.port_id, func.count().label("sessions")).where(*selection.conditions())
    ports = frame_of(session, query.group_by(FactCharging.port_id))
    return ports.sort_values("port_id", ignore_index=True)


def read_station_loads(session: Session, selection: Selection) -> pd.DataFrame:
    """The loads that last wrote a selected session: ``LOAD_COLUMNS`` and ``sessions``, in their order."""
    per_load = (
        select(FactCharging.load_key, func.count().label("sessions"))
        .where(*selection.conditions())
        .group_by(FactCharging.load_key)
        .subquery()
    )
    columns = [ledger_column(name) for name in LOAD_COLUMNS]
    query = select(*columns, per_load.c.sessions).join(per_load, per_load.c.load_key == LoadLedger.load_key)
    return frame_of(session, query.order_by(LoadLedger.load_key))


def rate_by_definition(
    session: Session, definitions: Sequence[Definition], base: Definition, selection: Selection, target: float
) -> pd.DataFrame:
    """The station by every definition: a row each, in their order, also where it can judge no session.

    Columns: those of ``outcomes.count_all_outcomes`` with those of ``rates.with_rates``; the sessions it judges unlike
    ``base``: ``gained`` and ``lost`` (see ``comparison``), and ``otherwise`` (one of the two, at least, tells neither
    success nor failure).
    """
    rated = with_rates(count_all_outcomes(session, definitions, selection), target)
    rated["verdict"] = withhold(session, selection, rated, target)
    compared = rated.merge(count_differences(session, base, definitions, selection), on=[*STATION, "definition"])
    unlike = [func.sum(case((definition.outcome != base.outcome, 1), else_=0)) for definition in definitions]
    counts = session.execute(select(*unlike).where(*selection.conditions())).one()
    compared["otherwise"] = [int(count) for count in counts] - compared["gained"] - compared["lost"]
    return compared


def count_lacking(session: Session, definitions: Sequence[Definition], selection: Selection) -> pd.DataFrame:
    """Which needed columns are empty in the sessions that are unknown: ``definition``, ``column``, ``sessions``.

    One row per definition and column that it needs. A session that lacks two columns is in both rows.
    """
    pairs = [(definition, name) for definition in definitions for name in definition.needs]
    counts = [
        func.sum(case((and_(definition.outcome == UNKNOWN, getattr(FactCharging, name).is_(None)), 1), else_=0))
        for definition, name in pairs
    ]
    sessions = session.execute(select(*counts).where(*selection.conditions())).one()
    rows = [(definition.id, name, int(count)) for (definition, name), count in zip(pairs, sessions, strict=True)]
    return pd.DataFrame(rows, columns=["definition", "column", "sessions"])


def group_recorded(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The sessions by outcome and by the primary reason that was recorded, whatever the outcome.

    Columns: ``outcome``, ``REASON_COLUMNS``, ``sessions``, ``share`` of all of them [0 to 1]. Failures come first, then
    unknown, excluded and successes; of each the most frequent first.
    """
    recorded = (FactCharging.stop_reason, FactCharging.error_code)
    judged = select(definition.outcome.label("outcome"), *recorded).where(*selection.conditions()).subquery()
    query = select(*judged.c, func.count()).group_by(*judged.c)
    counts: dict[tuple[str, Reason], int] = {}
    for row in session.execute(query):
        outcome, stop_reason, error_code, sessions = tuple(row)
        key = (outcome, primary_reason(stop_reason, error_code))
        counts[key] = counts.get(key, 0) + sessions
    total = sum(counts.values())
    rows = [
        (outcome, *(getattr(reason, name) for name in REASON_COLUMNS), sessions, sessions / total)
        for (outcome, reason), sessions in counts.items()
    ]
    rows.sort(key=lambda row: (_SHOWN_FIRST[row[0]], -row[-2], row[1:-2]))
    return pd.DataFrame(rows, columns=["outcome", *REASON_COLUMNS, "sessions", "share"])


@lru_cache(maxsize=4096)
def primary_reason(stop_reason: str | None, error_code: str | None) -> Reason:
    """The primary one of ``reasons.reasons_of``."""
    return reasons_of(stop_reason, error_code)[0]


def select_rows(definitions: Sequence[Definition], base: Definition, selection: Selection) -> Select[Any]:
    """The sessions: ``FACT_COLUMNS``, ``PLACE_COLUMNS``, and ``outcome_<id>`` for each definition.

    By ``base``, failures come first, then unknown, excluded and successes; of each the newest first.
    """
    facts = [getattr(FactCharging, name) for name in FACT_COLUMNS]
    places = [getattr(FactCharging, name) for name in PLACE_COLUMNS]
    outcomes = [definition.outcome.label(f"outcome_{definition.id}") for definition in definitions]
    rank = case(*((base.outcome == outcome, position) for outcome, position in _SHOWN_FIRST.items()))
    order = (rank, FactCharging.start_time.desc(), *places, FactCharging.session_id)
    return select(*facts, *places, *outcomes).where(*selection.conditions()).order_by(*order)


def read_rows(
    session: Session, definitions: Sequence[Definition], base: Definition, selection: Selection, most: int | None
) -> pd.DataFrame:
    """The first ``most`` rows of ``select_rows``, or all.

    Missing values are None, times aware, in UTC; outcomes are categories, which take a byte each.
    """
    return pd.concat(row_parts(session, definitions, base, selection, most), ignore_index=True)


def row_parts(
    session: Session, definitions: Sequence[Definition], base: Definition, selection: Selection, most: int | None
) -> Iterator[pd.DataFrame]:
    """The frame of ``read_rows`` in parts of ``ROWS_AT_ONCE`` rows, after one without rows."""
    query = select_rows(definitions, base, selection).limit(most)
    kinds = {f"outcome_{definition.id}": pd.CategoricalDtype(list(OUTCOMES)) for definition in definitions}
    return (part.astype(kinds) for part in parts_of(session, query, ROWS_AT_ONCE))
