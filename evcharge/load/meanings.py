"""What the codes of a load mean, in words: of the rules that refuse rows, and of its warnings.

What does not belong here: the rules themselves (``rules``, ``evidence_rules``), and counting.
"""

from __future__ import annotations

from collections.abc import Mapping

from evcharge.evidence_rules import EVIDENCE_RULES, EVIDENCE_WARNINGS
from evcharge.load.contradictions import CONTRADICTIONS
from evcharge.metrics.made_up import is_made_up
from evcharge.rules import READER_WARNINGS, RULES, WARNINGS
from evcharge.sources.ocpp.evidence import RULES as RULES_OF_LOGS
from evcharge.sources.unread import UNREAD_WARNINGS

LOAD_WARNINGS = {
    "look_alike_station_ids": "ids that differ only in case, composition, what no eye sees, or .0",
    "would_reopen": "rows that would take away what an earlier load knows of a session; counted as superseded",
    "start_moved": "sessions whose start another file has moved",
    "drivers_left_out": "drivers are stored as salted hashes only; state a salt: EVCHARGE_DRIVER_SALT",
    "not_replaced": "sessions of the first load did not come back",
    "demo_in_database": "sessions are made up and stand beside real ones; to take them out: "
    "evcharge unload --source sample",
    "port_named_by_nothing_else": "ports of claims or reported outages that nothing else loaded so far names: they "
    "count nowhere until something does",
    "port_not_in_registry": "sessions name a port in place of a station, and no registry of the source places it",
}
"""What a load says beside ``rules.WARNINGS``."""


def rule_meanings() -> Mapping[str, str]:
    """What the rules say that refuse a session's row, by code."""
    return {rule.code: rule.message for rule in RULES}


def evidence_rule_meanings(*, has_sessions: bool) -> Mapping[str, str]:
    """What the rules of evidence say, by code: those of logs, which hold sessions too, or those of other files."""
    return RULES_OF_LOGS if has_sessions else {rule.code: rule.message for rule in EVIDENCE_RULES}


def warning_meanings() -> Mapping[str, str]:
    """What warnings say, by code."""
    return {
        **{warning.code: warning.message for warning in WARNINGS},
        **READER_WARNINGS,
        **CONTRADICTIONS,
        **UNREAD_WARNINGS,
        **EVIDENCE_WARNINGS,
        **LOAD_WARNINGS,
    }


def kept_source_text(file: str, source: str, stated: str | None) -> str:
    """What is said of a file that keeps its source though another was stated; empty where it took that one."""
    if not stated or not is_made_up(source):
        return ""
    return f"{file} is made up by evcharge sample: it keeps the source {source}, not {stated}"
