"""What is taken for granted: `--assume FILE`, else the Corefile of the source, else a default."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from svcmap import exact_yaml
from svcmap.commands.sources import source_of
from svcmap.errors import UsageError
from svcmap.model.assumptions import DEFAULT, Assumptions, from_options
from svcmap.model.feed import StateFeed
from svcmap.model.state import ClusterState
from svcmap.paths.assume import assumptions_of, settle


def load(options: Namespace) -> ClusterState:
    """The state of the command line's source, settled on what is taken for granted."""
    state = source_of(options).load()
    return settle(state, given_or_found(options, state, DEFAULT))


class SettledFeed:
    """A feed whose every state rests on what the command line takes for granted."""

    def __init__(self, feed: StateFeed, options: Namespace) -> None:
        self.feed, self.options = feed, options

    @property
    def title(self) -> str:
        return self.feed.title

    def load(self) -> ClusterState:
        """Read the source (again), and settle it."""
        state = self.feed.load()
        return settle(state, given_or_found(self.options, state, DEFAULT))


def given_or_found(options: Namespace, state: ClusterState, default: Assumptions) -> Assumptions:
    """The assumptions of a command. A part that `--assume` gives wins over what the source says, that over `default`.

    Raises UsageError for a file that cannot be read or makes no sense.
    """
    found = assumptions_of(state, default)
    if not options.assume:
        return found
    path = Path(options.assume)
    try:
        documents = exact_yaml.load(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"--assume {path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"--assume {path}: not UTF-8 text") from None
    except exact_yaml.YamlError as error:
        place = f":{error.line}:{error.column}" if error.line else ""
        raise UsageError(f"--assume {path}{place}: {error.reason}") from None
    if len(documents) > 1:
        raise UsageError(f"--assume {path}:{documents[1].line}: must be one YAML document")
    if documents and documents[0].duplicates:
        twice = documents[0].duplicates[0]
        raise UsageError(f"--assume {path}:{twice.line}: key {twice.key} is given twice")
    value = documents[0].value if documents else None
    if value is not None and not isinstance(value, dict):
        raise UsageError(f"--assume {path}: must be a mapping with the keys dns, proxy or kubelet")
    try:
        return from_options(value, found, fill=found)
    except UsageError as error:
        raise UsageError(f"--assume {path}: {error}") from None
