"""France's departments and regions, by codes of communes."""

from __future__ import annotations

import pytest

from evcharge.registries.france import DEPARTMENTS, REGIONS, area_of

MAINLAND, CORSICA, OVERSEAS = 94, 2, 5


def test_every_department_is_in_one_region():
    assert len(REGIONS) == MAINLAND + CORSICA + OVERSEAS
    assert len(REGIONS) == sum(len(codes.split()) for codes in DEPARTMENTS.values())
    assert {f"{number:02}" for number in range(1, 96)} - {"20"} <= set(REGIONS)


@pytest.mark.parametrize(
    ("commune", "area"),
    [
        ("59350", ("Hauts-de-France", "59")),
        ("75056", ("Île-de-France", "75")),
        ("01004", ("Auvergne-Rhône-Alpes", "01")),
        ("2A004", ("Corse", "2A")),
        ("97411", ("La Réunion", "974")),
        ("20004", None),
        ("96001", None),
        ("97501", None),
        ("1004", None),
        ("2a004", None),
        ("59350 ", None),
        ("", None),
    ],
)
def test_a_commune_is_in_the_department_that_its_code_begins_with(commune, area):
    assert area_of(commune) == area
