"""The columns of the frame of stations, written down: ``Story.stations``, which Python has as ``Reliability.spells``.

The CSV, the page's download, GeoJSON and the table of saved reports take their columns from here. What does not belong
here: where a column comes from (``report``: ``rates``, ``now``, ``story``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

TEXT, WHOLE, NUMBER, YES_NO, DAY = "object", "int64", "float64", "bool", "datetime64[s]"
NEVER = "never"
"""What ``missing_when`` says of a column that every station has."""
RATIO = "0 to 1"
NO_ATTEMPT = "no attempt could be judged"
NOT_TOLD = "no source or registry tells it"
NOT_BUNCHED = "the station needs no attention, or its failures do not bunch beyond chance"
NONE_LEADS = "no recorded reason stands for a third of them"
TOO_SHORT = "the station was in use for fewer than 7 days"
NOT_BELOW = "the station is not below target now"
NO_LOSS = f"the station needs no attention, {TOO_SHORT}, its visits can't be told, or the publisher removed failures"
NO_ENERGY = "charges lost are missing, or charges are lost and the energy of none is known"


class StationColumn(NamedTuple):
    """One column of the frame.

    Attributes:
        name: as the frame has it.
        dtype: of pandas; a missing text is None, a missing number NaN, a missing day NaT.
        unit: what a figure counts or is measured in; empty for what is no figure.
        meaning: what it says of the station.
        missing_when: when it is missing; ``NEVER`` where it never is.
    """

    name: str
    dtype: str
    unit: str
    meaning: str
    missing_when: str = NEVER


STATION_FRAME = (
    # Which station, and what is known of it
    StationColumn("source", TEXT, "", "source of its sessions; station ids are unique within one"),
    StationColumn("station_id", TEXT, "", "the source's id of the station"),
    StationColumn("name", TEXT, "", "name of the station", NOT_TOLD),
    StationColumn("label", TEXT, "", "what the report calls it: its name or id; no two stations share one"),
    StationColumn("station_key", WHOLE, "", "its key in the database"),
    StationColumn("operator", TEXT, "", "who operates it", NOT_TOLD),
    StationColumn("network", TEXT, "", "network it belongs to", NOT_TOLD),
    StationColumn("city", TEXT, "", "city or commune", NOT_TOLD),
    StationColumn("region", TEXT, "", "state, region or department", NOT_TOLD),
    StationColumn("ports", WHOLE, "ports", "how many ports its sessions name; 0 where none, or counts don't tell"),
    # The whole period
    StationColumn("attempts", WHOLE, "sessions", "successes + failures of the whole period"),
    StationColumn("successes", WHOLE, "sessions", "sessions that count as a success by the definition"),
    StationColumn("failures", WHOLE, "sessions", "sessions that count as a failure"),
    StationColumn("unknown", WHOLE, "sessions", "sessions that can't be judged"),
    StationColumn("excluded", WHOLE, "sessions", "sessions that the definition leaves out"),
    StationColumn("success_ratio", NUMBER, RATIO, "successes / attempts of the whole period", NO_ATTEMPT),
    StationColumn("low", NUMBER, RATIO, "lower end of its 95 % interval (Wilson)", NO_ATTEMPT),
    StationColumn("high", NUMBER, RATIO, "upper end of its 95 % interval", NO_ATTEMPT),
    StationColumn("verdict", TEXT, "", "`below target`, `can't tell yet` or `meets target`, of the whole period"),
    StationColumn("failures_included", TEXT, "", "whether the publisher left failures in: `yes`, `no` or `unknown`"),
    # Now: the present spell
    StationColumn("verdict_now", TEXT, "", "the verdict on the present spell, or `silent` where the station stopped"),
    StationColumn("rate_now", NUMBER, RATIO, "successes / attempts of the present spell", NO_ATTEMPT),
    StationColumn("low_now", NUMBER, RATIO, "lower end of its 95 % interval (Wilson)", NO_ATTEMPT),
    StationColumn("high_now", NUMBER, RATIO, "upper end of its 95 % interval", NO_ATTEMPT),
    StationColumn("attempts_now", WHOLE, "sessions", "attempts of the present spell"),
    StationColumn("successes_now", WHOLE, "sessions", "successes of the present spell"),
    StationColumn("since", DAY, "", "first local day of the present spell", NO_ATTEMPT),
    # The spell before
    StationColumn("changed", YES_NO, "", "whether another spell came before the present one"),
    StationColumn("rate_before", NUMBER, RATIO, "successes / attempts of the spell before", "`changed` is false"),
    StationColumn("attempts_before", WHOLE, "sessions", "attempts of the spell before; 0 without one"),
    StationColumn("successes_before", WHOLE, "sessions", "successes of the spell before; 0 without one"),
    # The last four weeks, whatever the spell
    StationColumn(
        *("rate_4_weeks", NUMBER, RATIO, "successes / attempts of the last 28 days up to `data_ends`"),
        "no attempt of these days could be judged",
    ),
    StationColumn("attempts_4_weeks", WHOLE, "sessions", "attempts of these days"),
    StationColumn("successes_4_weeks", WHOLE, "sessions", "successes of these days"),
    # Silence
    StationColumn("silent", YES_NO, "", "whether it stopped in the last 13 weeks, while others of its source went on"),
    StationColumn("out_of_use", YES_NO, "", "whether it had no session in the last 13 weeks of the data"),
    StationColumn("last_session", DAY, "", "local day of its last session"),
    StationColumn("silent_days", WHOLE, "days", "days from its last session to the last whole day of the data"),
    StationColumn(
        *(
            "silence_chance",
            NUMBER,
            RATIO,
            "chance of so long a pause, held against what the other stations did",
        ),
        "fewer than 14 days lie between its first session of the half year up to its last and that one, both included",
    ),
    StationColumn("data_ends", DAY, "", "the last whole day of the data of its source"),
    StationColumn("no_data", YES_NO, "", "whether that is long before the last day asked for, and it is not silent"),
    # Use, and what is lost
    StationColumn(
        "usual_since", DAY, "", "first day of its usual weeks: the last 13 with data, or since its first day"
    ),
    StationColumn("attempts_per_week", NUMBER, "attempts per week", "attempts of a usual week", TOO_SHORT),
    StationColumn("successes_per_week", NUMBER, "charges per week", "successes of a usual week", TOO_SHORT),
    StationColumn("visits_now", NUMBER, "visits", "visits of the present spell whose outcome is known", NOT_BELOW),
    StationColumn("failed_visits_now", NUMBER, "visits", "those seen to end without a charge", NOT_BELOW),
    StationColumn(
        *("joined_by_chance", NUMBER, RATIO),
        "share of its failed attempts now that the next driver follows so soon that both look like one visit",
        NOT_BELOW,
    ),
    StationColumn(
        *("visits_per_week", NUMBER, "visits per week", "visits of a usual week, with those that chance hides"),
        f"{NOT_BELOW}, or {TOO_SHORT}",
    ),
    StationColumn(
        *("charges_lost_per_week", NUMBER, "charges per week"),
        "failed visits beyond what the target allows, in a usual week; of a silent station its usual successes",
        NO_LOSS,
    ),
    StationColumn("charges_lost_per_week_low", NUMBER, "charges per week", "lower end of its range", NO_LOSS),
    StationColumn("charges_lost_per_week_high", NUMBER, "charges per week", "upper end of its range", NO_LOSS),
    StationColumn(
        *("kwh_lost_per_week", NUMBER, "kWh per week", "charges lost times the mean energy of a successful charge"),
        NO_ENERGY,
    ),
    StationColumn("kwh_lost_per_week_low", NUMBER, "kWh per week", "lower end of its range", NO_ENERGY),
    StationColumn("kwh_lost_per_week_high", NUMBER, "kWh per week", "upper end of its range", NO_ENERGY),
    # What the failures of the present spell point to
    StationColumn("reason", TEXT, "", "the recorded reason that leads its failures now", NONE_LEADS),
    StationColumn(
        "reason_code", TEXT, "", "its code, as the vocabulary or the source writes it", "`reason` is missing"
    ),
    StationColumn("reason_share", NUMBER, RATIO, "share of its failures now with that reason", "`reason` is missing"),
    StationColumn("worst_port", TEXT, "", "id of the port at which its failures bunch beyond chance", NOT_BUNCHED),
    StationColumn(
        "worst_port_share", NUMBER, RATIO, "share of its failures now at that port", "`worst_port` is missing"
    ),
    StationColumn("worst_hours", TEXT, "", "local hours in which its failures bunch beyond chance", NOT_BUNCHED),
    StationColumn("first_step", TEXT, "", "what to do first", "the station needs no attention, or counts lack it"),
)
"""The frame's columns in its order; the same of every database, also where a column is missing for all stations."""
LEFT_OUT_OF_CSV = {"label", "station_key", "operator", "network", "city", "region", "ports", "silence_chance"}
CSV_COLUMNS = tuple(column.name for column in STATION_FRAME if column.name not in LEFT_OUT_OF_CSV)
"""What every file about the stations has of each: the CSV, the page's download and GeoJSON."""
SAVED_COLUMNS = tuple(column.name for column in STATION_FRAME if column.name not in ("station_key", "reason_code"))
"""What is saved of each station; keys of stations that went are given out again, so they mean nothing later, and a
reason is saved in words."""


def in_frame(stations: pd.DataFrame) -> pd.DataFrame:
    """The stations in the columns of ``STATION_FRAME``, in their order and dtypes; other columns are left out."""
    dtypes = {column.name: column.dtype for column in STATION_FRAME}
    frame = stations[[*dtypes]].astype(dtypes)
    texts = [name for name, dtype in dtypes.items() if dtype == TEXT]
    return frame.assign(**{name: frame[name].where(frame[name].notna(), None) for name in texts})
