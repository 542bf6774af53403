"""Settings: a flag wins over the environment, that over ``evcharge.toml``, that over the default.

What does not belong here: what a setting does.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, NamedTuple

from evcharge import toml
from evcharge.errors import ConfigError

CONFIG_FILE = Path("evcharge.toml")

DEFAULT_TARGET = 0.95
"""Success ratio to judge against. A house default, not a rule of any regulator. NEVI's 97 % is port uptime and must not
be used for sessions."""
LOCK_WAIT_SECONDS = 60.0
"""How long a loader waits for another one before it says "busy"."""

DEFAULTS: dict[str, str | float] = {
    "database_url": "sqlite:///ev_charging.db",
    "target": DEFAULT_TARGET,
    # Who published files of a layout that many publish in; where nobody says, such a file is refused.
    "source": "",
    # What driver tokens are hashed with before they are stored; without it no driver is stored at all.
    "driver_salt": "",
    "lock_wait_seconds": LOCK_WAIT_SECONDS,
    # What a kWh brings, and in which currency (ISO 4217); 0 for none, so that no money is told.
    "price_per_kwh": 0.0,
    "currency": "",
    # Whom --notify tells what changed, where it names nobody: a webhook's URL is as good as a password.
    "notify": "",
    # The server that takes a mail of --notify: host:port, how it is spoken to, who sends, and as whom it is asked.
    "smtp_host": "",
    "smtp_security": "starttls",
    "smtp_from": "",
    "smtp_user": "",
    "smtp_password": "",
}
"""Every setting there is, and what it is when nobody says otherwise."""


SECRETS = ("driver_salt", "notify", "smtp_password")
"""Settings that nothing shows."""


class Setting(NamedTuple):
    """A setting with where its value comes from: flag, environment, the file's name, or default."""

    name: str
    value: Any
    origin: str


def resolve(name: str, flag: Any = None, file: Path | None = None) -> Setting:
    """The value of one setting and its origin.

    Args:
        name: a key of ``DEFAULTS``.
        flag: what the command line said, or None.
        file: the file named by ``--config``, or None for ``evcharge.toml`` in the working folder, if there.

    Raises:
        ConfigError: the file is missing or unreadable, holds an unknown key, or a value is of the wrong kind.
    """
    if flag is not None:
        return Setting(name, flag, "flag")
    variable = f"EVCHARGE_{name.upper()}"
    if os.environ.get(variable):
        return Setting(name, _typed(name, os.environ[variable], variable), f"environment {variable}")
    path = file or CONFIG_FILE
    values = _read(path) if file or path.exists() else {}
    if name in values:
        return Setting(name, _typed(name, values[name], str(path)), str(path))
    return Setting(name, DEFAULTS[name], "default")


def _read(path: Path) -> dict[str, Any]:
    try:
        values = toml.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, toml.TOMLDecodeError) as error:
        raise ConfigError(
            "config_unreadable",
            f"{path} can't be read as TOML: {error}.",
            "Mend the file, or name another: --config FILE.",
        ) from error
    unknown = sorted(set(values) - set(DEFAULTS))
    if unknown:
        raise ConfigError(
            "config_unknown_key", f"{path} has the unknown key {unknown[0]!r}.", f"Known keys: {', '.join(DEFAULTS)}."
        )
    return values


def _typed(name: str, value: Any, origin: str) -> Any:
    wanted = type(DEFAULTS[name])
    if wanted is str and isinstance(value, str):
        return value
    try:
        if wanted is float and not isinstance(value, bool):
            number = float(value)
            if 0 <= number < math.inf:
                return number
    except (TypeError, ValueError):
        pass
    kind = "a number from 0 up" if wanted is float else "text"
    shown = "***" if name in SECRETS else repr(value)
    reason = f"{name} from {origin} is {shown}; it must be {kind}."
    raise ConfigError("config_wrong_kind", reason, "Correct it there. To see every setting: evcharge config")
