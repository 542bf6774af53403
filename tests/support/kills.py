"""Loads that are killed: how often, after how long, and how the database is left alone afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from evcharge.db import open_engine
from evcharge.load.transaction import LOAD_LOCK
from tests.support.loading import processes

KILLS = int(os.environ.get("EVCHARGE_KILLS", "10"))
"""How often a load is killed."""
SEED = 20250401
"""Of the chance that says when."""


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def settle(url: str) -> None:
    """Waits until no load is under way, not even in a server whose client is gone."""
    if not is_sqlite(url):
        with open_engine(url, writes=True).begin() as connection:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOAD_LOCK})"))


def begin_and_kill(
    target: Callable[..., object], arguments: tuple[Any, ...], delay: float | None
) -> tuple[bool, float]:
    """Calls a function in another process, killed after a delay; returns whether that cut it short, and its seconds."""
    process = processes().Process(target=target, args=arguments)
    began = time.monotonic()
    process.start()
    process.join(delay)
    cut_short = process.is_alive()
    process.kill()
    process.join()
    seconds = time.monotonic() - began
    process.close()
    return cut_short, seconds
