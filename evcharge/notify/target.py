"""Whom to tell: a webhook, a mail address or a file, written as one word; and that word without its secrets.

What does not belong here: sending.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from evcharge.errors import ConfigError

DOCUMENT, SLACK, TEAMS, MAIL, FILE = "document", "slack", "teams", "mail", "file"
PREFIXES = {"slack:": SLACK, "teams:": TEAMS, "mailto:": MAIL, "file:": FILE, "": DOCUMENT}
"""How a target begins, with what it then is; the last one fits all."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
"""Hosts to which a webhook may go without TLS: what is sent leaves the machine by no network."""
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
"""A mail address in ASCII without a name. Source: HTML, "valid e-mail address": RFC 5322 without its oddities."""
FORMS = (
    "Write https://… (a document), slack:https://…, teams:https://…, mailto:somebody@example.org or file:changes.json."
)


@dataclass(frozen=True, repr=False)
class Target:
    """Whom to tell.

    Attributes:
        kind: one of ``DOCUMENT``, ``SLACK``, ``TEAMS``, ``MAIL`` and ``FILE``.
        address: the URL, with its secret; a mail address; or a path.
    """

    kind: str
    address: str

    def __str__(self) -> str:
        """As it may be shown: of a URL only the host, for what follows is as good as a password."""
        if self.kind in (MAIL, FILE):
            return self.address
        url = urlsplit(self.address)
        return f"{url.scheme}://{url.netloc}{'/***' if url.path.strip('/') or url.query or url.fragment else ''}"

    __repr__ = __str__


def parse_target(text: str) -> Target:
    """The target that a word names.

    Raises:
        ConfigError: ``notify_target_unreadable``; the reason holds nothing of the word, which may be a secret.
    """
    prefix, kind = next((prefix, kind) for prefix, kind in PREFIXES.items() if text.startswith(prefix))
    address = text.removeprefix(prefix)
    fault = {MAIL: _fault_of_mail, FILE: _fault_of_path}.get(kind, _fault_of_url)(address)
    if fault:
        raise ConfigError("notify_target_unreadable", f"the target of --notify {fault}.", FORMS)
    return Target(kind, address)


def _fault_of_mail(address: str) -> str:
    return "" if ADDRESS.fullmatch(address) else "is no single mail address in ASCII"


def _fault_of_path(path: str) -> str:
    return "" if path and path != "-" and "\0" not in path else "names no file"


def _fault_of_url(address: str) -> str:
    try:
        url = urlsplit(address)
        host, _ = url.hostname, url.port  # a port that is none raises, and so does a name that no host can have
        (host or "").encode("idna")
    except ValueError:
        return "can't be read as a URL"
    if not address.isascii() or not address.isprintable() or " " in address:
        return "holds letters that a URL writes as %XX"
    if url.scheme not in ("https", "http"):
        return "is of no known form"
    if not host:
        return "names no host"
    if url.scheme == "http" and host not in LOOPBACK:
        return "is not encrypted: http:// may only go to this machine"
    return "holds a name or password before its host" if "@" in url.netloc else ""
