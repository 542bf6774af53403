"""A message is mailed by a server on this machine, encrypted; a password never travels otherwise."""

from __future__ import annotations

import smtplib
import socket
from email import message_from_bytes
from email.policy import default
from shutil import which

import pytest

from evcharge.errors import ConfigError, NotifyError
from evcharge.notify import mail, retries
from evcharge.notify.mail import mail_server
from evcharge.notify.message import Message
from evcharge.notify.send import send, shown
from evcharge.notify.target import parse_target
from tests.support.receivers import MailServer, certificate_in, serving

MESSAGE = Message("evcharge: 1 gone silent", ("- 1 gone silent: Königsplatz", "." * 3), {})
OPS = parse_target("mailto:ops@example.org")
SETTINGS = {
    "smtp_host": "mail.example.org",
    "smtp_security": "starttls",
    "smtp_from": "evcharge@example.org",
    "smtp_user": "",
    "smtp_password": "",
}


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The pauses that were made, without making them."""
    made = []
    monkeypatch.setattr(retries, "sleep", made.append)
    monkeypatch.setattr("socket.getfqdn", lambda *_: "here")
    return made


def mailed(server, **settings):
    """The error of sending by this server, or None."""
    told = {**SETTINGS, "smtp_host": server.place, "smtp_security": "none", **settings}
    with serving(server):
        try:
            send(MESSAGE, OPS, mail_server(told))
        except NotifyError as error:
            return error
    return None


def test_a_mail_has_title_text_sender_and_recipient():
    server = MailServer()
    assert mailed(server) is None
    (text,) = server.mails
    got = message_from_bytes(text, policy=default)
    assert (got["Subject"], got["From"], got["To"]) == (MESSAGE.title, "evcharge@example.org", "ops@example.org")
    assert got.get_content().splitlines() == [MESSAGE.title, "", *MESSAGE.lines]
    assert got["Auto-Submitted"] == "auto-generated"


@pytest.mark.skipif(not which("openssl"), reason="openssl makes the certificate")
def test_by_default_it_is_encrypted_before_the_password_is_said_and_the_certificate_must_be_trusted(
    tmp_path, monkeypatch
):
    certificate = certificate_in(tmp_path)
    login = {"smtp_security": "starttls", "smtp_user": "evcharge", "smtp_password": "SECRET"}
    server = MailServer(certificate)
    monkeypatch.setattr(server, "handle_error", lambda *_: None)
    error = mailed(server, **login)
    assert "in 1 try: its certificate can't be trusted" in error.reason
    assert server.mails == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = MailServer(certificate)
    assert mailed(server, **login) is None
    words = [line.split()[0].upper() for line in server.commands]
    assert words.index("STARTTLS") < words.index("AUTH") < words.index("MAIL")
    assert len(server.mails) == 1


def test_a_server_that_encrypts_nothing_gets_nothing():
    server = MailServer()
    error = mailed(server, smtp_security="starttls", smtp_user="evcharge", smtp_password="SECRET")
    assert "in 1 try: it does not offer what smtp_security or a login asks for" in error.reason
    assert [line.split()[0].upper() for line in server.commands] == ["EHLO"]


@pytest.mark.parametrize("word", ["MAIL", "RCPT"])
def test_a_refusal_that_may_pass_is_tried_again_and_another_is_not(word, pauses):
    server = MailServer(refusals={word: [451]})
    assert mailed(server) is None
    assert (len(server.mails), pauses) == (1, [1])
    error = mailed(MailServer(refusals={word: [550]}))
    assert "ops@example.org could not be told what changed, in 1 try: it answered 550." in error.reason


def test_a_login_that_is_refused_says_neither_password_nor_what_the_server_repeats(monkeypatch):
    monkeypatch.setattr(mail, "_connected", lambda server: _Refusing())
    with pytest.raises(NotifyError) as caught:
        send(MESSAGE, OPS, mail_server({**SETTINGS, "smtp_user": "evcharge", "smtp_password": "SECRET"}))
    assert "it answered 535." in str(caught.value)
    assert "SECRET" not in str(caught.value)


class _Refusing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def login(self, user, password):
        raise smtplib.SMTPAuthenticationError(535, f"{user} {password}".encode())


def test_who_is_not_there_is_tried_again(pauses):
    server = MailServer()
    server.server_close()
    with pytest.raises(NotifyError, match="in 6 tries: Connection refused"):
        send(MESSAGE, OPS, mail_server({**SETTINGS, "smtp_host": server.place, "smtp_security": "none"}))
    assert pauses == [1, 2, 4, 8, 16]


def test_who_says_nothing_gave_no_answer_and_did_not_end_the_talk(monkeypatch, pauses):
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NotifyError, match="in 6 tries: no answer within 10 s"):
            send(MESSAGE, OPS, mail_server({**SETTINGS, "smtp_host": host, "smtp_security": "none"}))
    assert len(pauses) == 5


def test_what_is_no_mail_server_is_told_in_words_and_not_by_a_code_that_nobody_sent(monkeypatch):
    def greeted(server):
        raise smtplib.SMTPConnectError(-1, b"HTTP/1.1 400 Bad Request")

    monkeypatch.setattr(mail, "_connected", greeted)
    with pytest.raises(NotifyError, match="in 6 tries: its answer is no SMTP"):
        send(MESSAGE, OPS, mail_server({**SETTINGS, "smtp_host": "127.0.0.1:25", "smtp_security": "none"}))


@pytest.mark.parametrize(
    ("host", "security", "place"),
    [
        ("mail.example.org", "starttls", ("mail.example.org", 587)),
        ("mail.example.org", "tls", ("mail.example.org", 465)),
        ("mail.example.org", "none", ("mail.example.org", 25)),
        ("mail.example.org:2525", "starttls", ("mail.example.org", 2525)),
        ("[::1]:2525", "none", ("::1", 2525)),
    ],
)
def test_the_port_is_the_usual_one_unless_it_is_named(host, security, place):
    server = mail_server({**SETTINGS, "smtp_host": host, "smtp_security": security})
    assert (server.host, server.port) == place


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"smtp_host": ""}, "smtp_host_unreadable"),
        ({"smtp_host": "smtp://mail.example.org"}, "smtp_host_unreadable"),
        ({"smtp_host": "user:SECRET@mail.example.org"}, "smtp_host_unreadable"),
        ({"smtp_host": "mail.example.org:x"}, "smtp_host_unreadable"),
        ({"smtp_host": "mail..example.org"}, "smtp_host_unreadable"),
        ({"smtp_security": "ssl"}, "smtp_security_unknown"),
        ({"smtp_security": "none", "smtp_user": "a@b.org", "smtp_password": "SECRET"}, "smtp_password_unencrypted"),
        ({"smtp_from": ""}, "smtp_from_missing"),
        ({"smtp_from": "a\nBcc: b@c.org"}, "smtp_from_missing"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings, code):
    with pytest.raises(ConfigError) as caught:
        mail_server({**SETTINGS, **settings})
    assert caught.value.code == code
    assert "SECRET" not in str(caught.value)


def test_a_user_that_is_an_address_is_the_sender_and_no_password_is_shown():
    server = mail_server({**SETTINGS, "smtp_from": "", "smtp_user": "a@b.org", "smtp_password": "SECRET"})
    assert server.sender == "a@b.org"
    text = shown(MESSAGE, OPS, server)
    assert text.startswith("to ops@example.org, by mail.example.org:587:\nSubject: evcharge: 1 gone silent\n")
    assert "SECRET" not in text + repr(server)
