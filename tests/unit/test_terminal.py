"""Interrupts during a load are heard even where Python drops the exception."""

from __future__ import annotations

import signal
import weakref

import pytest

from evcharge.cli.terminal import Interrupts


@pytest.fixture(autouse=True)
def usual_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Thing:
    pass


def drop_an_interrupt():
    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
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
