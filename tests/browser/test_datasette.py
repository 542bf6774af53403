"""What evcharge adds to the pages of Datasette, in a real browser."""

from __future__ import annotations

import pytest

from evcharge.export.datasette import ROUNDED


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("0.7662337662337663", "0.7662"),
        ("-74.519912", "-74.5199"),
        ("12.300000000000001\xa0kWh", "12.3\xa0kWh"),
        ("0.95", "0.95"),
        ("0.00001234", "0.00001234"),
        ("1.234567e-09", "1.234567e-09"),
        ("", ""),
    ],
)
def test_a_long_number_has_four_decimals_and_every_digit_where_the_pointer_rests(browser, kept, shown):
    page = browser.new_page()
    page.set_content(f'<div>{ROUNDED}</div><table><tr><td class="type-float">{kept}</td></tr></table>')
    cell = page.locator("td")
    assert cell.inner_text() == shown
    assert cell.get_attribute("title") == kept
    page.close()
