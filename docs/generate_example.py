"""Writes the example report, the log of a made-up charger, and the pictures of README and gallery.

Run it as ``python docs/generate_example.py``. The pictures of the page are made in Chromium, named by
``EVCHARGE_CHROMIUM``, with the extra ``browser``; each picture carries what it was made from, so that a test sees
when they are no longer those of the code.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import evcharge  # noqa: E402
from evcharge.config import DEFAULT_TARGET  # noqa: E402
from evcharge.load import load_file  # noqa: E402
from evcharge.metrics.selection import Selection  # noqa: E402
from evcharge.migrate import upgrade  # noqa: E402
from evcharge.report.charts.dots import draw_station_dots  # noqa: E402
from evcharge.report.charts.evidence import draw_evidence  # noqa: E402
from evcharge.report.charts.lettering import DPI  # noqa: E402
from evcharge.report.charts.picture import save_chart  # noqa: E402
from evcharge.report.charts.save import save_png, to_svg  # noqa: E402
from evcharge.report.colours import TOKENS  # noqa: E402
from evcharge.report.evidence_bars import Compared  # noqa: E402
from evcharge.report.evidence_compared import compare_evidence  # noqa: E402
from evcharge.report.page.page import build_page  # noqa: E402
from evcharge.report.page.request import PageRequest  # noqa: E402
from evcharge.report.story import Story  # noqa: E402
from evcharge.sources import builtin_profiles, with_overrides  # noqa: E402
from evcharge.synth import write_sample  # noqa: E402

PAGE = ROOT / "docs" / "example" / "report.html"
PICTURES = ROOT / "docs" / "pictures"
ROWS, STATIONS = 39_000, 48
COMMAND = f"evcharge sample --rows {ROWS} --stations {STATIONS}"
WIDTH, HEIGHT = 1240, 1330
PHONE_WIDTH, PHONE_HEIGHT = 390, 780
UPTIME_HEIGHT = 518
GALLERY_ROWS, GALLERY_STATIONS = 6_000, 10
"""Of the network, with statuses, whose pictures the gallery shows beside those of the example."""
CHARGER = ROOT / "docs" / "example" / "charger.csv"
BEGIN, HOURS = datetime(2025, 3, 3, tzinfo=timezone.utc), 72
BEAT_MINUTES = 15
"""Between heartbeats, and what the made-up back office asks for at boot: contact holds for three of them."""
QUIET = ((0.5, 6.25), (20.0, 27.5), (57.0, 63.0))
"""When the made-up charger sends nothing, from its last message to its next [hours from the beginning]."""
CUT_OFF = ((2.6, 6.2), (23.4, 27.4), (59.9, 62.8))
"""When its back office notes that it is not connected [hours from the beginning]."""
FAULT = (40.1, 40.125)
"""When it says that it is Faulted [hours from the beginning]."""
FIGURES = "Figures"
"""Name of the text chunk that holds the hash of what a picture shows."""


def charger_log() -> str:
    """A made-up table export of one charger: statuses, heartbeats, and the back office's notes of its connection."""
    rows = [(0.0, "", "ChargePointConnected", {})]
    for lost, found in CUT_OFF:
        rows += [(lost, "", "ChargePointDisconnected", {}), (found, "", "ChargePointConnected", {})]
    rows += [(HOURS + 0.5, "", "ChargePointDisconnected", {})]
    rows += [(0.0, "in", "BootNotificationRequest", {"chargePointVendor": "Made", "chargePointModel": "Up"})]
    rows += [(0.0, "out", "BootNotificationResponse", {"status": "Accepted", "interval": 60 * BEAT_MINUTES})]
    for at, word in ((0.0, "Available"), (FAULT[0], "Faulted"), (FAULT[1], "Available"), (float(HOURS), "Available")):
        told = {"connectorId": 1, "status": word, "errorCode": "NoError", "timestamp": f"{_at(at):%Y-%m-%dT%H:%M:%SZ}"}
        rows.append((at, "in", "StatusNotificationRequest", told))
    beats = [number * BEAT_MINUTES / 60 for number in range(1, HOURS * 60 // BEAT_MINUTES)]
    rows += [(at, "in", "HeartbeatRequest", {}) for at in beats if not any(a < at < b for a, b in QUIET)]

    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["cp_id", "real_time", "Id", "msgFlow", "command", "payLoadData"])
    for number, (at, way, command, payload) in enumerate(sorted(rows, key=lambda row: row[0])):
        clock = _at(at)
        time = f"{clock:%d/%m/%Y}, {clock.hour % 12}:{clock:%M:%S} {'pm' if clock.hour >= 12 else 'am'} UTC"
        flow = {"in": "CP-->CMS", "out": "CMS-->CP", "": ""}[way]
        told = json.dumps(payload) if way else ""
        writer.writerow(["MADE-UP-1", time, 0 if "Boot" in command else number, flow, command, told])
    return file.getvalue()


def _at(hours: float) -> datetime:
    return BEGIN + timedelta(seconds=round(3600 * hours))


def compare_charger() -> Compared:
    """The made-up charger by three kinds of evidence."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/star.db"
        upgrade(url)
        load_file(CHARGER, url, [with_overrides(builtin_profiles()["ocpp"], source="made-up")])
        return compare_evidence(url, "MADE-UP-1/1")


def tell_example() -> tuple[Story, str]:
    """The story of the sample and its page."""
    with tempfile.TemporaryDirectory() as folder:
        sessions, url = Path(folder) / "charging_sessions.csv", f"sqlite:///{folder}/star.db"
        write_sample(sessions, rows=ROWS, stations=STATIONS)
        upgrade(url)
        load_file(sessions, url, [builtin_profiles()["sample"]])
        return build_page(url, PageRequest(target=DEFAULT_TARGET, selection=Selection()))


def tell_gallery() -> tuple[Story, str, bytes]:
    """The story of a smaller sample whose ports were polled, its page, and its figure of definitions."""
    with tempfile.TemporaryDirectory() as folder:
        sessions, statuses = Path(folder) / "charging_sessions.csv", Path(folder) / "statuses.csv"
        url, figure = f"sqlite:///{folder}/star.db", io.BytesIO()
        write_sample(sessions, rows=GALLERY_ROWS, stations=GALLERY_STATIONS, statuses=statuses)
        upgrade(url)
        for path, profile in ((sessions, "sample"), (statuses, "sample-statuses")):
            load_file(path, url, [builtin_profiles()[profile]])
        story, page = build_page(url, PageRequest(target=DEFAULT_TARGET, selection=Selection()))
        save_png(evcharge.reliability(url).figure("definitions"), figure)
        return story, page, figure.getvalue()


def hash_of(story: Story) -> str:
    """SHA-256 of the story's document, ratios to nine digits: what the pictures show, whatever made them."""
    rounded = json.loads(json.dumps(story.to_dict()), parse_float=lambda text: round(float(text), 9))
    return hashlib.sha256(json.dumps(rounded, sort_keys=True).encode()).hexdigest()


def hash_of_charger(compared: Compared) -> str:
    """SHA-256 of what the picture of the charger shows: words and spans."""
    return hashlib.sha256(repr(compared).encode()).hexdigest()


def photograph(page: Path, theme: str, width: int = WIDTH, height: int = HEIGHT, place: str = "body") -> bytes:
    """A page in a browser, in one of its two themes, from the top of an element on."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["EVCHARGE_CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
        tab.goto(page.as_uri())
        tab.locator(place).evaluate("one => one.scrollIntoView()")
        picture = tab.screenshot()
        browser.close()
    return picture


def photograph_charger(compared: Compared, theme: str) -> bytes:
    """The picture of ``evcharge explain --uptime --png`` in one of the page's two themes."""
    figure = draw_evidence(compared)
    width, height = (round(inches * DPI) for inches in figure.get_size_inches())
    colours = "".join(f"{name}:{shade[theme == 'dark']};" for name, shade in TOKENS.items())
    style = f":root{{{colours}}}body{{margin:0;background:var(--paper);font-family:'DejaVu Sans',sans-serif}}"
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "charger.html"
        page.write_text(f"<meta charset=utf-8><style>{style}</style>{to_svg(figure, 'charger')}", encoding="utf-8")
        return photograph(page, theme, width, height)


def save_picture(picture: bytes, path: Path, figures: str) -> None:
    """Writes a photograph in few colours, with the hash of what it shows."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_text(FIGURES, figures)
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(128)
    image.save(path, pnginfo=chunks, optimize=True)


def main() -> None:
    """Writes the page, the charger's log, the chart, and with a browser the photographs."""
    story, page = tell_example()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")
    CHARGER.write_text(charger_log(), encoding="utf-8")
    save_chart(story, PICTURES / "station_reliability.png", draw_station_dots)
    if not os.environ.get("EVCHARGE_CHROMIUM"):
        print("no picture of the page: EVCHARGE_CHROMIUM names no browser")
        return
    compared = compare_charger()
    for theme in ("light", "dark"):
        save_picture(photograph(PAGE, theme), PICTURES / f"report_{theme}.png", hash_of(story))
        picture = photograph_charger(compared, theme)
        save_picture(picture, PICTURES / f"charger_{theme}.png", hash_of_charger(compared))
    phone = photograph(PAGE, "light", PHONE_WIDTH, PHONE_HEIGHT, "#all-stations")
    save_picture(phone, PICTURES / "report_phone.png", hash_of(story))
    save_gallery()


def save_gallery() -> None:
    """Writes the pictures that the gallery alone shows of a network with statuses."""
    story, page, definitions = tell_gallery()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page, encoding="utf-8")
        uptime = photograph(path, "light", WIDTH, UPTIME_HEIGHT, "#availability")
    save_picture(uptime, PICTURES / "uptime.png", hash_of(story))
    save_picture(definitions, PICTURES / "definitions.png", hash_of(story))


if __name__ == "__main__":
    main()
