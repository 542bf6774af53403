"""Which attempts make one visit: the published rules, each a named object.

What does not belong here: grouping and counting by a rule (``visits``). Read for each rule: docs/metrics/visits.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from evcharge.errors import ConfigError


@dataclass(frozen=True)
class VisitRule:
    """A published rule for which attempts make one visit.

    Attempts of one group stand in order of start. One belongs to the visit of the one before it when the gap, from
    that one's end to its own start, is long and short enough; else it begins a visit.

    Attributes:
        id: stable name, used in every output.
        version: grows when the rule is read differently.
        title: the rule in a few words.
        source: where it is published.
        gap_minutes: longest gap within a visit, inclusive [minutes].
        overlap_minutes: how much sooner than the end before it an attempt may start [minutes]; infinite for any.
        anonymous_gap_minutes: with it, a group is a site and a driver, and this is the longest gap between attempts
            without a driver, of which a group is a port [minutes]. None: the group is the site, drivers aren't looked
            at.
        inherit_minutes: longest gap over which an attempt without a driver takes the driver of a neighbour on the same
            port [minutes].
    """

    id: str
    version: int
    title: str
    source: str
    gap_minutes: float
    overlap_minutes: float = math.inf
    anonymous_gap_minutes: float | None = None
    inherit_minutes: float = 0.0

    def with_gap(self, gap_minutes: float) -> VisitRule:
        """The rule with another longest gap, for attempts with and without a driver; no longer the published one."""
        anonymous = None if self.anonymous_gap_minutes is None else gap_minutes
        return replace(self, gap_minutes=gap_minutes, anonymous_gap_minutes=anonymous)


UCDAVIS_SITE_5 = VisitRule(
    id="ucdavis_site_5",
    version=1,
    title="same site, next start at most 5 minutes after the end",
    source="Gamage, Jenn, Tal 2024, Transportation Research Record 2678(11), doi 10.1177/03611981241244798; "
    "the gap as secondary sources report it",
    gap_minutes=5.0,
)
VOLTRA_SITE_5 = VisitRule(
    id="voltra_site_5",
    version=1,
    title="same site, next start from 2 minutes before the end to 5 minutes after it",
    source="RatneshVaibhav/Voltra-Charging-Network, docs/evidence.md v1.3.1",
    gap_minutes=5.0,
    overlap_minutes=2.0,
)
KWWHAT = VisitRule(
    id="kwwhat",
    version=1,
    title="same site and driver, at most 30 minutes; without a driver same port, at most 2 minutes",
    source="appspace/kwwhat, models/intermediate/int_visits.sql",
    gap_minutes=30.0,
    anonymous_gap_minutes=2.0,
    inherit_minutes=2.0,
)

VISIT_RULES = {rule.id: rule for rule in (UCDAVIS_SITE_5, VOLTRA_SITE_5, KWWHAT)}
"""Every rule by its id."""


def find_visit_rule(rule_id: str) -> VisitRule:
    """The rule of this id.

    Raises:
        ConfigError: there is none; the hint lists those there are.
    """
    if rule_id not in VISIT_RULES:
        raise ConfigError(
            "unknown_visit_rule",
            f"there is no visit rule {rule_id!r}.",
            f"Known: {', '.join(VISIT_RULES)}.",
            f"Write visit_rule={next(iter(VISIT_RULES))!r}, or another of {', '.join(map(repr, VISIT_RULES))}.",
        )
    return VISIT_RULES[rule_id]
