"""Remembering who publishes the files of a folder: a line in its evcharge.toml, written when somebody says so.

What does not belong here: reading settings (``config``), and when a load asks (``load.publisher``).
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from evcharge.cli.given import given
from evcharge.cli.options import setting
from evcharge.cli.terminal import notice
from evcharge.errors import ConfigError, as_path


def refuse_to_remember(source: str | None) -> None:
    """Refuses what could not be remembered, before anything is loaded.

    Raises:
        ConfigError: the settings name another publisher.
    """
    if not source:
        raise click.BadParameter("it remembers what --source says.", param_hint="--remember-source")
    from evcharge.config import resolve

    there = resolve("source", None, given("config"))
    if there.value not in ("", source):
        raise ConfigError(
            "source_stated",
            f"source from {there.origin} is {there.value!r}, not {source!r}.",
            "Leave --remember-source out, or change the setting.",
        )


def remember_source(source: str) -> None:
    """Adds the line to evcharge.toml, or to the file of ``--config``; nothing where it says so already.

    Raises:
        ConfigError: the file can't be written.
    """
    if setting("source") == source:
        return
    from evcharge.config import CONFIG_FILE

    path = Path(given("config") or CONFIG_FILE)
    line = f"source = {json.dumps(source, ensure_ascii=False)}\n"
    try:
        with path.open("a+", encoding="utf-8", newline="") as file:
            file.seek(0)
            text = file.read()
            file.write(line if not text or text.endswith("\n") else f"\n{line}")
    except OSError as error:
        reason = f"{path} can't be written: {error.strerror or error}."
        raise ConfigError("cannot_write", reason, f"Add this line to it: {line.strip()}") from error
    notice(f"wrote {line.strip()} into {as_path(str(path))}")
