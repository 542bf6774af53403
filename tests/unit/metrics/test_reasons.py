from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy.orm import Session

from evcharge.metrics.definitions import AFIREV, RECORDED
from evcharge.metrics.reasons import (
    CLASSES,
    FIRST_STEPS,
    KINDS,
    MARKS,
    NOT_RECORDED,
    PARTIES,
    REASON_COLUMNS,
    count_reasons,
    read_failures,
    reasons_of,
    vocabularies,
)
from evcharge.metrics.selection import Selection
from tests.support.star import START, write_sessions

PAGE = Path(__file__).parents[3] / "docs" / "metrics" / "reasons.md"


def failures_of(*rows):
    """Failures as read from the star: station, stop reason, error code, sessions."""
    rows = [("city", station, f"Stop {station}", stop, error, sessions) for station, stop, error, sessions in rows]
    columns = ["source", "station_id", "name", "stop_reason", "error_code", "sessions"]
    return pd.DataFrame(rows, columns=columns, dtype=object).astype({"sessions": "int64"})


def told(stop=None, error=None):
    """Namespace and code of every reason of a session, the primary one first."""
    return [(reason.namespace, reason.reason) for reason in reasons_of(stop, error)]


# What a session's reason is

PRIMARY = {
    "a known fault comes before the codes in front of it": (
        "Local",
        "E-17, OtherError, CX011, CX013",
        [("chargex", "CX011"), ("chargex", "CX013"), ("other", "E-17"), ("ocpp1.6", "OtherError"), ("ocpp", "Local")],
    ),
    "without a known fault the first code": (
        "PowerLoss",
        "OtherError, E-17",
        [("ocpp1.6", "OtherError"), ("other", "E-17"), ("ocpp", "PowerLoss")],
    ),
    "without a code the stop reason": ("PowerLoss", None, [("ocpp", "PowerLoss")]),
    "a code that says there was no error is none": ("Remote", "NoError", [("ocpp", "Remote")]),
    "no error among errors is none": (None, "NoError, CX002", [("chargex", "CX002")]),
    "no error alone is not recorded": (None, "NoError", [("", "not recorded")]),
    "nothing is not recorded": (None, None, [("", "not recorded")]),
    "blanks and commas are nothing": ("  ", " , ,", [("", "not recorded")]),
    "a code twice counts once": (None, "CX002,cx002,https://chargex.inl.gov:CX002", [("chargex", "CX002")]),
    "an unknown word is told as it stands": ("Kabel lose", "0x3F", [("other", "0x3F"), ("other", "Kabel lose")]),
}


@pytest.mark.parametrize(("stop", "error", "expected"), PRIMARY.values(), ids=PRIMARY)
def test_the_primary_reason_comes_first_and_the_others_follow(stop, error, expected):
    assert told(stop, error) == expected


@pytest.mark.parametrize("written", ["com.evgo.mrec:F007", "com.evgo.mrec/F007", "COM.EVGO.MREC F007"])
def test_a_short_code_is_evgos_only_after_its_vendor_id(written):
    assert told(error=written) == [("evgo", "F007")]
    assert told(error="F007") == [("other", "F007")]


def test_an_unknown_code_of_a_known_vendor_keeps_its_own_text():
    assert told(error="com.evgo.mrec:F0AA") == [("other", "com.evgo.mrec:F0AA")]


def test_an_unknown_reason_points_to_nobody():
    (reason,) = reasons_of(None, "err-4711")
    assert (reason.reason_class, reason.party, reason.verified, reason.first_step) == (
        "unknown",
        "unknown",
        "no",
        "review",
    )


def test_a_stop_reason_is_not_read_as_an_error_code_nor_the_other_way_round():
    assert told(stop="CX001") == [("other", "CX001")]
    assert told(error="Local") == [("other", "Local")]


# What the vocabularies say

OCPP_16 = {
    "normal": "Local Remote EVDisconnected",
    "fault": "EmergencyStop PowerLoss HardReset SoftReset Reboot",
    "authorisation": "DeAuthorized",
    "operator": "UnlockCommand",
    "ambiguous": "Other",
}
OCPP_201 = {
    "normal": "Local Remote EVDisconnected StoppedByEV SOCLimitReached EnergyLimitReached TimeLimitReached "
    "LocalOutOfCredit",
    "fault": "EmergencyStop PowerLoss PowerQuality GroundFault OvercurrentFault ImmediateReset Reboot",
    "authorisation": "DeAuthorized",
    "operator": "MasterPass",
    "ambiguous": "Other",
}


@pytest.mark.parametrize(
    ("classes", "version"), [(OCPP_16, "1.6"), (OCPP_201, "2.0.1")], ids=["OCPP 1.6", "OCPP 2.0.1"]
)
def test_every_stop_reason_of_the_standard_has_its_class(classes, version):
    for expected, words in classes.items():
        for word in words.split():
            (reason,) = reasons_of(word, None)
            assert (reason.reason, reason.reason_class) == (word, expected)
            assert reason.namespace in ("ocpp", f"ocpp{version}")


MREC_NAMES = (
    "ConnectorLockFailure GroundFailure HighTemperature OverCurrentFailure OverVoltage UnderVoltage WeakSignal "
    "EmergencyStop AuthorizationTimeout InvalidVehicleMode CableCheckFailure PreChargeFailure NoInternet PilotFault "
    "PowerLoss EVContactorFault EVSEContactorFault CableOverTempDerate CableOverTempStop PartialInsertion "
    "CapacitanceFault ResistanceFault ProximityFault ConnectorVoltageHigh BrokenLatch CutCable"
)


IN_OTHER_WORDS = {
    "CableOverTempDerate": "cable too hot: power reduced",
    "CableOverTempStop": "cable too hot: stopped",
}


def test_no_title_is_a_code_run_together():
    run_together = re.compile("[a-z][A-Z]")
    titles = {reason.title.replace("ChargePoint", "") for reason in vocabularies().reasons.values()}
    assert [title for title in titles if run_together.search(title)] == []


def test_the_26_codes_of_chargex_have_their_names_and_the_marks_of_what_was_read():
    codes = [reasons_of(None, f"CX{number:03d}")[0] for number in range(1, 27)]
    names = [IN_OTHER_WORDS.get(name, name.casefold()) for name in MREC_NAMES.split()]
    titles = [reason.title for reason in codes]
    joined = [title if title in IN_OTHER_WORDS.values() else title.replace(" ", "").casefold() for title in titles]
    assert joined == names
    at_second_hand = {int(reason.reason[2:]) for reason in codes if reason.verified == "secondary"}
    assert at_second_hand == {7, 9, 11, 12, 13, 16, 21}
    assert {reason.verified for reason in codes} == {"yes", "secondary"}
    assert {reason.party_verified for reason in codes} == {"secondary"}
    assert told(error="CX027") == [("other", "CX027")]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Plug Out at Vehicle", "normal"),
        ("Plug Out at Station", "normal"),
        ("Customer", "normal"),
        ("CPS Server", "normal"),
        ("Timeout", "no charge"),
        ("Outlet Offline", "fault"),
        ("Final GFCI Tripped", "fault"),
        ("Plug Removed While Rebooting", "fault"),
        ("Station Deactivated", "fault"),
        ("Unknown", "ambiguous"),
    ],
)
def test_words_of_chargepoint_have_their_class(word, expected):
    (reason,) = reasons_of(word, None)
    assert reason.reason_class == expected
    assert "chargepoint" in reason.namespace


def test_every_line_uses_the_words_there_are():
    for (kind, _), reason in vocabularies().reasons.items():
        assert kind == reason.kind, reason
        assert kind in KINDS[:2], reason
        assert reason.reason_class in CLASSES[:6], reason
        assert set(reason.party.split(", ")) <= set(PARTIES), reason
        assert {reason.verified, reason.party_verified} <= set(MARKS), reason
        assert reason.first_step in FIRST_STEPS, reason
        assert reason.title, reason
        assert reason.reference, reason


def test_a_normal_end_never_points_to_anyone():
    parties = {reason.party for reason in vocabularies().reasons.values() if reason.reason_class == "normal"}
    assert parties == {"unknown"}


def test_a_visit_is_the_first_step_only_where_the_station_is_responsible_and_the_driver_is_not():
    for reason in vocabularies().reasons.values():
        if reason.first_step == "visit":
            parties = reason.party.split(", ")
            assert "station" in parties, reason
            assert "driver" not in parties, reason


# How often

MIXED = (
    ("A", "Local", None, 3),
    ("A", "Local", "CX011, CX013", 4),
    ("A", None, None, 1),
    ("B", "Local", None, 1),
    ("B", None, "CX013", 1),
)


def rows_of(frame, *columns):
    return list(frame[list(columns)].itertuples(index=False, name=None))


def test_shares_are_by_primary_reason_and_every_mention_is_counted_beside_them():
    frame = count_reasons(failures_of(*MIXED))
    assert rows_of(frame, "kind", "reason", "sessions", "share", "mentioned") == [
        ("stop_reason", "Local", 4, 0.4, 8),
        ("error_code", "CX011", 4, 0.4, 4),
        ("error_code", "CX013", 1, 0.1, 5),
        ("none", "not recorded", 1, 0.1, 1),
    ]
    assert list(frame.columns) == [*REASON_COLUMNS, "sessions", "share", "mentioned"]


def test_reasons_by_station_add_up_to_one_at_each_and_always_tell_what_was_not_recorded():
    frame = count_reasons(failures_of(*MIXED), by="station")
    assert rows_of(frame, "station_id", "name", "reason", "sessions", "mentioned") == [
        ("A", "Stop A", "CX011", 4, 4),
        ("A", "Stop A", "Local", 3, 7),
        ("A", "Stop A", "not recorded", 1, 1),
        ("A", "Stop A", "CX013", 0, 4),
        ("B", "Stop B", "CX013", 1, 1),
        ("B", "Stop B", "Local", 1, 1),
        ("B", "Stop B", "not recorded", 0, 0),
    ]
    assert frame.groupby("station_id")["share"].sum().to_dict() == pytest.approx({"A": 1.0, "B": 1.0})
    assert (frame["reason"] == "not recorded").sum() == 2


def test_without_failures_there_is_the_row_not_recorded_and_no_share():
    (row,) = count_reasons(failures_of()).to_dict("records")
    assert (row["reason"], row["sessions"], row["mentioned"]) == ("not recorded", 0, 0)
    assert math.isnan(row["share"])
    assert count_reasons(failures_of(), by="station").empty


def test_a_station_without_a_name_has_its_reasons_too():
    failures = failures_of(("A", "Local", None, 2)).assign(name=None)
    assert count_reasons(failures, by="station")["sessions"].sum() == 2


def test_counts_are_integers_and_shares_floats_with_and_without_failures():
    for failures in (failures_of(), failures_of(*MIXED)):
        for by in ("network", "station"):
            kinds = count_reasons(failures, by).dtypes.astype(str)
            assert (kinds["sessions"], kinds["share"], kinds["mentioned"]) == ("int64", "float64", "int64")


# From the star


def test_failures_are_those_of_the_definition_in_the_selection(engine):
    write_sessions(
        engine,
        {"station_id": "A", "success": False, "stop_reason": "Local", "error_code": "CX011"},
        {"station_id": "A", "success": False, "stop_reason": "Local", "error_code": "CX011"},
        {"station_id": "A", "success": False},
        {"station_id": "A", "success": True, "stop_reason": "Remote"},
        {"station_id": "A", "success": None, "stop_reason": "Other"},
        {"station_id": "B", "success": False, "stop_reason": "Reboot"},
        {"station_id": "B", "success": True, "stop_reason": "Local", "energy_kwh": 0.1, "duration_minutes": 1.0},
    )
    with Session(engine) as session:
        everything = read_failures(session, RECORDED, Selection())
        one = read_failures(session, RECORDED, Selection(station_ids=("B",)))
        measured = read_failures(session, AFIREV, Selection())
        later = read_failures(session, RECORDED, Selection(first_day=date(START.year + 1, 1, 1)))
    found = {(row.station_id, row.stop_reason, row.error_code): row.sessions for row in everything.itertuples()}
    assert found == {("A", "Local", "CX011"): 2, ("A", None, None): 1, ("B", "Reboot", None): 1}
    assert rows_of(one, "station_id", "stop_reason", "sessions") == [("B", "Reboot", 1)]
    assert rows_of(measured, "station_id", "stop_reason", "sessions") == [("B", "Local", 1)]
    assert rows_of(count_reasons(later), "reason", "sessions") == [("not recorded", 0)]
    assert rows_of(count_reasons(everything), "reason", "sessions", "share") == [
        ("CX011", 2, 0.5),
        ("not recorded", 1, 0.25),
        ("Reboot", 1, 0.25),
        ("Local", 0, 0.0),
    ]


# The page


def test_the_page_names_every_class_party_and_vocabulary():
    page = PAGE.read_text(encoding="utf-8")
    namespaces = {reason.namespace for reason in vocabularies().reasons.values()}
    for word in (*CLASSES, *PARTIES, *FIRST_STEPS, *namespaces, NOT_RECORDED.reason):
        assert word in page, word
