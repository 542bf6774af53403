from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Boolean, Date, Double, Text

from evcharge.models import Base
from evcharge.report.rates import STATION_FIGURES
from evcharge.station_frame import NEVER, STATION_FRAME

DOCS = Path(__file__).parents[2] / "docs"
COLUMNS = [column for table in Base.metadata.tables.values() for column in table.columns]
SAVED = ("report_run", "station_verdict")
UNITS = {
    **{"_kwh": "[kWh]", "_kw": "[kW]", "_minutes": "[minutes]", "_after_seconds": "[seconds]"},
    **{"_lead_seconds": "[whole seconds", "latitude": "[degrees", "longitude": "[degrees"},
}


def script(name):
    """A script that writes a page or a picture, as a module."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generator():
    return script("generate_data_dictionary")


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_every_column_says_what_it_means_and_ends_with_its_source(column):
    assert re.fullmatch(r"[A-Z].+[^.]\. Source: [^.].*[^.]\.", column.doc)
    assert column.comment is None


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_unit_in_the_name_is_the_unit_in_the_meaning(column):
    for ending, unit in UNITS.items():
        if column.name.endswith(ending):
            assert unit in column.doc


def test_every_table_says_what_one_row_is():
    for mapper in Base.registry.mappers:
        assert mapper.class_.__doc__, mapper
        assert mapper.class_.__tablename__ in Base.metadata.tables


def test_no_verdict_on_a_session_is_stored():
    flags = {column.name for column in COLUMNS if isinstance(column.type, Boolean) and column.table.name not in SAVED}
    assert flags == {"is_weekend", "named_as_station", "success", "has_transaction", "reached_charging"}


def test_a_saved_report_has_every_column_of_the_frame_of_stations_but_the_code_of_the_reason():
    kinds = {"object": Text, "int64": BigInteger, "float64": Double, "bool": Boolean, "datetime64[s]": Date}
    columns = {name: one for name, one in Base.metadata.tables["station_verdict"].columns.items() if name != "run_key"}
    frame = [column for column in STATION_FRAME if column.name not in ("station_key", "reason_code")]
    assert list(columns) == [column.name for column in frame]
    for column in frame:
        assert type(columns[column.name].type) is kinds[column.dtype], column.name
        assert columns[column.name].nullable == (column.missing_when != NEVER), column.name


def test_a_saved_report_has_every_figure_of_the_network():
    assert set(STATION_FIGURES) <= set(Base.metadata.tables["report_run"].columns.keys())


def test_the_data_dictionary_is_the_one_the_models_and_migrations_make(generator):
    written = (DOCS / "data-dictionary.md").read_text(encoding="utf-8")
    assert written == generator.data_dictionary(), "run: python docs/generate_data_dictionary.py"


def test_the_picture_of_the_star_is_the_one_the_models_make():
    written = (DOCS / "pictures" / "star.svg").read_text(encoding="utf-8")
    assert written == script("generate_diagram").star_svg(), "run: python docs/generate_diagram.py"


def test_the_data_dictionary_holds_every_table_view_and_column(generator):
    text = (DOCS / "data-dictionary.md").read_text(encoding="utf-8")
    sections = {section.partition("\n")[0]: section for section in text.split("\n## ")[1:]}
    assert sections.keys() == {*Base.metadata.tables, *generator.VIEWS}
    for column in COLUMNS:
        assert f"| `{column.name}` |" in sections[column.table.name]
    for name, section in sections.items():
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert rows, name
        assert all(re.search(r"Source: .+\. \|$", row) for row in rows), name


def test_a_column_of_a_view_without_a_meaning_stops_the_script(generator, monkeypatch):
    sentence, own = generator.VIEWS["v_charging"]
    lacking = {name: meaning for name, meaning in own.items() if name != "average_power_kw"}
    monkeypatch.setitem(generator.VIEWS, "v_charging", (sentence, lacking))
    with pytest.raises(SystemExit, match="average_power_kw"):
        generator.data_dictionary()


def test_a_view_that_is_not_in_the_dictionary_stops_the_script(generator, monkeypatch):
    monkeypatch.delitem(generator.VIEWS, "v_charging")
    with pytest.raises(SystemExit, match="v_charging"):
        generator.data_dictionary()
