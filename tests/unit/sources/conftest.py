"""Short ways to write a file, read it, and catch the refusal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from evcharge.errors import SourceError
from evcharge.sources import Profile, builtin_profiles, open_file, pick_profile, read

Read = Callable[..., pd.DataFrame]


def read_path(path: Path, profile: Profile | None = None, chunk_rows: int = 50_000) -> pd.DataFrame:
    """All rows of a file in one frame; the profile is picked unless given."""
    with open_file(path) as file:
        profile = profile or pick_profile(file, builtin_profiles().values())
        frames = [chunk.frame for chunk in read(file, profile, chunk_rows)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"line": [], "fault": [], "raw": []})


@pytest.fixture
def read_bytes(tmp_path: Path) -> Read:
    def read_it(data: bytes | str, profile: Profile | None = None, chunk_rows: int = 50_000) -> pd.DataFrame:
        path = tmp_path / "sessions.csv"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_path(path, profile, chunk_rows)

    return read_it


@pytest.fixture
def refusal(read_bytes: Read) -> Callable[..., SourceError]:
    def refuse(data: bytes | str, profile: Profile | None = None) -> SourceError:
        with pytest.raises(SourceError) as caught:
            read_bytes(data, profile)
        return caught.value

    return refuse
