"""A message as a mail, by a server that is named in the settings; encrypted unless that is turned off.

What does not belong here: what is said (``message``).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from typing import NamedTuple
from urllib.parse import urlsplit

from evcharge.errors import ConfigError
from evcharge.notify.message import Message
from evcharge.notify.retries import TIMEOUT_SECONDS, NotSent, of_network
from evcharge.notify.target import ADDRESS

STARTTLS, TLS, NONE = "starttls", "tls", "none"
PORTS = {STARTTLS: 587, TLS: 465, NONE: 25}
"""How a server is spoken to, and at which port where none is named. Source: RFC 6409, RFC 8314, RFC 5321."""


class MailServer(NamedTuple):
    """The server that takes our mail.

    Attributes:
        host, port: where it is.
        security: a key of ``PORTS``.
        user, password: empty where it asks for none.
        sender: address that the mail is from.
    """

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str

    def __repr__(self) -> str:
        return f"{self.host}:{self.port}"


def mail_server(settings: Mapping[str, str]) -> MailServer:
    """The server that the settings ``smtp_…`` name.

    Raises:
        ConfigError: none is named, or what is named can't be used.
    """
    host, security, user, password, sender = (
        settings[f"smtp_{name}"] for name in ("host", "security", "user", "password", "from")
    )
    try:
        place = urlsplit(f"//{host}")
        named, port = place.hostname, place.port
        (named or "").encode("idna")
    except ValueError:
        named, port = None, None
    if not named or place.netloc != host or "@" in host:
        how = 'Write smtp_host = "mail.example.org:587" into evcharge.toml, or set EVCHARGE_SMTP_HOST.'
        raise ConfigError("smtp_host_unreadable", "smtp_host names no mail server.", how)
    if security not in PORTS:
        reason = f"smtp_security is {security!r}; it must be one of {', '.join(PORTS)}."
        raise ConfigError("smtp_security_unknown", reason, "Most servers take starttls, the default.")
    if security == NONE and (user or password):
        reason = "smtp_security is none, and a password must not travel unencrypted."
        raise ConfigError("smtp_password_unencrypted", reason, "Set smtp_security to starttls or tls.")
    if not ADDRESS.fullmatch(sender or user):
        raise ConfigError(
            "smtp_from_missing",
            "smtp_from is no mail address.",
            'Write smtp_from = "evcharge@example.org" into evcharge.toml, or set EVCHARGE_SMTP_FROM.',
        )
    return MailServer(named, port or PORTS[security], security, user, password, sender or user)


def mail_of(message: Message, recipient: str, server: MailServer) -> EmailMessage:
    """The mail, as text."""
    mail = EmailMessage()
    mail["Subject"] = message.title
    mail["From"] = server.sender
    mail["To"] = recipient
    mail["Date"] = localtime()
    mail["Message-ID"] = make_msgid(domain=server.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def send_mail(mail: EmailMessage, server: MailServer) -> None:
    """One try to send it.

    Raises:
        NotSent: the server did not take it.
    """
    try:
        with _connected(server) as connection:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        raise _answered(min(code for code, _ in error.recipients.values())) from None
    except smtplib.SMTPResponseException as error:
        raise _answered(error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent("it does not offer what smtp_security or a login asks for", again=False) from None
    except smtplib.SMTPException as error:
        if isinstance(error.__context__, OSError):  # smtplib says of a fault of the network that the talk was ended
            raise of_network(error.__context__) from None
        raise NotSent("it ended the talk", again=True) from None
    except OSError as error:
        raise of_network(error) from None


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.security == TLS:
        trusted = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=trusted)
    connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    try:
        if server.security == STARTTLS:
            connection.starttls(context=ssl.create_default_context())
    except BaseException:
        connection.close()
        raise
    return connection


def _answered(code: int) -> NotSent:
    """Only the code, for a server may repeat what it was told. Codes from 400 to 499 may pass: RFC 5321, 4.2.1."""
    if code < 0:  # smtplib's word for a line without a code
        return NotSent("its answer is no SMTP", again=True)
    return NotSent(f"it answered {code}", again=400 <= code < 500)
