"""Options that several commands share, and the words they take.

What does not belong here: what a command does.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evcharge.cli.given import given, remember
from evcharge.cli.terminal import notice

if TYPE_CHECKING:
    from evcharge.db import Engine
    from evcharge.load.result import RejectLimit
    from evcharge.metrics.definitions import Definition
    from evcharge.metrics.selection import Selection

Command = TypeVar("Command", bound=Callable[..., Any])

TARGET_HELP = (
    "Share of attempts that should succeed, such as 0.9 or 90%. Default: 95%, a house default; not NEVI's 97%, which "
    "is port uptime."
)
DEFINITION_HELP = (
    "What counts as a success: the id of a definition, or your own as TOML. Default: recorded where the data carries "
    "outcomes, else chargex_session where it has attempts without a transaction that afirev can't judge, else afirev; "
    "where most sessions lack what afirev needs, ucdavis_1kwh or chargex_session."
)

QUIET_HELP = (
    "Print only errors, limits that were passed, and what a command is there to show; not what it did (load, unload, "
    "stations, sample, export)."
)


GLOBAL_OPTIONS = (
    click.option(
        "--db",
        metavar="URL",
        help="Database; default sqlite:///ev_charging.db.",
        callback=remember,
        expose_value=False,
    ),
    click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Settings; default evcharge.toml.",
        callback=remember,
        expose_value=False,
    ),
    click.option("-q", "--quiet", is_flag=True, help=QUIET_HELP, callback=remember, expose_value=False),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        help="Show tracebacks of faults.",
        callback=remember,
        expose_value=False,
    ),
    click.option(
        "--no-progress", is_flag=True, help="Draw no line of progress.", callback=remember, expose_value=False
    ),
)


def global_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that every command takes, before or after its name; its outputs then replace nothing kept.

    A command's outputs are its parameters of the type ``OutputPath``. They are looked at before the command begins.
    """

    @functools.wraps(command)
    def guarded(*arguments: Any, **options: Any) -> Any:
        from evcharge.kept import keeping, refuse_one_file_twice, refuse_to_replace

        with keeping(functools.partial(kept_files, click.get_current_context())):
            outputs = given_outputs(click.get_current_context())
            for option, path in outputs:
                refuse_to_replace(path, said=f"{option} {path}")
            refuse_one_file_twice(outputs)
            return command(*arguments, **options)

    return functools.reduce(lambda made, option: option(made), reversed(GLOBAL_OPTIONS), guarded)


class OutputPath(click.Path):
    """The type of a parameter that names a file or folder to write; ``-`` is stdout.

    Args:
        used: whether it is written at all, by the other parameters of the command.
    """

    def __init__(
        self, *, path_type: type = Path, used: Callable[[Mapping[str, Any]], bool] = lambda _given: True
    ) -> None:
        super().__init__(path_type=path_type)
        self.used = used


INPUTS = ("files", "file", "profile", "definition", "since_report", "counts")
"""Parameters that name files to read, or may."""


def given_outputs(context: click.Context) -> list[tuple[str, Path]]:
    """The files that a command is to write, each with its option, those by default among them."""
    options = [(option, option.type, context.params.get(option.name or "")) for option in context.command.params]
    return [
        (option.opts[-1], Path(value))
        for option, kind, value in options
        if isinstance(kind, OutputPath) and value and str(value) != "-" and kind.used(context.params)
    ]


def kept_files(context: click.Context) -> dict[Path, str]:
    """The files that no output of a command may replace: its database, settings, and what it reads."""
    from evcharge.config import CONFIG_FILE, resolve
    from evcharge.db import parse_url
    from evcharge.kept import READ, database_files

    kept: dict[Path, str] = {}
    for url in (str(resolve("database_url", given("db"), given("config")).value), context.params.get("url")):
        if url is not None and url.startswith("sqlite"):
            kept.update(database_files(Path(str(parse_url(url).database))))
    kept.update(dict.fromkeys((CONFIG_FILE, given("config") or CONFIG_FILE), "a file of settings"))
    named = [context.params.get(name) or () for name in INPUTS]
    for name in (os.fspath(one) for some in named for one in (some if isinstance(some, tuple) else (some,))):
        kept[Path("/dev/stdin" if name == "-" else name)] = READ
    if (counts := context.params.get("counts")) and counts.is_dir():
        kept.update(dict.fromkeys(counts.iterdir(), READ))
    if Path("/dev/stdout").is_file():
        kept[Path("/dev/stdout")] = "where this command prints to"
    return kept


WORTH_SAYING = ("database_url", "driver_salt", "notify", "smtp_host")
"""Settings that decide where data goes and who can be told from it: a folder that is not one's own may state them."""


def setting(name: str, flag: Any = None) -> Any:
    """A setting's value: flag, environment, evcharge.toml, default; one of ``WORTH_SAYING`` from there is said once."""
    from evcharge.config import CONFIG_FILE, resolve

    found = resolve(name, flag, given("config"))
    said = click.get_current_context().ensure_object(dict).setdefault("said", set())
    if name in WORTH_SAYING and found.value and found.origin == str(CONFIG_FILE) and not given("config"):
        if name not in said:
            notice(f"{name} comes from {CONFIG_FILE} of this folder")
        said.add(name)
    return found.value


def database_url() -> str:
    """The database that this run is about."""
    return str(setting("database_url", given("db")))


def database() -> Engine:
    """The database that this run reads. It waits for who holds it as long as the setting says."""
    from evcharge.db import open_engine

    return open_engine(database_url(), lock_wait_seconds=setting("lock_wait_seconds"))


def share(text: str) -> float:
    """A share between 0 and 1, written 0.95 or 95%."""
    try:
        number = float(text.removesuffix("%"))
        if text.endswith("%"):
            number = float(Decimal(text[:-1]).scaleb(-2))  # 75.1% is 0.751, which no division of floats by 100 gives
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        raise click.BadParameter(f"{text!r} is no share between 0 and 1, such as 0.95 or 95%.")
    return number


def day(text: str) -> date:
    """A day, written 2025-03-31."""
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):  # fromisoformat takes more, and more from 3.11 on
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise click.BadParameter(f"{text!r} is no day; write it like 2025-03-31.")


def row_limit(text: str) -> RejectLimit:
    """A whole number of rows, written 100, or a share of them, written 2%."""
    from evcharge.load.result import RejectLimit

    limit = RejectLimit.of_text(text)
    if limit is None:
        reason = f"{text!r} is neither a whole number of rows such as 100, nor a share such as 2%"
        raise click.BadParameter(f"{reason}; half of the rows is 50%.")
    return limit


def attribute(text: str) -> tuple[str, str]:
    """A column of stations and a word that it has, written operator=Shine."""
    from evcharge.metrics.selection import ATTRIBUTES

    column, sign, word = text.partition("=")
    if not sign:
        raise click.BadParameter(f"{text!r} is not of the form operator=NAME.")
    if column.strip() not in ATTRIBUTES:
        raise click.BadParameter(f"{column.strip()!r} is none of {', '.join(ATTRIBUTES)}.")
    return column.strip(), known_letters(word.strip())


where_option = click.option(
    "--where",
    type=attribute,
    multiple=True,
    metavar="COLUMN=VALUE",
    help="Only stations of this source, operator, network, city, region, department, country or name, such as "
    "operator=Shine; repeatable. A station needs one of the values of each column named.",
)


def selecting_options(command: Command) -> Command:
    """Adds the options that say which sessions are looked at."""
    options = (
        click.option("--from", "first_day", type=day, metavar="YYYY-MM-DD", help="First local day."),
        click.option("--to", "last_day", type=day, metavar="YYYY-MM-DD", help="Last local day, included."),
        click.option("--station", "station_ids", multiple=True, metavar="ID", help="Only this station; repeatable."),
        where_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def selected(
    first_day: date | None, last_day: date | None, station_ids: Iterable[str], where: Iterable[tuple[str, str]] = ()
) -> Selection:
    """The sessions that ``selecting_options`` name."""
    from evcharge.metrics.selection import Selection

    if first_day and last_day and last_day < first_day:
        raise click.BadParameter(f"{last_day} is before --from {first_day}.", param_hint="--to")
    return Selection(first_day, last_day, tuple(map(known_letters, station_ids)), where=tuple(where))


def known_letters(text: str) -> str:
    """The text with lone surrogates, which no database takes, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def named_definition(text: str) -> Definition:
    """The published definition of this id, or the user's own in this TOML file."""
    from evcharge.metrics.definitions import DEFINITIONS
    from evcharge.metrics.own_definition import read_definition

    if text in DEFINITIONS:
        return DEFINITIONS[text]
    if text.endswith(".toml"):
        return read_definition(Path(text))
    known = ", ".join(DEFINITIONS)
    raise click.BadParameter(f"{text!r} is neither one of {known}, nor a .toml file.", param_hint="--definition")
