"""A sound row of each format that comes with evcharge and that more than one test writes, as its publisher does."""

from __future__ import annotations

from tests.support.tables import Layout

ASENSIO_WORKPLACE = Layout(
    "asensio-workplace",
    {
        "sessionId": "1366001",
        "dollars": "0.58",
        "created": "0014-11-18 15:40:26",
        "ended": "0014-11-18 17:11:04",
        "chargeTimeHrs": "1.510555556",
        "platform": "android",
        "distance": "NA",
        "userId": "35890001",
        "stationId": "582001",
        "locationId": "461001",
        "managerVehicle": "0",
        "facilityType": "3",
        "reportedZip": "30332",
        "kwhTotal": "7.78",
    },
    settings={"timezone": "America/Chicago"},
)
ATLAS_CHARGING_USE = Layout(
    "atlas-charging-use",
    {
        "session_id": "a1b2",
        "port_id": "P-7-1",
        "plug_start_datetime": "2023-07-01 10:00:00",
        "plug_end_datetime": "2023-07-01 10:45:00",
        "charge_start_datetime": "2023-07-01 10:05:00",
        "charge_end_datetime": "2023-07-01 10:40:00",
        "session_duration": "PT45M",
        "charging_duration": "PT35M",
        "energy_kwh": "18.25",
        "peak_kw": "49.6",
        "user_id": "member-0042",
        "successful_completion": "TRUE",
        "ended_by": "unplugged",
        "start_soc": "0.31",
        "end_soc": "0.8",
        "error_code": "",
    },
    settings={"timezone": "America/Denver"},
)
BOULDER_OLD = Layout(
    "boulder-old",
    {
        "Station_Name": "BOULDER / POND ST2",
        "Station_Address": "12 Pond Ln",
        "City": "Boulder",
        "State_Province": "Colorado",
        "Postal_Code": "80301",
        "Transaction_Date": "2018/01/31 00:00:00+00",
        "Transaction_Start_Time": "2021/01/21 17:43:00+00",
        "Charging_Time__minutes_": "128",
        "Energy__kWh_": "2.84",
        "GHG_Savings__kg_": "1.19",
        "Gasoline_Savings__gallons_": "0.36",
        "Port_Type": "Level 2",
        "ObjectId": "1",
    },
)
ELAADNL = Layout(
    "elaadnl",
    {
        "TransactionId": "3570001",
        "ChargePoint": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "Connector": "1",
        "UTCTransactionStart": "2019-06-23 21:15:03",
        "UTCTransactionStop": "2019-06-24 07:42:51",
        "StartCard": "9a8b7c6d5e4f",
        "ConnectedTime": "10,46",
        "ChargeTime": "3,1",
        "TotalEnergy": "22,4",
        "MaxPower": "7,6",
    },
    delimiter=";",
    settings={"timezone": "Europe/Amsterdam"},
)
EVCHART_MODULE2 = Layout(
    "evchart-module2",
    {
        "station_id": "STATION-9",
        "port_id": "999-1",
        "network_provider": "some_network",
        "charger_id": "100",
        "session_id": "10001",
        "connector_id": "c1",
        "session_start": "2024-01-01T10:00:00Z",
        "session_end": "2024-01-01T10:30:00Z",
        "session_error": "E-17",
        "error_other": "plug not latched",
        "energy_kwh": "20.41",
        "power_kw": "61.5",
        "payment_method": "credit_card",
        "payment_other": "",
    },
)
_EVCHART_KNOWN = ("station_id", "port_id", "network_provider", "charger_id")
EVCHART_MODULE2_NO_DATA = {name: text if name in _EVCHART_KNOWN else "" for name, text in EVCHART_MODULE2.row.items()}
EVWATTS = Layout(
    "evwatts",
    {
        "session_id": "5001",
        "evse_id": "310",
        "connector_id": "455",
        "start_datetime": "2021-06-01 08:15:00",
        "end_datetime": "2021-06-01 09:45:00",
        "energy_kwh": "9.1",
        "charge_duration": "1.4",
        "total_duration": "1.5",
        "start_soc": "20",
        "end_soc": "61",
        "flag_id": "0",
    },
    settings={"timezone": "UTC"},
)
_PERTH_NEW = {
    "_id": "1",
    "CP ID": "51999",
    "Connector": "2",
    "Start Date": "2018-08-31T00:00:00",
    "Start Time": "22:48",
    "End Date": "2018-08-31T00:00:00",
    "End Time": "22:58",
    "Total kWh": "2.78",
    "Site": "Station Road, Perth",
    "Model": "APT Triple Rapid Charger",
}
_PERTH_OLD = {
    **{name if name == "_id" else name.replace(" ", "_"): text for name, text in _PERTH_NEW.items()},
    "Start_Date": "2018/08/31 00:00:00",
    "Start_Time": "22:48:00",
    "End_Date": "2018/08/31 00:00:00",
    "End_Time": "22:58:00",
    "OBJECTID": "0",
}
PERTH_KINROSS = Layout("perth-kinross", _PERTH_NEW)
PERTH_KINROSS_ARCGIS = Layout("perth-kinross", _PERTH_OLD)
UK_APT = Layout(
    "uk-apt",
    {
        "Charging event": "900017",
        "User ID": "TAG-77",
        "CP ID": "50339",
        "Connector": "1",
        "Start Date": "23/02/2018",
        "Start Time": "09:14",
        "End Date": "23/02/2018",
        "End Time": "10:02",
        "Total kWh": "6.412",
        "Cost": "0",
        "Site": "Quay Street, Bay 2",
        "Group": "APT",
        "Model": "APT Triple Rapid Charger",
    },
)
UK_APT_EITHER_ORDER = {"Start Date": "03/02/2018", "End Date": "03/02/2018"}
"""Dates that are sound with the day first and with the month first."""
