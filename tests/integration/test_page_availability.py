"""The page's section on uptime: there where there is evidence, inert, and the same again."""

from __future__ import annotations

import pytest

from evcharge.metrics.selection import Selection
from evcharge.report.page.page import build_page
from evcharge.report.page.request import PageRequest
from tests.support.star import MIXED, write_sessions, write_statuses

HEADING = '<h2 id="availability">Was it there?</h2>'


@pytest.fixture
def page(engine, url):
    """Writes the page of a star of sessions."""
    write_sessions(engine, *MIXED)
    return lambda: build_page(url, PageRequest(target=0.95, selection=Selection()))[1]


@pytest.mark.thorough
def test_a_page_without_evidence_says_nothing_of_uptime(page):
    assert HEADING not in page()


@pytest.mark.thorough
def test_the_page_tells_uptime_where_there_is_evidence_escaped_and_the_same_again(page, engine):
    write_statuses(engine, port='1"><script>owned</script>', name="<script>owned</script>")
    told = page()
    section = told[told.index(HEADING) : told.index("</section>", told.index(HEADING))]
    assert "<script>owned" not in told
    assert '<th role="rowheader" scope="row">&lt;script&gt;owned&lt;/script&gt;</th>' in section
    owned = "&lt;script&gt;owned&lt;/script&gt;"
    assert f'<th role="rowheader" scope="row">{owned} / 1&#34;&gt;{owned}' in section
    assert "up between " in section
    assert "<h3>2 outages; 2 go on at the end of the period</h3>" in section
    assert '<th role="columnheader" scope="col" class="r">charges lost</th>' in section
    assert page() == told
