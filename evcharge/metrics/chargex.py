"""The interim KPIs of the ChargeX Consortium: one equation for each way in which an attempt was authorised.

Formulas, and what INL's calculator makes of them: docs/metrics/chargex.md. What does not belong here: how an attempt
was authorised (``sources``), and the definition ``chargex_session`` (``definitions``), which pools all ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from evcharge.arrays import Floats
from evcharge.metrics.definitions import CHARGEX_STOPS
from evcharge.metrics.intervals import wilson_interval
from evcharge.metrics.packed import ROWS_AT_ONCE
from evcharge.metrics.rates import ratio
from evcharge.metrics.rows import frame_of, parts_of
from evcharge.metrics.selection import Selection
from evcharge.models import FactCharging, LoadLedger

CACHED_AUTH, REQUEST_START, PRE_PLUGIN, POST_PLUGIN = "cached_auth", "request_start", "pre_plugin", "post_plugin"
MODES = (CACHED_AUTH, REQUEST_START, PRE_PLUGIN, POST_PLUGIN)
"""Ways of authorising, in the order in which ChargeX asks after them."""
UNKNOWN_MODE, TOTAL = "unknown", "total"
"""Stand for the mode where a row is of attempts whose mode is unknown, and of all known modes together."""

CHARGE_START, SESSION, CHARGE_END = "charge_start_success", "session_success", "charge_end_success"
START_TIME = "charge_start_time"
EQUATIONS = {
    CHARGE_START: dict(zip(MODES, (5, 4, 3, 1), strict=True)),
    SESSION: dict(zip(MODES, (16, 15, 14, 12), strict=True)),
    CHARGE_END: {TOTAL: 10},
    START_TIME: {TOTAL: 9},
}
"""Numbers of the equations in the Implementation Guide (doi 10.2172/2513383), by KPI and mode."""

PERCENTILES = (10, 25, 50, 75)
"""Percentiles of Charge Start Time that ChargeX reports."""
SECONDS = tuple(f"p{percentile}_seconds" for percentile in PERCENTILES)
COLUMNS = (
    *("kpi", "equation", "mode", "numerator", "denominator", "power_untold", "ratio", "low", "high"),
    *("inl_weighted_average", "samples", *SECONDS),
)

MESSAGE_LOG = "ocpp"
"""Format of a load whose attempts a message log tells of."""

INL_STOPS = tuple(reason.replace("OfCredit", "ofCredit") for reason in CHARGEX_STOPS)
"""Valid stops as INL's calculator spells them: no station sends LocalOutofCredit."""
INL_LONGEST_LEAD_SECONDS = 300
"""INL's calculator binds an Authorize to a start that is later by more than 0 and by less than this [s]."""
CABLE_PLUGGED_IN = "CablePluggedIn"

_GAPS = (
    FactCharging.authorised_after_seconds,
    FactCharging.plugged_in_after_seconds,
    FactCharging.power_after_seconds,
)
"""From the start to the answer, plug and power [seconds]."""


class LoggedAttempts(NamedTuple):
    """What the KPIs are counted from.

    Attributes:
        counts: the rows of ``select_logged_attempts``.
        seconds: the rows of ``select_seconds``; seconds are floats.
    """

    counts: pd.DataFrame
    seconds: pd.DataFrame


def _of_message_logs(selection: Selection) -> list[ColumnElement[bool]]:
    """Conditions on ``FactCharging`` and its load: the selected attempts that a message log tells of."""
    logged = or_(LoadLedger.format == MESSAGE_LOG, FactCharging.authorisation_mode.is_not(None))
    return [FactCharging.load_key == LoadLedger.load_key, logged, *selection.conditions()]


def _inl_unbound() -> ColumnElement[int]:
    """1 where an Authorize led to the attempt that INL's calculator does not bind to it, else 0."""
    lead = FactCharging.authorize_lead_seconds
    return case((or_(lead <= 0, lead >= INL_LONGEST_LEAD_SECONDS), 1), else_=0)


def _begun_by_plug() -> ColumnElement[int]:
    """1 where the event that began the transaction was triggered by the plug, else 0."""
    return case((FactCharging.trigger_reasons.startswith(CABLE_PLUGGED_IN), 1), else_=0)


def select_logged_attempts(selection: Selection) -> Select[Any]:
    """Attempts that a message log tells of, counted by all that the ratios need, in no order.

    Columns: authorisation_mode, has_transaction, stop_reason, trigger_reasons, powered (1 where power flowed),
    power_told (1 where the log tells of that), inl_unbound, begun_by_plug (1 or 0), failures_included, attempts.
    """
    powered = FactCharging.power_after_seconds.is_not(None)
    power_told = or_(powered, FactCharging.reached_charging.is_not(None), FactCharging.trigger_reasons.is_not(None))

    # In a subquery, so that each computed column can be grouped by its name.
    rows = (
        select(
            FactCharging.authorisation_mode,
            FactCharging.has_transaction,
            FactCharging.stop_reason,
            FactCharging.trigger_reasons,
            case((powered, 1), else_=0).label("powered"),
            case((power_told, 1), else_=0).label("power_told"),
            _inl_unbound().label("inl_unbound"),
            _begun_by_plug().label("begun_by_plug"),
            LoadLedger.failures_included,
        )
        .where(*_of_message_logs(selection))
        .subquery()
    )
    return select(*rows.c, func.count().label("attempts")).group_by(*rows.c)


def select_seconds(selection: Selection) -> Select[Any]:
    """Transactions in which power flowed, one row each, in no order.

    Columns: authorisation_mode, inl_unbound, begun_by_plug, and from the start to the answer, plug and power
    authorised_after_seconds, plugged_in_after_seconds, power_after_seconds.
    """
    columns: tuple[ColumnElement[Any] | InstrumentedAttribute[Any], ...] = (
        FactCharging.authorisation_mode,
        _inl_unbound().label("inl_unbound"),
        _begun_by_plug().label("begun_by_plug"),
        *_GAPS,
    )
    powered = (FactCharging.has_transaction.is_(True), FactCharging.power_after_seconds.is_not(None))
    return select(*columns).where(*powered, *_of_message_logs(selection))


def read_logged_attempts(session: Session, selection: Selection) -> LoggedAttempts:
    """The rows of ``select_logged_attempts`` and of ``select_seconds``; no attempts give no rows."""
    counts = frame_of(session, select_logged_attempts(selection)).astype({"attempts": "int64"})
    types = dict.fromkeys((gap.key for gap in _GAPS), "float64")
    parts = [part.astype(types) for part in parts_of(session, select_seconds(selection), ROWS_AT_ONCE)]
    return LoggedAttempts(counts, pd.concat(parts, ignore_index=True))


def judge(counts: pd.DataFrame, *, inl_compatible: bool = False) -> pd.DataFrame:
    """What each kind of attempt is to the equations.

    Args:
        counts: the rows of ``select_logged_attempts``.
        inl_compatible: judge as INL's calculator does; see docs/metrics/chargex.md.

    Returns:
        ``mode`` (one of ``MODES``, or None where it is unknown), ``decided`` (whether it is known if a transaction came
        about), ``powered`` and ``power_untold`` (a transaction in which power flowed, or of which that is not told),
        ``valid_stop``, ``attempts`` [count], and ``false_orphan``: rows that INL's calculator alone takes for attempts.
    """
    transaction = (counts["has_transaction"] == True).to_numpy(dtype=bool)  # noqa: E712 - it may be None
    stops = INL_STOPS if inl_compatible else CHARGEX_STOPS
    valid = counts["stop_reason"].isin(stops).to_numpy()
    if inl_compatible:
        valid = valid | np.array([_any_is_stop(reasons) for reasons in counts["trigger_reasons"]], dtype=bool)

    modes = _inl_modes(counts) if inl_compatible else counts["authorisation_mode"]
    number = counts["attempts"].to_numpy(dtype="int64")

    # INL's calculator takes an Authorize that it does not bind for an attempt of its own: one row more, at the end.
    orphans = number[(counts["inl_unbound"] == 1).to_numpy(dtype=bool) & inl_compatible]

    def with_orphans(values: npt.NDArray[Any], of_orphan: object) -> npt.NDArray[Any]:
        return np.concatenate([values, np.full(len(orphans), of_orphan, dtype=values.dtype)])

    return pd.DataFrame(
        {
            "mode": pd.Series(with_orphans(modes.to_numpy(dtype=object), PRE_PLUGIN), dtype="object"),
            "decided": with_orphans(counts["has_transaction"].notna().to_numpy(dtype=bool), True),
            "powered": with_orphans(transaction & (counts["powered"] == 1).to_numpy(dtype=bool), False),
            "power_untold": with_orphans(transaction & (counts["power_told"] != 1).to_numpy(dtype=bool), False),
            "valid_stop": with_orphans(transaction & valid, False),
            "attempts": np.concatenate([number, orphans]),
            "false_orphan": with_orphans(np.zeros(len(number), dtype=bool), True),
        }
    )


def _any_is_stop(trigger_reasons: str | None) -> bool:
    """Whether a trigger reason reads like a valid stop."""
    return any(reason in INL_STOPS for reason in (trigger_reasons or "").split(", "))


def _inl_modes(rows: pd.DataFrame) -> pd.Series:
    """The modes as INL's calculator finds them: without its Authorize an attempt began with the plug, or none knows."""
    lost = (rows["authorisation_mode"] == PRE_PLUGIN) & (rows["inl_unbound"] == 1)
    instead = [POST_PLUGIN if by_plug else None for by_plug in rows["begun_by_plug"]]
    return rows["authorisation_mode"].where(~lost, pd.Series(instead, index=rows.index, dtype="object"))


def count_attempts(judged: pd.DataFrame) -> dict[str, int]:
    """Attempts by mode: the modes, ``mode_unknown`` and ``undecided`` add up to ``attempts`` plus ``false_orphans``."""
    number, decided = judged["attempts"], judged["decided"]
    by_mode = {mode: int(number[decided & (judged["mode"] == mode)].sum()) for mode in MODES}
    return {
        "attempts": int(number[~judged["false_orphan"]].sum()),
        **by_mode,
        "mode_unknown": int(number[decided & judged["mode"].isna()].sum()),
        "undecided": int(number[~decided].sum()),
        "false_orphans": int(number[judged["false_orphan"]].sum()),
    }


def start_seconds(seconds: pd.DataFrame, *, inl_compatible: bool = False) -> Floats:
    """Charge Start Time of each attempt that has both ends [seconds].

    From the answer that authorised it to power, or by ``post_plugin``, and where a transaction that the plug began has
    no answer, from the plug; 0 where power came before that.
    With ``inl_compatible`` in whole seconds, and by ``cached_auth`` from the start where its Authorize is not bound.
    """
    modes = _inl_modes(seconds) if inl_compatible else seconds["authorisation_mode"]

    # ``where`` keeps what fits and takes the other column elsewhere; what stays NaN has no begin and is dropped below.
    begin = seconds["authorised_after_seconds"].where(modes != POST_PLUGIN, seconds["plugged_in_after_seconds"])
    begin = begin.fillna(seconds["plugged_in_after_seconds"].where(seconds["begun_by_plug"] == 1))

    # Where INL's calculator loses a mode that the log tells, it has no time either.
    begin = begin.where(modes.notna() | seconds["authorisation_mode"].isna())
    if inl_compatible:
        begin = begin.mask((modes == CACHED_AUTH) & (seconds["inl_unbound"] == 1), begin.clip(lower=0))

    gaps: Floats = (seconds["power_after_seconds"] - begin).dropna().clip(lower=0).to_numpy(dtype=float)
    return np.asarray(np.floor(gaps)) if inl_compatible else gaps


def chargex_kpis(attempts: LoggedAttempts, *, inl_compatible: bool = False) -> pd.DataFrame:
    """The four interim KPIs: one row per equation, one of unknown modes, and one of all known modes pooled.

    Args:
        attempts: what ``read_logged_attempts`` reads.
        inl_compatible: repeat the faults of INL's calculator.

    Returns:
        ``COLUMNS``: ``kpi``; ``equation`` (its number, None where several are pooled or none holds); ``mode`` (one of
        ``MODES``, ``UNKNOWN_MODE`` or ``TOTAL``, which is of known modes); ``numerator``, ``denominator`` and
        ``power_untold`` (left out of the denominator) [counts]; ``ratio``, ``low``, ``high`` and, in total rows,
        ``inl_weighted_average`` [0 to 1, missing without attempts]. Charge Start Time has ``samples`` [count] and
        ``SECONDS`` [seconds, missing without samples] instead; its only row, ``TOTAL``, has attempts of unknown modes
        as well.
    """
    judged = judge(attempts.counts, inl_compatible=inl_compatible)
    decided = judged[judged["decided"]]
    charged = decided[decided["powered"] | decided["power_untold"]]
    modes = (*MODES, UNKNOWN_MODE, TOTAL)

    rows = [
        *(_row(CHARGE_START, mode, _of_mode(decided, mode), "powered", needs_power=True) for mode in modes),
        *(_row(SESSION, mode, _of_mode(decided, mode), "valid_stop") for mode in modes),
        *(_row(CHARGE_END, mode, _of_mode(charged, mode), "valid_stop", needs_power=True) for mode in modes[-2:]),
    ]
    rows.append(_times_row(start_seconds(attempts.seconds, inl_compatible=inl_compatible)))

    # Every row gets every column, in order; as objects, so that counts beside missing values stay whole numbers.
    frame = pd.DataFrame([{**dict.fromkeys(COLUMNS), **row} for row in rows], dtype="object")
    successes, of = (frame[name].to_numpy(dtype=float) for name in ("numerator", "denominator"))
    frame["ratio"] = ratio(successes, of)
    frame["low"], frame["high"] = wilson_interval(successes, of)

    for kpi in (CHARGE_START, SESSION, CHARGE_END):
        of_kpi = frame[(frame["kpi"] == kpi) & frame["equation"].notna()]
        average = inl_weighted_average(of_kpi["numerator"], of_kpi["denominator"])
        frame.loc[(frame["kpi"] == kpi) & (frame["mode"] == TOTAL), "inl_weighted_average"] = average
    return frame.astype(dict.fromkeys(("ratio", "low", "high", "inl_weighted_average", *SECONDS), "float64"))


def inl_weighted_average(numerators: Iterable[int], denominators: Iterable[int]) -> float:
    """The average that INL's calculator prints [0 to 1]: ratios weighted by their successes; missing without a success.

    It lies above the pooled ratio, Σ numerators / Σ denominators, wherever the ratios differ.
    """
    pairs = [(n, d) for n, d in zip(numerators, denominators, strict=True) if n]
    return sum(n / d * n for n, d in pairs) / sum(n for n, _ in pairs) if pairs else float("nan")


def _of_mode(judged: pd.DataFrame, mode: str) -> pd.DataFrame:
    if mode == UNKNOWN_MODE:
        return judged[judged["mode"].isna()]
    return judged[judged["mode"].notna() if mode == TOTAL else judged["mode"] == mode]


def _row(kpi: str, mode: str, judged: pd.DataFrame, success: str, *, needs_power: bool = False) -> dict[str, object]:
    untold = judged["power_untold"] & needs_power
    known = judged[~untold]
    return {
        "kpi": kpi,
        "equation": EQUATIONS[kpi].get(mode),
        "mode": mode,
        "numerator": int(known.loc[known[success], "attempts"].sum()),
        "denominator": int(known["attempts"].sum()),
        "power_untold": int(judged.loc[untold, "attempts"].sum()),
    }


def _times_row(times: Floats) -> dict[str, object]:
    row = {"kpi": START_TIME, "equation": EQUATIONS[START_TIME][TOTAL], "mode": TOTAL, "samples": len(times)}
    return {**row, **dict(zip(SECONDS, np.percentile(times, PERCENTILES), strict=True))} if len(times) else row
