"""The report as gauges for Prometheus: a text that node_exporter's textfile collector reads, and OpenMetrics 1.0 too.

No sample has a timestamp, for the textfile collector refuses a file that holds one. Source: Prometheus, "Exposition
formats", text format 0.0.4; OpenMetrics 1.0.0. What does not belong here: figures (``story``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple

from evcharge.metrics.rates import BELOW, VERDICTS
from evcharge.report.now import SILENT, WORDS
from evcharge.report.story import Story
from evcharge.version import __version__

PLACES = ("label", "operator", "network", "city", "region")
"""Columns of a station that only ``evcharge_station_info`` has, so that a new name begins no new series."""

Sample = tuple[Mapping[str, Any], Any]
"""Labels and value; a value that is missing gives no sample."""


class Gauge(NamedTuple):
    """A gauge: its name, what it says with its unit, and the column or key that has its value."""

    name: str
    meaning: str
    key: str


OF_STATIONS = (
    Gauge("success_ratio", "successes / attempts of the present spell, 0 to 1", "rate_now"),
    Gauge("success_ratio_low", "lower end of its 95 % interval (Wilson)", "low_now"),
    Gauge("success_ratio_high", "upper end of its 95 % interval", "high_now"),
    Gauge("attempts", "attempts of the present spell", "attempts_now"),
    Gauge("charges_lost_per_week", "charges lost in a usual week, where it needs attention", "charges_lost_per_week"),
    Gauge("silent", "1 where it stopped while others of its source went on", "silent"),
    Gauge("out_of_use", "1 where it had no session in the last 13 weeks of the data", "out_of_use"),
)
"""Figures of a station now: columns of ``station_frame.STATION_FRAME``."""
OF_NETWORK = (
    Gauge("success_ratio", "successes / attempts of all stations in the whole period, 0 to 1", "success_ratio"),
    Gauge("success_ratio_low", "lower end of its 95 % interval (Wilson)", "low"),
    Gauge("success_ratio_high", "upper end of its 95 % interval", "high"),
    Gauge("success_ratio_lowest", "the ratio if all unknown and refused attempts had failed", "lowest_ratio"),
    Gauge("success_ratio_highest", "the ratio if all of them had succeeded", "highest_ratio"),
    Gauge("attempts", "attempts of the whole period", "attempts"),
)
"""Figures of all stations together: of ``rates.NETWORK_FIGURES``."""


def to_prometheus(story: Story) -> str:
    """The text; labels are escaped, a figure that is not known has no sample."""
    lines: list[str] = []
    for name, meaning, samples in (*_of_report(story), *_of_network(story), *_of_stations(story)):
        shown = [f"{name}{_labels(labels)} {_number(value)}" for labels, value in samples if not _is_missing(value)]
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", *shown]
    return "\n".join([*lines, "# EOF", ""])


Family = tuple[str, str, Iterable[Sample]]
"""Name, meaning and samples."""


def _of_report(story: Story) -> Iterator[Family]:
    report = story.report
    versions = {"definition": report.definition.id, "definition_version": report.definition.version}
    told = "1; by which definition of success, and which evcharge"
    yield "evcharge_report_info", told, [({**versions, "evcharge_version": __version__}, 1)]
    yield "evcharge_target_ratio", "success ratio that verdicts are against, 0 to 1", [({}, report.target)]
    told = "sessions among these that are no data: evcharge sample"
    yield "evcharge_made_up_sessions", told, [({}, report.beside.made_up)]
    refused = None if report.of_counts_alone else report.beside.refused.rows
    yield "evcharge_refused_rows", "rows that loads refused, which no ratio counts", [({}, refused)]
    ends = story.stations.groupby("source")["data_ends"].max()
    told = "when the data of a source ends: the end of its last whole local day, taken as UTC"
    samples = [({"source": source}, _end_of(day)) for source, day in ends.items()]
    yield "evcharge_data_end_timestamp_seconds", told, samples


def _of_network(story: Story) -> Iterator[Family]:
    network = story.report.network
    for gauge in OF_NETWORK:
        yield f"evcharge_network_{gauge.name}", gauge.meaning, [({}, network[gauge.key])]
    told = "1 for the verdict on all stations together, else 0"
    yield "evcharge_network_verdict", told, _one_of(VERDICTS, {}, network["verdict"])
    counts = [({"verdict": word}, story.count_of(word)) for word in WORDS]
    yield "evcharge_network_stations", "stations by what they are now", counts
    totals = zip((BELOW, SILENT), story.losses, strict=True)
    lost = [({"verdict": word}, losses.charges and losses.charges.about) for word, losses in totals]
    yield "evcharge_network_charges_lost_per_week", "charges that stations of this verdict lose in a usual week", lost


def _of_stations(story: Story) -> Iterator[Family]:
    rows = [({"source": row["source"], "station_id": row["station_id"]}, row) for row in story.rows]
    named = [({**keys, **{name: row[name] for name in PLACES if row[name]}}, 1) for keys, row in rows]
    yield "evcharge_station_info", "1; what is known of the station", named
    for gauge in OF_STATIONS:
        yield f"evcharge_station_{gauge.name}", gauge.meaning, [(keys, row[gauge.key]) for keys, row in rows]
    told = "1 for the verdict on the present spell, or silent, else 0"
    samples = [sample for keys, row in rows for sample in _one_of(WORDS, keys, row["verdict_now"])]
    yield "evcharge_station_verdict", told, samples


def _one_of(words: Iterable[str], labels: Mapping[str, Any], word: str) -> list[Sample]:
    return [({**labels, "verdict": one}, one == word) for one in words]


def _end_of(day: date) -> float:
    """The end of a day in UTC [s since 1970]."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp() + timedelta(days=1).total_seconds()


def _labels(labels: Mapping[str, Any]) -> str:
    pairs = ",".join(f'{name}="{_escaped(str(value))}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str) -> str:
    """A label's value: a backslash, a quote and a line feed are escaped; what is no UTF-8 is a question mark."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n").encode("utf-8", "replace").decode()


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _number(value: Any) -> str:
    return repr(float(value))
