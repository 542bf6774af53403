"""An earlier report to compare with, from a document of ``--json``: refused where it answers another question.

What does not belong here: what changed (``since``), and reports in the database (``saved``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from evcharge.errors import ReportError
from evcharge.metrics.rates import VERDICTS
from evcharge.report.now import WORDS
from evcharge.report.rates import SCHEMA_VERSION, Report
from evcharge.report.since import Earlier, Finding, Key
from evcharge.report.words import day_text, unique_labels

MAKE_ONE = "Name a document of: evcharge report --json FILE"


def read_earlier(path: Path, report: Report, stations: Sequence[str]) -> Earlier:
    """The report of a document, if it answers the same question as this one about earlier data.

    Args:
        path: of what ``evcharge report --json`` wrote.
        report: the one that it is compared with.
        stations: of which this one was asked: ``Selection.asked_stations``.

    Raises:
        ReportError: the file is no such document, or it is by another definition, target or selection of stations.
    """
    document = _read(path)
    try:
        findings = _findings(document["stations"])
        verdict = VERDICTS[VERDICTS.index(document["network"]["verdict"])]
        days = [date.fromisoformat(document[name]) for name in ("from", "to")]
        rule = (str(document["definition"]), int(document["definition_version"]), float(document["target"]))
        asked = document.get("selection") and _asked_stations(document)
    except (KeyError, TypeError, ValueError, AttributeError):
        _refuse(path, "is no report on stations that says what is so now")
    _refuse_another_question(path, rule, asked, report, stations)
    if days[1] > report.last_day:
        until = f"tells of days up to {day_text(days[1])}, this report of days up to {day_text(report.last_day)}"
        _refuse(path, until, "Name an earlier report, or load the newer sessions.")
    return Earlier(days[0], days[1], None, findings, verdict)


def _asked_stations(document: Mapping[str, Any]) -> list[str]:
    """What ``Selection.asked_stations`` was; a document that does not tell of lots is of none."""
    lots = [f"{lot['column']}={lot['value']}" for lot in document.get("where", [])]
    return [*document["selection"]["stations"], *sorted(lots)]


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        _refuse(path, f"can't be read: {error.strerror or error}")
    except (ValueError, RecursionError):
        _refuse(path, "is no JSON")
    if not isinstance(document, dict) or document.get("by") != "station":
        _refuse(path, "is no report on stations")
    if document.get("schema_version") != SCHEMA_VERSION:
        version = document.get("schema_version")
        _refuse(path, f"is of schema version {version}; this evcharge reads version {SCHEMA_VERSION}")
    return document


def _refuse(path: Path, what: str, hint: str = MAKE_ONE) -> NoReturn:
    raise ReportError("earlier_report_unusable", f"--since-report: {path} {what}.", hint) from None


def _findings(stations: list[Mapping[str, Any]]) -> dict[Key, Finding]:
    labels = unique_labels(stations)
    return {
        (str(row["source"]), str(row["station_id"])): _finding(row["now"], label)
        for row, label in zip(stations, labels, strict=True)
    }


def _finding(now: Mapping[str, Any], label: str) -> Finding:
    """Raises ValueError for a verdict or a day that is none."""
    ratio = now["success_ratio"]
    return Finding(
        label=label,
        verdict=WORDS[WORDS.index(now["verdict"])],
        ratio=None if ratio is None else float(ratio),
        since=_day(now["since"]),
        last_session=_day(now.get("last_session")),
        out_of_use=now.get("out_of_use") is True,
        changed=now["changed"] is True,
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _refuse_another_question(
    path: Path, rule: tuple[str, int, float], asked: Sequence[str] | None, report: Report, stations: Sequence[str]
) -> None:
    """Refuses a report by another definition or target, or of other stations, where it says of which."""
    (definition, version, target), this = rule, report.definition
    if (definition, version) != (this.id, this.version):
        reason = f"judges by {definition}, version {version}; this report by {this.id}, version {this.version}"
        _refuse(
            path, reason, f"Compare like with like: evcharge report --definition {definition} --since-report {path}"
        )
    if target != report.target:
        reason = f"is against a target of {100 * target:g}%, this report against {100 * report.target:g}%"
        _refuse(path, reason, f"Compare like with like: run it with --target {target!r}.")
    if asked is not None and sorted(asked) != sorted(stations):
        told = [", ".join(sorted(ids)) or "all" for ids in (asked, stations)]
        _refuse(path, f"is of stations {told[0]}, this report of {told[1]}", "Name a report of the same stations.")
