"""What looks like a footer is told from the last refused rows of a whole file, in however many chunks it comes."""

from __future__ import annotations

from evcharge.clean import clean
from evcharge.load.footer import MOST_FOOTER_ROWS, Footer
from tests.support.factories import AS_OF, raw_sessions


def footer_of(*chunks):
    """The lines of the footer of a file of these chunks: for each line whether it is a session, a total, or neither."""
    footer, line = Footer(), 1
    for chunk in chunks:
        rows = []
        for letter in chunk:
            line += 1
            over = {"s": {}, "t": {"fault": "total_row"}, "b": {"start_time": "never"}}[letter]
            rows.append({"line": line, "session_id": f"s{line}", **over})
        footer.add(clean(raw_sessions(*rows), AS_OF))
    return footer.lines()


def test_a_footer_begins_in_one_chunk_and_ends_in_the_next():
    assert footer_of("sst", "tt") == [4, 5, 6]


def test_a_total_above_sessions_of_a_later_chunk_is_no_footer():
    assert footer_of("st", "sss") == []
    assert footer_of("st", "sst") == [6]


def test_a_bad_row_above_the_first_total_is_not_of_the_footer():
    assert footer_of("sbtb") == [4, 5]
    assert footer_of("sb") == []


def test_a_file_without_a_session_has_no_footer():
    assert footer_of("tt") == []


def test_more_refused_rows_than_a_footer_has_are_none():
    assert len(footer_of("s" + "t" * MOST_FOOTER_ROWS)) == MOST_FOOTER_ROWS
    assert footer_of("s" + "t" * (MOST_FOOTER_ROWS + 1)) == []
    assert footer_of("s" + "t" * 20, "t") == []
