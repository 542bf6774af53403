"""Starts Python programs quickly: each is a fork of one process that has imported what evcharge imports.

The commands of the documents are some hundreds, and most of their time would go into the same imports. What does not
belong here: tests of how a program starts, which need a new interpreter.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
CLIENT = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect(sys.argv[1])
    socket.send_fds(server, [b"+"], [0, 1, 2])
    server.sendall(json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode())
    server.shutdown(socket.SHUT_WR)
    code = server.recv(1) or b"\\1"
sys.exit(code[0])
"""
"""What runs in place of the interpreter: hands over its streams, arguments, folder and environment, and waits."""


@contextmanager
def warm_python(folder: Path) -> Iterator[str]:
    """A command that takes the arguments of ``python``, as words of a shell.

    Args:
        folder: where its socket and its program are put; a short path, for a socket's has 107 letters at most.
    """
    (folder / "client.py").write_text(CLIENT)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        server.listen()
        command = [sys.executable, "-m", "tests.support.warm"]
        process = subprocess.Popen(command, stdin=server.fileno(), cwd=CHECKOUT)
    try:
        yield f"{sys.executable} -IS {folder / 'client.py'} {folder / 'socket'}"
    finally:
        process.terminate()
        process.wait()


def serve(server: socket.socket) -> None:
    """Forks for each program that is asked for, until this process is ended."""
    for name in ("alembic.command", "matplotlib.figure", "scipy.special", "evcharge.cli", "evcharge.api"):
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    while True:
        client, _ = server.accept()
        if os.fork() == 0:
            server.detach()  # its number becomes that of standard input
            _answer(client)
        client.close()


def _answer(client: socket.socket) -> None:
    """Is the program that a client asks for, tells it the exit code, and ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(client, 1, 3)
    with client.makefile("rb") as file:
        arguments, folder, environment = json.load(file)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    code = _code_of(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    client.sendall(bytes([code]))
    os._exit(code)


def _code_of(arguments: list[str]) -> int:
    """Runs the program as the interpreter would; returns its exit code."""
    try:
        _run(arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except Exception:  # noqa: BLE001 - whatever a program lets through
        traceback.print_exc()
        return 1
    return 0


def _run(arguments: list[str]) -> None:
    kind, *rest = arguments
    if kind == "-m":
        sys.argv, sys.path[0] = rest, str(Path.cwd())
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv, sys.path[0] = ["-c", *rest[1:]], ""
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
    elif kind.endswith(".py"):
        sys.argv, sys.path[0] = arguments, str(Path(kind).resolve().parent)
        runpy.run_path(kind, run_name="__main__")
    else:  # options, or a program on standard input
        os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    serve(socket.socket(fileno=0))
