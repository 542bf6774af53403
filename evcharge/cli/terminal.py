"""What people see: lines and errors; results on stdout, the rest on stderr.

What does not belong here: what is said.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from types import FrameType
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from evcharge.cli.given import given
from evcharge.errors import EvchargeError

if TYPE_CHECKING:
    from rich.console import Console

    from evcharge.load.publisher import UnstatedSource

EXIT_INTERRUPTED = 128
"""What the number of the signal that ended a command is added to, as shells do."""
ASKED_TO_END = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that end a command as Ctrl-C does: a scheduler's or a container's, and that of a terminal that closes."""
USUAL_HANDLERS = (signal.SIG_DFL, signal.default_int_handler)
"""What handles a signal where nobody changed it."""


def show_error(error: EvchargeError, database: str | None = None) -> None:
    """Prints what is wrong, where, and what to run next; ``database`` is what ``--db`` said."""
    tell(f"Error [{error.code}]: {error.reason}", err=True)
    if error.hint:
        tell(f"  {with_database(error.hint, database)}", err=True)


def show_errors(errors: Sequence[EvchargeError], database: str | None = None) -> None:
    """Prints errors one below the other; what to run next is printed once where it is the same for the next one."""
    for error, following in zip_longest(errors, errors[1:]):
        again = following is not None and following.hint == error.hint
        show_error(EvchargeError(error.code, error.reason) if again else error, database)


def hint_as_typed(error: UnstatedSource) -> str:
    """The error's hint with the running command as it was typed, but for a password, and the publisher's name."""
    from evcharge.config import CONFIG_FILE
    from evcharge.db import masked

    url = given("db")
    arguments = [typed.replace(url, masked(url)) if url else typed for typed in given("arguments") or ()]
    takes_a_source = any("--source" in option.opts for option in click.get_current_context().command.params)
    if not (arguments and takes_a_source):
        return error.hint
    end = arguments.index("--") if "--" in arguments else len(arguments)
    command = shlex.join(["evcharge", *arguments[:end], "--source", error.name, *arguments[end:]])
    return error.hint_with(command, str(given("config") or CONFIG_FILE))


_ABOUT_A_DATABASE = re.compile(
    r"evcharge (?:db upgrade|report|explain|visits|reasons|compare|chargex|uptime|outages|export|unload(?= --))\b"
    r"(?!.*--db)"
)
"""Commands that read or change a database; a text that names the database itself is left alone."""


def with_database(text: str, url: str | None) -> str:
    """A text in which commands name the database that this run was told by ``--db``, so that they work as printed.

    A password is masked. A URL that can't be read is left out.
    """
    if not url:
        return text
    from evcharge.db import masked

    try:
        shown = shlex.quote(masked(url))
    except EvchargeError:
        return text
    text = text.replace("alembic upgrade head", f"alembic -x db={shown} upgrade head")
    return _ABOUT_A_DATABASE.sub(lambda command: f"{command[0]} --db {shown}", text)


def tell(line: str = "", *, err: bool = False, as_it_is: bool = False) -> None:
    """Prints one line for people; what is no printable character is escaped, what the terminal lacks is a ``?``.

    So nothing in a file's name or content can move the cursor, change colours or end in an encoding error. On a narrow
    terminal a result is broken between words, unless it names a command: that can be copied where it is whole.

    Args:
        line: the line.
        err: whether it goes to stderr.
        as_it_is: whether it has a form of its own, and is left to the terminal to break.
    """
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    shown = shown.encode(encoding, "replace").decode(encoding)
    screen = None if err or as_it_is or "evcharge " in shown else narrow_console()
    click.echo(_between_words(shown, screen) if screen else shown, err=err)


def _between_words(line: str, screen: Console) -> str:
    """The line as the lines that it takes, each as far in as the first."""
    from evcharge.report.terminal.table import wrapped

    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    return "\n".join(indent + part for part in wrapped(text, screen.width - len(indent), screen))


def notice(text: str) -> None:
    """Says something on stderr, unless ``--quiet``."""
    if not given("quiet"):
        tell(text, err=True)


def standard_input() -> BinaryIO:
    """The bytes of standard input; where it was closed before we began, none."""
    return getattr(sys.stdin, "buffer", None) or io.BytesIO()


AGAIN_AFTER_SECONDS = 0.01
"""After this time a dropped interrupt is raised again. House rule: a callback is over by then, and nobody waits."""


class Ended(KeyboardInterrupt):
    """A signal asks the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


_ended_by: list[int] = []
"""Signals that asked the running command to end, in their order."""


def raise_ended(number: int, _frame: FrameType | None) -> None:
    """Handles a signal of ``ASKED_TO_END``."""
    _ended_by.append(number)
    raise Ended(number)


def ended_by() -> int | None:
    """The last signal that asked the running command to end, even where Python made another error of it.

    An interrupt within an import may come out as a TypeError or an ImportError.
    """
    return _ended_by[-1] if _ended_by else None


def exit_code_of(error: BaseException | None) -> int:
    """What an interrupted command ends with: 130 for Ctrl-C, and as much for what else asked it to end."""
    while error is not None and not isinstance(error, Ended):
        error = error.__cause__
    return EXIT_INTERRUPTED + (error.number if error else signal.SIGINT)


@contextmanager
def ending_as_by_ctrl_c() -> Iterator[None]:
    """While the block runs, the signals of ``ASKED_TO_END`` interrupt it; those that are ignored stay so.

    Python drops an interrupt that falls into a finalizer's callback, and prints a traceback. Here it is raised again
    after ``AGAIN_AFTER_SECONDS``, and nothing is printed.
    """
    in_main = threading.current_thread() is threading.main_thread()  # no other may set what handles a signal
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, *ASKED_TO_END) if in_main}
    usual = {number: handler for number, handler in handlers.items() if handler in USUAL_HANDLERS}
    _ended_by.clear()
    for number in usual:
        signal.signal(number, raise_ended)
    hook, sys.unraisablehook = sys.unraisablehook, _raise_again_or(sys.unraisablehook)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        if hasattr(signal, "setitimer") and isinstance(signal.getsignal(signal.SIGALRM), _Again):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        for number, handler in usual.items():
            signal.signal(number, handler)


class _Again:
    """Handles the timer after which a dropped interrupt is raised again."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, _number: int, frame: FrameType | None) -> None:
        """Raises it."""
        raise_ended(self._number, frame)


def _raise_again_or(hook: Callable[[sys.UnraisableHookArgs], object]) -> Callable[[sys.UnraisableHookArgs], None]:
    """What raises a dropped interrupt again, where the system has a timer for it, and leaves all else to the hook."""

    def raise_again(dropped: sys.UnraisableHookArgs) -> None:
        error = dropped.exc_value
        if not isinstance(error, KeyboardInterrupt):
            hook(dropped)
        elif hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, _Again(exit_code_of(error) - EXIT_INTERRUPTED))
            signal.setitimer(signal.ITIMER_REAL, AGAIN_AFTER_SECONDS)

    return raise_again


class Interrupts:
    """Ctrl-C, or another signal to end, while the block runs: raised at once, and again at the next ``check``.

    Python drops an exception that falls into some callbacks, such as a finalizer's; a load must not run on for that.
    """

    def __init__(self) -> None:
        self._noted: int | None = None

    def __enter__(self) -> Interrupts:
        """Takes the place of the usual handlers; signals that are ignored, or handled by another, stay so."""
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, *ASKED_TO_END)}
        usual = (raise_ended, signal.default_int_handler)
        self._replaced = {number: handler for number, handler in handlers.items() if handler in usual}
        for number in self._replaced:
            signal.signal(number, self._note)
        self._hook, sys.unraisablehook = sys.unraisablehook, self._pass_over
        return self

    def __exit__(self, *_: object) -> None:
        """Puts the usual handlers back."""
        for number, handler in self._replaced.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._hook

    def _pass_over(self, dropped: sys.UnraisableHookArgs) -> None:
        """Says nothing of a dropped interrupt, since it is noted."""
        if not isinstance(dropped.exc_value, KeyboardInterrupt):
            self._hook(dropped)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._noted = number
        raise_ended(number, frame)

    def check(self) -> None:
        """Raises an interrupt that was noted."""
        if self._noted:
            raise Ended(self._noted)


def console() -> Console:
    """The terminal; as wide as it is, or 110 columns where there is none. Commands that it prints name the database."""
    from rich.console import Console
    from rich.text import Text

    class NamingConsole(Console):
        """A terminal for which what ``--db`` said is part of each command, so that it works as printed."""

        def print(self, *objects: Any, **options: Any) -> None:
            url = given("db")
            named = (
                Text(with_database(one.plain, url)) if isinstance(one, Text) and "evcharge " in one.plain else one
                for one in objects
            )
            super().print(*named, **options)

    return NamingConsole(width=None if sys.stdout.isatty() else 110)


def narrow_console() -> Console | None:
    """The terminal, where it has fewer columns than a usual one; None elsewhere, and where there is none."""
    from evcharge.report.terminal import USUAL_WIDTH

    if sys.stdout is None or not sys.stdout.isatty() or shutil.get_terminal_size().columns >= USUAL_WIDTH:
        return None
    return console()
