"""Real files, where they are at hand: they are their publishers' and not part of the project.

Set EVCHARGE_REAL_DATA to the folder that has them; without it these tests are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import Engine

from evcharge.db import open_engine
from evcharge.load import LoadResult, load_file
from evcharge.sources import with_overrides
from tests.support.publishers import all_published


@pytest.fixture
def real_data() -> Path:
    """The folder of real files."""
    folder = os.environ.get("EVCHARGE_REAL_DATA")
    if not folder:
        pytest.skip("EVCHARGE_REAL_DATA names no folder of real files")
    return Path(folder)


@pytest.fixture
def load(real_data, url):
    """Loads real files, and answers with the results and an engine to look at what is in."""

    def load_real(pattern: str, **overrides: str) -> tuple[list[LoadResult], Engine]:
        paths = sorted(real_data.glob(pattern))
        assert paths, f"no file of the folder fits {pattern}"
        profiles = [with_overrides(profile, **overrides) for profile in all_published()]
        results = [load_file(path, url, profiles) for path in paths]
        for result in results:
            counts = (result.inserted, result.updated, result.unchanged, result.superseded, result.rejected)
            assert result.read == sum(counts)
        return results, open_engine(url)

    return load_real
