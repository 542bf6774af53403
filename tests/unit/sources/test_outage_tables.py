"""Claims that outages are exempt, and outages of EV-ChART: what is kept, and what is refused by which rule."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evcharge.sources import builtin_profiles
from tests.support.evidence import clock, evidence_of, written

CLAIMS = "station_id,port_id,from,to,cause,reference,claimed_by"
CLAIM = "A,1,2024-05-01T10:00:00Z,2024-05-01T12:00:00Z,grid,T-1,me"
NASTY_CLAIMS: dict[str, tuple[str, int, dict[str, int]]] = {
    "plain": (CLAIM, 1, {}),
    "byte order mark and blanks": (CLAIM.replace("A,", " A ,"), 1, {}),
    "the whole station": (CLAIM.replace("A,1", "A,"), 1, {}),
    "a cause in capitals": (CLAIM.replace("grid", "Grid"), 1, {}),
    "planned ahead": (CLAIM.replace("2024-", "2030-"), 1, {}),
    "no length": (CLAIM.replace("T12", "T10"), 1, {}),
    "twice": (f"{CLAIM}\n{CLAIM}", 2, {}),
    "no reference": (CLAIM.replace("T-1,me", ","), 1, {}),
    "an unknown cause": (CLAIM.replace("grid", "aliens"), 0, {"cause_unknown": 1}),
    "no cause": (CLAIM.replace("grid", ""), 0, {"cause_missing": 1}),
    "end before start": (CLAIM.replace("T12", "T09"), 0, {"until_before_from": 1}),
    "no end": (CLAIM.replace("2024-05-01T12:00:00Z", ""), 0, {"until_time_missing": 1}),
    "no start": (CLAIM.replace("2024-05-01T10:00:00Z", ""), 0, {"from_time_missing": 1}),
    "no zone": (CLAIM.replace("T10:00:00Z", "T10:00:00"), 0, {"from_time_without_zone": 1}),
    "no such day": (CLAIM.replace("05-01T10", "02-30T10"), 0, {"from_time_unreadable": 1}),
    "1970": (CLAIM.replace("2024-05-01T10", "1970-01-01T10"), 0, {"from_time_out_of_range": 1}),
    "no station": (CLAIM.replace("A,1", ",1"), 0, {"station_id_missing": 1}),
    "a long port": (CLAIM.replace("A,1", f"A,{'1' * 256}"), 0, {"port_id_unusable": 1}),
    "a long reference is cut": (CLAIM.replace("T-1", "T" * 300), 1, {}),
    "too short": ("A,1,2024-05-01T10:00:00Z", 0, {"row_too_short": 1}),
    "a header alone": ("", 0, {}),
}


@pytest.mark.parametrize("name", NASTY_CLAIMS)
def test_a_claim_is_kept_or_refused_by_name(tmp_path: Path, name: str) -> None:
    row, kept, refused = NASTY_CLAIMS[name]
    mark = "\ufeff" if "mark" in name else ""
    path = written(tmp_path / "exemptions.csv", f"{mark}{CLAIMS}\n{row}\n")
    parts = evidence_of(path, builtin_profiles()["exemptions"])
    assert sum(len(part.rows) for part in parts) == kept
    assert Counter(rule for part in parts for rule in part.refused["rule"]) == refused
    if kept:
        row_kept = parts[0].rows.iloc[0]
        assert (row_kept["station_id"], row_kept["kind"], row_kept["cause"]) == ("A", "exemption", "grid")


OUTAGES = (
    "station_id,port_id,network_provider,outage_id,outage_duration,"
    "excluded_outage,excluded_outage_reason,excluded_outage_notes"
)
EXCLUDED = "hm; excluded by the reporter; reason 3"


@pytest.mark.parametrize(
    ("row", "kept", "refused"),
    [
        ("U1,P1,net,2024-05-01T10:00:00Z,90.5,,,", ["01T10:00", "01T11:30", None], {}),
        ("U1,P1,net,2024-05-01T10:00:00Z,90.5,TRUE,3,hm", ["01T10:00", "01T11:30", EXCLUDED], {}),
        ("U1,P1,net,,,,,", None, {}),
        ("Required,Required,Required,Required,Required,Recommended,Recommended,Recommended", None, {}),
        ("U1,P1,net,2024-05-01T10:00:00Z,,,,", None, {"until_time_missing": 1}),
        ("U1,P1,net,2024-05-01T10:00:00Z,-1,,,", None, {"duration_minutes_unreadable": 1}),
        ("U1,P1,net,2024-05-01T10:00:00Z,long,,,", None, {"duration_minutes_unreadable": 1}),
        ("U1,P1,net,TRUE,90,,,", None, {"from_time_unreadable": 1}),
        ("U1,P1,net,2024-05-01T10:00:00Z,0,,,", ["01T10:00", "01T10:00", None], {}),
        ("U1,P1,net,2024-05-01T10:00:00Z,1e2,,,", ["01T10:00", "01T11:40", None], {}),
        ("U1,P1,net,2024-05-01T10:00:00Z,90.5,FALSE,3,hm", ["01T10:00", "01T11:30", "hm"], {}),
        ('U1,P1,net,2024-05-01T10:00:00Z,90.5,,,"a\nb"', ["01T10:00", "01T11:30", "a b"], {}),
        (" U1 , P1 ,net, 2024-05-01T10:00:00Z , 90.5 ,,,", ["01T10:00", "01T11:30", None], {}),
        ("U1,,net,2024-05-01T10:00:00Z,90.5,,,", ["01T10:00", "01T11:30", None], {}),
        ("U1,P1,net,,90,,,", None, {"from_time_missing": 1}),
        ("U1,P1,net,2024-05-01T10:00:00,90,,,", None, {"from_time_without_zone": 1}),
        ("U1,P1,net,2024-05-01,90,,,", None, {"from_time_unreadable": 1}),
        ("U1,P1,net,1970-01-01T00:00:00Z,90,,,", None, {"from_time_out_of_range": 1}),
        ("U1,P1,net,2024-05-01T10:00:00Z,99999999999,,,", None, {"duration_minutes_out_of_range": 1}),
        ('U1,P1,net,2024-05-01T10:00:00Z,"1,440",,,', None, {"duration_minutes_unreadable": 1}),
        ("U1,P1,net,2024-05-01T10:00:00Z,inf,,,", None, {"duration_minutes_unreadable": 1}),
        ("U1,P1,net,2024-05-01T10:00:00Z,1:30,,,", None, {"duration_minutes_unreadable": 1}),
        (",P1,net,2024-05-01T10:00:00Z,90,,,", None, {"station_id_missing": 1}),
        ("1.2E+17,P1,net,2024-05-01T10:00:00Z,90,,,", None, {"station_id_rounded": 1}),
        (f"U1,{'P' * 256},net,2024-05-01T10:00:00Z,90,,,", None, {"port_id_unusable": 1}),
        ("U1,P\0,net,2024-05-01T10:00:00Z,90,,,", None, {"nul_character": 1}),
        ("U1,P1,net", None, {"row_too_short": 1}),
        (OUTAGES, None, {"repeated_header": 1}),
    ],
)
def test_an_outage_of_ev_chart_is_kept_with_what_its_reporter_says_of_it(
    tmp_path: Path, row: str, kept: list[str | None] | None, refused: dict[str, int]
) -> None:
    path = written(tmp_path / "m4.csv", f"{OUTAGES}\n{row}\n")
    parts = evidence_of(path, builtin_profiles()["evchart-outages"])
    rows = [row for part in parts for row in part.rows.itertuples()]
    assert Counter(rule for part in parts for rule in part.refused["rule"]) == refused
    if kept is None:
        assert rows == []
    else:
        (one,) = rows
        assert [clock(one.from_ms), clock(one.until_ms), one.reference] == kept
        assert (one.kind, one.cause, one.claimed_by) == ("outage", None, "net")
        assert parts[0].warnings == ({"reason_code_unexplained": 1} if "reason" in str(kept[2]) else {})
