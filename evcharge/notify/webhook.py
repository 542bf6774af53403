"""A message to a webhook: as our document, or as Slack or Teams take it.

What does not belong here: what is said (``message``).
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from email.message import Message as Headers
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from evcharge.notify.message import Message
from evcharge.notify.retries import TIMEOUT_SECONDS, NotSent, of_network
from evcharge.notify.target import LOOPBACK, SLACK, TEAMS
from evcharge.version import __version__

TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""Answers after which the same request may do. Source: RFC 9110, 15.5 and 15.6; RFC 6585, 4; RFC 8470, 5.2."""
LETTERS_OF_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""Else a station's name could call everybody in the channel. Source: Slack, "Formatting text for app surfaces"."""


class _NoRedirects(HTTPRedirectHandler):
    """Follows nothing: a message that is sent on would become a request without it, or go where nobody named."""

    def redirect_request(self, *_: Any) -> None:
        """No request."""


def body_of(message: Message, kind: str) -> dict[str, Any]:
    """What is sent to a target of this kind."""
    if kind == SLACK:
        return {"text": message.text.translate(LETTERS_OF_SLACK)}
    return card_of(message) if kind == TEAMS else message.document


def card_of(message: Message) -> dict[str, Any]:
    """A message with an adaptive card, which Teams' Workflows take; its runs of text know no markup."""
    texts = [{"type": "TextRun", "text": message.title, "weight": "bolder"}]
    texts += [{"type": "TextRun", "text": line} for line in message.lines]
    body = [{"type": "RichTextBlock", "inlines": [text]} for text in texts]
    card = {"type": "AdaptiveCard", "version": "1.2", "body": body}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def post(url: str, body: dict[str, Any]) -> None:
    """One try to send it. Of the answer only the status is looked at.

    Raises:
        NotSent: it was not taken.
    """
    headers = {"Content-Type": "application/json", "User-Agent": f"evcharge/{__version__}"}
    request = Request(url, json.dumps(body).encode(), headers, method="POST")  # noqa: S310 - parse_target let it through
    try:
        _opener(url).open(request, timeout=TIMEOUT_SECONDS).close()
    except HTTPError as error:
        with error:
            raise _answered(error.code, error.headers) from None
    except OSError as error:
        raise of_network(error) from None
    except HTTPException:
        raise NotSent("its answer is no HTTP", again=True) from None


def _opener(url: str) -> OpenerDirector:
    """What opens it: by no proxy what stays on this machine, and so may be unencrypted."""
    by_proxy = urlsplit(url).hostname not in LOOPBACK
    return build_opener(_NoRedirects, *([] if by_proxy else [ProxyHandler({})]))


def _answered(status: int, headers: Headers) -> NotSent:
    if 300 <= status < 400:
        return NotSent(f"it answered {status}, which sends elsewhere; name the address where it ends", again=False)
    wait = retry_after_seconds(headers.get("Retry-After"), datetime.now(timezone.utc))
    asks = "" if wait is None else f" and asks to wait {wait:.0f} s"
    return NotSent(f"it answered {status}{asks}", again=status in TRY_AGAIN, wait_seconds=wait)


def retry_after_seconds(text: str | None, now: datetime) -> float | None:
    """How long a server asks to wait: a number of seconds, or a date; None where it does not say. RFC 9110, 10.2.3."""
    if text is None:
        return None
    try:
        if text.strip().isdecimal():
            return float(int(text))
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a number or an offset that nothing holds
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or timezone.utc) - now).total_seconds())
