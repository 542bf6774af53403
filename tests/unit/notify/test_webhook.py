"""A message is posted to a web server on this machine: once, again where that may help, and never to elsewhere."""

from __future__ import annotations

import json
import ssl
from datetime import datetime, timezone
from shutil import which

import pytest

from evcharge.errors import NotifyError
from evcharge.notify import retries, webhook
from evcharge.notify.message import Message
from evcharge.notify.send import send, shown
from evcharge.notify.target import parse_target
from evcharge.notify.webhook import retry_after_seconds
from tests.support.receivers import Answer, WebServer, certificate_in, server_context, serving

MESSAGE = Message("a title", ("a line",), {"schema_version": 1, "title": "a title"})


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The pauses that were made, without making them."""
    made = []
    monkeypatch.setattr(retries, "sleep", made.append)
    return made


def sent_to(*answers, kind=""):
    """The requests that a server with these answers got, and the error in the end."""
    server = WebServer(answers)
    with serving(server):
        try:
            send(MESSAGE, parse_target(f"{kind}{server.url}"), None)
        except NotifyError as error:
            return server.requests, error
    return server.requests, None


def test_a_document_is_posted_once_as_json():
    ((path, headers, body),), error = sent_to(Answer(200))
    assert error is None
    assert path == "/services/SECRET?token=SECRET"
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == MESSAGE.document


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_answer_of_success_will_do(status):
    assert sent_to(Answer(status))[1] is None


def test_slack_gets_a_text():
    ((_, _, body),), _ = sent_to(Answer(200), kind="slack:")
    assert json.loads(body) == {"text": "a title\n\na line\n"}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_after_a_pause(status, pauses):
    requests, error = sent_to(Answer(status), Answer(200))
    assert (len(requests), error, pauses) == (2, None, [1])


def test_it_is_tried_six_times_with_growing_pauses_and_nothing_of_the_secret_is_said(pauses):
    requests, error = sent_to(Answer(500))
    assert len(requests) == 6
    assert pauses == [1, 2, 4, 8, 16]
    assert sum(pauses) + 6 * retries.TIMEOUT_SECONDS > retries.TOTAL_SECONDS
    assert error.code == "not_notified"
    assert "could not be told what changed, in 6 tries: it answered 500." in error.reason
    assert "SECRET" not in str(error)
    assert error.__suppress_context__


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_what_will_not_pass_is_not_tried_again(status):
    requests, error = sent_to(Answer(status), Answer(200))
    assert len(requests) == 1
    assert f"in 1 try: it answered {status}." in error.reason


def test_a_server_is_waited_for_as_long_as_it_asks(pauses):
    _, error = sent_to(Answer(429, (("Retry-After", "7"),)), Answer(503, (("Retry-After", "0"),)), Answer(200))
    assert (error, pauses) == (None, [7, 2])


def test_a_server_that_asks_for_too_long_is_not_waited_for(pauses):
    requests, error = sent_to(Answer(429, (("Retry-After", "3600"),)), Answer(200))
    assert (len(requests), pauses) == (1, [])
    assert "it answered 429 and asks to wait 3600 s." in error.reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place", ["/there", "https://example.invalid/", "file:///etc/passwd", "ftp://example.invalid/"]
)
def test_nothing_is_sent_on(status, place):
    requests, error = sent_to(Answer(status, (("Location", place),)))
    assert len(requests) == 1
    assert f"it answered {status}, which sends elsewhere" in error.reason


def test_no_answer_in_time_is_tried_again(monkeypatch, pauses):
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.05)
    requests, error = sent_to(Answer(0), Answer(200))
    assert (len(requests), error, pauses) == (2, None, [1])


def test_who_hangs_up_is_told_in_words():
    server = WebServer([Answer(0)])
    server.is_over.set()
    with serving(server), pytest.raises(NotifyError, match=r"in 6 tries: the connection ended before an answer\."):
        send(MESSAGE, parse_target(server.url), None)


def test_what_may_be_unencrypted_goes_by_no_proxy(monkeypatch):
    proxy = WebServer([Answer(200)])
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    with serving(proxy):
        assert len(sent_to(Answer(200))[0]) == 1
    assert proxy.requests == []


def test_who_is_not_there_is_told_in_the_systems_words():
    server = WebServer([Answer(200)])
    server.server_close()
    with pytest.raises(NotifyError) as caught:
        send(MESSAGE, parse_target(server.url), None)
    assert "/*** could not be told what changed, in 6 tries: Connection refused." in str(caught.value)
    assert "SECRET" not in str(caught.value)


@pytest.mark.skipif(not which("openssl"), reason="openssl makes the certificate")
def test_a_certificate_must_be_trusted(tmp_path, monkeypatch):
    certificate = certificate_in(tmp_path)
    server = WebServer([Answer(200)])
    server.socket = server_context(certificate).wrap_socket(server.socket, server_side=True)
    target = parse_target(server.url.replace("http:", "https:"))
    monkeypatch.setattr(server, "handle_error", lambda *_: None)
    with serving(server):
        with pytest.raises(NotifyError, match=r"in 1 try: its certificate can't be trusted"):
            send(MESSAGE, target, None)
        assert server.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send(MESSAGE, target, None)
    assert len(server.requests) == 1
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("soon", None),
        ("-7", None),
        ("Mon, 02 Jun 2025 10:00:30 GMT", 30.0),
        ("Mon, 02 Jun 2025 09:00:00 GMT", 0.0),
        ("Mon, 02 Jun 2025 10:00:30", 30.0),
        ("9" * 400, None),
        ("Mon, 02 Jun 2025 10:00:30 +99999999999999999999", None),
    ],
)
def test_the_wait_that_a_server_asks_for_is_a_number_or_a_date(text, seconds):
    assert retry_after_seconds(text, datetime(2025, 6, 2, 10, tzinfo=timezone.utc)) == seconds


def test_what_would_be_sent_is_shown_without_the_secret():
    text = shown(MESSAGE, parse_target("slack:https://hooks.slack.com/SECRET"), None)
    assert text.splitlines()[0] == "to https://hooks.slack.com/***:"
    assert json.loads(text.partition(":\n")[2]) == {"text": "a title\n\na line\n"}
