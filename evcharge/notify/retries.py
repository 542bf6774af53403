"""Trying to send until it is sent, for a time that has an end.

What does not belong here: how anything is sent (``webhook``, ``mail``).
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Callable
from time import monotonic, sleep
from urllib.error import URLError

from evcharge.errors import NotifyError

TIMEOUT_SECONDS = 10
"""How long one try waits for the network each time. House rule, provisional."""
WAITS_SECONDS = (1, 2, 4, 8, 16)
"""Pauses before further tries. House rule, provisional: a restart of the other side is over by then."""
TOTAL_SECONDS = 90
"""No try begins later than this; six tries that all time out take as long. House rule, provisional."""
NOTHING_SAVED = "Nothing was saved, so the next run tells the same. The outputs of this report are written."


class NotSent(Exception):
    """One try failed.

    Args:
        reason: why, without a secret.
        again: whether another try may do.
        wait_seconds: for how long the other side asks to wait before it; None where it does not say.
    """

    def __init__(self, reason: str, *, again: bool, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.wait_seconds = wait_seconds


def send_until_sent(send: Callable[[], None], where: str) -> None:
    """Tries until it is sent, with growing pauses, or as long as the other side asks for if that is not too long.

    Args:
        send: one try; raises ``NotSent``.
        where: the target as it may be shown.

    Raises:
        NotifyError: ``not_notified``; whether the other side has got it is not known where it did not answer.
    """
    ends = monotonic() + TOTAL_SECONDS
    for number, pause in enumerate((*WAITS_SECONDS, math.inf), start=1):
        try:
            send()
        except NotSent as failed:
            wait = pause if failed.wait_seconds is None else max(pause, failed.wait_seconds)
            if not failed.again or monotonic() + wait > ends:
                tries = f"{number} {'try' if number == 1 else 'tries'}"
                reason = f"{where} could not be told what changed, in {tries}: {failed.reason}."
                raise NotifyError("not_notified", reason, NOTHING_SAVED) from None
        else:
            return
        sleep(wait)


def of_network(error: OSError) -> NotSent:
    """What a fault of the network is as a failed try: only the system's own words, which hold nothing that is sent."""
    inner = error.reason if isinstance(error, URLError) else error
    cause = inner if isinstance(inner, OSError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NotSent(f"its certificate can't be trusted: {cause.verify_message}", again=False)
    if isinstance(cause, TimeoutError):
        return NotSent(f"no answer within {TIMEOUT_SECONDS} s", again=True)
    return NotSent(cause.strerror or "the connection ended before an answer", again=True)
