"""Where the stations of the sample stand: names, towns and coordinates, all made up.

They hang on the number of the station alone, so that files of other seeds tell the same of the same station. Does not
belong here: chance.
"""

from __future__ import annotations

from typing import NamedTuple

NETWORK = "Exampla"

FIRST_WORDS = (
    *("Harbour", "Mill", "Orchard", "Bridge", "Castle", "Market", "Chapel", "Quarry", "Meadow", "Foundry", "Willow"),
    *("Abbey", "Ferry", "Garden", "Beacon", "Cedar", "Kiln", "Priory", "Brook", "Elm", "Granary", "Heron", "Thistle"),
)
SECOND_WORDS = (
    *("Street", "Lane", "Road", "Square", "Park", "Way", "Court", "Gate", "Hill", "Green", "Yard", "Row", "Place"),
)
SIDES = ("", " North", " South", " East", " West")

# City, region, and the middle of the city [0.0001 degrees north, east]: in the time zone of the sample.
CITIES = (
    ("Tarnby", "Northmark", 430_120, -749_340),
    ("Wexholm", "Eastmere", 424_480, -736_910),
    ("Pellham", "Southfold", 411_950, -746_250),
    ("Ostrey", "Westmoor", 421_370, -763_480),
    ("Quillow", "Midvale", 420_660, -750_070),
    ("Fennick", "Northmark", 427_840, -755_620),
    ("Greyford", "Eastmere", 419_230, -735_180),
    ("Stowmere", "Southfold", 413_710, -753_890),
    ("Dunmarsh", "Westmoor", 417_590, -760_210),
    ("Halverton", "Midvale", 422_910, -744_560),
    ("Ivelby", "Northmark", 431_480, -742_730),
    ("Larkwick", "Southfold", 410_620, -739_440),
)
DEGREE_PARTS = 10_000  # 0.0001 degrees are about 10 m

# Around the middle of its city: the steps and the sizes have no divisor in common, so that no two stations coincide.
NORTH_STEP, NORTH_SIZE = 617, 1_201
EAST_STEP, EAST_SIZE = 911, 1_607


class Place(NamedTuple):
    """Where a station stands; latitude and longitude are degrees as text, WGS 84."""

    name: str
    city: str
    region: str
    latitude: str
    longitude: str


def place_of(index: int) -> Place:
    """The place of the station of this index, counted from 0; no two have one name or one pair of coordinates."""
    city, region, north, east = CITIES[index % len(CITIES)]
    north += index * NORTH_STEP % NORTH_SIZE - NORTH_SIZE // 2
    east += index * EAST_STEP % EAST_SIZE - EAST_SIZE // 2
    return Place(_name_of(index), city, region, f"{north / DEGREE_PARTS:.4f}", f"{east / DEGREE_PARTS:.4f}")


def _name_of(index: int) -> str:
    """Every pair of words, then every pair on each side of town, then the same with a number."""
    turn, first = divmod(index, len(FIRST_WORDS))
    turn, second = divmod(turn, len(SECOND_WORDS))
    number, side = divmod(turn, len(SIDES))
    words = f"{FIRST_WORDS[first]} {SECOND_WORDS[(first + second) % len(SECOND_WORDS)]}{SIDES[side]}"
    return f"{words} {number + 1}" if number else words
