"""Uptime of real files, against minutes that were counted independently of evcharge."""

from __future__ import annotations

from datetime import date

import pytest

from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.rulebooks import find_rulebook
from evcharge.metrics.availability.timeline import evidence_named
from evcharge.metrics.milliseconds import midnight_ms
from evcharge.metrics.selection import Selection
from evcharge.report.uptime import build_uptime

TWELVE_DAYS = Period(midnight_ms(date(2025, 10, 2)), midnight_ms(date(2025, 10, 14)))
WHOLE_LOG = Period(midnight_ms(date(2025, 10, 1)), midnight_ms(date(2025, 10, 16)))


@pytest.fixture
def told(load):
    """Uptime of the ports of kwwhat's demo log (MIT), by port, and what else is found."""
    (result,), engine = load("kwwhat_demo/ocpp_1_6_*.csv")
    assert result.inserted == 140

    def tell(evidence, period):
        asked = {"selection": Selection(), "period": period, "counted": evidence_named(evidence)}
        found = build_uptime(engine, [find_rulebook("status-only")], **asked)
        ports = found.first.ports
        return found, ports.set_index(ports["station_id"] + "/" + ports["port_id"])

    return tell


def test_kwwhat_s_demo_log_has_a_connector_that_is_down_for_133_and_a_half_minutes_of_twelve_days(told):
    _, ports = told("status", TWELVE_DAYS)
    connector = ports.loc["CH-002/1"]
    assert (connector["minutes"], connector["down_minutes"], connector["unknown_minutes"]) == (17_280, 133.5, 0)
    assert f"{connector['low']:.4%}" == f"{connector['high']:.4%}" == "99.2274%"
    assert ports.loc["CH-002/2", "low"] == ports.loc["CH-001/1", "low"] == 1


def test_one_gap_of_600_seconds_between_its_messages_leaves_five_minutes_unknown(told):
    for evidence in ("status,contact", "all"):  # no charge ever proves it up
        _, ports = told(evidence, TWELVE_DAYS)
        connector = ports.loc["CH-002/1"]
        assert (connector["down_minutes"], connector["unknown_minutes"]) == (133.5, 5)
        shares = [f"{connector[name]:.4%}" for name in ("low", "seen", "high", "coverage")]
        assert shares == ["99.1985%", "99.2272%", "99.2274%", "99.9711%"]


def test_the_connector_that_is_up_by_status_dispenses_nothing_in_101_attempts(told):
    found, _ = told("status", WHOLE_LOG)
    dispensing = found.not_dispensing.set_index(["station_id", "port_id"])
    assert dispensing.loc[("CH-002", "1"), ["attempts", "failures"]].tolist() == [101, 101]
    assert "CH-001" not in dispensing.index.get_level_values("station_id")
