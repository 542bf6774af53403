"""The page's section on uptime: there where there is evidence, inert, and the same again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from evcharge.metrics.outcomes import Selection
from evcharge.models import DimStation, FactStatus
from evcharge.report.page.page import build_page
from evcharge.report.page.request import PageRequest
from tests.support.star import MIXED, START, write_sessions

HEADING = '<h2 id="availability">Was it there?</h2>'


@pytest.fixture
def page(engine, url):
    """Writes the page of a star of sessions."""
    write_sessions(engine, *MIXED)
    return lambda: build_page(url, PageRequest(target=0.95, selection=Selection()))[1]


def write_statuses(engine):
    """Port 1 of two stations, up at first and down 30 hours later; the first keeps a name that would do harm."""
    with Session(engine) as session, session.begin():
        session.execute(update(DimStation).where(DimStation.station_id == "A").values(name="<script>owned</script>"))
        for key, hours in ((1, 0), (2, 0), (1, 40), (2, 60)):
            at = START + timedelta(hours=hours)
            state = "down" if hours else "up"
            told = {"from_time": at, "until_time": at, "word": state, "state": state, "evidence": "event"}
            session.add(FactStatus(station_key=key, port_id="1", load_key=1, source_line=2, last_line=2, **told))


@pytest.mark.thorough
def test_a_page_without_evidence_says_nothing_of_uptime(page):
    assert HEADING not in page()


@pytest.mark.thorough
def test_the_page_tells_uptime_where_there_is_evidence_escaped_and_the_same_again(page, engine):
    write_statuses(engine)
    told = page()
    section = told[told.index(HEADING) : told.index("</section>", told.index(HEADING))]
    assert "<script>owned" not in told
    assert '<th scope="row">&lt;script&gt;owned&lt;/script&gt;</th>' in section
    assert "up between " in section
    assert "outages at the end of the period" in section
    assert page() == told
