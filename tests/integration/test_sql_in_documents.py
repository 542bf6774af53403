"""The SQL in the documents runs: queries on both databases, roles on PostgreSQL."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from evcharge.db import open_engine, parse_url
from evcharge.load.saved_reports import save_report
from evcharge.metrics.selection import Selection
from evcharge.report.saved import as_saved
from evcharge.report.story import build_story
from tests.support.databases import administer
from tests.support.world import STATIONS, write_world

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
GRAFANA = HOW_TO.parent / "recipes" / "grafana"
BLOCK = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
READER, BI = "evcharge_reader", "evcharge_bi"


def sql_of(document):
    return BLOCK.findall((HOW_TO / document).read_text(encoding="utf-8"))


@pytest.mark.thorough
@pytest.mark.parametrize("query", sql_of("bi-tools.md"), ids=lambda query: " ".join(query.split())[:40])
def test_a_query_of_the_page_on_bi_tools_finds_rows(url, engine, query):
    write_world(engine)
    save_report(url, *as_saved(build_story(url, target=0.95, selection=Selection())))
    with open_engine(url).connect() as connection:
        assert connection.exec_driver_sql(query).all()


def test_the_metric_of_superset_is_successes_over_attempts(engine):
    write_world(engine)
    page = (HOW_TO / "superset.md").read_text(encoding="utf-8")
    (metric,) = re.findall(r"^```\n(1\.0 .*)\n```$", page, re.MULTILINE)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT " + metric + " FROM v_port_daily").scalar() == 0.5


def as_grafana_sends_it(query):
    """A query with the macros replaced by what Grafana's PostgreSQL data source makes of them, for December 2024."""
    begin, end = "'2024-12-01T00:00:00Z'", "'2024-12-24T08:30:00.123Z'"
    query = query.replace("$__timeFrom()", begin).replace("$__timeTo()", end)
    query = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {begin} AND {end}", query)
    query = re.sub(r"\$__timeGroupAlias\((\w+), '1d'\)", r'floor(extract(epoch from \1)/86400)*86400 AS "time"', query)
    assert "$" not in query
    return query


@pytest.fixture
def panels(url, engine, roles):
    """The rows of each panel of the page on Grafana, as the role for dashboards reads them."""
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE fact_status SET state = 'down' WHERE station_key = 2")
        connection.exec_driver_sql(f"GRANT SELECT ON fact_status, dim_station TO {BI}_{os.getpid()}")
    save_report(url, *as_saved(build_story(url, target=0.95, selection=Selection())))
    with open_engine(roles[BI]).connect() as connection:
        queries = sql_of("grafana.md")
        return [connection.exec_driver_sql(as_grafana_sends_it(query)).mappings().all() for query in queries]


@pytest.fixture
def roles(url, engine):
    """The URLs of the two roles of the page on PostgreSQL, under names of their own, on a star with rows."""
    write_world(engine)
    own = {name: f"{name}_{os.getpid()}" for name in (READER, BI)}
    for block in sql_of("postgres.md"):
        for name, unique in own.items():
            block = block.replace(name, unique)
        with engine.begin() as connection:
            connection.exec_driver_sql(block)
    yield {name: parse_url(url).set(username=unique).render_as_string() for name, unique in own.items()}
    with engine.begin() as connection:
        for unique in own.values():
            connection.exec_driver_sql(f"DROP OWNED BY {unique}")
    for unique in own.values():
        administer(f"DROP ROLE {unique}")


def refused(url, statement):
    """What the server says of a statement that a plain client sends."""
    with pytest.raises(ProgrammingError) as caught, create_engine(url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql(statement)
    return str(caught.value.orig)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_read_only_role_can_report_and_export_and_not_load(roles, evcharge):
    reader = roles[READER]
    for arguments in (("report", "--no-png", "--html", "r.html"), ("reasons",), ("visits",), ("compare",)):
        code, _, err = evcharge(*arguments, "--db", reader)
        assert code == 0, err
    assert evcharge("export", "--format", "csv", "--db", reader)[0] == 0
    evcharge("sample", "--rows", "20")
    code, _, err = evcharge("load", "--db", reader)
    assert code == 1
    assert err.startswith("Error [database_not_permitted]: ")
    assert "permission denied" in refused(reader, "SET TRANSACTION READ WRITE; DELETE FROM rejected_row")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_read_only_role_can_read_a_view_that_is_made_anew(roles, engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW v_new AS SELECT station_id FROM dim_station")
    with open_engine(roles[READER]).connect() as connection:
        assert len(connection.exec_driver_sql("SELECT * FROM v_new").all()) == 3


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_role_for_dashboards_reads_the_views_and_no_table(roles):
    bi = roles[BI]
    with open_engine(bi).connect() as connection:
        for view in ("v_station_reliability", "v_port_daily", "v_failure_reasons", "v_charging", "v_outages"):
            assert connection.exec_driver_sql(f"SELECT * FROM {view}").all()
    for table in ("fact_charging", "rejected_row", "dim_station"):
        assert "permission denied" in refused(bi, f"SELECT * FROM {table}")


@pytest.mark.thorough
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_panels_of_grafana_show_what_is_there(panels):
    attention, rates, attempts, weeks, reasons, outages, down = panels
    assert [(row["station"], row["verdict"], row["first step"]) for row in attention] == [
        (STATIONS[0]["name"], "below target", "review")
    ]
    assert (rates[0]["rate"], rates[0]["attempts"]) == (50.0, 8)
    assert [(float(row["time"]), row["successes"], row["failures"], row["unknown"]) for row in attempts] == [
        (1_734_998_400.0, 4, 4, 1)
    ]
    assert [(row["time"].isoformat(), float(row["success rate"])) for row in weeks] == [("2024-12-23T00:00:00", 50.0)]
    assert [(row["reason"], row["failures"]) for row in reasons] == [("Local", 4)]
    assert [(row["port"], row["goes on"], row["hours"]) for row in outages] == [("-1", True, 1.0)]
    assert [(row["port"], row["word"]) for row in down] == [("-1", "=UP")]


def test_the_dashboard_of_grafana_has_the_queries_of_its_page():
    dashboard = json.loads((GRAFANA / "evcharge.json").read_text(encoding="utf-8"))
    queries = [panel["targets"][0]["rawSql"] for panel in dashboard["panels"]]
    assert queries == [query.rstrip() for query in sql_of("grafana.md")]
    headings = re.findall("^## (.+)$", (HOW_TO / "grafana.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [panel["title"] for panel in dashboard["panels"]] == headings[1:-1]


def test_the_dashboard_of_grafana_reads_the_data_source_that_is_set_up_beside_it():
    source = (GRAFANA / "datasource.yaml").read_text(encoding="utf-8")
    kind, uid = (re.search(rf"^ +{key}: (\S+)$", source, re.MULTILINE)[1] for key in ("type", "uid"))
    for panel in json.loads((GRAFANA / "evcharge.json").read_text(encoding="utf-8"))["panels"]:
        assert panel["datasource"] == panel["targets"][0]["datasource"] == {"type": kind, "uid": uid}
    assert re.search(r"^ +user: (\S+)$", source, re.MULTILINE)[1] == BI
