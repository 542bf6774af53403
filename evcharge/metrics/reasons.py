"""Why attempts failed, as far as the source recorded it: stop reasons and error codes, and whom they point to.

What does not belong here: what the words mean (``reasons.toml``), which attempts failed (``definitions``), and how a
reason is shown (``report``). How the reason of a session is chosen: docs/metrics/reasons.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from evcharge import toml
from evcharge.errors import ReportError
from evcharge.metrics.counted import Counted, counted_of
from evcharge.metrics.definitions import FAILURE, Definition
from evcharge.metrics.rows import frame_of
from evcharge.metrics.selection import Selection
from evcharge.models import DimStation, FactCharging

STOP_REASON, ERROR_CODE, NONE_RECORDED = "stop_reason", "error_code", "none"
KINDS = (ERROR_CODE, STOP_REASON, NONE_RECORDED)
"""What a reason was read from."""
CLASSES = ("normal", "no charge", "fault", "authorisation", "operator", "ambiguous", "unknown", "not recorded")
FAULT, UNKNOWN_CLASS, NOT_RECORDED_CLASS = "fault", "unknown", "not recorded"
"""A fault is the first choice among several codes; ``unknown`` is a word that no vocabulary holds."""
PARTIES = (
    "driver",
    "vehicle",
    "station",
    "operator",
    "site or utility",
    "network or authorisation",
    "unknown",
)
FIRST_STEPS = ("visit", "remote", "payment vendor", "firmware", "check power and comms", "review")
MARKS = ("yes", "secondary", "no")
OTHER = "other"
"""Namespace of what no vocabulary holds."""

REASONS_NOTE = (
    "Reasons are what the source recorded. Whom they point to, and the first step, are inferences from the code."
)

STATION = ("source", "station_id", "name")


@dataclass(frozen=True)
class Reason:
    """A recorded reason and what is known of it.

    Attributes:
        kind: one of ``KINDS``.
        namespace: vocabulary that holds it, ``other`` for none.
        reason: the word or code; as the source wrote it where the namespace is ``other``.
        title: what it means, in a few words.
        reason_class: one of ``CLASSES``.
        party: who could put it right: one or several of ``PARTIES``, joined by ", ".
        party_verified: how well the party is known: one of ``MARKS``.
        verified: how well the code and its name are known: one of ``MARKS``.
        first_step: one of ``FIRST_STEPS``.
        reference: where the vocabulary is published; empty for none.
    """

    kind: str
    namespace: str
    reason: str
    title: str
    reason_class: str
    party: str = "unknown"
    party_verified: str = "no"
    verified: str = "no"
    first_step: str = "review"
    reference: str = ""


REASON_COLUMNS = tuple(field.name for field in fields(Reason))

NOT_RECORDED = Reason(NONE_RECORDED, "", NOT_RECORDED_CLASS, "no reason was recorded", NOT_RECORDED_CLASS)


@dataclass(frozen=True)
class Vocabularies:
    """What ``reasons.toml`` says.

    Attributes:
        reasons: each by its kind and its case-folded code, or case-folded vendor id and code.
        no_errors: case-folded words that say there was no error.
        vendor_ids: case-folded vendor ids that may stand before a code.
    """

    reasons: Mapping[tuple[str, str], Reason]
    no_errors: frozenset[str]
    vendor_ids: tuple[str, ...]

    def find(self, kind: str, text: str) -> Reason | None:
        """The reason of this text; one in the namespace ``other`` if it is held by none, None if it says no error."""
        word = text.casefold()
        if kind == ERROR_CODE and word in self.no_errors:
            return None
        for vendor_id in self.vendor_ids:
            if word.startswith(vendor_id):
                word = vendor_id + word.removeprefix(vendor_id).lstrip(":/# ")
        return self.reasons.get((kind, word)) or Reason(kind, OTHER, text, text, UNKNOWN_CLASS)


@cache
def vocabularies() -> Vocabularies:
    """The vocabularies that come with evcharge."""
    document = toml.loads(files("evcharge.metrics").joinpath("reasons.toml").read_text(encoding="utf-8"))
    reasons: dict[tuple[str, str], Reason] = {}
    no_errors: set[str] = set()
    vendor_ids = []
    for table in document["vocabularies"]:
        no_errors.update(word.casefold() for word in table.get("no_error", ()))
        vendor_id = table.get("vendor_id", "").casefold()
        vendor_ids += [vendor_id] if vendor_id else []
        for line in table["reasons"]:
            reason = _reason(line, table, document["classes"])
            code = reason.reason.casefold()
            keys = {code, vendor_id + code} - ({code} if table.get("needs_vendor_id") else set())
            for key in keys:
                if (reason.kind, key) in reasons:
                    raise ValueError(f"reasons.toml holds {reason.kind} {key!r} twice")
                reasons[reason.kind, key] = reason
    return Vocabularies(reasons, frozenset(no_errors), tuple(vendor_ids))


def _reason(line: Mapping[str, str], table: Mapping[str, Any], classes: Mapping[str, Mapping[str, str]]) -> Reason:
    """A line, with what it leaves unsaid taken from its class and its table."""
    whole = {**table, **classes[line["class"]], **line}
    return Reason(
        kind=whole["kind"],
        namespace=whole["namespace"],
        reason=whole["code"],
        title=whole["title"],
        reason_class=whole["class"],
        party=whole["party"],
        party_verified=whole["party_verified"],
        verified=whole["verified"],
        first_step=whole["first_step"],
        reference=whole["source"],
    )


def reasons_of(stop_reason: str | None, error_code: str | None) -> list[Reason]:
    """Every reason recorded for a session, each once, the primary one first.

    Primary is the first error code that is a known fault, else the first error code, else the stop reason, else
    ``NOT_RECORDED``. Codes are split at commas; a code that says there was no error is none.
    """
    known = vocabularies()
    codes = [known.find(ERROR_CODE, text.strip()) for text in (error_code or "").split(",") if text.strip()]
    errors = [code for code in codes if code]
    errors.sort(key=lambda code: code.reason_class != FAULT)
    stop = (stop_reason or "").strip()
    stops = [known.find(STOP_REASON, stop)] if stop else []
    reasons = [*errors, *(reason for reason in stops if reason)]
    return list(dict.fromkeys(reasons)) or [NOT_RECORDED]


def select_failures(definition: Definition, selection: Selection) -> Select[Any]:
    """Failed sessions by station and what was recorded, in no order.

    Columns: source, station_id, name, stop_reason, error_code, sessions.
    """
    recorded = (FactCharging.stop_reason, FactCharging.error_code)
    per_key = (
        select(FactCharging.station_key, *recorded, func.count().label("sessions"))
        .where(definition.outcome == FAILURE, *selection.conditions())
        .group_by(FactCharging.station_key, *recorded)
        .subquery()
    )
    return select(
        *(getattr(DimStation, name) for name in STATION),
        per_key.c.stop_reason,
        per_key.c.error_code,
        per_key.c.sessions,
    ).join(per_key, per_key.c.station_key == DimStation.station_key)


def read_failures(session: Session, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The rows of ``select_failures`` as a frame; ``sessions`` are integers.

    Raises:
        ReportError: there are counts alone, without the frame ``failures``.
    """
    if counted := counted_of(session):
        return _given_failures(session, counted, definition, selection)
    return frame_of(session, select_failures(definition, selection)).astype({"sessions": "int64"})


def _given_failures(session: Session, counted: Counted, definition: Definition, selection: Selection) -> pd.DataFrame:
    """The same from the frame that was given."""
    if counted.failures is None or not counted.failures.tells(definition):
        reason = f"reasons of failures by {definition.id} are not in the counts."
        raise ReportError("not_in_counts", reason, "Add a frame failures that is made with it.")
    rows = counted.failures_by(session, definition, selection)
    sums = rows.groupby(["station_key", "stop_reason", "error_code"], dropna=False)[["sessions"]].sum().reset_index()
    stations = frame_of(session, select(DimStation.station_key, *(getattr(DimStation, name) for name in STATION)))
    named = sums.merge(stations.astype({"station_key": "int64"}), on="station_key")
    texts = ["stop_reason", "error_code"]
    named[texts] = named[texts].astype(object).where(named[texts].notna(), None)
    return named[[*STATION, *texts, "sessions"]]


def count_reasons(failures: pd.DataFrame, by: Literal["network", "station"] = "network") -> pd.DataFrame:
    """How many failures each reason stands for.

    Args:
        failures: the frame of ``read_failures``.
        by: ``network`` for all stations together, or ``station`` for each that has a failure.

    Returns:
        With ``station``, ``STATION`` first. Then ``REASON_COLUMNS``; ``sessions`` of which it is the primary reason;
        ``share`` of the failures [0 to 1; missing without one], which adds up to 1; ``mentioned``, the sessions that
        carry it at all, which may add up to more. Ordered by station, then the most sessions first. "Not recorded" is
        always a row, for each station too.
    """
    keys = list(STATION[:2]) if by == "station" else []
    pair = failures.groupby(["stop_reason", "error_code"], dropna=False, sort=False).ngroup().to_numpy()
    _, example = np.unique(pair, return_index=True)
    table, links = _links(failures.iloc[example])
    long = links.merge(failures.assign(pair=pair)[["pair", *keys, "sessions"]], on="pair")
    long["primary_sessions"] = long["sessions"] * long["primary"]
    counts = long.groupby([*keys, "place"], as_index=False).agg(
        sessions=("primary_sessions", "sum"), mentioned=("sessions", "sum")
    )
    counts = counts.merge(_always(failures, keys), on=[*keys, "place"], how="outer")
    counts[["sessions", "mentioned"]] = counts[["sessions", "mentioned"]].fillna(0).astype("int64")
    totals = counts.groupby(keys)["sessions"].transform("sum") if keys else counts["sessions"].sum()
    counts["share"] = counts["sessions"] / (totals if keys else totals or np.nan)
    counts = counts.merge(table, left_on="place", right_index=True)
    if keys:
        counts = counts.merge(failures[list(STATION)].drop_duplicates(keys), on=keys)
    falls = [*([True] * len(keys)), False, False, True, True, True]
    order = [*keys, "sessions", "mentioned", "kind", "namespace", "reason"]
    columns = [*(STATION if keys else ()), *REASON_COLUMNS, "sessions", "share", "mentioned"]
    return counts.sort_values(order, ascending=falls, ignore_index=True)[columns]


def _links(pairs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The reasons there are, by place, the first being ``NOT_RECORDED``; and which of them each pair carries.

    Walks through what was recorded, not through sessions: few words make many sessions.
    """
    places = {NOT_RECORDED: 0}
    links = []
    for number, (stop, error) in enumerate(zip(pairs["stop_reason"], pairs["error_code"], strict=True)):
        for rank, reason in enumerate(reasons_of(_text(stop), _text(error))):
            links.append((number, places.setdefault(reason, len(places)), int(rank == 0)))
    frame = pd.DataFrame(links, columns=["pair", "place", "primary"], dtype="int64")
    return pd.DataFrame([asdict(reason) for reason in places], dtype=object), frame


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _always(failures: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The place of "not recorded", once for the network or for each station."""
    if not keys:
        return pd.DataFrame({"place": [0]})
    return failures[keys].drop_duplicates().assign(place=0)
