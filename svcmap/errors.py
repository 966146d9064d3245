"""The errors a user can meet. Each one is a single line: what, where, what to do.

    SvcmapError                 anything svcmap says "no" to; exit code 2
    ├── UsageError              the words on the command line are off
    ├── SourceError             the source cannot be read at all (no such path, no permission, nothing in it)
    ├── NotFoundError           the object that was asked for is not in the source
    └── TerminalError           the UI cannot run here (no terminal, too small a one)

What is wrong with *one document* of a source is not an error but a `LoadIssue` (svcmap.model.state): the rest loads.
"""

from __future__ import annotations


class SvcmapError(Exception):
    """Base of every error that is shown to the user as one line."""


class UsageError(SvcmapError):
    """The command line does not make sense."""


class SourceError(SvcmapError):
    """The source as a whole cannot be read."""


class NotFoundError(SvcmapError):
    """An object named on the command line is not in the source."""


class TerminalError(SvcmapError):
    """The terminal UI cannot start or go on here."""
