"""All of stderr, and the exit codes. Results go to stdout; what a person should know beside them goes through here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

CONTROL = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
# Bidirectional overrides can make a name read as another one.
CONTROL |= dict.fromkeys((*range(8234, 8239), *range(8294, 8298)))
LONG = 3.0
"""Seconds after which a person wonders what is going on."""
SOON, AGAIN = 1.0, 0.2
"""Seconds until it is shown how far something is, and between two looks at that."""
LINE_BREAKS = {ord("\n"): " ", ord("\t"): " "}


class ExitCode(IntEnum):
    """What a command ends with (product.md, "Command line")."""

    OK = 0
    PROBLEM = 1
    USAGE = 2
    UNKNOWN = 3


def clean(text: str) -> str:
    """Text from a cluster or a file without control characters: it can never move the cursor or recolour a terminal."""
    return text.translate(CONTROL)


def one_line(text: str) -> str:
    """`clean`, and line breaks and tabs as blanks."""
    return clean(text).translate(LINE_BREAKS)


def is_terminal() -> bool:
    """Whether results go to a person's terminal. (What a command prints is collected first: not `sys.stdout`.)"""
    return sys.__stdout__ is not None and not sys.__stdout__.closed and sys.__stdout__.isatty()


def wants_colour(when: str) -> bool:
    """Whether results are coloured: `always`, `never`, or (auto) on a terminal without NO_COLOR (no-color.org)."""
    if when == "auto":
        return is_terminal() and not os.environ.get("NO_COLOR")
    return when == "always"


def say(message: str) -> None:
    """One line on stderr."""
    try:
        sys.stderr.write(f"{one_line(message)}\n")
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        # The reader of stderr went away, or it was never open: there is nobody left to tell.
        return


def error(message: str) -> None:
    """One error line on stderr, in the form every svcmap error has."""
    say(f"svcmap: {message}")


@contextmanager
def if_slow(message: str) -> Iterator[None]:
    """Say what takes so long, to a person at a terminal, where it does."""
    if not _is_watched():
        yield
        return
    import threading  # only where something may take long: a millisecond of every start

    timer = threading.Timer(LONG, error, [message])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _is_watched() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


class _Reading:
    """What a person at a terminal waits for, and how far it is: one line that is written anew, and goes in the end."""

    def __init__(self, message: str) -> None:
        import threading

        self.message, self.done, self.shown = message, "", ""
        self.over = threading.Event()
        self.writer = threading.Thread(target=self._write, name="progress", daemon=True)

    def _write(self) -> None:
        wait = SOON
        while not self.over.wait(wait):
            wait = AGAIN
            self._show(one_line(f"svcmap: {self.message}{f': {self.done}' if self.done else ''}"))
        if self.shown:
            self._show("")
            _put("\r")

    def _show(self, text: str) -> None:
        if text != self.shown:
            _put(f"\r{text}{' ' * (len(self.shown) - len(text))}")
            self.shown = text


_readings: list[_Reading] = []


@contextmanager
def reading(message: str) -> Iterator[None]:
    """Show what takes over a second, to a person at a terminal, and how far it is (`progress`)."""
    if not _is_watched():
        yield
        return
    shown = _Reading(message)
    shown.writer.start()
    _readings.append(shown)
    try:
        yield
    finally:
        _readings.remove(shown)
        shown.over.set()
        shown.writer.join()


def progress(done: str) -> None:
    """How far that is what somebody may be waiting for."""
    if _readings:
        _readings[-1].done = done


def _put(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (BrokenPipeError, ValueError):
        return  # nobody is left to tell
