"""Writes the example report and the pictures of the README from ``evcharge sample``.

Run it as ``python docs/generate_example.py``. The pictures of the page are made in Chromium, named by
``EVCHARGE_CHROMIUM``, with the extra ``browser``; each picture carries what it was made from, so that a test sees
when they are no longer those of the code.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from evcharge.config import DEFAULT_TARGET  # noqa: E402
from evcharge.load import load_file  # noqa: E402
from evcharge.metrics.outcomes import Selection  # noqa: E402
from evcharge.migrate import upgrade  # noqa: E402
from evcharge.report.charts.bars import draw_station_reliability  # noqa: E402
from evcharge.report.charts.picture import save_chart  # noqa: E402
from evcharge.report.page.page import build_page  # noqa: E402
from evcharge.report.page.request import PageRequest  # noqa: E402
from evcharge.report.story import Story  # noqa: E402
from evcharge.sources import builtin_profiles  # noqa: E402
from evcharge.synth import write_sample  # noqa: E402

PAGE = ROOT / "docs" / "example" / "report.html"
PICTURES = ROOT / "docs" / "pictures"
ROWS, STATIONS = 39_000, 48
COMMAND = f"evcharge sample --rows {ROWS} --stations {STATIONS}"
WIDTH, HEIGHT = 1240, 1330
FIGURES = "Figures"
"""Name of the text chunk that holds the hash of what a picture shows."""


def tell_example() -> tuple[Story, str]:
    """The story of the sample and its page."""
    with tempfile.TemporaryDirectory() as folder:
        sessions, url = Path(folder) / "charging_sessions.csv", f"sqlite:///{folder}/star.db"
        write_sample(sessions, rows=ROWS, stations=STATIONS)
        upgrade(url)
        load_file(sessions, url, [builtin_profiles()["sample"]])
        return build_page(url, PageRequest(target=DEFAULT_TARGET, selection=Selection()))


def hash_of(story: Story) -> str:
    """SHA-256 of the story's document, ratios to nine digits: what the pictures show, whatever made them."""
    rounded = json.loads(json.dumps(story.to_dict()), parse_float=lambda text: round(float(text), 9))
    return hashlib.sha256(json.dumps(rounded, sort_keys=True).encode()).hexdigest()


def photograph(page: Path, theme: str) -> bytes:
    """The top of the page in a browser, in one of its two themes."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["EVCHARGE_CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=theme)
        tab.goto(page.as_uri())
        picture = tab.screenshot()
        browser.close()
    return picture


def save_picture(picture: bytes, path: Path, figures: str) -> None:
    """Writes a photograph in few colours, with the hash of what it shows."""
    import io

    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_text(FIGURES, figures)
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(128)
    image.save(path, pnginfo=chunks, optimize=True)


def main() -> None:
    """Writes the page, the chart, and with a browser the two photographs."""
    story, page = tell_example()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")
    save_chart(story, PICTURES / "station_reliability.png", draw_station_reliability)
    if not os.environ.get("EVCHARGE_CHROMIUM"):
        print("no picture of the page: EVCHARGE_CHROMIUM names no browser")
        return
    for theme in ("light", "dark"):
        save_picture(photograph(PAGE, theme), PICTURES / f"report_{theme}.png", hash_of(story))


if __name__ == "__main__":
    main()
