"""What the report tells, once, for page, terminal, chart and program: the finding, what to do first, and why.

What does not belong here: markup, colours, and how a thing is shown (``terminal``, ``page``, ``charts``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evcharge import progress
from evcharge.metrics.concentration import HourWindow, hour_window, worst_port
from evcharge.metrics.cost import Price
from evcharge.metrics.days import count_days
from evcharge.metrics.definitions import Definition
from evcharge.metrics.detail import read_daily_failures, read_detail
from evcharge.metrics.direction import CHANGES, SMALL, Direction, direction
from evcharge.metrics.exposure import DAYS_OF_A_WEEK, LONGEST_SILENCE_DAYS, Network, calendars, day_numbers
from evcharge.metrics.holes import find_holes
from evcharge.metrics.left_out import FAILURES, left_out_of_detail, left_out_of_story, whole_detail
from evcharge.metrics.outages import find_outages, read_port_days, read_port_numbers
from evcharge.metrics.ports import read_doubted_ports
from evcharge.metrics.rates import BELOW, CANT_TELL, MEETS, ONE_LOT, Limits
from evcharge.metrics.reasons import NOT_RECORDED, count_reasons
from evcharge.metrics.selection import Selection
from evcharge.metrics.stations import read_network
from evcharge.metrics.weekly import control_chart, weekly_counts
from evcharge.migrate.reading import Database, reading
from evcharge.report.absence import OUTAGES, named_outages, no_data_text
from evcharge.report.availability import availability_document
from evcharge.report.direction import direction_document, direction_text
from evcharge.report.document import csv_of, records
from evcharge.report.headline import bounds_text, rate_text
from evcharge.report.losses import MONEY, Losses, in_title, loss_sentence, split_document, split_losses, with_money
from evcharge.report.now import ATTENTION, PRESENT, SILENT, in_order_of_attention, needing_attention, read_present
from evcharge.report.rates import Report, build_report, constants_of
from evcharge.report.since import Since
from evcharge.report.uptime_found import Uptime
from evcharge.report.words import (
    counted,
    hours_text,
    in_words,
    joined,
    sentence,
    unique_labels,
    verb,
)
from evcharge.station_frame import CSV_COLUMNS, in_frame

LEADING_SHARE = 1 / 3
"""Share of a station's failures from which on one recorded reason stands for it. House rule, provisional: below it no
reason leads, and a first step by the most frequent one would be a guess."""
REVIEW, VISIT, POWER_AND_COMMS = "review", "visit", "check power and comms"
"""First steps where nothing leads, where one port does, and of a silent station; the others: ``reasons.toml``."""
BUNCHES = ("worst_port", "worst_port_share", "worst_hours")
"""Where failures bunch beyond chance."""
ADVICE = ("reason", "reason_code", "reason_share", *BUNCHES, "first_step")
"""Columns of what the failures of the present spell point to: the leading reason and its share, the port and the hours
at which they bunch beyond chance, and what to do first where attention is needed."""


@dataclass(frozen=True)
class Story:
    """The report by one definition, with what each station does now.

    Attributes:
        report: the rates of the whole period, by station.
        stations: in order of attention: the columns of ``station_frame.STATION_FRAME``.
        days: the frame of ``metrics.days.count_days``.
        weeks: the frame of ``metrics.weekly.control_chart``.
        direction: where the network goes.
        reasons: what was recorded of the failures of the present spells: ``metrics.reasons.count_reasons`` by station.
        detail: the frame of ``metrics.detail.read_detail`` of the stations that need attention.
        windows: the hours at which failures bunch beyond chance, by station_key, of the stations where they do.
        outages: times without a session that chance does not explain: the columns of ``absence.OUTAGES``.
        holes: days that are not in the data: the frame of ``metrics.holes.find_holes``.
        selection: what was asked for.
        since: what changed since an earlier report; None where it is compared with none.
        price: what a kWh brings; None where no money is told.
        uptime: how much of the time ports were there; None where it is not read, or nothing tells of it.
    """

    report: Report
    stations: pd.DataFrame
    days: pd.DataFrame
    weeks: pd.DataFrame
    direction: Direction
    reasons: pd.DataFrame
    detail: pd.DataFrame
    windows: dict[int, HourWindow]
    outages: pd.DataFrame
    holes: pd.DataFrame
    selection: Selection = field(default_factory=Selection)
    since: Since | None = None
    price: Price | None = None
    uptime: Uptime | None = None

    @property
    def attention(self) -> pd.DataFrame:
        """The stations that are below target now, or silent; the costliest first."""
        return needing_attention(self.stations)

    @cached_property
    def rows(self) -> list[dict[Any, Any]]:
        """The stations as plain rows, in order of attention, with ``MONEY``."""
        return with_money(self.stations, self.price).astype(object).to_dict("records")

    def count_of(self, word: str) -> int:
        """How many stations are this now: one of ``now.WORDS``."""
        return int((self.stations["verdict_now"] == word).sum())

    @cached_property
    def losses(self) -> tuple[Losses, Losses]:
        """What the stations below target lose in a usual week, and what the silent ones do if they are really down."""
        return split_losses(self.attention, self.price)

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` document: the report's, with what is so now; ratios unrounded, null where not known."""
        document = self.report.to_dict()
        keys = zip(self.stations["source"], self.stations["station_id"], strict=True)
        by_key = dict(zip(keys, self._now(), strict=True))
        by_station = dict(list(self.outages.groupby(["source", "station_id"])[[*OUTAGES[3:]]]))
        for station in document["stations"]:
            key = station["source"], station["station_id"]
            station["now"] = by_key[key]
            station["outages"] = records(by_station[key]) if key in by_station else []
        document["holes"] = records(self.holes)
        document["title"] = title_of(self)
        document["direction"] = direction_document(self.direction, self.stations)
        document["price"] = self.price and self.price._asdict()
        document["attention"] = {"stations": len(self.attention), **split_document(*self.losses)}
        document["selection"] = self.selection.to_dict()
        document |= {"uptime": availability_document(self.uptime)} if self.uptime else {}
        return document | ({"since_report": self.since.to_dict()} if self.since else {})

    def _now(self) -> list[dict[str, Any]]:
        """What each station does now, in order of attention."""
        names = {**{column: name for name, column in PRESENT.items()}, **{name: name for name in (*MONEY, *ADVICE)}}
        return records(with_money(self.stations, self.price)[[*names]].rename(columns=names))


def build_story(
    database: Database,
    *,
    target: float,
    definition: Definition | None = None,
    selection: Selection,
    limits: Limits = ONE_LOT,
    price: Price | None = None,
) -> Story:
    """Reads everything the report tells, from one moment of the database.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
    """
    with reading(database) as session:
        progress.step("counting sessions by station")
        report = build_report(session, target=target, definition=definition, selection=selection, limits=limits)
        progress.step("counting sessions by day")
        days = count_days(session, report.definition, selection)
        network = read_network(session, selection, days)
        progress.step("finding spells and silence")
        ports = read_port_days(session, report.definition, selection)
        port_numbers = read_port_numbers(session, ports)
        present = read_present(session, report.definition, selection, days, network, port_numbers, target)
        outages = find_outages(days, ports, network)
        progress.step("reading reasons")
        failures = read_daily_failures(session, report.definition, selection)
        attention = needing_attention(present)
        progress.step("reading hours and ports")
        keys = [int(key) for key in attention["station_key"]]
        detail = whole_detail(read_detail(session, report.definition, selection, keys), present)
        doubted = read_doubted_ports(session, report.definition, detail)
        besides = left_out_of_story(session, report.definition) + left_out_of_detail(session, detail, attention)
        report = replace(report, left_out=report.left_out + besides)
    progress.step("judging stations")
    report = _over_without_data(report, present, network)
    reasons = _reasons_now(failures, present)
    attributes = present.drop(columns=["name", "without_failures", "perhaps_without_failures"])
    stations = report.groups.merge(attributes, on=["source", "station_id"], validate="1:1")
    stations = stations.merge(_leading_reasons(reasons), on=["source", "station_id"], how="left")
    bunched, windows = _bunched(detail, present, doubted)
    stations = stations.merge(bunched, on="station_key", how="left")
    going = _untold() if report.failures_removed else direction(days)
    weeks = weeks_of(days, going)
    absent = (named_outages(outages, present), find_holes(network, calendars(network)))
    stations = arranged(stations, _steps_unknown(stations, report, detail))
    told = (report, stations, days, weeks, going, reasons, detail, windows, *absent)
    return Story(*told, selection=selection, price=price)


def _over_without_data(report: Report, present: pd.DataFrame, network: Network) -> Report:
    """The report, but of a network that does not meet its target where no station has data up to the day asked for."""
    stopped = (present["silent"] | present["out_of_use"] | present["no_data"]).all()
    asked_to = network.asked_to
    is_over = stopped and asked_to is not None and bool((day_numbers(present["data_ends"]) < asked_to).all())
    if not is_over or report.network["verdict"] != MEETS:
        return report
    return replace(report, is_over=True, network={**report.network, "verdict": CANT_TELL})


def arranged(stations: pd.DataFrame, steps_unknown: pd.Series | bool = False) -> pd.DataFrame:
    """The stations in order of attention, each with its first step where it needs one, and its label.

    Args:
        stations: the columns of ``STATION_FRAME`` but ``label``; ``first_step`` is that of the leading reason.
        steps_unknown: of which stations no first step can be told, unless they are silent.
    """
    labels = unique_labels(stations[["name", "station_id", "source"]].to_dict("records"))
    steps = _first_steps(stations, pd.Series(steps_unknown, index=stations.index))
    return in_frame(in_order_of_attention(stations.assign(first_step=steps, label=labels)))


def _steps_unknown(stations: pd.DataFrame, report: Report, detail: pd.DataFrame) -> pd.Series:
    """Of which stations the first step hangs on frames that were not given beside counts."""
    hangs_on_port = stations["first_step"].fillna(REVIEW) == REVIEW
    return (hangs_on_port & ~stations["station_key"].isin(detail["station_key"])) | report.lacks(FAILURES)


def _untold() -> Direction:
    return Direction(CANT_TELL, reason="failures are not in the data")


def weeks_of(days: pd.DataFrame, going: Direction) -> pd.DataFrame:
    """The chart of weeks; where a change is shown, what is usual is that of the weeks before it."""
    return control_chart(weekly_counts(days), going.first_day if going.word in CHANGES else None)


def _reasons_now(failures: pd.DataFrame, present: pd.DataFrame) -> pd.DataFrame:
    """Reasons of the failures since each station's present spell began."""
    named = failures.merge(present[["station_key", "source", "station_id", "name", "since"]], on="station_key")
    now = named[named["day"] >= named["since"]]
    keys = ["source", "station_id", "name", "stop_reason", "error_code"]
    sums = now.groupby(keys, dropna=False)[["sessions"]].sum().reset_index()
    sums[keys] = sums[keys].astype(object).where(sums[keys].notna(), None)
    return count_reasons(sums, by="station")


def _leading_reasons(reasons: pd.DataFrame) -> pd.DataFrame:
    """The reason that leads each station's failures, where one does, with its share and its first step."""
    recorded = reasons[(reasons["kind"] != NOT_RECORDED.kind) & (reasons["share"] >= LEADING_SHARE)]
    first = recorded.drop_duplicates(["source", "station_id"])
    names = {"title": "reason", "reason": "reason_code", "share": "reason_share", "first_step": "first_step"}
    return first[["source", "station_id", *names]].rename(columns=names)


def present_rows(detail: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``detail`` that belong to the present spell of their station, with their attempts."""
    rows = detail.merge(stations[["station_key", "since"]], on="station_key")
    rows = rows[rows["day"] >= rows["since"]]
    return rows.assign(attempts=rows["successes"] + rows["failures"])


def _bunched(
    detail: pd.DataFrame, stations: pd.DataFrame, doubted: Mapping[int, Collection[str]]
) -> tuple[pd.DataFrame, dict[int, HourWindow]]:
    """The port and the hours at which each station's failures bunch beyond chance, where they do."""
    found, windows = [], {}
    rows = present_rows(detail, stations)
    by_port = rows.groupby(["station_key", "port_id"], dropna=False, as_index=False)[["attempts", "failures"]].sum()
    ports = dict(list(by_port.groupby("station_key")))
    for word, hours in rows.groupby("station_key")[["hour", "attempts", "failures"]]:
        key = int(str(word))
        port, window = worst_port(ports[key], doubted.get(key, ())), hour_window(hours)
        if window:
            windows[key] = window
        told = hours_text(window.first_hour, window.hours) if window else None
        found.append((key, port.port_id if port else None, port.failure_share if port else np.nan, told))
    table = pd.DataFrame(found, columns=["station_key", *BUNCHES], dtype=object)
    return table.astype({"station_key": "int64", "worst_port_share": float}), windows


def _first_steps(stations: pd.DataFrame, unknown: pd.Series) -> pd.Series:
    """What to do first where attention is needed: as the leading reason says.

    Where that is to review and one port stands out, a visit: what happens at one port only is hardly driver or vehicle.
    """
    steps = stations["first_step"].fillna(REVIEW)
    steps = steps.mask((steps == REVIEW) & stations["worst_port"].notna(), VISIT)
    silent = stations["verdict_now"] == SILENT
    known = stations["verdict_now"].isin(ATTENTION) & (silent | ~unknown)
    return steps.mask(silent, POWER_AND_COMMS).astype(object).where(known, None)


# Words

STEP_NOUNS = {
    VISIT: "a site visit",
    REVIEW: "a review of the sessions",
    POWER_AND_COMMS: "a check of power and comms",
    "remote": "a look from afar",
    "payment vendor": "the payment vendor",
    "firmware": "firmware",
}
"""First steps as a sentence has them."""


def title_of(story: Story) -> str:
    """The finding in one sentence, with what it costs."""
    total, attention = len(story.stations), len(story.attention)
    if attention:
        return _attention_title(story, total, attention)
    if story.report.failures_removed:
        return f"{counted(total, 'station')}, and failures are not in the data"
    if without := no_data_text(story.stations):
        return f"{sentence(without)[:-1]}: nothing shows what is so now"
    meets = story.count_of(MEETS)
    if meets == total:
        return f"All {total:,} stations meet the target" if total > 1 else "The station meets the target"
    return f"No station is shown to be below target; {total - meets:,} of {total:,} can't be judged yet"


def _attention_title(story: Story, total: int, attention: int) -> str:
    if total == 1:
        subject = "The station needs attention"
    else:
        need = verb(attention, "needs", "need")
        subject = f"{in_words(attention).capitalize()} of {total:,} stations {need} attention"
    if story.report.failures_removed:
        return f"{subject}, although failures are not in the data"
    lost = in_title(*story.losses, alone=total == 1)
    return f"{subject}; {lost}" if lost else subject


def lede_of(story: Story) -> str:
    """The finding's facts, a sentence each: the rate, its direction, what is wrong, and what kind of work it is."""
    below, silent = story.count_of(BELOW), story.count_of(SILENT)
    sentences = [
        rate_text(story.report),
        bounds_text(story.report),
        _direction_sentence(story),
        no_data_text(story.stations),
    ]
    wrong = [f"{in_words(below)} {verb(below, 'fails', 'fail')} more often than chance allows"] if below else []
    wrong += [f"{in_words(silent)} {verb(silent, 'has', 'have')} fallen silent"] if silent else []
    known = [joined(wrong), loss_sentence(*story.losses), first_steps_text(story)]
    sentences += known if wrong else [unsure_text(story)]
    return " ".join(sentence(text) for text in sentences if text)


def _direction_sentence(story: Story) -> str:
    if story.direction.word not in CHANGES:
        return ""
    told = direction_text(story.direction, story.stations, story.report.target)
    return f"the weekly rate {'shows' if story.direction.word == SMALL else 'is'} {told}"


def first_steps_text(story: Story) -> str:
    """What kind of work the stations that need attention ask for first."""
    steps = Counter(story.attention["first_step"].dropna())
    counts = [f"{STEP_NOUNS.get(step, step)} at {in_words(number)}" for step, number in steps.most_common()]
    return f"first steps: {joined(counts)}" if counts else ""


def out_of_use_text(story: Story) -> str:
    """How many stations had no session for so long that nothing can be said of them now; empty without any."""
    number = int(story.stations["out_of_use"].sum())
    if not number:
        return ""
    stations = f"{counted(number, 'station')} {verb(number, 'has', 'have')} been out of use"
    verdict = verb(number, "it gets no verdict", "they get no verdict")
    return f"{stations} for more than {LONGEST_SILENCE_DAYS // DAYS_OF_A_WEEK} weeks (closed? renamed?): {verdict}."


def unsure_text(story: Story) -> str:
    """How many stations can't be judged yet; nothing where that is so of all because no rate is shown."""
    unsure = story.count_of(CANT_TELL)
    if not unsure or not story.report.network["attempts"] or story.report.failures_removed:
        return ""
    stations = f"{in_words(unsure)} {verb(unsure, 'station', 'stations')}"
    missing = story.report.beside.refused.rows or story.stations["unknown"].any()
    why = "too few attempts, too close, or too much unknown or refused" if missing else "too few attempts, or too close"
    return f"{stations} can't be judged yet: {why}"


# For programs


def csv_frame(story: Story) -> pd.DataFrame:
    """What the CSV has, one row per station in the order of the story, unrounded."""
    rows = story.stations[[*CSV_COLUMNS]]
    if story.price:
        rows = with_money(rows, story.price).assign(currency=story.price.currency)
    return rows.assign(**constants_of(story.report))


def to_csv(story: Story) -> str:
    """The stations as CSV by source and id, unrounded; text that a spreadsheet could run is made inert."""
    return csv_of(csv_frame(story).sort_values(["source", "station_id"]))
