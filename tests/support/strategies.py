"""What hypothesis makes chunks of: right values, near misses and any text at all."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from evcharge.frames import SESSION_TEXTS, STATION_TEXTS, Conventions
from evcharge.rules import STRUCTURAL_RULES
from tests.support.factories import raw_sessions

ZONES = (
    "Africa/Casablanca",
    "America/New_York",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Apia",
)
IDS = (
    "x" * 255,
    "x" * 256,
    "007",
    " 007",
    "007\u00a0",
    "1e5",
    "NA",
    "é",
    "e\u0301",
    "'; DROP TABLE x",
    "=1+1",
    '="007"',
    "'007",
    "\u200b007\ufeff",
    "1.23457E+17",
    "a\nb",
    "\t7",
    "\u3000",
    "",
)
TIMES = (
    "2025-04-01T08:00:00-04:00",
    "2025-04-01T12:00:00Z",
    "2025-04-01 12:00",
    "2025-04-01t12:00:00,12345678z",
    "2025-11-02T01:10:00",
    "2025-03-09T02:30:00",
    "2025-11-02T01:30:00",
    "2025-04-01T12:00:60Z",
    "9999-12-31T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "now",
    "1743508800",
    "1743508800000",
    "01/04/2025",
    "45352.4",
    "",
)
NUMBERS = (
    "0",
    "-0",
    "7.5",
    "7,5",
    "1e309",
    "-1e309",
    "1e-400",
    "1_000",
    "١٢",
    "１２",
    "\x1c7",
    "1000000",
    "-1",
    "nan",
    "",
)
DURATIONS = ("0", "60", "0:00:01", "1:30", "527041", "1e309", "-5", "")
WORDS = ("true", "1.0", "WAHR", "FALSE", " yes ", "ja", "0", "\x00", "")
SAMPLES = {
    **dict.fromkeys(("session_id", "station_id", "port_id", "connector_id", "stop_reason", "error_code"), IDS),
    **dict.fromkeys(("start_time", "end_time", "source_updated_at"), TIMES),
    **dict.fromkeys(("energy_kwh", "peak_power_kw", "station_latitude", "station_longitude"), NUMBERS),
    "duration_minutes": DURATIONS,
    "success": WORDS,
    "authorisation_mode": ("cached_auth", " post_plugin ", "rfid", ""),
    **dict.fromkeys(("authorised_after_seconds", "power_after_seconds", "authorize_lead_seconds"), NUMBERS),
}
COLUMNS = (*(column.name for column in SESSION_TEXTS), *(f"station_{column.name}" for column in STATION_TEXTS))


def laws(examples: int) -> settings:
    """The same examples at every run, with no file of earlier ones and no clock."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


any_text = st.text(st.characters(), max_size=40)
"""Any text: lone surrogates, control characters and the digits of all scripts are in it."""

conventions = st.builds(
    Conventions,
    time_format=st.sampled_from(["iso8601"] * 6 + ["epoch_s", "epoch_ms", "%d/%m/%Y", "%Y-%m-%d %H:%M%z"]),
    timezone=st.sampled_from([None, *ZONES]),
    ambiguous_time=st.sampled_from(["reject", "first", "second"]),
    decimal=st.sampled_from([".", ".", ".", ","]),
    thousands=st.sampled_from(["none", "none", "space", "apostrophe"]),
    energy_unit=st.sampled_from(["kWh", "Wh"]),
    power_unit=st.sampled_from(["kW", "W"]),
    duration_format=st.sampled_from(["h:m:s", "hours", "minutes", "seconds"]),
)

changes = {name: st.one_of(st.sampled_from(SAMPLES.get(name, IDS)), st.none(), any_text) for name in COLUMNS}
changes["fault"] = st.sampled_from([rule.code for rule in STRUCTURAL_RULES])
rows = st.lists(
    st.sampled_from(sorted(changes)).flatmap(lambda name: st.tuples(st.just(name), changes[name])), max_size=4
).map(dict)
"""Overrides of a sound row: up to four columns with a value of their kind, nothing, or any text."""

raws = st.builds(
    lambda overrides, stated: raw_sessions(*overrides, conventions=stated), st.lists(rows, max_size=8), conventions
)
"""Chunks of up to 8 rows, with any conventions."""
