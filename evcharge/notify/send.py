"""A message to its target, and what would be sent.

What does not belong here: when it is sent (``cli.notify``).
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from evcharge.errors import NotifyError, ReportError
from evcharge.notify.mail import MailServer, mail_of, send_mail
from evcharge.notify.message import Message
from evcharge.notify.retries import NOTHING_SAVED, send_until_sent
from evcharge.notify.target import FILE, Target
from evcharge.notify.webhook import body_of, post
from evcharge.output import written_whole


def send(message: Message, target: Target, server: MailServer | None) -> None:
    """Sends it, or writes it.

    Args:
        message: what changed.
        target: whom to tell.
        server: who takes mail; None unless the target is a mail address.

    Raises:
        NotifyError: it could not be sent, or written.
    """
    if target.kind == FILE:
        _write(message, target)
    elif server:
        send_until_sent(partial(send_mail, mail_of(message, target.address, server), server), str(target))
    else:
        send_until_sent(partial(post, target.address, body_of(message, target.kind)), str(target))


def _write(message: Message, target: Target) -> None:
    try:
        with written_whole(Path(target.address)) as file:
            file.write(f"{_json(message, target)}\n".encode())
    except ReportError as error:
        raise NotifyError("not_notified", error.reason, NOTHING_SAVED) from error


def shown(message: Message, target: Target, server: MailServer | None) -> str:
    """What ``send`` would send, and to whom."""
    if server:
        return f"to {target}, by {server!r}:\nSubject: {message.title}\n\n{message.text}"
    return f"to {target}:\n{_json(message, target)}"


def _json(message: Message, target: Target) -> str:
    return json.dumps(body_of(message, target.kind), indent=2)
