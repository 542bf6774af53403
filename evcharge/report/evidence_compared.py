"""One port by three kinds of evidence: what its statuses say alone, and what contact leaves of that.

What does not belong here: the spans (``uptime_explained``), and drawing (``charts.evidence``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evcharge.errors import ConfigError
from evcharge.metrics.availability.timeline import evidence_named
from evcharge.migrate.reading import Database, reading
from evcharge.report.evidence_bars import Bar, Compared
from evcharge.report.uptime_explained import ExplainedUptime, explain_uptime
from evcharge.report.uptime_words import period_text, ratio_text

KINDS = {
    "status": "statuses alone",
    "status,back-office": "with back office's records",
    "status,contact": "with its own messages",
}
"""The evidence that counts -> what its bar is called."""


def compare_evidence(database: Database, text: str, **asked: Any) -> Compared:
    """Takes the time of one port apart by each of ``KINDS``.

    Args:
        database: its URL, an engine, or a session that reads it.
        text: id or name of the station; or that, a slash and the port's id.
        asked: what ``explain_uptime`` takes besides: whose id it is, of which time, and the present.

    Raises:
        ConfigError: the station has several ports and none is named; or as ``explain_uptime``.
        NoDataError: as ``explain_uptime``.
    """
    with reading(database) as session:
        told = [explain_uptime(session, text, counted=evidence_named(kind), **asked) for kind in KINDS]
    first = told[0]
    ports = first.ports["port_id"].tolist()
    if len(ports) != 1:
        hint = f"Write {first.station_id}/{ports[0]}. Its ports: {', '.join(map(repr, ports))}."
        raise ConfigError("several_ports", f"{first.station_id} has {len(ports)} ports; a picture is of one.", hint)
    made_up = ", made up" if first.is_made_up else ""
    title = f"{first.station_id} / {ports[0] or '(no port)'}, {period_text(first.period)}{made_up}"
    return Compared([_bar(label, one) for label, one in zip(KINDS.values(), told, strict=True)], first.period, title)


def _bar(label: str, told: ExplainedUptime) -> Bar:
    """The one port of an explanation as a bar."""
    port = told.ports.to_dict("records")[0]
    begins, ends = ([_instant(text) for text in told.spans[name].tolist()] for name in ("from", "to"))
    spans = list(zip(begins, ends, told.spans["state"].tolist(), strict=True))
    return Bar(label, f"{ratio_text(port['low'])} up", _note(port), spans)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _note(port: Mapping[Any, Any]) -> str:
    """What shares of the time it was down, and not seen."""
    whole = port["minutes"] or 1.0
    shares = [(port[f"{state}_minutes"] / whole, state) for state in ("down", "unknown")]
    return ", ".join(f"{ratio_text(share)} {state}" for share, state in shares if share) or "all of it seen"
