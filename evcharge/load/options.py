"""What a load is asked for besides its file: the options of ``load_file``.

What does not belong here: what a load does with them (``sessions``), and the options of a command (``cli``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from evcharge.config import LOCK_WAIT_SECONDS
from evcharge.load.result import RejectLimit

if TYPE_CHECKING:
    from evcharge.evidence import CleanEvidence
    from evcharge.frames import Cleaned
    from evcharge.load.rejects import Reject


@dataclass(frozen=True)
class LoadOptions:
    """What a load may do besides loading.

    Attributes:
        name: what to call the file in messages and the ledger; without one, the last part of its path.
        replace: load a file again that was loaded before, in place of its first load.
        dry_run: do everything, then leave the database as it was.
        max_rejects: refuse the file when more rows are rejected.
        lock_wait_seconds: how long to wait for another load.
        call_began: since when loads are of the same call, whose files are taken for one publisher's where nobody names
            it; None for a call of this file alone.
        companions: other files of the same call, for formats whose sessions span files.
        loaded: those of them that are loaded already, each with when it ends (``known.told_until_seconds``).
        driver_salt: what driver tokens are hashed with; without it they are left out.
        on_cleaned: called with the file's name and what cleaning made of each chunk.
        on_evidence: called with the file's name and each part of its statuses, contacts, outages and reported uptime.
        on_rejects: called once with the file's name and the rows it refused, those of its first load where it is loaded
            already; not where the file can't be read to its end.
    """

    name: str | None = None
    replace: bool = False
    dry_run: bool = False
    max_rejects: RejectLimit | None = None
    lock_wait_seconds: float = LOCK_WAIT_SECONDS
    call_began: datetime | None = None
    companions: tuple[Path, ...] = ()
    loaded: Mapping[Path, float | None] = field(default_factory=dict)
    driver_salt: str | None = None
    on_cleaned: Callable[[str, Cleaned], None] = lambda _name, _cleaned: None
    on_evidence: Callable[[str, CleanEvidence], None] = lambda _name, _evidence: None
    on_rejects: Callable[[str, Iterable[Reject]], None] | None = None

    @property
    def hands_out(self) -> bool:
        """Whether a load hands out something on the way, so that it can't be done again unseen."""
        return self.dry_run or self.on_rejects is not None
