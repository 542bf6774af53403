"""The page in a real browser: what it shows, asks for and runs; by eye, keyboard and screen reader, on phone and paper.

Needs Chromium, named by ``EVCHARGE_CHROMIUM``, and the extra ``browser``; elsewhere these tests are skipped, or fail if
``EVCHARGE_REQUIRE_CHROMIUM`` is set. With ``EVCHARGE_SCREENSHOTS`` naming a folder, pictures are kept there to look at.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from evcharge.load import LoadOptions, RejectLimit, load_file
from evcharge.metrics.selection import Selection
from evcharge.migrate import upgrade
from evcharge.migrate.reading import reading
from evcharge.report.document import to_json
from evcharge.report.page.page import build_page
from evcharge.report.page.request import PageRequest
from evcharge.report.page.station import station_pages
from evcharge.report.story import Story, build_story, to_csv
from evcharge.sources import builtin_profiles, with_overrides
from evcharge.synth import write_sample
from tests.support.factories import HEADER, native_csv, session_row

CHROMIUM = os.environ.get("EVCHARGE_CHROMIUM")
SCREENSHOTS = os.environ.get("EVCHARGE_SCREENSHOTS")
SIZES = {5: 1_500, 50: 30_000, 5_000: 40_000}
"""Stations of a page, and sessions that it tells of."""
THEMES = ("light", "dark")

if not CHROMIUM and not os.environ.get("EVCHARGE_REQUIRE_CHROMIUM"):
    pytest.skip("EVCHARGE_CHROMIUM names no browser", allow_module_level=True)

sync_api = pytest.importorskip("playwright.sync_api")
from axe_playwright_python.sync_playwright import Axe  # noqa: E402 - only where there is a browser

PAYLOADS = (
    "<script>window.owned=1</script>",
    '"><img src=x onerror="window.owned=1">',
    "</script><script>window.owned=1</script>",
    "</title><svg onload=window.owned=1>",
    "' onmouseover='window.owned=1' x='",
    "javascript:window.owned=1",
    "{{ 7*7 }}{% raw %}",
    '=HYPERLINK("http://example.com","x")',
    "<!--<script>",
    "</style><style>*{display:none}</style>",
    "]]>&lt;b&gt;&amp;\u2028\u2029",
    "\u202edesrever ☠",
)


REFUSED = {
    100: {"start_time": "yesterday"},
    200: {"end_time": "in the evening"},
    300: {"energy_kwh": "45000"},
    400: {"start_time": "2099-01-01T10:00:00Z"},
}
"""Places of rows that are refused, and why."""


def story_page(folder: Path, path: Path, sessions: Path) -> Story:
    """Writes the page of a file of sessions; returns what it tells."""
    url = f"sqlite:///{folder / 'star.db'}"
    upgrade(url)
    load_file(sessions, url, [builtin_profiles()["native"]])
    story, page = build_page(url, PageRequest(target=0.95, selection=Selection()))
    path.write_text(page, encoding="utf-8")
    return story


def loaded(folder: Path, *paths: Path, source: str | None = None) -> str:
    """The URL of a new star with these files."""
    url = f"sqlite:///{folder / 'star.db'}"
    upgrade(url)
    overrides = {"source": source} if source else {}
    profiles = [with_overrides(profile, **overrides) for profile in builtin_profiles().values()]
    for path in paths:
        load_file(path, url, profiles, LoadOptions(max_rejects=RejectLimit(100, True)))
    return url


def write_page(folder: Path, path: Path, sessions: Path) -> Path:
    story_page(folder, path, sessions)
    return path


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """A page of each size."""
    made = {}
    for stations, rows in SIZES.items():
        folder = tmp_path_factory.mktemp(f"of{stations}")
        write_sample(folder / "sessions.csv", rows=rows, stations=stations)
        made[stations] = write_page(folder, folder / "report.html", folder / "sessions.csv")
    return made


@pytest.fixture(scope="session")
def pages_of_stations(tmp_path_factory):
    """A page that leads to those of its stations."""
    folder = tmp_path_factory.mktemp("each")
    write_sample(folder / "sessions.csv", rows=1_500, stations=5, statuses=folder / "statuses.csv")
    url = loaded(folder, folder / "sessions.csv", folder / "statuses.csv")
    request = PageRequest(0.95, Selection(), stations_dir="each one")
    (folder / "each one").mkdir()
    with reading(url) as session:
        story, page = build_page(session, request)
        for name, text in station_pages(session, story, request, "../report.html"):
            (folder / "each one" / name).write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(page, encoding="utf-8")
    return folder / "report.html"


@pytest.fixture(scope="session")
def pages_of_refused_rows(tmp_path_factory):
    """A page and those of its stations, of which rows with long raw text were refused by rules of long names."""
    folder = tmp_path_factory.mktemp("refused")
    remark = '"' + "a remark of many words, " * 4 + '"'
    rows = []
    for station, n in itertools.product(range(5), range(1_500)):
        told = {"start_time": f"2025-0{4 + n // 300}-{1 + n % 28:02}T10:00:00Z", "end_time": "", **REFUSED.get(n, {})}
        named = {"station_id": f"S{station}", "session_id": f"{station}/{n}"}
        row = session_row(success=str(n % 10 < 5 + station).lower(), **named, **told)
        rows.append(f"{row},Harbour Street Garage {station},EVCommunicationError,{remark}")
    sessions = native_csv(folder / "s.csv", *rows, header=f"{HEADER},station_name,error_code,remark")
    url = loaded(folder, sessions, source="acme")
    request = PageRequest(0.95, Selection(), stations_dir="each one")
    with reading(url) as session:
        story, page = build_page(session, request)
        made = {"report.html": page, **dict(station_pages(session, story, request, "../report.html"))}
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in made]


@pytest.fixture(scope="session")
def page_with_uptime(tmp_path_factory):
    """A page of made-up stations that were polled, some of them down or silent for a time."""
    folder = tmp_path_factory.mktemp("uptime")
    write_sample(folder / "sessions.csv", rows=1_500, stations=7, statuses=folder / "statuses.csv")
    url = loaded(folder, folder / "sessions.csv", folder / "statuses.csv")
    _, page = build_page(url, PageRequest(target=0.95, selection=Selection()))
    (folder / "report.html").write_text(page, encoding="utf-8")
    assert build_page(url, PageRequest(target=0.95, selection=Selection()))[1] == page
    return folder / "report.html"


class Visit:
    """An open page, with all it asked for and said."""

    def __init__(self, page, path):
        self.page, self.requests, self.said = page, [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: self.said.append(dialog.message))
        page.goto(path.as_uri())

    def rows(self):
        """The names in the table of all stations, in order."""
        return self.page.locator("#stations tbody th").evaluate_all(
            "heads => heads.map(head => head.querySelector('bdi').textContent.trim())"
        )


@pytest.fixture
def visit(browser):
    """Opens a page; at the end nothing but the file was asked for and nothing was said."""
    open_pages = []

    def to(path, theme="light", width=1240, height=900, **more):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, accept_downloads=True, **more
        )
        open_pages.append((context, Visit(context.new_page(), path), path))
        return open_pages[-1][1]

    yield to
    for context, made, path in open_pages:
        asked = [url for url in made.requests if not url.startswith("blob:")]
        context.close()
        assert (asked, made.said) == ([path.as_uri()], [])


def keep(page, name):
    if SCREENSHOTS:
        page.screenshot(path=str(Path(SCREENSHOTS) / f"{name}.png"), full_page=True)


def faults_of(page):
    """What axe finds against WCAG 2.2 AA and good practice."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = Axe().run(page, options=options).response["violations"]
    return [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("stations", SIZES)
def test_the_page_is_accessible_asks_for_nothing_and_says_nothing(visit, pages, stations, theme):
    page = visit(pages[stations], theme).page
    keep(page, f"{stations}_{theme}")
    for details in page.locator("details").all():
        details.evaluate("one => { one.open = true }")
    assert faults_of(page) == []


SIDEWAYS = """() => [...document.querySelectorAll("body *")].filter(one => {
  if (one.closest(".unseen, .skip, thead, td:empty, script, svg") || !one.checkVisibility()) return false;
  const hides = getComputedStyle(one).display !== "inline" && one.scrollWidth > one.clientWidth + 1;
  return hides || one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5;
}).map(one => one.outerHTML.slice(0, 120))"""
"""Elements that reach beyond the screen, or hold more than is seen of them. The headings of tables and empty cells are
not asked: they are for screen readers alone, but for headings that sort, which ``#stations thead button`` finds."""
PHONES = (390, 320)
"""Widths of phones: a common one, and the narrowest that WCAG asks for (1.4.10)."""
TABLETS = (701, 768, 820, 1024, 1100)
"""Widths of tablets, upright and lying: where a table is wider than its place, and the place than a phone."""


LABELS = """cells => cells.map(
  cell => getComputedStyle(cell, "::before").content.split('" /')[0].replaceAll('"', "").trim()
)"""
"""What stands before the text of each cell."""


def open_all(page):
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


def broken_words(section):
    """Words on two lines that fit on one; from here to there is two words, and a hash fits on none."""
    return [word for word in section.evaluate(BROKEN_WORDS) if len(word) < 30 and "–" not in word]


def assert_fits(page, width):
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SIDEWAYS) == []
    for button in page.locator("#stations thead button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("width", PHONES)
@pytest.mark.parametrize("stations", SIZES)
def test_on_a_phone_nothing_of_the_page_scrolls_sideways(visit, pages, stations, width):
    page = visit(pages[stations], width=width, height=844).page
    open_all(page)
    keep(page, f"{stations}_phone_{width}")
    assert_fits(page, width)


@pytest.mark.parametrize("width", TABLETS)
def test_on_a_tablet_nothing_of_the_page_scrolls_sideways_and_no_word_is_broken(visit, page_with_uptime, width):
    page = visit(page_with_uptime, width=width).page
    open_all(page)
    keep(page, f"uptime_tablet_{width}")
    assert_fits(page, width)
    assert broken_words(page.locator("body")) == []


@pytest.mark.parametrize("width", TABLETS)
def test_on_a_tablet_the_page_of_a_station_never_scrolls_sideways_or_breaks_a_word(visit, pages_of_stations, width):
    for path in (pages_of_stations.parent / "each one").iterdir():
        page = visit(path, width=width).page
        keep(page, f"station_tablet_{width}")
        assert_fits(page, width)
        assert broken_words(page.locator("body")) == []


@pytest.mark.parametrize(("media", "width"), [*(("screen", width) for width in TABLETS), ("print", 703)])
def test_no_name_of_a_rule_and_no_word_of_a_reason_is_broken_beside_long_raw_text(
    visit, pages_of_refused_rows, media, width
):
    broken = []
    for path in pages_of_refused_rows:
        page = visit(path, width=width).page
        page.emulate_media(media=media)
        keep(page, f"refused_{path.stem}_{media}_{width}")
        assert page.evaluate(SIDEWAYS) == []
        broken += [word for word in broken_words(page.locator("body")) if "," not in word]  # a comma is of raw text
    assert broken == []


def test_on_a_phone_each_rule_is_headed_by_its_name(visit, pages_of_stations):
    path = next((pages_of_stations.parent / "each one").iterdir())
    page = visit(path, width=390).page
    section = page.locator("section", has=page.locator("h2", has_text="By each rule"))
    heads = section.locator("tbody th").all_inner_texts()
    assert {"recorded", "afirev", "ucdavis_1kwh"} <= {head.split()[1] for head in heads}
    assert {head.split()[0] for head in heads} <= {"▼", "○", "●"}
    assert section.locator("tbody td").first.evaluate("cell => cell.dataset.label") == "success"


@pytest.mark.parametrize("width", [*PHONES, 768, 1024])
def test_names_that_are_too_long_for_a_line_are_broken_not_cut(visit, tmp_path, width):
    names = ("W" * 200, "Foundry Green and Harbour Street with the Old Quarry Gate " * 3, "a\u202e" * 60, *PAYLOADS)
    quoted = [" ".join(name.split()).replace('"', '""') for name in names]
    rows = [
        session_row(station_id=f"S{number}" * 20, session_id=f"{number}/{again}", success="false") + f',"{name}"'
        for number, name in enumerate(quoted)
        for again in range(30)
    ]
    sessions = native_csv(tmp_path / "s.csv", *rows, header=f"{HEADER},station_name")
    page = visit(write_page(tmp_path, tmp_path / "report.html", sessions), width=width, height=844).page
    open_all(page)
    keep(page, f"hostile_{width}")
    assert_fits(page, width)
    assert "W" * 200 in page.locator("#stations").inner_text()


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_a_station_is_a_paragraph_whose_figures_say_what_they_are(visit, pages, scripts):
    page = visit(pages[50], width=390, height=844, java_script_enabled=scripts).page
    row = page.locator("#stations tbody tr").first
    labels = row.locator("td:not(:empty)").evaluate_all(LABELS)
    assert {"Now", "Last 4 weeks", "Whole period", "Attempts", "Lost a week"} <= set(labels)
    assert page.locator("#stations thead button").count() == (7 if scripts else 0)
    told = page.locator("#stations thead tr").evaluate("row => getComputedStyle(row, '::before').content")
    assert ("Sort by" in told) == scripts
    if scripts:
        page.locator("#stations thead th[data-key=station]").get_by_role("button").click()
        shown = page.locator("#stations tbody th bdi").all_inner_texts()
        assert shown == sorted(shown, key=str.lower)


def test_rows_that_are_paragraphs_are_still_rows_of_a_table_to_who_hears_them(visit, pages):
    page = visit(pages[50], width=390, height=844).page
    table = page.get_by_role("table", name="All stations")
    assert table.get_by_role("columnheader").count() == 10
    assert table.get_by_role("rowheader").count() == 50
    assert table.get_by_role("cell").count() == 9 * 50
    unsaid = "table, thead, tbody, tr, th, td"
    assert page.locator(unsaid).evaluate_all("all => all.filter(one => !one.hasAttribute('role')).length") == 0
    assert faults_of(page) == []


def test_on_a_phone_each_chart_is_drawn_for_it_and_nothing_of_it_scrolls(visit, pages):
    page = visit(pages[50], width=390, height=844).page
    boxes = page.locator(".chart svg:visible").evaluate_all("all => all.map(one => one.getBoundingClientRect())")
    assert len(boxes) >= 3
    assert all(box["x"] >= 0 and box["right"] <= 390 for box in boxes)
    shrunk = "all => all.map(one => one.getBoundingClientRect().width / one.viewBox.baseVal.width)"
    assert min(page.locator(".chart svg:visible").evaluate_all(shrunk)) >= 1
    assert page.locator(".wide-drawn:visible").count() == 0


@pytest.mark.parametrize("width", [1240, *PHONES])
@pytest.mark.parametrize("theme", THEMES)
def test_the_page_of_a_station_is_accessible_and_is_led_to_from_that_of_all(visit, pages_of_stations, theme, width):
    leads = visit(pages_of_stations, theme, width=width).page.locator(".actions tbody th a").first
    page = visit(Path(unquote(urlparse(leads.evaluate("one => one.href")).path)), theme, width=width).page
    assert page.locator("h2").first.inner_text() == "By which rule"
    assert page.locator("h2", has_text="Was it there?").count() == 1
    assert faults_of(page) == []
    assert_fits(page, width)
    keep(page, f"station_{theme}_{width}")
    assert page.locator("header a").evaluate("one => one.href") == pages_of_stations.as_uri()


def test_a_how_leads_to_the_term_and_the_contents_to_the_section(visit, pages):
    page = visit(pages[50]).page
    page.locator("#stations thead .how").last.click()
    assert page.evaluate("document.querySelector(':target').textContent") == "Lost a week"
    page.locator("nav a", has_text="Can the data carry this?").click()
    assert page.evaluate("document.querySelector(':target').id") == "quality"


def test_the_table_sorts_by_its_headings_and_says_so(visit, pages):
    told = visit(pages[50])
    attention = told.rows()
    heading = told.page.locator("#stations thead th[data-key=station]")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert told.rows() == sorted(told.rows(), key=str.lower)
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert told.rows() == sorted(told.rows(), key=str.lower, reverse=True)
    rates = told.page.locator("#stations thead th[data-key=period]")
    rates.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") is None
    shown = told.page.locator("#stations tbody tr td:nth-child(5)").all_inner_texts()
    ratios = [float(text.strip("%<>")) for text in shown]
    assert ratios == sorted(ratios)
    assert sorted(told.rows()) == sorted(attention)


def test_filter_and_chips_narrow_the_table_and_the_count_follows(visit, pages):
    told = visit(pages[50])
    everyone = told.rows()
    wanted = everyone[0]
    told.page.keyboard.press("/")
    assert told.page.evaluate("document.activeElement.id") == "filter"
    told.page.keyboard.type(wanted.upper())
    assert told.rows() == [name for name in everyone if wanted.lower() in name.lower()]
    assert told.page.locator("#shown").inner_text() == f"{len(told.rows())} of 50 shown"
    told.page.keyboard.press("Escape")
    assert told.rows() == everyone
    silent = told.page.locator(".chip[data-word='1']")
    silent.click()
    assert silent.get_attribute("aria-pressed") == "true"
    words = told.page.locator("#stations tbody th .unseen").all_inner_texts()
    assert set(words) == {", silent"}
    silent.click()
    assert told.rows() == everyone


def test_all_5000_stations_are_searched_though_the_first_hundred_are_shown(visit, pages):
    told = visit(pages[5_000])
    assert len(told.rows()) == 100
    data = json.loads(told.page.locator("#data").inner_text())
    last = data["rows"][-1]["s"]
    assert last not in told.rows()
    told.page.fill("#filter", last)
    assert last in told.rows()
    told.page.fill("#filter", "")
    told.page.locator("#all").click()
    assert len(told.rows()) == len(data["rows"]) > 4_900
    assert pages[5_000].stat().st_size <= 2_000_000


def test_everything_can_be_reached_and_used_by_keyboard(visit, pages):
    told = visit(pages[50])
    reached = set()
    for _ in range(150):
        told.page.keyboard.press("Tab")
        reached.add(told.page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert {"filter", "download", "Station", "Now", "To the table of all stations"} <= reached
    first = told.rows()[0]
    told.page.locator("#stations thead th[data-key=station] button").focus()
    told.page.keyboard.press("Enter")
    assert told.rows()[0] != first or told.rows() == sorted(told.rows(), key=str.lower)


def test_on_a_phone_each_how_that_is_shown_is_reached_by_keyboard_and_nothing_hidden_is(visit, pages):
    page = visit(pages[50], width=390, height=844).page
    reached, hidden = set(), []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        hidden += page.evaluate("[document.activeElement.closest('.unseen, thead')?.outerHTML].filter(Boolean)")
    shown = page.locator(".how:visible").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert len(shown) == 5
    assert reached >= set(shown)
    assert [one for one in hidden if "data-key" not in one] == []


def test_the_download_is_what_is_shown_as_csv_and_inert(visit, tmp_path):
    rows = [
        session_row(station_id=f"S{number}", session_id=f"{number}/{again}", success="true") + f",{name}"
        for number, name in enumerate(("=1+1", "@x", '"quoted, and split"', "plain", "a\u202eb", "a\\u202eb", "'=1"))
        for again in range(3)
    ]
    sessions = native_csv(tmp_path / "s.csv", *rows, header=f"{HEADER},station_name")
    told = visit(write_page(tmp_path, tmp_path / "report.html", sessions))
    with told.page.expect_download() as download:
        told.page.locator("#download").click()
    assert download.value.suggested_filename == "stations.csv"
    text = Path(download.value.path()).read_text(encoding="utf-8")
    found = {row["station_id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert {name: found[name]["name"] for name in found} == {
        "S0": "'=1+1",
        "S1": "'@x",
        "S2": "quoted, and split",
        "S3": "plain",
        "S4": "a\\u202eb",
        "S5": "a\\\\u202eb",
        "S6": "''=1",
    }
    assert set(told.rows()) >= {"plain", "a\\u202eb"}
    assert told.page.locator("#stations tbody th bdi").count() == len(found)
    assert found["S3"]["success_ratio"] == "1.0"
    assert found["S3"]["verdict_now"] == "can't tell yet"


def downloaded(told):
    """The lines of the CSV that the page gives out."""
    with told.page.expect_download() as download:
        told.page.locator("#download").click()
    return Path(download.value.path()).read_text(encoding="utf-8").splitlines()


def test_the_download_has_the_very_lines_of_the_csv_of_the_report(visit, tmp_path):
    write_sample(tmp_path / "sessions.csv", rows=4_000, stations=12)
    story = story_page(tmp_path, tmp_path / "report.html", tmp_path / "sessions.csv")
    told = visit(tmp_path / "report.html")
    head, *rows = to_csv(story).splitlines()
    lines = downloaded(told)
    assert lines[0] == head
    assert sorted(lines[1:]) == sorted(rows)
    assert [line.split(",")[1] for line in lines[1:]] == list(story.stations["station_id"])
    assert any(",silent," in row for row in rows)


def test_the_download_has_the_rows_that_are_chosen_in_the_order_shown(visit, pages):
    told = visit(pages[50])
    told.page.locator(".chip[data-word='1']").click()
    told.page.locator("#stations thead th[data-key=station]").get_by_role("button").click()
    found = list(csv.DictReader(downloaded(told)))
    assert {row["verdict_now"] for row in found} == {"silent"}
    assert len(found) == len(told.rows()) >= 1
    assert [row["name"] for row in found] == sorted((row["name"] for row in found), key=str.lower)


def test_hostile_names_reasons_and_files_are_text_and_nothing_runs(visit, tmp_path):
    def quoted(text):
        return '"' + text.replace('"', '""') + '"'

    rows = []
    for number, payload in enumerate(PAYLOADS):
        for again in range(60):
            good = again % 2
            row = session_row(
                station_id=f"S{number}",
                session_id=f"{number}/{again}",
                start_time=f"2025-04-{again % 28 + 1:02}T08:00:00Z",
                end_time="",
                success=str(bool(good)).lower(),
            )
            rows.append(f"{row},{quoted(payload)},{quoted('' if good else payload)},{quoted(payload)}")
    header = f"{HEADER},station_name,stop_reason,region"
    sessions = native_csv(tmp_path / "<img src=x onerror=alert(1)>.csv", *rows, header=header)
    told = visit(write_page(tmp_path, tmp_path / "report.html", sessions))
    assert told.page.evaluate("window.owned") is None
    seen = [" ".join(payload.split()).replace("\u202e", "\\u202e") for payload in PAYLOADS]
    assert sorted(told.rows()) == sorted(seen)
    actions = told.page.locator(".actions tbody th").all_inner_texts()
    assert len(actions) == 10
    for script in told.page.locator("script:not([type])").all():
        assert "owned" not in script.inner_text()
    assert told.page.locator("body *[onerror], body *[onload], body *[onmouseover], body img, body iframe").count() == 0
    assert told.page.locator("body").is_visible()
    assert "<img src=x onerror=alert(1)>.csv" in told.page.locator("body").evaluate("body => body.textContent")


LETTERS = """drawings => drawings.flatMap(one => {
  const [box, drawn] = [one.getBoundingClientRect(), one.viewBox.baseVal];
  const scale = Math.min(box.width / drawn.width, box.height / drawn.height);
  return [...one.querySelectorAll("text")].map(text => 0.75 * scale * parseFloat(getComputedStyle(text).fontSize));
})"""
"""The size of each letter of some drawings on paper [pt]."""


@pytest.mark.parametrize(("paper", "width", "height"), [("Letter", 725, 972), ("A4", 703, 1039)])
def test_what_to_do_first_and_whether_and_why_print_on_the_first_sheet(visit, pages, paper, width, height):
    told = visit(pages[50], width=width, height=height)
    told.page.emulate_media(media="print", color_scheme="light")
    bottom = told.page.locator("#reasons").evaluate("one => one.getBoundingClientRect().bottom")
    assert bottom <= height
    assert min(told.page.locator(".chart svg:visible, .tile svg:visible").evaluate_all(LETTERS)) >= 7
    heads = "all => all.map(one => getComputedStyle(one).display)"  # a box is drawn on one sheet alone
    assert set(told.page.locator("#stations thead button").evaluate_all(heads)) == {"contents"}
    assert told.page.locator("#controls").is_hidden()
    if SCREENSHOTS:
        told.page.pdf(path=str(Path(SCREENSHOTS) / f"print_{paper}.pdf"), format=paper)


def test_without_scripts_the_finding_the_actions_and_the_first_stations_are_there(visit, pages):
    told = visit(pages[50], java_script_enabled=False)
    assert told.page.locator("h1").inner_text().startswith("Four of 50 stations need attention")
    assert told.page.locator(".actions tbody tr").count() == 4
    assert told.page.locator("#stations tbody tr").count() == 50
    assert told.page.locator("#controls").is_hidden()


def test_what_changed_since_an_earlier_report_is_a_section_that_is_accessible(visit, tmp_path):
    url = f"sqlite:///{tmp_path / 'star.db'}"
    upgrade(url)
    write_sample(tmp_path / "sessions.csv", rows=4_000, stations=12)
    load_file(tmp_path / "sessions.csv", url, [builtin_profiles()["native"]])
    earlier = build_story(url, target=0.95, selection=Selection(last_day=date(2025, 6, 10)))
    (tmp_path / "old.json").write_text(to_json(earlier), encoding="ascii")
    request = PageRequest(target=0.95, selection=Selection(), since=str(tmp_path / "old.json"))
    _, page = build_page(url, request)
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    told = visit(tmp_path / "report.html")
    keep(told.page, "since")
    section = told.page.locator("section[aria-labelledby=since]")
    assert section.locator("h2").inner_text() == "Since the report of 1 Apr 2025 – 10 Jun 2025"
    assert "gone silent" in section.locator("tbody tr").first.inner_text()
    assert Axe().run(told.page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"] == []


def test_dark_is_dark_and_print_is_light(visit, pages):
    told = visit(pages[5], theme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert told.page.evaluate(paper) == "rgb(20, 23, 27)"
    told.page.emulate_media(media="print", color_scheme="dark")
    assert told.page.evaluate(paper) == "rgb(255, 255, 255)"


# Was it there?

BROKEN_WORDS = """section => {
  const broken = [], texts = document.createTreeWalker(section, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement.closest(".unseen, script")) continue;
    for (const word of text.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (range.getClientRects().length > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""
"""Words of a section that stand on two lines."""
SMALLEST_LETTER = """section => Math.min(...[...section.querySelectorAll("*")].filter(
  one => [...one.childNodes].some(child => child.nodeType === 3 && child.data.trim()) && !one.closest(".unseen")
).map(one => parseFloat(getComputedStyle(one).fontSize) * parseFloat(getComputedStyle(document.body).zoom) * 0.75))"""
"""The smallest letters of a section [pt]."""


@pytest.mark.parametrize("theme", THEMES)
def test_the_section_on_uptime_is_accessible_in_both_themes(visit, page_with_uptime, theme):
    page = visit(page_with_uptime, theme).page
    keep(page, f"uptime_{theme}")
    assert page.locator("#availability").inner_text() == "Was it there?"
    assert page.locator("section[aria-labelledby=availability] tbody tr").count() > 10
    assert faults_of(page) == []


@pytest.mark.parametrize("width", PHONES)
def test_on_a_phone_uptime_fits_and_no_word_of_the_page_is_broken(visit, page_with_uptime, width):
    page = visit(page_with_uptime, width=width, height=844).page
    open_all(page)
    keep(page, f"uptime_phone_{width}")
    assert_fits(page, width)
    assert page.locator("section[aria-labelledby=availability]").evaluate(BROKEN_WORDS) == []
    assert broken_words(page.locator("body")) == []


@pytest.mark.parametrize(("paper", "width"), [("Letter", 725), ("A4", 703)])
def test_uptime_on_paper_is_whole_and_large_enough_to_read(visit, page_with_uptime, paper, width):
    told = visit(page_with_uptime, width=width, height=1000)
    told.page.emulate_media(media="print", color_scheme="light")
    section = told.page.locator("section[aria-labelledby=availability]")
    edges = section.evaluate("one => [...one.querySelectorAll('*')].map(part => part.getBoundingClientRect().right)")
    assert max(edges) <= width
    assert section.evaluate(BROKEN_WORDS) == []
    assert section.evaluate(SMALLEST_LETTER) >= 7
    if SCREENSHOTS:
        told.page.pdf(path=str(Path(SCREENSHOTS) / f"uptime_{paper}.pdf"), format=paper)


def test_hostile_ports_words_and_claims_are_text_and_nothing_runs(visit, tmp_path):
    def quoted(text):
        return '"' + " ".join(text.split()).replace('"', '""') + '"'

    sessions = [session_row(station_id=f"S{number}", session_id=str(number)) for number in range(len(PAYLOADS))]
    statuses, claims = ["station_id,port_id,time,status,error_code"], ["station_id,port_id,from,to,cause,reference"]
    for number, payload in enumerate(map(quoted, PAYLOADS)):
        for day, word in ((1, "Available"), (2, "Faulted"), (4, "Available"), (5, payload), (6, "Faulted")):
            statuses.append(f"S{number},{payload},2025-04-0{day}T00:00:00Z,{word},{payload}")
        claims.append(f"S{number},{payload},2025-04-02T00:00:00Z,2025-04-03T00:00:00Z,grid,{payload}")
    for name, rows in (("statuses.csv", statuses), ("claims.csv", claims)):
        (tmp_path / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    native_csv(tmp_path / "s.csv", *sessions)
    url = loaded(tmp_path, *(tmp_path / name for name in ("s.csv", "statuses.csv", "claims.csv")), source="acme")
    page = build_page(url, PageRequest(target=0.95, selection=Selection()))[1]
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    told = visit(tmp_path / "report.html")
    assert told.page.evaluate("window.owned") is None
    assert told.page.locator("body *[onerror], body *[onload], body *[onmouseover], body img, body iframe").count() == 0
    section = told.page.locator("section[aria-labelledby=availability]")
    keep(told.page, "uptime_hostile")
    shown = section.evaluate("one => one.textContent")
    for payload in PAYLOADS:
        assert " ".join(payload.split()).replace("\u202e", "\\u202e") in shown
    assert "grid" in shown
    assert told.page.locator("body").is_visible()
