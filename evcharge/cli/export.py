"""evcharge export: files that other programs read.

What does not belong here: what stands in the files (``export``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from evcharge.cli.judging import target_ratio
from evcharge.cli.options import (
    DEFINITION_HELP,
    TARGET_HELP,
    OutputPath,
    database,
    global_options,
    named_definition,
    selected,
    selecting_options,
    share,
)
from evcharge.cli.price import price_of_kwh, price_option
from evcharge.cli.progress import showing_progress
from evcharge.cli.terminal import notice

FORMATS = ("parquet", "csv", "datapackage", "geojson", "counts", "datasette", "dbt")
JUDGED, TELLS_MONEY = ("geojson", "counts"), "geojson"
DESCRIBE_THE_SCHEMA = ("datasette", "dbt")


@click.command()
@click.option("--format", "file_format", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option(
    "--out",
    "folder",
    type=OutputPath(),
    default=Path("export"),
    show_default=True,
    metavar="DIR",
    help="Folder to write into; made if it is not there.",
)
@click.option("--target", type=share, metavar="SHARE", help=f"For geojson and counts. {TARGET_HELP}")
@click.option("--definition", metavar="ID|FILE", help=f"For geojson and counts. {DEFINITION_HELP}")
@price_option
@selecting_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document: the files with rows and SHA-256.")
@global_options
def export(
    file_format: str,
    folder: Path,
    target: float | None,
    definition: str | None,
    price: tuple[float, str | None] | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Write tables, stations or descriptions for other programs.

    parquet and csv are the tables of the star, datapackage is csv with a description of every column; geojson is the
    stations with the figures of report --csv; counts are what report --counts reads; datasette and dbt are
    the description that Datasette shows beside the database, and that dbt reads as sources.
    """
    from evcharge.export import export as write_export
    from evcharge.report.words import counted

    if file_format not in JUDGED and (target is not None or definition or price):
        options = "--target, --definition and --price"
        raise click.BadParameter(f"{file_format} shows no success rates.", param_hint=options)
    if file_format != TELLS_MONEY and price:
        raise click.BadParameter(f"{file_format} shows no money.", param_hint="--price")
    if file_format in DESCRIBE_THE_SCHEMA and any(chosen.values()):
        raise click.BadParameter(f"{file_format} holds no sessions.", param_hint="--from, --to, --station and --where")
    wanted: dict[str, Any] = {
        "selection": selected(**chosen),
        "definition": named_definition(definition) if definition else None,
        "target": target_ratio(target, definition),
        "price": price_of_kwh(price) if file_format == TELLS_MONEY else None,
    }
    with showing_progress():
        exported = write_export(database(), folder, file_format, **wanted)
    for file in exported.files:
        notice(f"wrote {file.path}" if file.rows is None else f"wrote {file.path} ({counted(file.rows, 'row')})")
    for note in exported.notes:
        notice(note)
    if as_json:
        click.echo(json.dumps(exported.to_dict(), indent=2))
