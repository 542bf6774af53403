"""Who gets notifications in tests: a web server and a mail server on this machine, each in a thread."""

from __future__ import annotations

import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What a web server answers to one request; a status of 0 is no answer within a second."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


class WebServer(ThreadingHTTPServer):
    """Takes requests, and answers each as it is told to; the last answer again and again."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _WebHandler)
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.is_over = threading.Event()

    @property
    def url(self) -> str:
        """Where it is, with a path that is as good as a password."""
        return f"http://127.0.0.1:{self.server_port}/services/SECRET?token=SECRET"


class _WebHandler(BaseHTTPRequestHandler):
    server: WebServer

    def do_POST(self) -> None:
        """Takes a request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.path, dict(self.headers), body))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if not answer.status:
            self.server.is_over.wait(1)
            return
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mails; ``refusals`` are the codes of the first commands of a kind, by which it refuses them."""

    daemon_threads = True

    def __init__(self, certificate: Path | None = None, refusals: dict[str, list[int]] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.certificate = certificate
        self.refusals = refusals or {}
        self.commands: list[str] = []
        self.mails: list[bytes] = []

    @property
    def place(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.server_address[1]}"


class _MailHandler(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        """Speaks with one client."""
        self._say("220 here")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            self.server.commands.append(line)
            word = line.split()[0].upper()
            codes = self.server.refusals.get(word, [])
            if codes:
                self._say(f"{codes.pop(0)} no, {line}")
            elif word == "EHLO":
                offers = ["AUTH PLAIN", *(["STARTTLS"] if self.server.certificate else [])]
                self._say("250-here", *(f"250-{offer}" for offer in offers), "250 8BITMIME")
            elif word == "STARTTLS":
                self._say("220 go on")
                self._encrypt()
            elif word == "DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.mails.append(b"".join(line.removeprefix(b".") for line in lines))
                self._say("250 taken")
            else:
                self._say({"QUIT": "221 bye", "AUTH": "235 known"}.get(word, "250 well"))

    def finish(self) -> None:
        """Ends the talk, the encrypted one too."""
        super().finish()
        self.connection.close()

    def _encrypt(self) -> None:
        assert self.server.certificate
        self.connection = server_context(self.server.certificate).wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@contextmanager
def serving(server: WebServer | MailServer) -> Iterator[None]:
    """The server at work while the block runs."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        if isinstance(server, WebServer):
            server.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def certificate_in(folder: Path) -> Path:
    """A certificate of 127.0.0.1 that is signed by itself, with its key in the same file."""
    path = folder / "certificate.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(path)]
    subprocess.run(["openssl", "req", "-x509", *kind, *name, *files], check=True, capture_output=True, timeout=60)
    path.write_text(path.read_text() + (folder / "key.pem").read_text())
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    """What a server with this certificate encrypts with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
