"""SteVe's data export and its older CSV, each on tables of our own, with the defects that either may have."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from evcharge.clean import clean
from evcharge.errors import SourceError
from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from evcharge.sources.steve.tables import energy_wh
from tests.support.factories import AS_OF
from tests.support.steve import FAILED, START, STARTS, STATUSES, STOP, STOPS, at, export, status, table

CSV_NAMES = [
    *("transaction_pk", "charge_box_id", "evse_id", "id_tag", "user_pk"),
    *("start_timestamp", "start_value", "stop_timestamp", "stop_value"),
]
CSV_ROW = ["7", "CB-1", "2", "TAG-1", "99", at("10:00:00"), "1000", at("11:00:00"), "8500"]


def cleaned(path, chunk_rows=50_000, salt=None):
    """The kept rows and the rejects of a file, its profile picked among all."""
    with open_file(path) as file:
        profile = pick_profile(file, builtin_profiles().values())
        assert profile.name == "steve"
        done = [clean(chunk, AS_OF) for chunk in read(file, profile, chunk_rows, salt=salt)]
    rows = [one.rows for one in done if len(one.rows)]
    rejects = [one.rejects for one in done if len(one.rejects)]
    return (
        pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(),
        pd.concat(rejects, ignore_index=True) if rejects else pd.DataFrame(columns=["line", "rule", "raw", "value"]),
    )


def only(path):
    """The one row that is kept."""
    rows, rejects = cleaned(path)
    assert rejects.empty, rejects.to_dict("records")
    (row,) = rows.to_dict("records")
    return row


def refusal(path):
    with pytest.raises(SourceError) as caught:
        cleaned(path)
    assert caught.value.reason
    return caught.value


def test_a_transaction_is_joined_with_its_stop_its_connector_and_its_place(tmp_path):
    path = export(tmp_path)
    row = only(path)
    assert (row["session_id"], row["station_id"], row["port_id"], row["connector_id"]) == ("7", "CB-1", "2", None)
    assert (row["energy_kwh"], row["duration_minutes"], row["stop_reason"]) == (7.5, 60, "EVDisconnected")
    assert row["source_updated_at"] == pd.Timestamp(at("11:00:01"))
    assert row["start_time"] == pd.Timestamp(at("10:00:00"))
    assert (row["has_transaction"], row["line"], row["driver_ref"]) == (True, 2, None)
    with open_file(path) as file:
        (chunk,) = read(file, builtin_profiles()["steve"])
        (station,) = clean(chunk, AS_OF).stations.to_dict("records")
    assert station == {
        "station_id": "CB-1",
        "name": "Town hall",
        "operator": None,
        "network": None,
        "address": "Long Street 1a",
        "city": "Berlin",
        "region": None,
        "country": "DE",
        "latitude": 52.5,
        "longitude": 13.4,
        "timezone": None,
    }


def evse_tables():
    """What the tables are called since database version 1.1.4."""
    return {
        "connector": None,
        "evse": table(
            ["evse_pk", "charge_box_id", "evse_id", "evse_id_external", "topology_source"],
            ["3", "CB-1", "2", "NULL", "ocpp1"],
        ),
        "transaction_start": table([name.replace("connector", "evse") for name in STARTS], START),
        "connector_status": table(
            [name.replace("connector", "evse") for name in STATUSES], status("10:30:00", "Faulted", "GroundFailure")
        ),
    }


# One row each: what is in the export, and what becomes of the transaction

KEPT = {
    "sound": ({}, {"energy_kwh": 7.5}),
    "a meter that ran backwards": (
        {"transaction_stop": table(STOPS, [*STOP[:4], "900", "NULL"])},
        {"energy_kwh": None, "duration_minutes": 60, "average_power_kw": None},
    ),
    "evse instead of connector": (evse_tables(), {"station_id": "CB-1", "port_id": "2", "error_code": "GroundFailure"}),
    "in a folder": ({"prefix": "export/"}, {"energy_kwh": 7.5}),
    "no stop: open": (
        {"transaction_stop": table(STOPS)},
        {"end_time": pd.NaT, "energy_kwh": None, "source_updated_at": pd.Timestamp(at("10:00:01"))},
    ),
    "several stops: the one recorded last": (
        {
            "transaction_stop": table(
                STOPS,
                ["7", "2025-03-01T12:00:00.500Z", "manual", at("11:30:00"), "9000", "NULL"],
                STOP,
                ["7", "2025-03-01T12:00:00Z", "station", at("11:20:00"), "8800", "Local"],
            )
        },
        {"energy_kwh": 8.0, "stop_reason": "manual", "duration_minutes": 90},
    ),
    "closed by a person, with a reason": (
        {"transaction_stop": table(STOPS, [*STOP[:2], "manual", *STOP[3:]])},
        {"stop_reason": "manual: EVDisconnected"},
    ),
    "no reason": ({"transaction_stop": table(STOPS, [*STOP[:5], "NULL"])}, {"stop_reason": None}),
    "a reason with a comma, a quote and a line end": (
        {"transaction_stop": table(STOPS, [*STOP[:5], 'Other, "x"'])},
        {"stop_reason": 'Other, "x"'},
    ),
    "0 Wh": ({"transaction_stop": table(STOPS, [*STOP[:4], "1000", "NULL"])}, {"energy_kwh": 0}),
    "no length": (
        {"transaction_stop": table(STOPS, [*STOP[:3], START[4], "1000", "NULL"])},
        {"duration_minutes": 0, "energy_kwh": 0},
    ),
    "fractions of a Wh": ({"transaction_stop": table(STOPS, [*STOP[:4], "1000.5", "NULL"])}, {"energy_kwh": 0.0005}),
    "no value at the start": ({"transaction_start": table(STARTS, [*START[:5], "NULL"])}, {"energy_kwh": None}),
    "a stop that could not be stored": (
        {
            "transaction_stop": table(STOPS),
            "transaction_stop_failed": table(FAILED, ["7", "CB-1", *STOP[1:], "constraint"]),
        },
        {"energy_kwh": 7.5, "stop_reason": "EVDisconnected"},
    ),
    "a stop that could not be stored, of another charge box": (
        {
            "transaction_stop": table(STOPS),
            "transaction_stop_failed": table(FAILED, ["7", "CB-2", *STOP[1:], "constraint"]),
        },
        {"energy_kwh": None, "end_time": pd.NaT},
    ),
    "a stored stop beats one that could not be stored": (
        {"transaction_stop_failed": table(FAILED, ["7", "CB-1", at("23:00:00"), *STOP[2:4], "9999", "x", "y"])},
        {"energy_kwh": 7.5},
    ),
    "only the tables that must be there": (
        dict.fromkeys(("transaction_stop_failed", "connector_status", "charge_box", "address", "user")),
        {"energy_kwh": 7.5, "error_code": None, "next_status": None},
    ),
    "errors in the session, once each": (
        {
            "connector_status": table(
                STATUSES,
                status("10:40:00", "Faulted", "OtherError", "E17"),
                status("10:20:00", "Faulted", "GroundFailure"),
                status("10:30:00", "Faulted", "GroundFailure"),
                status("09:59:59", "Faulted", "HighTemperature"),
                status("11:00:01", "Faulted", "ReaderFailure"),
                status("10:25:00", "Faulted", "WeakSignal", connector="4"),
            )
        },
        {"error_code": "GroundFailure, ACME:E17", "next_status": "Faulted"},
    ),
    "statuses at the very start and end may be SteVe's own": (
        {
            "connector_status": table(
                STATUSES,
                status("10:00:00", "Charging"),
                status("11:00:00", "Finishing"),
                status("11:00:09", "Available"),
            )
        },
        {"next_status": "Available", "reached_charging": pd.NA},
    ),
    "charging was seen": (
        {"connector_status": table(STATUSES, status("10:00:05", "Charging"))},
        {"reached_charging": True, "next_status": None},
    ),
    "a status without a time": (
        {"connector_status": table(STATUSES, ["3", "NULL", "Faulted", "GroundFailure", "NULL", "NULL", "NULL"])},
        {"error_code": None},
    ),
    "an open transaction has no status of its own": (
        {
            "transaction_stop": table(STOPS),
            "connector_status": table(STATUSES, status("10:20:00", "Faulted", "GroundFailure")),
        },
        {"error_code": None, "next_status": None},
    ),
    "very many errors are cut": (
        {
            "connector_status": table(
                STATUSES, *(status(f"10:{n:02}:00", "Faulted", f"VendorErrorNumber{n}") for n in range(30))
            )
        },
        {"energy_kwh": 7.5},
    ),
    "a charge box that is not listed": ({"charge_box": table(["charge_box_id"])}, {"station_id": "CB-1"}),
    "columns of a later version": (
        {"transaction_stop": table([*STOPS, "created_at"], [*STOP, at("11:00:02")])},
        {"energy_kwh": 7.5},
    ),
    "a byte order mark": ({"transaction_start": "\ufeff" + table(STARTS, START)}, {"energy_kwh": 7.5}),
    "CR LF": ({"transaction_start": table(STARTS, START).replace("\n", "\r\n")}, {"energy_kwh": 7.5}),
    "an offset other than Z": (
        {"transaction_start": table(STARTS, [*START[:4], "2025-03-01T11:00:00+01:00", "1000"])},
        {"duration_minutes": 60},
    ),
}


@pytest.mark.parametrize(("over", "expected"), KEPT.values(), ids=KEPT)
def test_a_transaction_of_an_export_is_kept(tmp_path, over, expected):
    row = only(export(tmp_path, **over))
    told = {name: row[name] for name in expected}
    assert {name: None if pd.isna(value) else value for name, value in told.items()} == {
        name: None if value is None or pd.isna(value) else value for name, value in expected.items()
    }


def test_a_list_of_errors_is_cut_where_it_gets_too_long(tmp_path):
    over, _ = KEPT["very many errors are cut"]
    text = only(export(tmp_path, **over))["error_code"]
    assert len(text) == 200
    assert text.endswith("…")


REJECTED = {
    "a stop of no number": (
        {"transaction_stop": table(STOPS, [*STOP[:4], "full", "NULL"])},
        {(2, "energy_kwh_not_a_number", "full - 1000")},
    ),
    "a meter that jumped": (
        {"transaction_stop": table(STOPS, [*STOP[:4], "9999999", "NULL"])},
        {(2, "energy_kwh_out_of_range", "9998999")},
    ),
    "an end before the start": (
        {"transaction_stop": table(STOPS, [*STOP[:3], at("09:00:00"), "8500", "NULL"])},
        {(2, "end_before_start", at("09:00:00"))},
    ),
    "no start time": (
        {"transaction_start": table(STARTS, [*START[:4], "NULL", "1000"])},
        {(2, "start_time_missing", None)},
    ),
    "a time without a zone": (
        {"transaction_start": table(STARTS, [*START[:4], "2025-03-01 10:00:00", "1000"])},
        {(2, "start_time_without_zone", "2025-03-01 10:00:00")},
    ),
    "a connector that is not listed": (
        {"connector": table(["connector_pk", "charge_box_id", "connector_id"])},
        {(2, "station_id_missing", None)},
    ),
    "a start that is too short": (
        {"transaction_start": table(STARTS, START[:4])},
        {(2, "row_too_short", None), (4, "station_id_missing", None), (4, "start_time_missing", None)},
    ),
    "a stop without a start": (
        {"transaction_start": table(STARTS)},
        {(3, "station_id_missing", None), (3, "start_time_missing", None)},
    ),
}


@pytest.mark.parametrize(("over", "expected"), REJECTED.values(), ids=REJECTED)
def test_a_transaction_of_an_export_is_refused(tmp_path, over, expected):
    rows, rejects = cleaned(export(tmp_path, **over))
    assert rows.empty
    assert {
        (line, rule, value) for line, rule, value in rejects[["line", "rule", "value"]].itertuples(index=False)
    } == (expected)


def test_a_broken_stop_is_refused_and_its_transaction_stays_open(tmp_path):
    rows, rejects = cleaned(export(tmp_path, transaction_stop=table(STOPS, STOP[:4])))
    assert rows["end_time"].isna().all()
    assert rejects[["line", "rule"]].to_numpy().tolist() == [[4, "row_too_short"]]


def test_lines_and_raw_texts_point_at_start_and_stop_and_no_two_rows_share_a_line(tmp_path):
    starts = [[str(n), at("10:00:01"), "3", "TAG-1", at("10:00:00"), "1000"] for n in range(5)]
    stops = [[str(n), at("11:00:01"), "station", at("11:00:00"), "x", "NULL"] for n in range(3, 8)]
    path = export(tmp_path, transaction_start=table(STARTS, *starts), transaction_stop=table(STOPS, *stops))
    for chunk_rows in (2, 50_000):
        rows, rejects = cleaned(path, chunk_rows)
        assert rows["line"].tolist() == [2, 3, 4]
        assert rejects.drop_duplicates("line")["line"].tolist() == [5, 6, 10, 11, 12]
    assert rejects["raw"][0].split("\n") == [
        "3,2025-03-01T10:00:01.000Z,3,[private],2025-03-01T10:00:00.000Z,1000",
        "3,2025-03-01T11:00:01.000Z,station,2025-03-01T11:00:00.000Z,x,NULL",
    ]


def test_a_tag_is_hashed_or_left_out_and_stands_in_no_raw_text(tmp_path):
    path = export(tmp_path)
    (row,) = cleaned(path, salt="pepper")[0].to_dict("records")
    assert len(row["driver_ref"]) == 32
    with open_file(path) as file:
        (chunk,) = read(file, builtin_profiles()["steve"], salt="pepper")
    assert "TAG-1" not in chunk.frame.to_json()
    assert "Ada" not in chunk.frame.to_json()


REFUSED = {
    "no stops": ({"transaction_stop": None}, "missing_table", "transaction_stop"),
    "no connectors": ({"connector": None}, "missing_table", "evse"),
    "a column that is not there": (
        {"transaction_stop": table(STOPS[:4], STOP[:4])},
        "missing_columns",
        "stop_value, stop_reason",
    ),
    "a broken status": (
        {"connector_status": table(STATUSES, status("10:00:00", "Faulted"), ["3"])},
        "broken_table",
        "line 3",
    ),
    "a broken connector": (
        {"connector": table(["connector_pk", "charge_box_id", "connector_id"], ["3"])},
        "broken_table",
        "connector.csv",
    ),
    "two exports": ({"old/transaction_start": table(STARTS)}, "several_exports", "old/transaction_start.csv"),
    "a table of nothing": ({"transaction_stop": ""}, "empty_file", "transaction_stop.csv"),
    "a table in no encoding": ({"transaction_stop": b"transaction_pk,\xff\n"}, "wrong_encoding", "transaction_stop"),
    "a quote that is not closed": (
        {"transaction_start": table(STARTS, START) + '8,"x\n' + table(STARTS, START)},
        "unclosed_quote",
        "transaction_start.csv",
    ),
    "one column twice": ({"transaction_stop": table([*STOPS, "stop_value"])}, "duplicate_column", "stop_value"),
}


@pytest.mark.parametrize(("over", "code", "says"), REFUSED.values(), ids=REFUSED)
def test_an_export_is_refused_as_a_whole(tmp_path, over, code, says):
    error = refusal(export(tmp_path, **over))
    assert error.code == code
    assert says in error.reason


def test_a_damaged_table_refuses_the_export(tmp_path):
    path = export(tmp_path)
    with zipfile.ZipFile(path) as made:
        info = made.getinfo("transaction_stop.csv")
    data = bytearray(path.read_bytes())
    data[info.header_offset + 30 + len(info.filename) + 20] ^= 0xFF
    path.write_bytes(data)
    assert refusal(path).code == "damaged_archive"


def test_an_export_that_changes_while_it_is_read_is_refused(tmp_path):
    path = export(tmp_path)
    with open_file(path) as file:
        chunks = read(file, builtin_profiles()["steve"])
        next(chunks)
        with path.open("r+b") as handle:
            handle.seek(-1, io.SEEK_END)
            handle.write(b"!")
        with pytest.raises(SourceError) as caught:
            list(chunks)
    assert caught.value.code == "changed_while_read"


@pytest.mark.parametrize(
    "over", [{"transaction_start": None}, {"transaction_start": table(STARTS), "transaction_stop": table(STOPS)}]
)
def test_an_export_of_no_transaction_has_no_rows_or_is_no_export(tmp_path, over):
    path = export(tmp_path, **over)
    if over["transaction_start"] is None:
        assert refusal(path).code == "not_a_table"
    else:
        assert all(frame.empty for frame in cleaned(path))


# The older CSV


def older(folder, *rows, names=CSV_NAMES):
    path = folder / "transactions.csv"
    path.write_text(table(names, *rows))
    return path


OLDER = {
    "sound": (CSV_ROW, {"energy_kwh": 7.5, "port_id": "2", "station_id": "CB-1", "stop_reason": None}),
    "open": ([*CSV_ROW[:7], "", ""], {"energy_kwh": None, "end_time": pd.NaT}),
    "open, with NULL": ([*CSV_ROW[:7], "NULL", "NULL"], {"energy_kwh": None, "end_time": pd.NaT}),
    "0 Wh": ([*CSV_ROW[:8], "1000"], {"energy_kwh": 0}),
    "a charge box called NULL": (["7", "NULL", *CSV_ROW[2:]], {"station_id": "NULL"}),
    "a meter that ran backwards": (
        [*CSV_ROW[:8], "999"],
        {"energy_kwh": None, "end_time": pd.Timestamp(at("11:00:00"))},
    ),
    "an id with zeros": (["007", *CSV_ROW[1:]], {"session_id": "007"}),
}


@pytest.mark.parametrize(("row", "expected"), OLDER.values(), ids=OLDER)
@pytest.mark.parametrize("port", ["evse_id", "connector_id"])
def test_a_transaction_of_the_older_csv_is_kept(tmp_path, port, row, expected):
    names = [port if name == "evse_id" else name for name in CSV_NAMES]
    found = only(older(tmp_path, row, names=names))
    for name, value in expected.items():
        assert found[name] == value or (pd.isna(found[name]) and (value is None or pd.isna(value)))


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ([*CSV_ROW[:8], "full"], "energy_kwh_not_a_number"),
        (CSV_ROW[:8], "row_too_short"),
        ([*CSV_ROW, "x"], "row_too_long"),
        (CSV_NAMES, "repeated_header"),
        (["", *CSV_ROW[1:]], "session_id_missing"),
    ],
)
def test_a_transaction_of_the_older_csv_is_refused_and_tells_no_one(tmp_path, row, rule):
    rows, rejects = cleaned(older(tmp_path, row))
    assert rows.empty
    assert rejects["rule"].tolist() == [rule]
    assert "TAG-1" not in rejects["raw"][0]
    assert ",99," not in rejects["raw"][0]


def test_the_older_csv_is_known_without_a_user_but_not_without_its_values(tmp_path):
    names = [name for name in CSV_NAMES if name != "user_pk"]
    assert only(older(tmp_path, [*CSV_ROW[:4], *CSV_ROW[5:]], names=names))["energy_kwh"] == 7.5
    assert refusal(older(tmp_path, CSV_ROW[:8], names=CSV_NAMES[:8])).code == "no_profile_fits"


def test_another_file_is_not_taken_for_one_of_steve(tmp_path):
    path = Path(tmp_path, "other.csv")
    path.write_text("a,b\n1,2\n")
    with pytest.raises(SourceError) as caught, open_file(path) as file:
        pick_profile(file, [builtin_profiles()["steve"]])
    assert caught.value.code == "wrong_format"


@pytest.mark.parametrize(
    ("start", "stop", "energy"),
    [
        ("0", "5", "5"),
        ("1.25", " 2 ", "0.75"),
        ("5", "0", "-5"),
        ("", "5", ""),
        ("5", "", ""),
        ("NULL", "5", ""),
        ("1e3", "5", "5 - 1e3"),
        ("1,5", "5", "5 - 1,5"),
        ("nan", "5", "5 - nan"),
        ("0", "9" * 40, "9" * 40 + " - 0"),
        ("0.1", "0.3", "0.2"),
    ],
)
def test_energy_is_the_exact_difference_or_tells_what_is_no_number(start, stop, energy):
    assert energy_wh(start, stop) == energy
