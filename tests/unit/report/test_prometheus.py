"""The gauges for Prometheus: read by a strict parser, and what they say is what the report says."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from evcharge.metrics.beside import Beside
from evcharge.metrics.bounds import Refused
from evcharge.report.prometheus import to_prometheus
from tests.support.stories import BAD, GOOD, NEW, station, story_of

NAME = "[a-zA-Z_][a-zA-Z0-9_]*"
VALUE = r'"((?:[^"\\\n]|\\\\|\\"|\\n)*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{NAME}={VALUE},?)+)\}})? (\S+)")
LETTER = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def parsed(text):
    """The samples by name and labels, of a text that both formats allow; anything else fails.

    Each family has its HELP, its TYPE and its samples, in one piece and once; no sample is there twice; no blank line,
    no timestamp; the last line is # EOF, with a line feed.
    """
    assert text.endswith("\n# EOF\n")
    families, samples = [], {}
    for line in text.removesuffix("\n# EOF\n").split("\n"):
        if line.startswith("# HELP "):
            _, _, name, told = line.split(" ", 3)
            assert re.fullmatch(NAME, name)
            assert name not in families, f"{name} is told twice"
            assert told
            assert "\\" not in told
            families.append(name)
        elif line.startswith("# TYPE "):
            assert line == f"# TYPE {families[-1]} gauge"
        else:
            name, labels, _, number = SAMPLE.fullmatch(line).groups()
            assert name == families[-1]
            pairs = re.findall(rf"({NAME})={VALUE}", labels or "")
            assert ",".join(f'{key}="{value}"' for key, value in pairs) == (labels or "")
            plain = {key: re.sub(r"\\.", lambda found: LETTER[found[0]], value) for key, value in pairs}
            assert len(plain) == len(pairs)
            key = (name, frozenset(plain.items()))
            assert key not in samples
            assert math.isfinite(float(number))
            samples[key] = float(number)
    return samples


def value(samples, name, **labels):
    return samples.get((f"evcharge_{name}", frozenset(labels.items())))


STORY = story_of(station(*BAD, "B", name="Baker Street"), station(*GOOD, "G"), station(*NEW, "N"))


def test_each_figure_of_a_station_is_that_of_the_report():
    samples = parsed(to_prometheus(STORY))
    for row in STORY.rows:
        keys = {"source": "acme", "station_id": row["station_id"]}
        for name, column in (
            ("success_ratio", "rate_now"),
            ("success_ratio_low", "low_now"),
            ("success_ratio_high", "high_now"),
            ("attempts", "attempts_now"),
            ("silent", "silent"),
            ("out_of_use", "out_of_use"),
        ):
            assert value(samples, f"station_{name}", **keys) == row[column], name
        verdicts = {
            dict(labels)["verdict"]: number
            for (name, labels), number in samples.items()
            if name == "evcharge_station_verdict" and labels > frozenset(keys.items())
        }
        assert len(verdicts) == 4
        assert [word for word, number in verdicts.items() if number] == [row["verdict_now"]]
    assert value(samples, "station_info", source="acme", station_id="B", label="Baker Street") == 1


def test_each_figure_of_the_network_is_that_of_the_report():
    samples, network = parsed(to_prometheus(STORY)), STORY.report.network
    for name, key in (("success_ratio", "success_ratio"), ("success_ratio_low", "low"), ("attempts", "attempts")):
        assert value(samples, f"network_{name}") == network[key]
    assert value(samples, "network_verdict", verdict=network["verdict"]) == 1
    assert value(samples, "network_stations", verdict="below target") == 1
    lost = value(samples, "station_charges_lost_per_week", source="acme", station_id="B")
    assert value(samples, "network_charges_lost_per_week", verdict="below target") == lost > 0
    assert value(samples, "target_ratio") == 0.95
    day_after = datetime(2025, 6, 10, tzinfo=timezone.utc)
    assert value(samples, "data_end_timestamp_seconds", source="acme") == day_after.timestamp()


def test_a_figure_that_is_not_known_has_no_sample():
    samples = parsed(to_prometheus(story_of(station(0, 0, "A", unknown=5), station(*GOOD, "G"))))
    assert value(samples, "station_success_ratio", source="acme", station_id="A") is None
    assert value(samples, "station_attempts", source="acme", station_id="A") == 0
    assert value(samples, "network_charges_lost_per_week", verdict="silent") is None


@pytest.mark.parametrize("letters", ['a"b', "a\\b", "a\\", "a\nb", "\\n", "é ▼", "a,b} 1", "a\rb", "a\u2028b", "#"])
def test_any_letters_of_a_station_are_read_back(letters):
    samples = parsed(to_prometheus(story_of(station(*GOOD, letters, name=letters))))
    assert value(samples, "station_info", source="acme", station_id=letters, label=letters) == 1


def test_what_is_made_up_and_what_was_refused_is_told():
    beside = Beside(made_up=7, refused=Refused(3, 1, 1, 1))
    samples = parsed(to_prometheus(replace(STORY, report=replace(STORY.report, beside=beside))))
    assert (value(samples, "made_up_sessions"), value(samples, "refused_rows")) == (7, 3)
