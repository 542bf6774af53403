"""The page without a browser: one file, inert, the same bytes again, and what it says when something is missing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from evcharge.load import load_file
from evcharge.metrics.outcomes import GROUPINGS
from evcharge.migrate import upgrade
from evcharge.sources import builtin_profiles, with_overrides
from evcharge.synth import write_sample
from tests.support.factories import HEADER, native_csv, session_row

CHECKOUT = Path(__file__).parents[2]
SCHEMA = json.loads((CHECKOUT / "docs" / "reference" / "report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "sessions.csv"
    write_sample(path, rows=4_000, stations=12, dirty=True)
    return path


@pytest.fixture
def page(evcharge):
    """Writes the page of a database; returns its text."""

    def write(url, *arguments):
        code, _, err = evcharge("report", "--db", url, "--no-png", "--html", "report.html", *arguments)
        assert (code, err) == (0, "wrote report.html\n"), err
        return Path("report.html").read_text(encoding="utf-8")

    return write


def load(url, path, **overrides):
    return load_file(path, url, [with_overrides(builtin_profiles()["native"], **overrides)])


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def hash_of(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.thorough
def test_the_policy_allows_the_one_style_and_the_one_script_and_nothing_else(sqlite_url, sample, page):
    load(sqlite_url, sample)
    text = page(sqlite_url)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    allowed = f"style-src {hash_of(style)}; script-src {hash_of(script)}"
    assert policy == f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    for tag, attributes in Elements(text).found:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag not in ("img", "iframe", "object", "embed", "link", "base", "form", "image", "foreignobject")
        for name in ("href", "src", "xlink:href"):
            assert attributes.get(name, "#").startswith("#"), (tag, attributes)
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text.replace("https://chargex.inl.gov", "")


@pytest.mark.thorough
def test_the_same_database_and_arguments_give_the_same_bytes_on_both_kinds(url, sqlite_url, sample, page, evcharge):
    load(url, sample)
    made = page(url)
    assert page(url) == made
    other = sqlite_url.replace("star.db", "other.db")
    upgrade(other)
    load(other, sample)
    assert page(other) == made
    command = [sys.executable, "-m", "evcharge.report", "--db", url, "-q", "--html", "again.html"]
    subprocess.run(command, env={"PYTHONPATH": str(CHECKOUT), "PYTHONHASHSEED": "7"}, capture_output=True, check=True)
    assert Path("again.html").read_text(encoding="utf-8").replace("again.html", "report.html") == made


@pytest.mark.thorough
@pytest.mark.parametrize("arguments", [("--json",), ("--csv", "-"), ("--style", "dots"), ("--style", "bars")])
def test_every_output_is_the_same_bytes_again(url, sample, evcharge, arguments):
    load(url, sample)
    runs = []
    for _ in range(2):
        runs.append(evcharge("report", "--db", url, *arguments))
        assert runs[-1][0] == 0
        runs[-1] += (Path("station_reliability.png").read_bytes(),)
    assert runs[0] == runs[1]


def test_the_page_tells_the_finding_the_stations_and_where_each_figure_comes_from(sqlite_url, sample, page):
    load(sqlite_url, sample)
    text = page(sqlite_url, "--definition", "afirev", "--from", "2025-04-02", "--target", "96%")
    assert "need attention" in re.search(r"<h1>(.*?)</h1>", text)[1]
    assert hashlib.sha256(sample.read_bytes()).hexdigest() in text
    command = "evcharge report --target 0.96 --definition afirev --from 2025-04-02 --html report.html"
    assert f">{command}</pre>" in text
    read = load(sqlite_url, sample)
    parts = (
        f"{getattr(read, name):,} {name}" for name in ("inserted", "updated", "unchanged", "superseded", "rejected")
    )
    assert f"read {read.read:,} = {' + '.join(parts)}" in text
    for rule in read.rejects_by_rule:
        assert rule in text
    data = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])
    assert len(data["rows"]) == 12
    assert "3 below target" in text


@pytest.mark.thorough
def test_what_the_data_lacks_is_left_out_and_named(sqlite_url, tmp_path, page):
    rows = [
        session_row(
            session_id=str(n),
            start_time=f"2025-04-{n % 28 + 1:02}T08:00:00Z",
            end_time="",
            success=str(n % 3 > 0).lower(),
        )
        for n in range(300)
    ]
    load(sqlite_url, native_csv(tmp_path / "x.csv", *rows))
    text = page(sqlite_url)
    assert "Which port, and when, is left out: the data records no port_id." in text
    assert "Why attempts fail is left out: the data records no stop_reason and no error_code." in text
    assert "port_id and stop_reason or error_code: the parts that need it are left out" in text
    assert 'id="ports"' not in text
    assert 'id="roll-up"' not in text


def recorded_in(tmp_path, day_of, *, reason_of=lambda n: "", energy_kwh="7.5"):
    """A file of 300 attempts of which a third fail; ``reason_of`` is told the number of each that does."""
    rows = [
        session_row(
            session_id=str(n),
            start_time=f"{day_of(n)}T08:{n % 60:02}:00Z",
            end_time="",
            success=str(n % 3 > 0).lower(),
            energy_kwh=energy_kwh,
        )
        + f",{'' if n % 3 else reason_of(n)}"
        for n in range(300)
    ]
    return native_csv(tmp_path / "x.csv", *rows, header=f"{HEADER},stop_reason")


@pytest.mark.thorough
def test_energy_that_every_session_has_is_not_called_unrecorded(sqlite_url, tmp_path, page):
    load(sqlite_url, recorded_in(tmp_path, lambda n: f"2025-04-{n % 28 + 1:02}"))
    assert "Not recorded</dt><dd>port_id and stop_reason or error_code: the parts that need" in page(sqlite_url)
    by_none = page(sqlite_url, "--definition", "chargex_session")
    assert "Not recorded</dt><dd>port_id and stop_reason or error_code: the parts that need" in by_none


@pytest.mark.thorough
def test_energy_that_no_session_has_is_called_unrecorded(sqlite_url, tmp_path, page):
    load(sqlite_url, recorded_in(tmp_path, lambda n: f"2025-04-{n % 28 + 1:02}", energy_kwh=""))
    assert "port_id, stop_reason or error_code and energy_kwh: the parts that need it are left out" in page(sqlite_url)


@pytest.mark.thorough
def test_reasons_that_were_recorded_before_the_last_change_are_not_called_unrecorded(sqlite_url, tmp_path, page):
    days = [date(2025, 4, 1) + timedelta(days=number) for number in range(60)]
    rows = [
        session_row(
            session_id=f"{day}/{n}",
            start_time=f"{day}T08:{n:02}:00Z",
            end_time="",
            success=str(n > (1 if day < days[30] else 5)).lower(),
        )
        + f",{'EmergencyStop' if day < days[30] and n == 0 else ''}"
        for day in days
        for n in range(10)
    ]
    load(sqlite_url, native_csv(tmp_path / "x.csv", *rows, header=f"{HEADER},stop_reason"))
    text = page(sqlite_url)
    assert "no reason was recorded for the failures since each station&#39;s last change." in text
    assert "Not recorded</dt><dd>port_id: the parts that need it are left out" in text
    assert "the data records no stop_reason" not in text


@pytest.mark.thorough
def test_where_no_definition_can_judge_a_session_there_is_a_page_and_no_comparison(
    sqlite_url, tmp_path, page, evcharge
):
    rows = [
        session_row(
            session_id=str(n),
            start_time=f"2025-04-{n % 28 + 1:02}T08:00:00Z",
            end_time="",
            success="",
            energy_kwh="",
        )
        for n in range(60)
    ]
    load(sqlite_url, native_csv(tmp_path / "x.csv", *rows))
    text = page(sqlite_url)
    assert "No definition can judge these sessions." in text
    assert "No attempt could be judged; 60 sessions are unknown." in text
    for arguments in (("compare",), ("report", "--definition", "all")):
        code, out, err = evcharge(*arguments, "--db", sqlite_url)
        assert (code, out) == (4, "")
        assert "none of them can be judged" in err


@pytest.mark.thorough
def test_stations_of_one_name_and_ids_of_two_sources_have_a_page(sqlite_url, tmp_path, page):
    for source in ("acme", "other"):
        rows = [
            session_row(
                session_id=f"{station}/{n}",
                station_id=station,
                start_time=f"2025-04-{n % 28 + 1:02}T08:00:00Z",
                end_time="",
                success=str(n % 3 > 0).lower(),
            )
            + ",Depot"
            for station in ("A", "B")
            for n in range(60)
        ]
        path = native_csv(tmp_path / f"{source}.csv", *rows, header=f"{HEADER},station_name")
        load(sqlite_url, path, source=source)
    text = page(sqlite_url)
    data = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])
    labels = {f"Depot · {station} ({source})" for station in "AB" for source in ("acme", "other")}
    assert {row["s"] for row in data["rows"]} == labels
    spread = text[text.index('id="spread"') : text.index('id="reasons"') if 'id="reasons"' in text else None]
    assert all(label in spread for label in labels)


@pytest.mark.thorough
def test_stations_without_a_session_on_the_days_asked_for_are_counted(sqlite_url, tmp_path, page):
    rows = [
        session_row(session_id=f"{station}/{day}", station_id=station, start_time=f"2025-04-{day:02}T08:00:00Z")
        for station, days in (("A", range(1, 29)), ("B", range(1, 10)))
        for day in days
    ]
    load(sqlite_url, native_csv(tmp_path / "x.csv", *[row.replace("2025-04-01T09:00:00-04:00", "") for row in rows]))
    told = "1 more station has no session on these days, and is not here."
    assert told in page(sqlite_url, "--from", "2025-04-15")
    assert told not in page(sqlite_url, "--from", "2025-04-15", "--station", "A")
    assert told not in page(sqlite_url)


@pytest.mark.thorough
def test_the_command_of_the_page_spells_out_the_target_and_the_definition(sqlite_url, sample, page):
    load(sqlite_url, sample)
    exact = "0.9512345678"
    assert f">evcharge report --target {exact} --definition recorded --html report.html<" in page(
        sqlite_url, "--target", exact
    )
    Path("ours.toml").write_text('id = "ours"\ntitle = "t"\nsource = "s"\nenergy_kwh_above = 0.2\n')
    assert "--target 0.95 --definition ours.toml --html" in page(sqlite_url, "--definition", "ours.toml")


@pytest.mark.thorough
def test_removed_failures_are_told_loudly_and_no_rate_is_praised(sqlite_url, tmp_path, page):
    rows = [
        session_row(session_id=str(n), start_time=f"2025-04-{n % 28 + 1:02}T08:00:00Z", end_time="") for n in range(99)
    ]
    load(sqlite_url, native_csv(tmp_path / "x.csv", *rows), failures_included="no")
    text = page(sqlite_url)
    assert "<h1>1 station, and failures are not in the data</h1>" in text
    note = "Failures are not in the data: the publisher removed them, so no rate here can show reliability."
    assert f'<p class="note loud">{note}</p>' in text
    assert "1 meets target" not in text
    assert '<p class="lede">100.0% of 99 published sessions succeeded; failures are not in the data.</p>' in text
    head = text[text.index("<dl") : text.index("</dl>")]
    assert "Published sessions that succeeded" in head


LEFTWARD = re.compile("[\u0590-\u08ff]")
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]")
TURNING = (
    "\u05e9\u05dc\u05d5\u05dd 12",
    "Depot (\u0645\u0631\u062d\u0628\u0627) 7",
    "ab\u202ecd",
    "x\u2067y\u200fz",
    "Plain",
)
"""Names in Hebrew and Arabic, names with controls of direction, and one with neither."""


def turning_file(path):
    header = f"{HEADER},station_name,error_code,port_id,station_network"
    rows = [
        ",".join((session_row(station_id=f"S{place}{name[:2]}", session_id=f"{place}/{n}", success=kind), *[name] * 4))
        for place, name in enumerate(TURNING)
        for n, kind in enumerate(["true", "false"] * 30)
    ]
    return native_csv(path, *rows, header=header)


@pytest.mark.thorough
def test_text_from_right_to_left_moves_nothing_beside_it(sqlite_url, tmp_path, page):
    load(sqlite_url, turning_file(tmp_path / "x.csv"))
    text = page(sqlite_url).split('<script type="application/json"', maxsplit=1)[0]
    assert DIRECTION.search(text) is None
    assert text.count("<bdi>") >= 2 * 2
    assert "<svg" in text
    for tag, attributes in Elements(text).found:
        for name, value in attributes.items():
            assert "<bdi" not in (value or ""), (tag, name)
    isolated = re.sub("<bdi>[^<]*</bdi>|\u2068[^\u2069]*\u2069", "", text)
    assert LEFTWARD.search(isolated) is None, isolated[LEFTWARD.search(isolated).start() - 60 :][:120]
    assert "<bdi>\u05e9\u05dc\u05d5\u05dd</bdi> 12" in text
    assert "Depot (<bdi>\u0645\u0631\u062d\u0628\u0627</bdi>) 7" in text
    assert "ab\\u202ecd" in text


@pytest.mark.thorough
def test_an_ordinary_page_has_no_isolates(sqlite_url, sample, page):
    load(sqlite_url, sample)
    text = page(sqlite_url).split("<script", maxsplit=1)[0]
    assert "bdi" not in text
    assert not re.search("[\u2066-\u2069]", text)


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["report", "reasons", "explain", "load", "check"])
def test_no_terminal_and_no_csv_shows_a_control_of_direction(sqlite_url, tmp_path, evcharge, command):
    path = turning_file(tmp_path / "x\u202efdp.csv")
    load(sqlite_url, path)
    arguments = {
        "report": ["--csv", "out.csv"],
        "explain": ["ab\u202ecd", "--csv", "out.csv"],
        "load": [path, "--rejects", "out.csv"],
        "check": [path],
    }
    code, out, err = evcharge(command, *arguments.get(command, []), "--db", sqlite_url)
    assert code == 0, err
    written = Path("out.csv").read_text(encoding="utf-8") if Path("out.csv").exists() else ""
    assert DIRECTION.search(out + err + written) is None
    if command in ("report", "explain"):
        assert "ab\\u202ecd" in written
        assert "ab\u25a1cd" in out


@pytest.mark.thorough
def test_hostile_names_are_text(sqlite_url, tmp_path, page):
    names = ("<script>alert(1)</script>", "</script><b>", '" onmouseover="alert(1)', "{{ 7*7 }}", "&lt;&amp;")
    header = f"{HEADER},station_name,error_code"
    rows = []
    for place, name in enumerate(names):
        cell = '"' + name.replace('"', '""') + '"'
        for n in range(60):
            row = session_row(station_id=f"S{place}", session_id=f"{place}/{n}", success=str(n % 2 > 0).lower())
            rows.append(f"{row},{cell},{cell}")
    load(sqlite_url, native_csv(tmp_path / "x.csv", *rows, header=header))
    text = page(sqlite_url)
    tags = {tag for tag, _ in Elements(text).found}
    assert "b" not in tags
    assert sum(tag == "script" for tag, _ in Elements(text).found) == 3
    data = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])
    assert sorted(row["s"] for row in data["rows"]) == sorted(names)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "49" not in re.findall(r"\{\{.*?\}\}|\b49\b", text)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ("sys.modules['matplotlib'] = None", "matplotlib is not installed."),
        ("sys.modules['matplotlib.font_manager'] = None", "matplotlib can&#39;t be loaded."),
    ],
)
def test_without_matplotlib_the_page_has_tables_in_place_of_charts(sqlite_url, sample, tmp_path, spoilt, why):
    load(sqlite_url, sample)
    program = f"import sys; {spoilt}; from evcharge.cli import main; main()"
    command = [sys.executable, "-c", program, "report", "--db", sqlite_url, "--html", "report.html", "--no-png"]
    environment = {"PYTHONPATH": str(CHECKOUT), "PATH": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<svg" not in text.split("<script", maxsplit=1)[0]
    assert text.count(f"The chart was left out: {why}") >= 2
    assert "None<details>" not in text
    assert "<details open>" in text


@pytest.mark.thorough
def test_a_page_that_can_not_be_written_leaves_nothing(sqlite_url, sample, evcharge, tmp_path):
    load(sqlite_url, sample)
    code, _, err = evcharge("report", "--db", sqlite_url, "--no-png", "--html", "nowhere/report.html")
    assert code == 1
    assert err.startswith("Error [cannot_write]: nowhere/report.html can't be written")
    assert not list(Path().iterdir())


def test_the_page_is_of_stations_by_one_definition(evcharge):
    for arguments in (("--by", "month"), ("--definition", "all")):
        code, _, err = evcharge("report", "--html", "report.html", *arguments)
        assert code == 2
        assert "the page is of stations, by one definition" in err


@pytest.mark.thorough
@pytest.mark.parametrize("by", GROUPINGS)
def test_the_document_is_the_one_that_the_schema_describes(url, sample, evcharge, by):
    load(url, sample)
    for arguments in ((), ("--definition", "ucdavis_1kwh"), ("--from", "2025-06-28"), ("--definition", "kwwhat")):
        code, out, _ = evcharge("report", "--db", url, "--json", "--no-png", "--by", by, *arguments)
        assert code == 0
        errors = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(json.loads(out))]
        assert errors == []


@pytest.mark.thorough
def test_the_schema_refuses_a_document_with_a_key_that_it_does_not_know(sqlite_url, sample, evcharge):
    load(sqlite_url, sample)
    document = json.loads(evcharge("report", "--db", sqlite_url, "--json", "--no-png")[1])
    document["stations"][0]["now"]["mood"] = "fine"
    assert list(Draft202012Validator(SCHEMA).iter_errors(document))
    del document["stations"][0]["now"]["mood"], document["stations"][0]["attempts"]
    assert list(Draft202012Validator(SCHEMA).iter_errors(document))


@pytest.mark.thorough
def test_the_documents_ratios_are_those_of_its_counts(url, sample, evcharge):
    load(url, sample)
    document = json.loads(evcharge("report", "--db", url, "--json", "--no-png")[1])
    for station in document["stations"]:
        now = station["now"]
        assert now["attempts"] <= station["attempts"]
        assert now["success_ratio"] == pytest.approx(now["successes"] / now["attempts"], abs=1e-15)
        assert now["low"] <= now["success_ratio"] <= now["high"]
        assert (now["first_step"] is not None) == (now["verdict"] in ("below target", "silent"))
        assert (now["visits"] is not None) == (now["verdict"] == "below target")
    for word, name in (("below target", "below_target"), ("silent", "if_silent_are_down")):
        lost = [one["now"]["charges_lost_per_week"] for one in document["stations"] if one["now"]["verdict"] == word]
        assert document["attention"][name]["charges_lost_per_week"] == pytest.approx(sum(lost))
