"""Interrupts during a load are heard even where Python drops the exception."""

from __future__ import annotations

import signal
import time
import weakref

import pytest

from evcharge.cli import cli, run_command
from evcharge.cli.terminal import ASKED_TO_END, Interrupts, ending_as_by_ctrl_c, exit_code_of, with_database


@pytest.fixture(autouse=True)
def usual_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Thing:
    pass


def drop_an_interrupt(number=signal.SIGINT):
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(number))
    del thing
    return reference


def test_an_interrupt_is_raised_at_once():
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_python_drops_is_raised_at_the_next_check_and_says_nothing(capsys):
    with Interrupts() as interrupts:
        drop_an_interrupt()
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
    assert capsys.readouterr().err == ""


@pytest.fixture(params=ASKED_TO_END, ids=lambda number: number.name)
def number(request):
    """A signal to end, heard as in a shell, even if the tests were begun under nohup, which has it ignored."""
    before = signal.signal(request.param, signal.SIG_DFL)
    yield request.param
    signal.signal(request.param, before)


def test_a_signal_to_end_is_heard_like_ctrl_c_and_tells_its_exit_code(number):
    with ending_as_by_ctrl_c():
        with pytest.raises(KeyboardInterrupt) as ended:
            signal.raise_signal(number)
        assert exit_code_of(ended.value) == 128 + number
        with Interrupts() as interrupts:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
            with pytest.raises(KeyboardInterrupt) as again:
                interrupts.check()
        assert exit_code_of(again.value) == 128 + number
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_python_drops_ends_the_command_a_moment_later_and_says_nothing(number, capsys):
    def command():
        with ending_as_by_ctrl_c():
            drop_an_interrupt(number)
            time.sleep(5)

    with pytest.raises(KeyboardInterrupt) as ended:
        command()
    assert exit_code_of(ended.value) == 128 + number
    assert capsys.readouterr().err == ""
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, *ASKED_TO_END], ids=lambda number: number.name)
def test_a_signal_that_python_makes_another_error_of_ends_the_command_as_ctrl_c_does(number, monkeypatch, capsys):
    before = signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    def interrupted_import(**_):
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise TypeError("expected a message argument") from None

    monkeypatch.setattr(cli, "main", interrupted_import)
    assert run_command(["formats"]) == 128 + number
    assert capsys.readouterr().err == "Interrupted.\n"
    signal.signal(number, before)


def test_a_fault_after_a_command_that_was_ended_is_told_as_a_fault(monkeypatch, capsys):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(cli, "main", lambda **_: signal.raise_signal(signal.SIGINT))
    assert run_command(["formats"]) == 130
    monkeypatch.setattr(cli, "main", lambda **_: 1 / 0)
    assert run_command(["formats"]) == 1
    assert "Error [fault]" in capsys.readouterr().err


def test_ctrl_c_ends_with_130_wherever_it_comes_from():
    assert exit_code_of(KeyboardInterrupt()) == 130
    assert exit_code_of(None) == 130


def test_without_an_interrupt_a_check_is_silent_and_the_usual_handler_comes_back():
    with Interrupts() as interrupts:
        interrupts.check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_interrupts_are_ignored_they_stay_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        interrupts.check()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_command_that_names_the_database_shows_no_password():
    hint = "Run: evcharge db upgrade, then evcharge report."
    shown = "--db 'postgresql+psycopg://me:***@host/d'"
    told = with_database(hint, "postgresql://me:CANARY@host/d")
    assert told == f"Run: evcharge db upgrade {shown}, then evcharge report {shown}."
    assert with_database(hint, "no url: CANARY") == hint
    assert with_database(hint, "sqlite:///a b.db").startswith("Run: evcharge db upgrade --db 'sqlite:///a b.db',")
