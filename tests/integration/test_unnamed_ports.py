"""A port exists as soon as a registry, a status or a session names it; a claim or a reported outage makes none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from evcharge.errors import NoDataError
from evcharge.load import LoadResult, load_file
from evcharge.metrics.availability.evidence import Period
from evcharge.metrics.availability.rulebooks import find_rulebook
from evcharge.metrics.availability.timeline import evidence_named
from evcharge.metrics.milliseconds import instant_ms
from evcharge.metrics.selection import Selection
from evcharge.report.uptime import build_uptime
from evcharge.report.uptime_explained import explain_uptime
from evcharge.report.uptime_found import Uptime
from evcharge.sources import builtin_profiles, with_overrides
from tests.support.loading import query, wipe

pytestmark = pytest.mark.thorough

FILES = {
    "statuses.csv": """station_id,port_id,time,status
DEPOT,1,2025-03-03T00:00:00Z,Available
DEPOT,1,2025-03-03T06:00:00Z,Faulted
DEPOT,1,2025-03-03T12:00:00Z,Available
DEPOT,1,2025-03-04T00:00:00Z,Available
""",
    "exemptions.csv": """station_id,port_id,from,to,cause
DEPOT,1,2025-03-03T07:00:00Z,2025-03-03T08:00:00Z,grid
DEPOT,9,2025-03-03T07:00:00Z,2025-03-03T08:00:00Z,grid
DEPTO,,2025-03-03T08:00:00Z,2025-03-03T09:00:00Z,grid
""",
    "module4.csv": """station_id,port_id,network_provider,outage_id,outage_duration
DEPOT,1,net,2025-03-03T20:00:00Z,60
DEPO T,1,net,2025-03-03T18:00:00Z,60
""",
    "sessions.csv": """session_id,station_id,energy_kwh,duration_minutes,start_time,end_time,success
1,MILL,9,30,2025-03-03T08:00:00Z,2025-03-03T08:30:00Z,true
""",
}
DAY = Period(*(instant_ms(datetime(2025, 3, day, tzinfo=timezone.utc)) for day in (3, 4)))


def load(url: str, tmp_path: Path, name: str) -> LoadResult:
    path = tmp_path / name
    path.write_text(FILES[name], encoding="utf-8")
    return load_file(path, url, [with_overrides(one, source="net") for one in builtin_profiles().values()])


def told(url: str) -> Uptime:
    asked: dict[str, Any] = {"selection": Selection(), "period": DAY, "counted": evidence_named("status,outages")}
    return build_uptime(url, [find_rulebook("nevi")], **asked)


def test_claims_and_reported_outages_make_neither_station_nor_port_and_that_is_said(url: str, tmp_path: Path) -> None:
    for name in FILES:
        result = load(url, tmp_path, name)
        wrong = {"exemptions.csv": [("DEPOT", "9"), ("DEPTO", "")], "module4.csv": [("DEPO T", "1")]}.get(name, [])
        assert (result.unnamed_ports, result.warnings.get("port_named_by_nothing_else", 0)) == (wrong, len(wrong))

    found = told(url)
    ports = found.first.ports
    assert list(
        zip(ports["station_id"], ports["port_id"], ports["down_minutes"], ports["excluded_minutes"], strict=True)
    ) == [
        ("DEPOT", "1", 420, 60),
        ("MILL", "", 0, 0),
    ]
    assert found.notes[-1] == (
        "Claims or reported outages of 3 ports that nothing else names are left out: 'DEPO T/1', 'DEPOT/9', 'DEPTO'."
    )
    with pytest.raises(NoDataError):
        explain_uptime(url, "DEPTO")
    assert len(query(url, "SELECT * FROM fact_outage")) == 5


def test_a_port_that_two_sources_claim_is_told_once(url: str, tmp_path: Path) -> None:
    for source in ("net", "state"):
        for name in ("statuses.csv", "exemptions.csv"):
            (tmp_path / name).write_text(FILES[name], encoding="utf-8")
            load_file(tmp_path / name, url, [with_overrides(one, source=source) for one in builtin_profiles().values()])
    assert told(url).notes[-1] == (
        "Claims or reported outages of 2 ports that nothing else names are left out: 'DEPOT/9', 'DEPTO'."
    )


def test_what_is_read_of_claims_does_not_depend_on_the_order_of_loading(url: str, tmp_path: Path) -> None:
    said = set()
    given = list(FILES)
    for order in (given, given[::-1], [*given[1:3], given[0], given[3]]):
        wipe(url)
        for name in order:
            load(url, tmp_path, name)
        found = told(url)
        said.add((found.first.ports.to_json(), found.outages.to_json(), tuple(found.notes)))
    assert len(said) == 1


def test_outages_alone_are_no_evidence_of_any_port(url: str, tmp_path: Path) -> None:
    assert load(url, tmp_path, "module4.csv").unnamed_ports == [("DEPO T", "1"), ("DEPOT", "1")]
    with pytest.raises(NoDataError, match="no status, contact or reported outage of these stations"):
        told(url)


def test_a_load_of_claims_names_the_ports_that_nothing_else_names(
    evcharge: Callable[..., tuple[int, str, str]],
) -> None:
    Path("exemptions.csv").write_text(FILES["exemptions.csv"], encoding="utf-8")
    _, out, _ = evcharge("load", "--create-db", "exemptions.csv", "--source", "net")
    assert "warning: 3 port_named_by_nothing_else: ports of claims or reported outages that nothing else loaded" in out
    assert "'DEPOT/1', 'DEPOT/9', 'DEPTO'" in out
