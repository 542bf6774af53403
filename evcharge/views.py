"""The views in words: what a row is, and what each column means, its unit and where it comes from.

The data dictionary and the exports that describe themselves take their words from here and from ``models``. What does
not belong here: the SQL of a view, which stands in ``migrations``.
"""

from __future__ import annotations

from evcharge.models import DimStation, DimTime, FactCharging, FactOutage, LoadLedger, ReportRun, StationVerdict

_NAME = {"station_name": str(DimStation.__table__.columns["name"].doc)}
_LOCAL_DATE = {"local_date": "Local day on which the session started. Source: dim_time."}
_COUNTS = {
    "recorded_successes": "Sessions that the source recorded as a success. Source: success.",
    "recorded_failures": "Sessions that the source recorded as a failure. Source: success.",
    "recorded_unknown": "Sessions of which the source recorded no outcome. Source: success.",
    "afirev_successes": "Sessions of more than 2 minutes and more than 0.5 kWh. Source: duration_minutes and "
    "energy_kwh.",
    "afirev_failures": "Other sessions whose duration and energy are both recorded. Source: duration_minutes and "
    "energy_kwh.",
    "afirev_unknown": "Sessions whose duration or energy is not recorded. Source: duration_minutes and energy_kwh.",
    "without_failures": "Sessions from files whose publisher removed failures: where this is not 0, no ratio of these "
    "counts shows how reliable the station is. Source: load_ledger.failures_included.",
    "perhaps_without_failures": "Sessions from files whose publisher does not say whether failures are in them. "
    "Source: load_ledger.failures_included.",
}

VIEWS: dict[str, tuple[str, dict[str, str]]] = {
    "v_charging": (
        "The star joined, for people and BI tools: one row per session, with its station, its local hour and its file.",
        {
            **_NAME,
            **_LOCAL_DATE,
            "local_hour": "Local hour in which the session started, 0 to 23. Source: dim_time.",
            "average_power_kw": "Energy over duration [kW]; empty where either is empty or the duration is 0. "
            "Source: energy_kwh and duration_minutes.",
        },
    ),
    "v_station_reliability": (
        "Counts and success ratio of each station that has sessions, over all time, by the definitions `recorded` and "
        "`afirev`. It has no interval and no verdict: `evcharge report` gives both.",
        {
            **_NAME,
            **_COUNTS,
            "sessions": "Sessions of the station. Source: fact_charging.",
            "recorded_success_ratio": "recorded_successes / (recorded_successes + recorded_failures) [0 to 1]; empty "
            "where both are 0. Source: this view.",
            "afirev_success_ratio": "afirev_successes / (afirev_successes + afirev_failures) [0 to 1]; empty where "
            "both are 0. Source: this view.",
            "first_start_time": "Start of the first session [UTC]. Source: start_time.",
            "last_start_time": "Start of the last session [UTC]. Source: start_time.",
        },
    ),
    "v_port_daily": (
        "Counts of each port and local day with sessions, by the definitions `recorded` and `afirev`. A day without a "
        "row had no session: it says nothing of whether the port worked. Sessions whose port is not recorded are a "
        "row of their own, with an empty port_id. Add counts up before dividing: a mean of daily ratios is no ratio.",
        {
            **_NAME,
            **_LOCAL_DATE,
            **_COUNTS,
            "sessions": "Sessions of the port that started on the day. Source: fact_charging.",
            "energy_kwh": "Energy of those sessions whose energy is recorded [kWh]; empty where it is of none. "
            "Source: energy_kwh.",
        },
    ),
    "v_station_now": (
        "The newest saved finding of each station: what the last `evcharge report --save` of all stations, without "
        "`--to`, said of it. One row per station for each definition and target that reports were saved by. Nothing "
        "is counted here, so it is as old as data_to says.",
        {},
    ),
    "v_failure_reasons": (
        "What was recorded of the failed sessions of each station: one row for each pair of stop reason and error code "
        "among the sessions that are a failure by `recorded` or by `afirev`. Sessions that fail by neither are left "
        "out, whatever they carry. The words are the source's own: `evcharge reasons` splits several codes and says "
        "whom each points to.",
        {
            **_NAME,
            "sessions": "Sessions of this pair that are a failure by at least one of the two definitions, each counted "
            "once. Source: fact_charging.",
            "recorded_failures": "Those that the source recorded as a failure. Source: success.",
            "afirev_failures": "Those whose duration and energy are both recorded, and that are not more than 2 "
            "minutes and more than 0.5 kWh. Source: duration_minutes and energy_kwh.",
        },
    ),
    "v_outages": (
        "What somebody reported of ports: outages, and claims that one is exempt, one row for each as each file has "
        "it. What two files report stands here twice, so join overlapping times before adding minutes up. Outages "
        "that only statuses or silence show are not here: `evcharge outages` lists them.",
        {
            **_NAME,
            "duration_minutes": "From start to end [minutes]. Source: until_time and from_time.",
        },
    ),
}
"""Each view with a sentence, and what its columns mean where a column of the same name does not say so already."""


def view_column_doc(view: str, column: str) -> str:
    """What a column of a view means.

    Raises:
        LookupError: nothing says so.
    """
    own = VIEWS[view][1]
    if column in own:
        return own[column]
    sessions = (DimStation, FactCharging, DimTime, LoadLedger)
    others = {"v_station_now": (StationVerdict, ReportRun), "v_outages": (DimStation, FactOutage, LoadLedger)}
    for model in others.get(view, sessions):
        if column in model.__table__.columns:
            return str(model.__table__.columns[column].doc)
    raise LookupError(f"nothing says what the column {column} of a view means")
