"""The descriptor is read as a program would that knows nothing of evcharge, and every claim it makes is checked."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import date, datetime
from pathlib import Path

import pytest

from evcharge.export.star import STAR
from evcharge.models import Base
from tests.support.world import TOWER, write_world

BOOLEANS = {"true": True, "false": False}
CASTS = {
    "integer": lambda cell, _: int(cell),
    "number": lambda cell, _: float(cell),
    "boolean": lambda cell, _: BOOLEANS[cell],
    "date": lambda cell, _: date.fromisoformat(cell),
    "datetime": datetime.strptime,
    "string": lambda cell, _: cell,
}
CHECKS = {
    "required": lambda values, _: None not in values,
    "unique": lambda values, _: len(set(values)) == len(values),
    "enum": lambda values, words: set(values) <= {*words, None},
    "minimum": lambda values, bound: all(value is None or value >= bound for value in values),
    "maximum": lambda values, bound: all(value is None or value <= bound for value in values),
}


@pytest.fixture
def packed(url, engine, evcharge):
    """Exports the world as a data package; returns its descriptor."""
    write_world(engine)

    def run(*arguments):
        code, out, err = evcharge("export", "--format", "datapackage", "--db", url, *arguments)
        assert (code, out) == (0, ""), err
        return json.loads(Path("export/datapackage.json").read_text(encoding="ascii"))

    return run


def rows_of(resource):
    """The rows of a resource, each value as its field says."""
    dialect = resource["dialect"]
    assert dialect["lineTerminator"] == "\n"
    fields = resource["schema"]["fields"]
    with Path("export", resource["path"]).open(encoding=resource["encoding"], newline="") as file:
        header, *lines = csv.reader(
            file, delimiter=dialect["delimiter"], quotechar=dialect["quoteChar"], doublequote=dialect["doubleQuote"]
        )
    assert header == [field["name"] for field in fields]
    return [
        {
            field["name"]: None
            if cell in resource["schema"]["missingValues"]
            else CASTS[field["type"]](cell, field.get("format"))
            for field, cell in zip(fields, line, strict=True)
        }
        for line in lines
    ]


def breaches(descriptor):
    """Every claim of the descriptor that the files do not keep."""
    tables = {resource["name"]: rows_of(resource) for resource in descriptor["resources"]}
    found = []
    for resource in descriptor["resources"]:
        name, rows, schema = resource["name"], tables[resource["name"]], resource["schema"]
        content = Path("export", resource["path"]).read_bytes()
        if (resource["bytes"], resource["hash"]) != (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}"):
            found.append(f"{name}: bytes or hash")
        for field in schema["fields"]:
            for kind, claimed in field.get("constraints", {}).items():
                if not CHECKS[kind]([row[field["name"]] for row in rows], claimed):
                    found.append(f"{name}.{field['name']}: {kind}")
        if "primaryKey" in schema:
            keys = [tuple(row[column] for column in schema["primaryKey"]) for row in rows]
            if len(set(keys)) < len(keys) or any(None in key for key in keys):
                found.append(f"{name}: primary key")
        for key in schema.get("foreignKeys", ()):
            (here,), (there,) = key["fields"], key["reference"]["fields"]
            known = {row[there] for row in tables[key["reference"]["resource"]]} | {None}
            if not {row[here] for row in rows} <= known:
                found.append(f"{name}.{here}: foreign key")
    return found


def test_every_claim_of_the_descriptor_is_kept(packed):
    assert breaches(packed()) == []
    assert breaches(packed("--station", TOWER)) == []


@pytest.mark.parametrize(
    ("table", "old", "new", "breach"),
    [
        ("fact_charging", "2,a,", "3,a,", "fact_charging: bytes or hash"),
        ("fact_charging", "2,a,", "4,a,", "fact_charging.station_key: foreign key"),
        ("fact_charging", "1,B,", "1,9,", "fact_charging: primary key"),
        ("fact_charging", ",63.0,", ",-63.0,", "fact_charging.duration_minutes: minimum"),
        ("dim_time", ",24,8,2,", ",24,8,8,", "dim_time.weekday: maximum"),
        ("dim_station", "2,city", "1,city", "dim_station.station_key: unique"),
        ("dim_station", "2,city", "2,", "dim_station.source: required"),
        ("load_ledger", ",yes,", ",maybe,", "load_ledger.failures_included: enum"),
    ],
)
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_claim_that_a_file_breaks_is_found(packed, table, old, new, breach):
    descriptor = packed()
    path = Path("export", f"{table}.csv")
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())
    assert breach in breaches(descriptor)


def test_the_descriptor_says_what_the_models_say(packed):
    descriptor = packed()
    assert [resource["name"] for resource in descriptor["resources"]] == [model.__tablename__ for model in STAR]
    for resource in descriptor["resources"]:
        table = Base.metadata.tables[resource["name"]]
        fields = resource["schema"]["fields"]
        assert [field["description"] for field in fields] == [column.doc for column in table.columns]
        required = [field["name"] for field in fields if field.get("constraints", {}).get("required")]
        of_whole_stations = ["port_id"] if table.name in ("fact_status", "fact_outage") else []  # an empty text
        names = [column.name for column in table.columns if not column.nullable]
        assert required == [name for name in names if name not in of_whole_stations]
        keys = None if of_whole_stations else table.primary_key.columns.keys()
        assert resource["schema"].get("primaryKey") == keys
        keys = {(key["fields"][0], key["reference"]["resource"]) for key in resource["schema"].get("foreignKeys", ())}
        assert keys == {(key.parent.name, key.column.table.name) for key in table.foreign_keys}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_constraints_are_those_of_the_database_and_no_others(packed):
    told = {
        f"{resource['name']}.{field['name']}": {
            kind: claimed for kind, claimed in field.get("constraints", {}).items() if kind != "required"
        }
        for resource in packed()["resources"]
        for field in resource["schema"]["fields"]
    }
    share = {"minimum": 0, "maximum": 100}
    assert {name: claimed for name, claimed in told.items() if claimed} == {
        "dim_station.station_key": {"unique": True},
        "dim_time.time_key": {"unique": True},
        "dim_time.hour": {"minimum": 0, "maximum": 23},
        "dim_time.weekday": {"minimum": 1, "maximum": 7},
        "fact_charging.duration_minutes": {"minimum": 0},
        "fact_charging.energy_kwh": {"minimum": 0},
        "fact_charging.peak_power_kw": {"minimum": 0},
        "fact_charging.energy_at_most_kwh": {"minimum": 0},
        "fact_charging.start_soc_percent": share,
        "fact_charging.end_soc_percent": share,
        "fact_status.state": {"enum": ["up", "down", "unknown", "out_of_scope"]},
        "fact_status.evidence": {"enum": ["event", "poll", "snapshot"]},
        "fact_contact.evidence": {"enum": ["own_message", "back_office"]},
        "fact_outage.kind": {"enum": ["outage", "exemption"]},
        "fact_reported_uptime.uptime_percent": {"minimum": 0},
        "fact_reported_uptime.outage_minutes": {"minimum": 0},
        "fact_reported_uptime.excluded_minutes": {"minimum": 0},
        "load_count.kind": {"enum": ["sessions", "statuses", "contacts", "outages", "uptimes", "stations"]},
        "rejected_evidence.kind": {"enum": ["statuses", "contacts", "outages", "uptimes"]},
        "load_ledger.load_key": {"unique": True},
        "load_ledger.failures_included": {"enum": ["yes", "no", "unknown"]},
        "load_ledger.status": {"enum": ["loaded", "incomplete", "unloaded"]},
        "rejected_row.would_have_been": {"enum": ["success", "failure", "unknown"]},
        "fact_charging.authorisation_mode": {"enum": ["cached_auth", "request_start", "pre_plugin", "post_plugin"]},
    }


@pytest.mark.thorough
@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_descriptor_follows_the_standard(packed):
    descriptor = packed()
    assert descriptor["profile"] == "tabular-data-package"
    assert re.fullmatch(r"[a-z0-9._-]+", descriptor["name"])
    assert descriptor["sources"] == [{"title": "city"}]
    assert not {"created", "licenses"} & descriptor.keys()
    for resource in descriptor["resources"]:
        assert resource["profile"] == "tabular-data-resource"
        assert {field["type"] for field in resource["schema"]["fields"]} <= CASTS.keys()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_the_tables_are_those_of_csv(packed, evcharge, url):
    packed()
    assert evcharge("export", "--format", "csv", "--db", url, "--out", "csv")[0] == 0
    for path in Path("csv").iterdir():
        assert path.read_bytes() == Path("export", path.name).read_bytes()
