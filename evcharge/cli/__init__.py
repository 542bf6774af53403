"""The command line: options in, exit code out; results on stdout, progress and notices on stderr.

Heavy imports stand inside the commands, so that ``--help`` answers at once. What does not belong here: anything a
Python program would want to call.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import click

from evcharge import __version__
from evcharge.cli.check import check
from evcharge.cli.compare import compare, sandwich
from evcharge.cli.counts import counts
from evcharge.cli.database import db, show_config, upgrade_database
from evcharge.cli.explain import explain
from evcharge.cli.export import export
from evcharge.cli.findings import chargex, reasons, visits
from evcharge.cli.formats import formats
from evcharge.cli.given import given
from evcharge.cli.load import load, show_outcomes
from evcharge.cli.loading import load_files
from evcharge.cli.options import global_options, setting
from evcharge.cli.reading import reading_profiles
from evcharge.cli.report import Asked, make_report, report
from evcharge.cli.sample import SAMPLE_FILE, make_sample_if_missing, sample
from evcharge.cli.stations import stations
from evcharge.cli.terminal import EXIT_INTERRUPTED, ended_by, ending_as_by_ctrl_c, exit_code_of, show_error, tell
from evcharge.cli.unload import unload
from evcharge.cli.uptime import outages, uptime
from evcharge.errors import EvchargeError


def main(*prefix: str) -> NoReturn:
    """Runs the command line and ends the process with its exit code."""
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # it was closed before we began
            setattr(sys, stream, Path(os.devnull).open("w"))  # noqa: SIM115 - it stays open until we end
    code = run_command([*prefix, *sys.argv[1:]])
    try:
        sys.stdout.flush()
    except OSError:  # told by run_command; Python would tell it again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run_command(arguments: list[str]) -> int:
    """Runs one command; every failure becomes a message and an exit code, never a traceback."""
    given: dict[str, Any] = {"arguments": arguments}
    try:
        with ending_as_by_ctrl_c():
            return int(cli.main(args=arguments, prog_name="evcharge", standalone_mode=False, obj=given) or 0)
    except click.ClickException as error:
        message = io.StringIO()
        error.show(message)
        for line in message.getvalue().splitlines():
            tell(line, err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as interrupt:
        tell("Interrupted.", err=True)
        return exit_code_of(interrupt)
    except EvchargeError as error:
        show_error(error, given.get("db"))
        return error.exit_code
    except MemoryError:
        tell("Error [out_of_memory]: the memory of this machine, or what it allows evcharge, is used up.", err=True)
        tell("  What was begun was left out; files loaded before are in. Run it with more memory free.", err=True)
        return 1
    except Exception as error:  # noqa: BLE001 - the last net: a fault of ours must not show a user its traceback
        if number := ended_by():
            tell("Interrupted.", err=True)
            return EXIT_INTERRUPTED + number
        if given.get("verbose"):
            traceback.print_exc()
        if isinstance(error, OSError) and error.filename is None:  # of all files, only a stream has no name
            tell(f"Error [cannot_write]: the output can't be written: {error.strerror or error}.", err=True)
            tell("  Send it to a place with room for it; what the command had done by then stays.", err=True)
            return 1
        tell(f"Error [fault]: evcharge failed: {type(error).__name__}: {error}", err=True)
        tell("  This is a fault of evcharge. Run it again with -v and report what it prints.", err=True)
        return 1


GREETING = """\
Charging sessions in, a reliability number you can defend out.

  evcharge check FILE               what a file holds, and the one command that loads it
  evcharge load --create-db FILE    clean it and load it; nothing is dropped because it failed
  evcharge report                   which stations need attention, and how sure that is

No file at hand: evcharge run does all of it with made-up sessions. All commands: evcharge --help"""
"""What ``evcharge`` alone says."""


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, invoke_without_command=True
)
@click.version_option(__version__, prog_name="evcharge")
@global_options
@click.pass_context
def cli(context: click.Context) -> None:
    """Charging sessions in, a reliability number you can defend out."""
    if context.invoked_subcommand is None:
        click.echo(GREETING)


@cli.command()
@global_options
def run() -> None:
    """Do the whole job: migrate, load and report.

    Where there is no charging_sessions.csv, it is made first.
    """
    from evcharge.carriers.inputs import Input
    from evcharge.load import LoadOptions

    upgrade_database()
    make_sample_if_missing()
    options = LoadOptions(lock_wait_seconds=setting("lock_wait_seconds"))
    code = show_outcomes(
        load_files([Input(SAMPLE_FILE.name, SAMPLE_FILE, SAMPLE_FILE)], reading_profiles(None, ()), options),
        as_json=False,
    )
    if code:
        click.get_current_context().exit(code)
    if not given("quiet"):
        click.echo()
    make_report(Asked())


COMMANDS = (
    *(load, unload, check, formats, stations, report, explain, compare, visits, reasons, chargex),
    *(uptime, outages),
    *(export, counts, sample, db, show_config),
    sandwich,
)
for command in COMMANDS:
    cli.add_command(command)
