"""evcharge compare: which verdicts depend on the definition, and which sessions make the difference.

What does not belong here: the comparison (``report.comparison``).
"""

from __future__ import annotations

from typing import Any

import click

from evcharge.cli.judging import confidence_option, limits_of_lot, target_ratio
from evcharge.cli.options import (
    TARGET_HELP,
    database,
    global_options,
    named_definition,
    selected,
    selecting_options,
    share,
)
from evcharge.cli.terminal import console, notice


@click.command()
@click.option("--target", type=share, metavar="SHARE", help=TARGET_HELP)
@confidence_option
@click.option(
    "--definition",
    default="afirev",
    show_default=True,
    metavar="ID|FILE",
    help="The definition that the others are compared with.",
)
@selecting_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@global_options
def compare(target: float | None, confidence: float | None, definition: str, as_json: bool, **chosen: Any) -> None:
    """Compare the definitions: which verdicts depend on the rule.

    Also show which sessions make the difference.
    """
    from evcharge.metrics.definitions import DEFINITIONS
    from evcharge.report.comparison import build_comparison, require_definitions
    from evcharge.report.document import to_json
    from evcharge.report.terminal.comparison import print_comparison

    base, selection = named_definition(definition), selected(**chosen)
    built = build_comparison(
        database(),
        target=target_ratio(target, definition),
        limits=limits_of_lot(confidence, definition),
        base=base,
        selection=selection,
        own=() if base.id in DEFINITIONS else (base,),
    )
    require_definitions(built, selection)
    if as_json:
        click.echo(to_json(built))
    else:
        print_comparison(built, console())


def renamed(**options: Any) -> None:
    """Runs ``evcharge compare`` for those who know it by its old name, and says the new one."""
    notice("evcharge sandwich is now called evcharge compare.")
    click.get_current_context().invoke(compare, **options)


sandwich = click.Command("sandwich", callback=renamed, params=compare.params, help=compare.help, hidden=True)
"""The old name of ``evcharge compare``; it stays for one release."""
