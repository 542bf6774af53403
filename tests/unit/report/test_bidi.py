from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.report.bidi import apart
from tests.support.strategies import laws

HEBREW, ARABIC = "\u05d0\u05d1", "\u0645\u0631"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Depot 7", "Depot 7"),
        ("Größe – 東京", "Größe – 東京"),
        (HEBREW, f"<{HEBREW}>"),
        (f"{HEBREW} 12% of 4", f"<{HEBREW}> 12% of 4"),
        (f"{HEBREW} 12, {ARABIC}!", f"<{HEBREW} 12, {ARABIC}>!"),
        (f"{HEBREW} x {ARABIC}", f"<{HEBREW}> x <{ARABIC}>"),
        ("a\u202eb", "a\\u202eb"),
        (f"a\u2067{HEBREW}\u2069", f"a\\u2067<{HEBREW}>\\u2069"),
    ],
)
def test_letters_from_right_to_left_stand_apart_and_controls_are_escapes(text, shown):
    assert apart(text, "<", ">") == shown


@laws(200)
@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=12))
def test_no_letter_from_right_to_left_stands_outside_of_an_isolate(text):
    outside, depth = "", 0
    for letter in apart(text):
        depth += (letter == "\u2068") - (letter == "\u2069")
        outside += letter if not depth else ""
    assert depth == 0
    assert not [one for one in outside if unicodedata.bidirectional(one) in ("R", "AL")]
    assert not [one for one in outside if unicodedata.bidirectional(one) in ("RLE", "RLO", "LRE", "LRO", "PDF", "RLI")]
