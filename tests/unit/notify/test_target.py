"""Whom to tell is read from one word, and shown without its secrets."""

from __future__ import annotations

import pytest

from evcharge.errors import ConfigError
from evcharge.notify.target import DOCUMENT, FILE, MAIL, SLACK, TEAMS, parse_target


@pytest.mark.parametrize(
    ("word", "kind", "shown"),
    [
        ("https://example.org", DOCUMENT, "https://example.org"),
        ("https://example.org/", DOCUMENT, "https://example.org"),
        ("https://example.org:8443/hook/SECRET", DOCUMENT, "https://example.org:8443/***"),
        ("https://example.org?token=SECRET", DOCUMENT, "https://example.org/***"),
        ("https://example.org/#SECRET", DOCUMENT, "https://example.org/***"),
        ("slack:https://hooks.slack.com/services/SECRET", SLACK, "https://hooks.slack.com/***"),
        ("teams:https://a.logic.azure.com/workflows/SECRET", TEAMS, "https://a.logic.azure.com/***"),
        ("http://127.0.0.1:9000/SECRET", DOCUMENT, "http://127.0.0.1:9000/***"),
        ("http://[::1]:9000/SECRET", DOCUMENT, "http://[::1]:9000/***"),
        ("mailto:ops@example.org", MAIL, "ops@example.org"),
        ("file:a b.json", FILE, "a b.json"),
    ],
)
def test_a_target_is_of_the_kind_that_its_beginning_says_and_is_shown_without_a_secret(word, kind, shown):
    target = parse_target(word)
    assert target.kind == kind
    assert str(target) == shown
    assert repr(target) == shown
    assert target.address in word


@pytest.mark.parametrize(
    "word",
    [
        "",
        "SECRET",
        "ftp://example.org/SECRET",
        "http://example.org/SECRET",
        "http://127.0.0.1.example.org/SECRET",
        "slack:http://hooks.slack.com/SECRET",
        "https://user:SECRET@example.org/",
        "https://SECRET@example.org/",
        "https:///SECRET",
        "https://.example.org/SECRET",
        f"https://{'a' * 64}.org/SECRET",
        "https://example.org:SECRET/",
        "https://[SECRET/",
        "https://example.org/SECRET secret",
        "https://example.org/SECRET\r\nX: y",
        "https://exämple.org/SECRET",
        "mailto:",
        "mailto:ops@example.org,SECRET@example.org",
        "mailto:Ops <SECRET@example.org>",
        "mailto:ops@example.org\nBcc: SECRET@example.org",
        "file:",
        "file:-",
    ],
)
def test_what_is_no_target_is_refused_and_not_repeated(word):
    with pytest.raises(ConfigError) as caught:
        parse_target(word)
    assert caught.value.code == "notify_target_unreadable"
    assert "SECRET" not in str(caught.value)
