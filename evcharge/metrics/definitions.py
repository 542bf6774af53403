"""What counts as a success: the published definitions, each a named object that becomes a SQL expression.

A definition says of each session success, failure, excluded or unknown. A session that lacks what a definition needs
is unknown: counted and shown, never dropped. What does not belong here: counting, rates, intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, literal, or_

from evcharge.errors import ConfigError
from evcharge.models import FactCharging

SUCCESS, FAILURE, EXCLUDED, UNKNOWN = "success", "failure", "excluded", "unknown"
OUTCOMES = (SUCCESS, FAILURE, EXCLUDED, UNKNOWN)


@dataclass(frozen=True)
class Definition:
    """A published rule for the success of a charging attempt.

    Attributes:
        id: stable name, used on the command line and in every output.
        version: grows when the rule is read differently.
        title: the rule in a few words.
        source: where it is published.
        needs: columns of ``fact_charging`` without which a session is unknown.
        outcome: SQL expression over ``FactCharging`` whose value is one of ``OUTCOMES``.
    """

    id: str
    version: int
    title: str
    source: str
    needs: tuple[str, ...]
    outcome: ColumnElement[str]


def needing(needs: tuple[str, ...], succeeded: ColumnElement[bool]) -> ColumnElement[str]:
    """Unknown where a needed column is empty, else success or failure."""
    lacking = or_(*(getattr(FactCharging, name).is_(None) for name in needs))
    return case((lacking, literal(UNKNOWN)), (succeeded, literal(SUCCESS)), else_=literal(FAILURE))


def of_attempts(needs: tuple[str, ...], succeeded: ColumnElement[bool]) -> ColumnElement[str]:
    """For sources that know of attempts without a transaction: those failed, whatever else is empty.

    Unknown where the source can't tell whether there was a transaction, or there was one and a needed column is empty.
    """
    refused = FactCharging.has_transaction.is_(False)
    return case((refused, literal(FAILURE)), else_=needing(("has_transaction", *needs), succeeded))


AFIREV_MINUTES, AFIREV_KWH = 2, 0.5
"""More than both: AFIREV's change of definition, afirev.fr/fr/changement-de-definition-de-recharge-reussie/."""
U11_MINUTES, U11_KWH = 3, 0.5
"""More than both: the French ministry's QualiCharge, indicator u11."""

AFIREV_OLD_MINUTES, AFIREV_OLD_KWH = 2, 0.2
"""More than either: AFIREV's definition before that change, same page."""
UCDAVIS_KWH = 1.0
"""At least this: Gamage, Jenn, Tal 2024, Transportation Research Record 2678(11), doi 10.1177/03611981241244798.
Whether the paper means "at least" or "more than" is not verified."""
KWWHAT_KWH = 0.1
"""More than this: kwwhat's models of charge attempts (open source, dbt)."""
KWWHAT_STOPS = ("Local", "Remote", "EVDisconnected")
"""Stop reasons that kwwhat takes for a good end."""
CHARGEX_STOPS = (
    *("EnergyLimitReached", "SOCLimitReached", "Local", "Remote", "StoppedByEV", "LocalOutOfCredit"),
    *("TimeLimitReached", "EVDisconnected"),
)
"""Stop reasons of OCPP 2.0.1 that end a session validly; of OCPP 1.6's, Local, Remote and EVDisconnected are among
them. Source: ChargeX Consortium (Idaho National Laboratory), KPI calculator; LocalOutOfCredit as OCPP spells it."""

_MEASURED = ("energy_kwh", "duration_minutes")

RECORDED = Definition(
    id="recorded",
    version=1,
    title="the source's own success flag",
    source="the loaded file",
    needs=("success",),
    outcome=needing(("success",), FactCharging.success.is_(True)),
)
AFIREV = Definition(
    id="afirev",
    version=1,
    title="more than 2 minutes and more than 0.5 kWh",
    source="AFIREV (Avere-France), change of definition of a successful charge",
    needs=_MEASURED,
    outcome=needing(
        _MEASURED, and_(FactCharging.duration_minutes > AFIREV_MINUTES, FactCharging.energy_kwh > AFIREV_KWH)
    ),
)
QUALICHARGE_U11 = Definition(
    id="qualicharge_u11",
    version=1,
    title="more than 3 minutes and more than 0.5 kWh",
    source="QualiCharge (French ministry of transport), indicator u11",
    needs=_MEASURED,
    outcome=needing(_MEASURED, and_(FactCharging.duration_minutes > U11_MINUTES, FactCharging.energy_kwh > U11_KWH)),
)

AFIREV_OLD = Definition(
    id="afirev_old",
    version=1,
    title="more than 2 minutes or more than 0.2 kWh",
    source="AFIREV (Avere-France), the definition before the change",
    needs=_MEASURED,
    outcome=needing(
        _MEASURED,
        or_(FactCharging.duration_minutes > AFIREV_OLD_MINUTES, FactCharging.energy_kwh > AFIREV_OLD_KWH),
    ),
)
UCDAVIS_1KWH = Definition(
    id="ucdavis_1kwh",
    version=1,
    title="at least 1 kWh (published for DC fast charging)",
    source="Gamage, Jenn, Tal 2024, Transportation Research Record 2678(11)",
    needs=("energy_kwh",),
    outcome=needing(("energy_kwh",), FactCharging.energy_kwh >= UCDAVIS_KWH),
)
KWWHAT = Definition(
    id="kwwhat",
    version=1,
    title="a transaction that ended Local, Remote or EVDisconnected with more than 0.1 kWh and no fault after it",
    source="kwwhat, open-source charging analytics",
    needs=("has_transaction", "stop_reason", "energy_kwh", "next_status"),
    outcome=of_attempts(
        ("stop_reason", "energy_kwh", "next_status"),
        and_(
            FactCharging.stop_reason.in_(KWWHAT_STOPS),
            FactCharging.energy_kwh > KWWHAT_KWH,
            FactCharging.next_status != "Faulted",
        ),
    ),
)
CHARGEX_SESSION = Definition(
    id="chargex_session",
    version=1,
    title="an attempt that ended with a valid stop reason",
    source="ChargeX Consortium (INL, ANL, NREL), interim KPI Session Success, pooled",
    needs=("has_transaction",),
    outcome=of_attempts((), func.coalesce(FactCharging.stop_reason, "").in_(CHARGEX_STOPS)),
)
CSR_NOW_P3_PROVISIONAL = Definition(
    id="csr_now_p3_provisional",
    version=1,
    title="provisional reading: power flowed, and the attempt ended with a valid stop reason",
    source="NOW GmbH and P3, Charging Success Rate, March 2026: press text only; exact message list not obtained",
    needs=("has_transaction", "reached_charging"),
    outcome=of_attempts(
        ("reached_charging",),
        and_(FactCharging.reached_charging.is_(True), func.coalesce(FactCharging.stop_reason, "").in_(CHARGEX_STOPS)),
    ),
)

DEFINITIONS = {
    definition.id: definition
    for definition in (
        RECORDED,
        AFIREV,
        AFIREV_OLD,
        QUALICHARGE_U11,
        UCDAVIS_1KWH,
        KWWHAT,
        CHARGEX_SESSION,
        CSR_NOW_P3_PROVISIONAL,
    )
}
"""Every definition by its id."""


def find_definition(definition_id: str) -> Definition:
    """The definition of this id.

    Raises:
        ConfigError: there is none; the hint lists those there are.
    """
    if definition_id not in DEFINITIONS:
        raise ConfigError(
            "unknown_definition",
            f"there is no definition {definition_id!r}.",
            f"Known: {', '.join(DEFINITIONS)}.",
            f"Write definition={AFIREV.id!r}, or another of {', '.join(map(repr, DEFINITIONS))}; or give a Definition.",
        )
    return DEFINITIONS[definition_id]
