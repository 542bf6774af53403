"""A whole file as the sources read it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from evcharge.frames import RAW_FRAME
from evcharge.sources import Profile, builtin_profiles, open_file, pick_profile, read


def read_path(path: Path, profile: Profile | None = None, chunk_rows: int = 50_000) -> pd.DataFrame:
    """All rows of a file in one frame of all columns; the profile is picked unless given."""
    with open_file(path) as file:
        profile = profile or pick_profile(file, builtin_profiles().values())
        frames = [chunk.frame for chunk in read(file, profile, chunk_rows)]
    return whole(pd.concat(frames, ignore_index=True)) if frames else pd.DataFrame({"line": [], "fault": [], "raw": []})


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    """A raw frame with the columns that are nowhere filled."""
    missing = {column.name: None for column in RAW_FRAME if column.name not in frame}
    return frame.assign(**missing)[[column.name for column in RAW_FRAME]]
