"""Ctrl-C ends long work, also where a library swallows the interrupt."""

from __future__ import annotations

import contextlib
import os
import signal
import threading

import pytest

from cli.progress import bar


def test_a_swallowed_interrupt_is_raised_at_the_next_step() -> None:
    def work() -> None:
        with bar("working", "files") as tell:
            tell(0, 2)
            with contextlib.suppress(BaseException):  # as a bare `except` in a library would
                os.kill(os.getpid(), signal.SIGINT)
            tell(1, 2)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_nobody_swallows_is_raised_at_once() -> None:
    went_on = []

    def work() -> None:
        with bar("working", "files"):
            os.kill(os.getpid(), signal.SIGINT)
            went_on.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert went_on == []


def test_who_ignores_interrupts_is_left_alone() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with bar("working", "files") as tell:
            os.kill(os.getpid(), signal.SIGINT)
            tell(1, 2)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_may_show_progress() -> None:
    told: list[bool] = []

    def work() -> None:
        with bar("working", "files") as tell:
            tell(1, 1)
            told.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert told == [True]
