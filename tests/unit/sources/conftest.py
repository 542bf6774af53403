"""Short ways to write a file, read it, and catch the refusal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from evcharge.errors import SourceError
from evcharge.sources import Profile
from tests.support.reading import read_path

Read = Callable[..., pd.DataFrame]


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
