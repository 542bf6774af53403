"""The files of one call of evcharge load: in which order, what each becomes, and what an interrupt says.

What does not belong here: the command's options, and what is printed of an outcome (``cli.load``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import click

from evcharge.cli.options import database_url
from evcharge.cli.progress import showing_progress
from evcharge.cli.terminal import Interrupts, exit_code_of, hint_as_typed
from evcharge.errors import DatabaseError, EvchargeError, GateError, SourceError

if TYPE_CHECKING:
    from evcharge.carriers.inputs import Input
    from evcharge.load import LoadOptions, LoadResult
    from evcharge.load.known import KnownFile
    from evcharge.load.opened import OpenedToLoad
    from evcharge.sources import Profile


class LoadInterrupted(click.ClickException):
    """Somebody interrupted a load."""

    def __init__(self, interrupt: KeyboardInterrupt) -> None:
        super().__init__("Interrupted. The file in hand was left out; files loaded before it are in.")
        self.exit_code = exit_code_of(interrupt)  # type: ignore[misc]  # click has one a class

    def show(self, file: IO[Any] | None = None) -> None:
        """Says so, on a line below the terminal's ^C."""
        click.echo(f"\n{self.message}", file=file)


class Outcome(NamedTuple):
    """What became of one input: a result, an error, or neither where it was not tried."""

    name: str
    result: LoadResult | None = None
    error: EvchargeError | None = None


def load_files(inputs: Sequence[Input], profiles: list[Profile], options: LoadOptions) -> list[Outcome]:
    """Loads the inputs one by one; a bad file does not keep the next from loading, a bad database does.

    Raises:
        LoadInterrupted: at Ctrl-C, or another signal to end.
    """
    try:
        return _load_each(inputs, profiles, options)
    except KeyboardInterrupt as interrupt:
        raise LoadInterrupted(interrupt) from interrupt


def _load_each(inputs: Sequence[Input], profiles: list[Profile], options: LoadOptions) -> list[Outcome]:
    outcomes: list[Outcome] = []
    call = _Call(profiles, options)
    for one in call.in_order(inputs):
        try:
            outcomes.append(Outcome(one.name, call.load(one)))
        except (SourceError, GateError) as error:
            error.hint = one.with_path(error.hint)
            outcomes.append(Outcome(one.name, error=error))
        except EvchargeError as error:
            not_tried = [Outcome(later.name) for later in inputs[len(outcomes) + 1 :]]
            return [*outcomes, Outcome(one.name, error=error), *not_tried]
    return outcomes


class _Call:
    """One call of load: the database, which is opened when a first file is to be loaded, and what it has already."""

    def __init__(self, profiles: list[Profile], options: LoadOptions) -> None:
        self._profiles = profiles
        self._options = options
        self._names: dict[Path, str] = {}
        self._known: Mapping[Path, KnownFile] = {}

    @cached_property
    def _database(self) -> OpenedToLoad:
        from evcharge.load.opened import open_to_load

        return open_to_load(database_url(), self._options.lock_wait_seconds)

    def in_order(self, inputs: Sequence[Input]) -> list[Input]:
        """The inputs to load that tell when they begin in the order of time, in the places where such ones stood."""
        self._names = {one.path: one.name for one in inputs if not one.fault}
        if sum(map(Path.is_file, self._names)) < 2:
            return list(inputs)
        from evcharge.load.order import first_start

        self._known = self._look_up()
        new = [path for path in self._names if path not in self._known]
        starts = {path: first_start(path, self._profiles) for path in new}
        timed = [one for one in inputs if starts.get(one.path) is not None]
        ordered = iter(sorted(timed, key=lambda one: starts[one.path] or 0.0))
        return [next(ordered) if starts.get(one.path) is not None else one for one in inputs]

    def _look_up(self) -> Mapping[Path, KnownFile]:
        """What is loaded already; nothing where files are to be replaced, or the database is refused, as loads say."""
        from evcharge.load.known import known_files

        if self._options.replace:
            return {}
        try:
            return known_files(self._names, self._profiles, self._database)
        except DatabaseError:
            return {}

    def load(self, one: Input) -> LoadResult:
        """Loads one input.

        Raises:
            EvchargeError: as ``load_file``; a hint names the running command.
        """
        if one.fault:
            raise one.fault
        from evcharge.carriers.file import open_regular

        os.close(open_regular(one.path, one.name))  # what can't be opened needs no database, and no import below
        from evcharge.load import load_file
        from evcharge.load.known import result_of_known
        from evcharge.load.publisher import UnstatedSource

        if known := self._known.get(one.path):
            return result_of_known(known, one.name, self._database, self._options)
        companions = tuple(other for other in self._names if other != one.path)
        with Interrupts() as interrupts, showing_progress(one.name, interrupts.check):
            loaded = {path: file.told_until_seconds for path, file in self._known.items()}
            options = replace(self._options, name=one.name, companions=companions, loaded=loaded)
            try:
                return load_file(one.path, self._database, self._profiles, options)
            except UnstatedSource as error:
                error.hint = hint_as_typed(error)
                raise
