"""The example report and the pictures of the README are those that the code makes today."""

from __future__ import annotations

import base64
import html
import importlib.util
import json
import re
import zlib
from pathlib import Path

import pytest
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"
AGAIN = "run: python docs/generate_example.py"


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("generate_example", DOCS / "generate_example.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def example(generator):
    return generator.tell_example()


def words_of(page):
    """The text of a page, without what depends on the versions at hand: charts, styles, versions."""
    for part in (r"<style>.*?</style>", r"<svg.*?</svg>", r"<script.*?</script>", r"<summary>Versions.*?</details>"):
        page = re.sub(part, " ", page, flags=re.DOTALL)
    page = re.sub(r"sha256-[A-Za-z0-9+/=]+", "", page)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def data_of(page):
    """What the script sorts, and the rows of its download unpacked, their numbers to nine digits.

    Other builds of zlib pack them otherwise, and other versions of SciPy end a number in other digits.
    """
    data, rows = (re.search(rf'<script type="[a-z/]+" id="{name}">(.*?)</script>', page)[1] for name in ("data", "csv"))
    unpacked = zlib.decompress(base64.b64decode(rows)).decode()
    return json.loads(data), re.sub(r"\d+\.\d+(e-\d+)?", lambda number: f"{float(number[0]):.9g}", unpacked)


@pytest.mark.thorough
def test_the_example_page_is_what_the_code_makes(generator, example):
    _, made = example
    kept = generator.PAGE.read_text(encoding="utf-8")
    assert words_of(kept) == words_of(made), AGAIN
    assert data_of(kept) == data_of(made), AGAIN


@pytest.mark.thorough
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pictures_of_the_page_show_the_figures_of_today(generator, example, theme):
    story, _ = example
    with Image.open(generator.PICTURES / f"report_{theme}.png") as picture:
        picture.load()
        assert picture.text[generator.FIGURES] == generator.hash_of(story), AGAIN
        assert picture.width == generator.WIDTH


@pytest.mark.thorough
def test_the_chart_of_the_readme_says_what_the_chart_says_today(generator, example, tmp_path):
    story, _ = example
    generator.save_chart(story, tmp_path / "chart.png", generator.draw_station_dots)
    described = []
    for path in (generator.PICTURES / "station_reliability.png", tmp_path / "chart.png"):
        with Image.open(path) as picture:
            picture.load()
            described.append((picture.text["Title"], picture.text["Description"]))
    assert described[0] == described[1], AGAIN


@pytest.mark.thorough
def test_the_made_up_charger_and_its_pictures_are_those_of_today(generator):
    assert generator.CHARGER.read_text(encoding="utf-8") == generator.charger_log(), AGAIN
    compared = generator.compare_charger()
    assert [bar.figure for bar in compared.bars] == ["99.97% up", "85.38% up", "76.35% up"]
    for theme in ("light", "dark"):
        with Image.open(generator.PICTURES / f"charger_{theme}.png") as picture:
            picture.load()
            assert picture.text[generator.FIGURES] == generator.hash_of_charger(compared), AGAIN


MOST_BYTES = 120_000
"""Of a picture that only the gallery shows. House rule."""


@pytest.mark.thorough
def test_the_pictures_of_the_gallery_are_of_the_figures_of_today_and_small(generator, example):
    smaller, _, _ = generator.tell_gallery()
    for name, story in (("report_phone", example[0]), ("uptime", smaller), ("definitions", smaller)):
        path = generator.PICTURES / f"{name}.png"
        assert path.stat().st_size < MOST_BYTES
        with Image.open(path) as picture:
            picture.load()
            assert picture.text[generator.FIGURES] == generator.hash_of(story), AGAIN


def test_the_gallery_shows_every_picture_there_is_and_no_other():
    shown = set(re.findall(r'"pictures/([^"]+)"', (DOCS / "gallery.md").read_text(encoding="utf-8")))
    assert shown == {path.name for path in (DOCS / "pictures").iterdir()}
