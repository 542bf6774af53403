"""What changed since an earlier report: which stations are newly below target or silent, came back, or are mended.

Two sets of findings in, changes out; an earlier report is one that was saved, or a document of ``--json``. What does
not belong here: finding an earlier report (``saved``, ``earlier``), and showing changes (``terminal``, ``page``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from evcharge.metrics.rates import BELOW, MEETS
from evcharge.report.now import ATTENTION, SILENT
from evcharge.report.words import counted, day_text, joined

NEWLY_BELOW, GONE_SILENT = "newly below target", "gone silent"
NEW_STATION = "new station"
STILL_BELOW, STILL_SILENT = "still below target", "still silent"
BACK, MENDED = "back", "mended"
NOT_SHOWN_BELOW, NOT_SHOWN_SILENT = "no longer shown below target", "no longer shown silent"
OUT_OF_USE, GONE = "out of use", "gone from the data"
CHANGES = (
    *(NEWLY_BELOW, GONE_SILENT, NEW_STATION, STILL_BELOW, STILL_SILENT),
    *(BACK, MENDED, NOT_SHOWN_BELOW, NOT_SHOWN_SILENT, OUT_OF_USE, GONE),
)
"""What can have become of a station, in the order in which it is told."""
MOST_NAMES = 5
"""Stations that a line names."""

Key = tuple[str, str]
"""Source and id of a station."""


@dataclass(frozen=True)
class Finding:
    """What a report says of a station now.

    Attributes:
        label: what people call it.
        verdict: one of ``now.WORDS``.
        ratio: successes / attempts of the present spell [0 to 1]; None where no attempt could be judged.
        since: first local day of the present spell; None where ``ratio`` is.
        last_session: local day of its last session; None where an old document does not tell.
        out_of_use: whether it had no session in the last 13 weeks of the data.
        changed: whether another spell came before the present one; else ``since`` is only where the data begins.
    """

    label: str
    verdict: str
    ratio: float | None
    since: date | None
    last_session: date | None
    out_of_use: bool
    changed: bool


@dataclass(frozen=True)
class Earlier:
    """An earlier report, as far as one is compared with it.

    Attributes:
        first_day, last_day: of its data.
        saved_at: when it was saved; None of a document.
        findings: by source and id.
        network_verdict: on all stations together.
    """

    first_day: date
    last_day: date
    saved_at: datetime | None
    findings: Mapping[Key, Finding]
    network_verdict: str


@dataclass(frozen=True)
class Change:
    """What became of a station.

    Attributes:
        source, station_id, label: which station.
        change: one of ``CHANGES``.
        before, now: the verdicts; None where there is none, since it is new or gone.
        since: the day from which it is so: of a station below target the first of its spell (None where it was so all
            along), of a silent one or one out of use that of its last session; else None.
    """

    source: str
    station_id: str
    label: str
    change: str
    before: str | None
    now: str | None
    since: date | None


@dataclass(frozen=True)
class Since:
    """What changed since an earlier report; ``network_verdict`` is that of now."""

    earlier: Earlier
    changes: Sequence[Change]
    network_verdict: str

    def to_dict(self) -> dict[str, Any]:
        """The key ``since_report`` of the JSON document."""
        saved_at = self.earlier.saved_at
        return {
            "from": self.earlier.first_day.isoformat(),
            "to": self.earlier.last_day.isoformat(),
            "saved_at": saved_at.isoformat() if saved_at else None,
            "network": {"before": self.earlier.network_verdict, "now": self.network_verdict},
            "changes": [
                {
                    "source": one.source,
                    "station_id": one.station_id,
                    "label": one.label,
                    "change": one.change,
                    "before": one.before,
                    "now": one.now,
                    "since": one.since.isoformat() if one.since else None,
                }
                for one in self.changes
            ],
        }


def changes_since(earlier: Mapping[Key, Finding], now: Mapping[Key, Finding], target: float) -> list[Change]:
    """What became of each station of which something did, in the order of ``CHANGES``, then in that of the reports.

    Args:
        earlier: what the earlier report said.
        now: what this one says.
        target: success ratio that both judge against.
    """
    changes = []
    for source, station_id in [*now, *(key for key in earlier if key not in now)]:
        before, after = earlier.get((source, station_id)), now.get((source, station_id))
        change = _change(before, after, target)
        if change:
            was, word = (finding.verdict if finding else None for finding in (before, after))
            label = (now if after else earlier)[source, station_id].label
            changes.append(Change(source, station_id, label, change, was, word, _since(after)))
    return sorted(changes, key=lambda one: CHANGES.index(one.change))


def _change(before: Finding | None, now: Finding | None, target: float) -> str | None:
    """What became of one station; None for nothing that is worth a word."""
    if before is None or now is None:
        return NEW_STATION if before is None else GONE
    if now.out_of_use:
        return None if before.out_of_use else OUT_OF_USE
    if now.verdict == SILENT:
        return STILL_SILENT if before.verdict == SILENT else GONE_SILENT
    if (before.verdict == SILENT or before.out_of_use) and _has_new_sessions(before, now):
        return NEWLY_BELOW if now.verdict == BELOW else BACK
    if now.verdict == BELOW:
        return STILL_BELOW if before.verdict == BELOW else NEWLY_BELOW
    if before.verdict == BELOW:
        return MENDED if _is_mended(before, now, target) else NOT_SHOWN_BELOW
    return NOT_SHOWN_SILENT if before.verdict == SILENT else None


def _has_new_sessions(before: Finding, now: Finding) -> bool:
    return before.last_session is None or now.last_session is None or now.last_session > before.last_session


def _is_mended(before: Finding, now: Finding, target: float) -> bool:
    """Whether a station that was below target meets it, or changed since then to a rate that is not under it.

    That it is merely not shown to be below any more can be chance, or fewer attempts.
    """
    if now.verdict == MEETS:
        return True
    begun = now.since is not None and before.since is not None and now.since > before.since
    return now.changed and begun and now.ratio is not None and now.ratio >= target


def _since(now: Finding | None) -> date | None:
    if now is None:
        return None
    if now.verdict == SILENT or now.out_of_use:
        return now.last_session
    return now.since if now.verdict == BELOW and now.changed else None


# Words


def since_title(since: Since) -> str:
    """Which report this one is compared with."""
    first, last, saved_at = since.earlier.first_day, since.earlier.last_day, since.earlier.saved_at
    saved = f", saved on {day_text(saved_at.date())}" if saved_at else ""
    return f"Since the report of {day_text(first)} – {day_text(last)}{saved}"


def since_lines(since: Since) -> list[str]:
    """What became of how many stations, with the first names of each; that nothing did where so it is."""
    lines = []
    for change in CHANGES:
        labels = [_named(one) for one in since.changes if one.change == change]
        if labels:
            hidden = len(labels) - MOST_NAMES
            names = [*labels[:MOST_NAMES], *([f"{hidden:,} more"] if hidden > 0 else [])]
            lines.append(f"{counted_change(change, len(labels))}: {joined(names)}")
    if network := network_line(since):
        lines.append(network)
    return lines or ["no station is newly below target or silent, none came back, none was mended"]


def network_line(since: Since) -> str:
    """The verdict on all stations together and what it was; empty where it is the same."""
    was, now = since.earlier.network_verdict, since.network_verdict
    return "" if was == now else f"the network: {now}, was {was}"


def counted_change(change: str, number: int) -> str:
    """How many stations it became of, such as 2 newly below target."""
    return counted(number, change) if change == NEW_STATION else f"{number:,} {change}"


def _named(change: Change) -> str:
    """The station; of a new one that needs attention also why."""
    told = change.change == NEW_STATION and change.now in ATTENTION
    return f"{change.label} ({change.now})" if told else change.label
