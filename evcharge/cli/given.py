"""What a command was given on its line, as the parts of the command line ask for it.

What does not belong here: the options themselves (``options``), and settings of the environment and files (``config``).
"""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource


def remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keeps the value of a global option for ``given``; the callback of such options."""
    if value is not None and value is not False:
        context.ensure_object(dict)[parameter.name] = value


def given(name: str) -> Any:
    """What a global option was given, here or before the command's name; None where it was not."""
    return click.get_current_context().ensure_object(dict).get(name)


def on_command_line(name: str) -> bool:
    """Whether the command was given this parameter, not left to its default."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE
