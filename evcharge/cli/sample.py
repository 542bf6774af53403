"""evcharge sample: a file of sessions to try everything with.

What does not belong here: what is made up (``synth``).
"""

from __future__ import annotations

from pathlib import Path

import click

from evcharge.cli.options import OutputPath, global_options
from evcharge.cli.terminal import notice

SAMPLE_FILE = Path("charging_sessions.csv")


def make_sample_if_missing() -> None:
    """Writes the made-up sessions, unless the file is there."""
    if not SAMPLE_FILE.exists():
        from evcharge.synth import write_sample

        write_sample(SAMPLE_FILE)
        notice(f"wrote {SAMPLE_FILE} (made-up sessions, since there was no such file)")


@click.command()
@click.option(
    "--rows", type=click.IntRange(min=1), default=1000, show_default=True, metavar="N", help="Sessions to make."
)
@click.option("--stations", type=click.IntRange(min=1), metavar="N", help="Stations; default grows with the rows.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, metavar="N", help="Same seed, same bytes."
)
@click.option("--dirty", is_flag=True, help="Plant every defect that cleaning must catch.")
@click.option(
    "--truth",
    metavar="FILE",
    type=OutputPath(),
    help="Write the true rates, the planted faults and the planted defects as JSON.",
)
@click.option(
    "--statuses",
    metavar="FILE",
    type=OutputPath(),
    help="Write what their ports answered to an hourly poll as a CSV, too, with outages and silence.",
)
@click.option(
    "-o",
    "--output",
    type=OutputPath(),
    metavar="FILE",
    default=SAMPLE_FILE,
    show_default=True,
    help="File to write.",
)
@global_options
def sample(
    rows: int, stations: int | None, seed: int, dirty: bool, truth: Path | None, statuses: Path | None, output: Path
) -> None:
    """Write made-up charging sessions as a CSV."""
    from evcharge.synth import write_sample

    there = output.exists()
    write_sample(output, rows=rows, stations=stations, seed=seed, dirty=dirty, truth=truth, statuses=statuses)
    notice(f"wrote {output}{' in place of the one there' if there else ''}")
    for besides in filter(None, (statuses, truth)):
        notice(f"wrote {besides}")
