"""All of stderr, and the exit codes. Results go to stdout; what a person should know beside them goes through here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

CONTROL = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
# Bidirectional overrides can make a name read as another one.
CONTROL |= dict.fromkeys((*range(8234, 8239), *range(8294, 8298)))
LONG = 3.0
"""Seconds after which a person wonders what is going on."""
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
    if sys.stderr is None or not sys.stderr.isatty():
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
