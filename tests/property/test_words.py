"""A rate beside its target is never printed on another side of it than it is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evcharge.report.words import percent, target_text, whole_percent

targets = st.one_of(
    st.integers(1, 999).map(lambda n: n / 1000), st.floats(0.0001, 0.9999), st.sampled_from([0.95, 0.9, 0.9995, 0.0004])
)
counts = st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def side(text: str, target: float) -> int:
    """Below (-1), on (0) or above (1) the target, as a reader would say."""
    shown, limit = Decimal(text.strip("<>%")), Decimal(target_text(target).strip("%"))
    if text[0] == ">":
        assert shown >= limit, "more than a number under the target says nothing"
        return 1
    if text[0] == "<":
        assert shown <= limit, "less than a number over the target says nothing"
        return -1
    return (shown > limit) - (shown < limit)


@pytest.mark.thorough
@given(target=targets, count=counts)
@example(target=0.95, count=(9496, 10_000))
@example(target=0.95, count=(95, 100))
@example(target=0.95, count=(9_500_001, 10_000_000))
@example(target=0.9995, count=(9996, 10_000))
@example(target=0.99999, count=(9_999_995, 10_000_000))
@pytest.mark.parametrize("words", [percent, whole_percent])
def test_a_printed_rate_compares_with_the_printed_target_as_the_true_ones_do(words, target, count):
    ratio = count[0] / count[1]
    assert side(words(ratio, target), target) == (ratio > target) - (ratio < target)
    assert (words(ratio, target) == "100.0%" or words(ratio, target) == "100%") <= (ratio == 1)


@pytest.mark.thorough
@given(target=targets, steps=st.integers(1, 3))
def test_a_rate_just_beside_its_target_is_not_printed_as_it(target, steps):
    import math

    above = below = target
    for _ in range(steps):
        above, below = math.nextafter(above, 1), math.nextafter(below, 0)
    assert side(percent(above, target), target) == 1
    assert side(percent(below, target), target) == -1
