"""What is taken for granted: `--assume FILE`, else the Corefile of the source, else a default."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from svcmap import exact_yaml
from svcmap.errors import UsageError
from svcmap.model.assumptions import Assumptions, from_options
from svcmap.model.state import ClusterState
from svcmap.paths.assume import assumptions_of


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
    except (UnicodeDecodeError, exact_yaml.YamlError) as error:
        raise UsageError(f"--assume {path}: {error}") from None
    value = documents[0].value if documents else None
    if value is not None and not isinstance(value, dict):
        raise UsageError(f"--assume {path}: must be a mapping with the keys dns, proxy or kubelet")
    try:
        return from_options(value, found)
    except UsageError as error:
        raise UsageError(f"--assume {path}: {error}") from None
