"""The ZIP of a SteVe gives sessions and statuses in one load, and uptime from these."""

from __future__ import annotations

import json

import pytest

from tests.support.steve import STATUSES, export, status, table


@pytest.mark.thorough
def test_an_export_of_steve_tells_when_a_connector_was_down(evcharge, url, tmp_path):
    rows = [
        status("00:00:00", "Available"),
        status("10:00:00", "Charging"),
        status("11:00:00", "Faulted", "GroundFailure"),
        status("11:00:00", "Available"),  # as SteVe enters it at the stop
        status("17:00:00", "Available"),
        ["3", "2025-03-02T00:00:00Z", *status("00:00:00", "Available")[2:]],
    ]
    path = export(tmp_path, connector_status=table(STATUSES, *rows))
    code, out, _ = evcharge("load", "--db", url, "--source", "mine", path)
    assert code == 0
    assert "read 1 = 1 inserted" in out
    assert "statuses: read 4 = 4 inserted" in out
    document = json.loads(evcharge("uptime", "--db", url, "--evidence", "status", "--json")[1])
    (port,) = document["ports"]
    assert (port["station_id"], port["port_id"]) == ("CB-1", "2")
    assert (port["minutes"], port["up_minutes"], port["down_minutes"]) == (1440, 1080, 360)
    explained = evcharge("explain", "--db", url, "CB-1/2", "--uptime", "--evidence", "status")[1]
    (down,) = [line.split() for line in explained.splitlines() if "Faulted" in line]
    assert down[-2:] == ["data-export.zip", "4"]
