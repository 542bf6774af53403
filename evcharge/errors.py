"""Every error evcharge raises on purpose, and the exit code each one ends with.

::

    EvchargeError                1  refused; the database is as it was
    ├─ SourceError               1  a file or profile is not what it was said to be
    ├─ ConfigError               1  a setting can't be used
    ├─ DatabaseError             1  unreachable, busy, behind or ahead of this program
    ├─ ReportError               1  nowhere to write
    ├─ NotifyError               1  what changed could not be told; nothing is saved
    ├─ GateError                 3  a limit that was asked for was passed
    └─ NoDataError               4  nothing matches the selection

A bad row is never an error: it is a reject (see ``clean``). Wrong usage (exit 2) is click's.
What does not belong here: messages. The code that finds the fault writes them.
"""

from __future__ import annotations

from evcharge.python_words import DATABASE, in_python


class EvchargeError(Exception):
    """A refusal with a stable code, a reason that names value and place, and the next step.

    Args:
        code: stable snake_case name of the fault; scripts may rely on it.
        reason: what is wrong, with the value, where it stands and what would be right.
        hint: what to run or change next, in words of the command line; may be empty.
        python_hint: the same in words of Python; None where ``python_words.in_python`` makes them of ``hint``. A
            traceback shows this one, for only a Python program sees a traceback.

    Attributes:
        database: what a hint in words of Python names as ``db``: the database that the program gave.
    """

    exit_code = 1

    def __init__(self, code: str, reason: str, hint: str = "", python_hint: str | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.hint = hint
        self._python_hint = python_hint
        self.database = DATABASE

    @property
    def python_hint(self) -> str:
        """What to run or change next, in words of Python."""
        hint = in_python(self.hint) if self._python_hint is None else self._python_hint
        return hint.replace(f"db={DATABASE!r}", f"db={self.database!r}")

    def __str__(self) -> str:
        return f"{self.reason}\n  {self.python_hint}" if self.python_hint else self.reason


class SourceError(EvchargeError):
    """A file, or the profile that describes it, is not what it was said to be."""


class ConfigError(EvchargeError):
    """A setting is unknown or can't be used."""


class DatabaseError(EvchargeError):
    """The database is unreachable, busy, or not at the schema revision this program needs."""


class ReportError(EvchargeError):
    """A result could not be written where it was asked for."""


class NotifyError(EvchargeError):
    """What changed could not be sent to whom it was to be told."""


class GateError(EvchargeError):
    """A limit that the user asked for was passed."""

    exit_code = 3


class NoDataError(EvchargeError):
    """No session matches what was asked."""

    exit_code = 4


def as_path(path: object) -> str:
    """The path as a command takes it: one that begins with a hyphen is no option."""
    return f"./{path}" if str(path).startswith("-") and str(path) != "-" else str(path)
