"""What stands in the payloads of OCPP 1.6 and 2.0.1: tokens, answers, error codes, numbers, and what must not be kept.

What does not belong here: frames (``ocpp.messages``), and what a payload means for an attempt (``ocpp.attempts``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from unicodedata import category

from evcharge.sources.names import folded
from evcharge.sources.privacy import WITHHELD

PRIVATE_KEYS = frozenset(
    (
        *("idtag", "parentidtag", "idtoken", "groupidtoken", "additionalinfo", "additionalidtoken", "vid", "evccid"),
        *("certificate", "certificatechain", "iso15118certificatehashdata", "csr", "exirequest", "exiresponse"),
        *("iccid", "imsi", "modem", "phone", "phonenumber", "email", "customdata", "signedmeterdata", "publickey"),
    )
)
"""Members of a payload that may name a person, a car or a SIM (folded); their values are kept in no text."""

_MAC = re.compile(r"(?:VID:\s*[0-9A-Fa-f:-]{8,})|(?:\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5,7}\b)")
"""A car's hardware address, alone or as the tag VID:<address> of AutoCharge."""

NO_ERROR = "NoError"
OTHER_ERROR = "OtherError"
"""The error code that says no more than that the vendor's code names the error (OCPP 1.6, 7.6)."""
_MOST_DIGITS = 300
"""A larger power of ten is no amount."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\s]+")

_INVISIBLE = "Cf"
"""Category of the characters that no eye sees: zero-width blanks and joiners, marks of direction, soft hyphens."""

_LARGEST_ID = 1e15
"""A number from here on is not told exactly by JSON of all makers."""


def scalar(value: object) -> str:
    """A scalar as text, a whole number without decimals; empty for anything else."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_ID:
        return str(int(value))
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


@lru_cache(maxsize=4096)  # a log names the same stations again and again
def station_name(text: str) -> str:
    """A station's id without what no eye sees, and without blanks at its ends."""
    return "".join([sign for sign in text if category(sign) != _INVISIBLE]).strip()


def answers(action: str, payload: Mapping[str, Any]) -> bool:
    """Whether the payload has the shape of an answer to that action."""
    if action == "StartTransaction":
        return "transactionId" in payload or "idTagInfo" in payload
    if action == "Authorize":
        return "idTagInfo" in payload or "idTokenInfo" in payload
    if action == "TransactionEvent":
        return "status" not in payload
    return "status" in payload


def status_of(payload: Mapping[str, Any]) -> str:
    """The status that an answer gives to the token, or to the request."""
    for key in ("idTagInfo", "idTokenInfo"):
        info = payload.get(key)
        if isinstance(info, dict):
            return scalar(info.get("status"))
    return scalar(payload.get("status"))


def token(payload: Mapping[str, Any]) -> str:
    """The driver's token in a request: the idTag of 1.6, or the idToken of 2.0.1."""
    written = payload.get("idToken")
    return scalar(written.get("idToken")) if isinstance(written, dict) else scalar(payload.get("idTag"))


def error_codes(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Error code and the vendor's code of a notice that tells an error; the vendor's is led by the vendor's id.

    ``OtherError`` gives way to the vendor's code: it only points to it.
    """
    error = one_line(scalar(payload.get("errorCode")))
    if error in ("", NO_ERROR):
        return ()
    vendor, code = (one_line(scalar(payload.get(key))) for key in ("vendorId", "vendorErrorCode"))
    if code in ("", NO_ERROR):
        return (error,)
    of_vendor = f"{vendor}:{code}" if vendor else code
    return (of_vendor,) if error == OTHER_ERROR else (error, of_vendor)


def number(value: object) -> Decimal | None:
    """A number of a payload, or a text that is one, exactly; None for anything else."""
    if value is None or isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(value.strip() if isinstance(value, str) else str(value))
    except (InvalidOperation, ValueError):
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) <= _MOST_DIGITS else None


def one_line(text: str) -> str:
    """The text without line ends, control characters and cars' addresses."""
    if text.isalnum() and text.isascii():  # nothing of it could be left out
        return text
    return without_addresses(_UNPRINTABLE.sub(" ", text).strip())


def withheld(value: object) -> object:
    """A payload's value without its private members and without hardware addresses."""
    if isinstance(value, Mapping):
        return {key: WITHHELD if folded(key) in PRIVATE_KEYS else withheld(item) for key, item in value.items()}
    if isinstance(value, list):
        return [withheld(item) for item in value]
    return without_addresses(value) if isinstance(value, str) else value


def without_addresses(text: str) -> str:
    """The text without the hardware addresses of cars."""
    return _MAC.sub(WITHHELD, text)
