"""What becomes of a JSON document: picked, read and cleaned, told in a few words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evcharge.clean import clean
from evcharge.errors import SourceError
from evcharge.frames import Cleaned
from evcharge.sources import builtin_profiles, open_file, pick_profile, read
from tests.support.factories import AS_OF

SALT = "pepper"


@dataclass(frozen=True)
class Outcome:
    """What a file came to: its profile, the kept rows, the rejects, the warnings, and how many were skipped."""

    profile: str
    rows: pd.DataFrame
    rejects: pd.DataFrame
    warnings: dict[str, int]
    skipped: int

    @property
    def told(self) -> str:
        """``kept``, ``kept with WARNING``, ``rejected RULES`` or ``skipped``, with all that apply."""
        words = [f"rejected {' '.join(self.rejects.rule)}"] if len(self.rejects) else []
        words += [f"kept with {' '.join(self.warnings)}"] if self.warnings else []
        words += [f"skipped {self.skipped}"] if self.skipped else []
        return ", ".join(words) or "kept"

    @property
    def everything(self) -> str:
        """All that would be stored, as one text, to look for what must not be in it."""
        return self.rows.to_csv() + self.rejects.to_csv()


def outcome(folder: Path, data: str | bytes, profile: str | None = None, chunk_rows: int = 50_000) -> Outcome:
    """What a file of this data comes to; the profile is picked unless it is named."""
    path = folder / "document.json"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    profiles = builtin_profiles()
    with open_file(path) as file:
        chosen = pick_profile(file, [profiles[profile]] if profile else profiles.values())
        raws = list(read(file, chosen, chunk_rows, salt=SALT))
    cleaned: list[Cleaned] = [clean(raw, AS_OF) for raw in raws]
    warnings: dict[str, int] = {}
    for one in cleaned:
        for code, count in one.warnings.items():
            warnings[code] = warnings.get(code, 0) + count
    return Outcome(
        chosen.name,
        pd.concat([one.rows for one in cleaned], ignore_index=True),
        pd.concat([one.rejects for one in cleaned], ignore_index=True),
        warnings,
        sum(raw.skipped for raw in raws),
    )


def told(folder: Path, data: str | bytes, profile: str | None = None) -> str:
    """The outcome in words; ``refused CODE`` where the file is."""
    try:
        return outcome(folder, data, profile).told
    except SourceError as error:
        return f"refused {error.code}" if error.hint else f"refused {error.code} without saying what to do"
