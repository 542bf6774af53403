"""In a notebook: figures, the page, a short table, sessions, and errors that speak Python."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from sqlalchemy.orm import Session

import evcharge
from evcharge import api_figures, reliability
from evcharge.api_figures import NAMES
from evcharge.db import open_engine
from evcharge.errors import ConfigError, DatabaseError, EvchargeError, NoDataError, ReportError, SourceError
from evcharge.load import load_file
from evcharge.metrics.session_rows import SESSION_COLUMNS
from evcharge.models import LoadLedger
from evcharge.report.chart_frames import port_weeks
from evcharge.sources import builtin_profiles
from evcharge.synth import write_sample
from tests.support.star import ledger

HEAD = "session_id,station_id,station_name,start_time,end_time,energy_kwh,success"
HOSTILE = "<script>alert('x')</script> & \u05d0\u05d1"
FRAME = pd.DataFrame(
    {
        "id": ["a", "b", "c"],
        "Station": [7, 7, 8],
        "start_time": ["2024-05-01T08:00Z", "2024-05-02T08:00Z", "2024-05-03T08:00Z"],
        "end_time": ["2024-05-01T09:00Z", "2024-05-02T08:01Z", None],
        "energy_kwh": [7.5, 0.0, None],
    }
)
OURS = {"id": "session_id", "Station": "station_id"}
MOSTLY_BAD = pd.concat([FRAME.assign(id=[f"{n}a", f"{n}b", f"{n}c"], energy_kwh=5000) for n in range(40)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("notebook")


@pytest.fixture(scope="module")
def star(folder, migrated_sqlite):
    """The sample: stations that need attention, ports, reasons, hours that bunch."""
    path = folder / "star.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    write_sample(folder / "s.csv", rows=3000)
    load_file(folder / "s.csv", f"sqlite:///{path}", [builtin_profiles()["native"]])
    return str(path)


@pytest.fixture(scope="module")
def found(star):
    return evcharge.reliability(star)


@pytest.fixture
def small(tmp_path, sqlite_url):
    """Twenty failed sessions of a station with a hostile name."""
    rows = [f"{n},S,{HOSTILE},2025-06-{1 + n:02}T08:00Z,2025-06-{1 + n:02}T08:01Z,0,false" for n in range(20)]
    (tmp_path / "small.csv").write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    load_file(tmp_path / "small.csv", sqlite_url, [builtin_profiles()["native"]])
    return sqlite_url


# Figures


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_one_of_matplotlib_that_a_notebook_shows(found, name):
    figure = found.figure(name)
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.thorough
def test_the_first_figure_is_the_picture_of_the_command(found, star, evcharge):
    evcharge("report", "--db", f"sqlite:///{star}")
    shown = Path("station_reliability.png").read_bytes()
    found.figure()._repr_png_()  # drawing does not change it
    from evcharge.report.charts.save import save_png

    with Path("again.png").open("wb") as file:
        save_png(found.figure("stations"), file)
    assert Path("again.png").read_bytes() == shown


@pytest.mark.thorough
def test_a_figure_of_a_station_is_of_the_one_that_is_asked_for(found, monkeypatch):
    drawn = []
    monkeypatch.setattr(api_figures, "port_weeks", lambda detail: drawn.append(detail) or port_weeks(detail))
    keys = found.story.attention["station_key"].tolist()
    ids = found.story.attention["station_id"].tolist()
    found.figure("ports")
    found.figure("ports", ids[-1])
    assert [set(detail["station_key"]) for detail in drawn] == [{keys[0]}, {keys[-1]}]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("asked", "code", "told"),
    [
        (("pie",), "unknown_figure", "stations, dots, funnel, panels, weekly, reasons, definitions, ports, hours"),
        (("funnel", "ST-001"), "not_of_a_station", "'ports' and 'hours'"),
        (("ports", "nowhere"), "unknown_station", "found.spells"),
    ],
)
def test_a_figure_that_is_none_is_an_error_with_those_there_are(found, asked, code, told):
    with pytest.raises(ConfigError) as caught:
        found.figure(*asked)
    assert caught.value.code == code
    assert told in str(caught.value)


@pytest.mark.thorough
def test_what_the_data_lacks_is_an_error_and_no_empty_figure(small):
    found = evcharge.reliability(small)
    for name in ("reasons", "ports", "hours"):
        with pytest.raises(ReportError) as caught:
            found.figure(name)
        assert caught.value.code == "nothing_to_draw"


@pytest.mark.thorough
def test_without_matplotlib_there_is_an_error_with_what_to_type(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ReportError, match="matplotlib") as caught:
        found.figure()
    assert caught.value.code == "no_matplotlib"
    assert "%pip install" in str(caught.value)


# The page and the short table


@pytest.mark.thorough
def test_the_page_is_that_of_the_command_but_for_how_to_make_it_again(found, star, evcharge):
    found.to_html("python.html")
    evcharge("report", "--db", f"sqlite:///{star}", "--no-png", "--html", "python2.html")
    made = re.compile(r'(?s)(<pre tabindex="0" aria-label="Command">)(.*?)</pre>')
    pages = [Path(name).read_text(encoding="utf-8") for name in ("python.html", "python2.html")]
    assert made.sub("", pages[0]) == made.sub("", pages[1])
    told = html.unescape(made.search(pages[0])[2])
    assert told == "evcharge.reliability(data, definition='recorded', target=0.95).to_html('python.html')"


@pytest.mark.thorough
def test_what_the_page_says_to_write_makes_it_again(found, star, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = {"start": "2025-05-01", "end": "2025-05-31", "where": {"network": "Exampla"}, "price": (0.59, "EUR")}
    evcharge.reliability(star, definition="afirev", confidence=0.9, **asked).to_html("a.html")
    first = Path("a.html").read_bytes()
    command = html.unescape(re.search('aria-label="Command">(.*?)</pre>', first.decode())[1])
    Path("a.html").unlink()
    eval(command, {"evcharge": evcharge, "data": star})  # what it says, typed as it stands
    assert Path("a.html").read_bytes() == first


@pytest.mark.thorough
def test_a_page_never_replaces_the_database_that_it_is_of(found, star):
    before = Path(star).read_bytes()
    with pytest.raises(ConfigError):
        found.to_html(star)
    with pytest.raises(ConfigError, match="path can't be '-'"):
        found.to_html("-")
    assert Path(star).read_bytes() == before


@pytest.mark.thorough
def test_the_short_table_says_what_the_terminal_says(found, star, evcharge):
    _, out, _ = evcharge("report", "--db", f"sqlite:///{star}", "--no-png")
    words = " ".join(out.split())
    shown = found._repr_html_()
    lines = [html.unescape(line) for line in re.findall("<(?:strong|div)>([^<]+)<", shown)]
    assert lines
    for line in lines:
        assert " ".join(line.split()) in words, line
    for row in re.findall("<tr>(.*?)</tr>", shown)[1:]:
        for cell in re.findall("<td[^>]*>(.*?)</td>", row):
            assert html.unescape(cell) in out
    assert shown.count("<tr>") - 1 == len(found.story.attention)


@pytest.mark.thorough
def test_names_from_files_do_nothing_in_a_notebook(small):
    shown = evcharge.reliability(small)._repr_html_()
    assert "<script>" not in shown
    assert html.escape("<script>alert('x')</script> &") in shown
    assert "<bdi>\u05d0\u05d1</bdi>" in shown


# Sessions


@pytest.mark.thorough
def test_sessions_come_back_with_their_outcome_and_their_line(found, folder):
    rows, lines = found.sessions, (folder / "s.csv").read_text(encoding="utf-8").splitlines()
    assert tuple(rows.columns) == SESSION_COLUMNS
    counts = rows.groupby("outcome").size()
    assert counts["success"] == found.network["successes"].item()
    assert counts["failure"] == found.network["failures"].item()
    for row in rows.sample(20, random_state=1).to_dict("records"):
        assert row["session_id"] in lines[row["source_line"] - 1]
        assert row["file_name"] == "s.csv"


@pytest.mark.thorough
def test_sessions_are_those_of_the_selection_and_judged_by_the_definition(star):
    asked = {"start": "2025-05-01", "end": pd.Timestamp("2025-05-31"), "where": {"name": "Quarry Gate"}}
    rows = evcharge.sessions(star, definition="afirev", **asked)
    network = evcharge.reliability(star, definition="afirev", **asked).network
    assert (rows["outcome"] == "failure").sum() == network["failures"].item()
    assert set(rows["station_name"]) == {"Quarry Gate"}
    assert rows["local_date"].between("2025-05-01", "2025-05-31").all()


@pytest.mark.thorough
def test_sessions_of_a_frame_are_cleaned_and_stay_when_its_database_is_gone():
    found = evcharge.reliability(FRAME, columns=OURS)
    assert found.sessions["source_line"].tolist() == [2, 3, 4]
    assert found.sessions["station_id"].tolist() == ["7", "7", "8"]
    pd.testing.assert_frame_equal(found.sessions, evcharge.sessions(FRAME, columns=OURS))


@pytest.mark.thorough
def test_counts_have_a_page_and_figures_but_no_sessions(star, evcharge, tmp_path):
    evcharge("export", "--db", f"sqlite:///{star}", "--format", "counts", "--out", tmp_path / "counts")
    found = reliability(counts=tmp_path / "counts")
    found.to_html(tmp_path / "page.html")
    assert isinstance(found.figure("hours"), Figure)
    with pytest.raises(ReportError, match="only counts were given"):
        found.sessions  # noqa: B018 - reading is the point


# What is read when


@pytest.mark.thorough
def test_of_a_database_parts_are_read_on_first_use_and_once(star):
    found = evcharge.reliability(star)
    assert not {"comparison", "visits", "reasons", "sessions", "background"} & vars(found.parts).keys()
    assert found.comparison is found.comparison
    assert "comparison" in vars(found.parts)


@pytest.mark.thorough
def test_of_a_frame_all_parts_are_there_when_its_database_is_gone(tmp_path):
    found = evcharge.reliability(FRAME, columns=OURS)
    assert set(found.sensitivity["definition"]) >= {"afirev", "ucdavis_1kwh"}
    assert len(found.visits) == 2
    assert found.reasons["sessions"].sum() == 1
    found.to_html(tmp_path / "page.html")
    assert "sessions.csv" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.thorough
def test_parts_of_another_moment_are_refused(small):
    found = evcharge.reliability(small)
    with Session(open_engine(small, writes=True)) as session, session.begin():
        session.add(ledger(load_key=99, file_sha256="9" * 64))
    with pytest.raises(ReportError) as caught:
        found.comparison  # noqa: B018 - reading is the point
    assert caught.value.code == "data_changed"
    with Session(open_engine(small)) as session:
        assert session.get(LoadLedger, 99)


# Errors


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("asked", "kind", "told"),
    [
        ({"definition": "csr"}, ConfigError, "definition='afirev'"),
        ({"by": "colour"}, ConfigError, "by='station'"),
        ({"where": {"colour": "red"}}, ConfigError, "where={'network': 'Exampla'}"),
        ({"visit_rule": "x"}, ConfigError, "visit_rule='"),
        ({"start": "2030-01-01"}, NoDataError, "Widen start, end or where"),
        ({"start": "tomorrow"}, ConfigError, "start='2025-04-01'"),
        ({"data": "nowhere.db"}, DatabaseError, "upgrade('sqlite:///nowhere.db')"),
        ({"data": 5}, ConfigError, "DataFrame"),
        ({"columns": {"a": "station_id"}}, ConfigError, "Leave it out."),
        ({"data": FRAME}, SourceError, "columns={'Station': 'station_id'}"),
        (
            {"data": FRAME.assign(start_time="2024-05-01 08:00"), "columns": OURS},
            SourceError,
            "timezone='Europe/Paris'",
        ),
        ({"data": FRAME.assign(start_time="1/5/2024 8:00"), "columns": OURS}, SourceError, "pd.to_datetime("),
        ({"data": MOSTLY_BAD, "columns": OURS}, SourceError, "Correct those rows"),
        ({"data": FRAME.iloc[:0], "columns": OURS}, SourceError, "the DataFrame has no row"),
        ({"data": FRAME.assign(id=None), "columns": OURS}, SourceError, "3 session_id_missing (empty)"),
        (
            {"data": FRAME.assign(start_time="x"), "columns": OURS},
            SourceError,
            "the DataFrame, written as CSV, line 2: ",
        ),
    ],
)
def test_an_error_tells_a_python_program_what_to_write_in_python(star, asked, kind, told):
    with pytest.raises(kind) as caught:
        evcharge.reliability(**{"data": star, **asked})
    assert told in str(caught.value)
    assert "--" not in str(caught.value)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("asked", "code", "told"),
    [
        ({}, "no_evidence", "Leave out where, if given, or load"),
        ({"start": "2025-04-01"}, "half_a_period", "Give start and end"),
        ({"start": "2025-04-02", "end": "2025-04-01"}, "half_a_period", "earlier day as start"),
        ({"rulebook": "x"}, "unknown_rulebook", "rulebook='nevi'"),
        ({"by": "x"}, "unknown_grouping", "by='port'"),
        ({"data": None}, "no_database", "path of an SQLite file"),
        ({"evidence": ["status"]}, "bad_argument", "evidence='status,contact'"),
    ],
)
def test_an_error_of_uptime_speaks_python_too(star, asked, code, told):
    with pytest.raises(EvchargeError) as caught:
        evcharge.uptime(**{"data": star, **asked})
    assert caught.value.code == code
    assert told in str(caught.value)
    assert "--" not in str(caught.value).replace("evcharge sample --statuses statuses.csv", "")


def test_the_command_line_keeps_its_own_words(evcharge):
    code, _, err = evcharge("report", "--db", "sqlite:///nowhere.db")
    assert code == 1
    assert "Run: evcharge db upgrade --db sqlite:///nowhere.db" in err
    assert "import" not in err


@pytest.mark.thorough
def test_what_an_error_says_to_run_makes_the_database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseError) as caught:
        evcharge.reliability("new one.db")
    code = str(caught.value).partition("up to date: ")[2]
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(NoDataError):
        evcharge.reliability("new one.db")


# Names


def test_all_names_are_listed_before_they_are_imported():
    code = "import sys, json, evcharge; print(json.dumps([dir(evcharge), sorted(sys.modules)]))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    names, modules = json.loads(run.stdout)
    assert set(evcharge.__all__) <= set(names)
    assert not {"pandas", "numpy", "sqlalchemy", "matplotlib"} & set(modules)


@pytest.mark.thorough
def test_figures_and_pages_are_imported_when_they_are_made(star):
    code = (
        f"import sys, evcharge; found = evcharge.reliability({star!r}); found._repr_html_(); "
        "assert not {'matplotlib', 'jinja2', 'rich'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
