"""What counts as a success: the published definitions, each a named object that becomes a SQL expression.

A definition says of each session success, failure, excluded or unknown. A session that lacks what a definition needs
is unknown: counted and shown, never dropped. What does not belong here: counting, rates, intervals.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, literal, or_
from sqlalchemy.orm import InstrumentedAttribute

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


def _outcome(
    needs: tuple[InstrumentedAttribute[float | None] | InstrumentedAttribute[bool | None], ...],
    succeeded: ColumnElement[bool],
) -> ColumnElement[str]:
    """Unknown where a needed column is empty, else success or failure."""
    lacking = or_(*(column.is_(None) for column in needs))
    return case((lacking, literal(UNKNOWN)), (succeeded, literal(SUCCESS)), else_=literal(FAILURE))


AFIREV_MINUTES, AFIREV_KWH = 2, 0.5
"""More than both: AFIREV's change of definition, afirev.fr/fr/changement-de-definition-de-recharge-reussie/."""
U11_MINUTES, U11_KWH = 3, 0.5
"""More than both: the French ministry's QualiCharge, indicator u11."""

_MEASURED = (FactCharging.energy_kwh, FactCharging.duration_minutes)

RECORDED = Definition(
    id="recorded",
    version=1,
    title="the source's own success flag",
    source="the loaded file",
    needs=("success",),
    outcome=_outcome((FactCharging.success,), FactCharging.success.is_(True)),
)
AFIREV = Definition(
    id="afirev",
    version=1,
    title="more than 2 minutes and more than 0.5 kWh",
    source="AFIREV (Avere-France), change of definition of a successful charge",
    needs=("energy_kwh", "duration_minutes"),
    outcome=_outcome(
        _MEASURED, and_(FactCharging.duration_minutes > AFIREV_MINUTES, FactCharging.energy_kwh > AFIREV_KWH)
    ),
)
QUALICHARGE_U11 = Definition(
    id="qualicharge_u11",
    version=1,
    title="more than 3 minutes and more than 0.5 kWh",
    source="QualiCharge (French ministry of transport), indicator u11",
    needs=("energy_kwh", "duration_minutes"),
    outcome=_outcome(_MEASURED, and_(FactCharging.duration_minutes > U11_MINUTES, FactCharging.energy_kwh > U11_KWH)),
)

DEFINITIONS = {definition.id: definition for definition in (RECORDED, AFIREV, QUALICHARGE_U11)}
"""Every definition by its id."""


def find_definition(definition_id: str) -> Definition:
    """The definition of this id.

    Raises:
        ConfigError: there is none; the hint lists those there are.
    """
    if definition_id not in DEFINITIONS:
        raise ConfigError(
            "unknown_definition", f"there is no definition {definition_id!r}.", f"Known: {', '.join(DEFINITIONS)}."
        )
    return DEFINITIONS[definition_id]
