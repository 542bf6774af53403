"""Pages of single stations: which stations have one, and where it is.

What does not belong here: what stands on such a page (``station``), and writing it (``cli``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import quote

import pandas as pd

from evcharge.report.story import Story

MOST_PAGES = 50
"""Stations with a page of their own, the costliest first: more than the page lists. House rule, provisional."""
MOST_LETTERS = 40
"""Letters of a station's id in the name of its file."""
_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


def with_pages(story: Story) -> pd.DataFrame:
    """The stations that have a page: those that need attention, the costliest first, at most ``MOST_PAGES``."""
    return story.attention.head(MOST_PAGES)


def file_of(source: str, station_id: str) -> str:
    """The name of a station's file: letters and digits of its id, and a hash that no other station has."""
    letters = _UNSAFE.sub("-", station_id)[:MOST_LETTERS].strip("-").lower()
    told_apart = hashlib.sha256(f"{source}\n{station_id}".encode()).hexdigest()[:8]
    return f"{letters or 'station'}-{told_apart}.html"


def links_of(story: Story, folder: str | None) -> Mapping[int, str]:
    """The address of each page, by station_key; empty where no folder is given.

    Args:
        story: what is told.
        folder: where the pages are, seen from the page that links to them.
    """
    if folder is None:
        return {}
    rows = with_pages(story)[["station_key", "source", "station_id"]].itertuples(index=False)
    return {key: f"{quote(folder)}/{file_of(source, station_id)}" for key, source, station_id in rows}
