"""France's regions and departments, by the commune's code.

What does not belong here: which field of which registry has the code.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_COMMUNE = re.compile("(?P<department>97[1-46]|0[1-9]|[1-8][0-9]|9[0-5]|2[AB])[0-9]{2,3}")
"""Code of a commune: the department's two characters, or three overseas, then the commune's, five in all."""
CODE_CHARACTERS = 5

DEPARTMENTS = {
    "Auvergne-Rhône-Alpes": "01 03 07 15 26 38 42 43 63 69 73 74",
    "Bourgogne-Franche-Comté": "21 25 39 58 70 71 89 90",
    "Bretagne": "22 29 35 56",
    "Centre-Val de Loire": "18 28 36 37 41 45",
    "Corse": "2A 2B",
    "Grand Est": "08 10 51 52 54 55 57 67 68 88",
    "Guadeloupe": "971",
    "Guyane": "973",
    "Hauts-de-France": "02 59 60 62 80",
    "Île-de-France": "75 77 78 91 92 93 94 95",
    "La Réunion": "974",
    "Martinique": "972",
    "Mayotte": "976",
    "Normandie": "14 27 50 61 76",
    "Nouvelle-Aquitaine": "16 17 19 23 24 33 40 47 64 79 86 87",
    "Occitanie": "09 11 12 30 31 32 34 46 48 65 66 81 82",
    "Pays de la Loire": "44 49 53 72 85",
    "Provence-Alpes-Côte d'Azur": "04 05 06 13 83 84",
}
"""The departments of each region, by their codes. Source: INSEE, Code officiel géographique, regions since 2016."""
REGIONS = {department: region for region, departments in DEPARTMENTS.items() for department in departments.split()}


class Area(NamedTuple):
    """The name of a region, and the code of a department in it."""

    region: str
    department: str


def area_of(commune: str) -> Area | None:
    """The region and the department of a commune by its code (INSEE); None where it is no such code."""
    match = _COMMUNE.fullmatch(commune) if len(commune) == CODE_CHARACTERS else None
    department = match["department"] if match else ""
    return Area(REGIONS[department], department) if department in REGIONS else None
