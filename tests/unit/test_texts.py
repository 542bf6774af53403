"""Whole columns of texts at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcharge.ids import clean_id, is_formula, is_rounded
from evcharge.parsed import is_usable, shortened, without_blanks
from evcharge.texts import are_plain, have_rounded_number, per_distinct
from tests.support.strategies import IDS, any_text, laws

columns = st.lists(st.none() | st.sampled_from(IDS) | any_text, max_size=4)


@pytest.mark.thorough
@laws(100)
@given(columns)
def test_cleaning_changes_no_plain_text(texts):
    if are_plain(texts):
        for text in filter(None, texts):
            assert clean_id(text) == text == without_blanks(text)
            assert is_usable(text)
            assert not is_formula(text)
            assert shortened(text) in (text, " ".join(text.split()))


@pytest.mark.thorough
@laws(100)
@given(columns)
def test_a_rounded_number_is_never_overlooked(texts):
    assert have_rounded_number(texts) or not any(is_rounded(text) for text in texts if text)


@pytest.mark.parametrize("text", ["S0000001", "a b", "7f3e", "Zürich|2024-03-09T08:07:06Z", "x" * 255])
def test_a_usual_id_is_plain(text):
    assert are_plain([text, None, "other"])
    assert are_plain([None])


@pytest.mark.parametrize("text", [" 7", "7 ", "\t7", "7\u00a0", "\u200b7", '="7"', "'7", "a\nb", "x" * 256, ""])
def test_one_text_that_cleaning_looks_at_is_enough(text):
    assert not are_plain(["S1", text, "S2"])


def test_a_function_is_asked_once_for_each_text_that_differs():
    asked = []
    assert per_distinct(lambda text: asked.append(text) or text.upper(), ["a", None, "b", "a", ""]) == [
        *("A", None, "B", "A", None),
    ]
    assert sorted(asked) == ["a", "b"]
