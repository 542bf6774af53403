"""evcharge visits, reasons and chargex: what is behind the rates.

What does not belong here: the figures (``report``, ``metrics``).
"""

from __future__ import annotations

from typing import Any

import click

from evcharge.cli.options import (
    DEFINITION_HELP,
    database,
    global_options,
    named_definition,
    selected,
    selecting_options,
)
from evcharge.cli.terminal import console

definition_option = click.option("--definition", metavar="ID|FILE", help=DEFINITION_HELP)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


@click.command()
@click.option(
    "--rule",
    default="voltra_site_5",
    show_default=True,
    metavar="ID",
    help="Which attempts make one visit: voltra_site_5, ucdavis_site_5 or kwwhat.",
)
@definition_option
@selecting_options
@json_option
@global_options
def visits(rule: str, definition: str | None, as_json: bool, **chosen: Any) -> None:
    """Group attempts into visits: which succeeded the first time.

    Also show troubled and failed visits, and how far the figures depend on the gap.
    """
    from evcharge.metrics.visit_rules import VISIT_RULES
    from evcharge.report.document import to_json
    from evcharge.report.terminal.visits import print_visits
    from evcharge.report.visits import build_visits

    if rule not in VISIT_RULES:
        raise click.BadParameter(f"{rule!r} is not one of {', '.join(VISIT_RULES)}.", param_hint="--rule")
    named = named_definition(definition) if definition else None
    found = build_visits(database(), rule=VISIT_RULES[rule], definition=named, selection=selected(**chosen))
    if as_json:
        click.echo(to_json(found))
    else:
        print_visits(found, console())


@click.command()
@definition_option
@selecting_options
@json_option
@global_options
def reasons(definition: str | None, as_json: bool, **chosen: Any) -> None:
    """Show the recorded reasons of failures, and who should act first."""
    from evcharge.report.document import to_json
    from evcharge.report.reasons import build_reasons
    from evcharge.report.terminal.reasons import print_reasons

    named = named_definition(definition) if definition else None
    found = build_reasons(database(), definition=named, selection=selected(**chosen))
    if as_json:
        click.echo(to_json(found))
    else:
        print_reasons(found, console())


@click.command()
@click.option("--inl-compatible", is_flag=True, help="Repeat the faults of INL's calculator, to compare with it.")
@selecting_options
@json_option
@global_options
def chargex(inl_compatible: bool, as_json: bool, **chosen: Any) -> None:
    """Compute the interim KPIs of ChargeX from OCPP logs.

    Attempts are counted by how they were authorised.
    """
    from evcharge.report.chargex import build_chargex
    from evcharge.report.document import to_json
    from evcharge.report.terminal.chargex import print_chargex

    found = build_chargex(database(), inl_compatible=inl_compatible, selection=selected(**chosen))
    if as_json:
        click.echo(to_json(found))
    else:
        print_chargex(found, console())
