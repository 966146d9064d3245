"""All of stderr, and the exit codes. Results go to stdout; what a person should know beside them goes through here."""

from __future__ import annotations

import sys
from enum import IntEnum

CONTROL = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
# Bidirectional overrides can make a name read as another one.
CONTROL |= dict.fromkeys((*range(8234, 8239), *range(8294, 8298)))
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
