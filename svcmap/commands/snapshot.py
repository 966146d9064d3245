"""`svcmap snapshot -o FILE`: saves what was read, stripped, to look at or attach later."""

from __future__ import annotations

import gzip
from argparse import Namespace
from pathlib import Path

from svcmap import console
from svcmap.commands.sources import exit_code, load, source_of, tell
from svcmap.console import ExitCode
from svcmap.errors import UsageError
from svcmap.model.kinds import tally, title_of
from svcmap.sources.snapshot import dump


def run(options: Namespace) -> ExitCode:
    """Read the source, pods included, and write the file."""
    path = Path(options.output)
    state = load(source_of(options, all_pods=not options.no_pods))
    data = dump(state)
    try:
        path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    except OSError as error:
        raise UsageError(f"-o {path}: cannot be written: {(error.strerror or str(error)).lower()}") from None
    counted = tally({kind: len(found) for kind, found in state.objects.items() if found}, title_of)
    counts = ", ".join(f"{count} {kind}" for kind, count in counted.items())
    tell(state)
    console.say(f"svcmap: wrote {path} ({len(data):,} bytes: {counts or 'no objects'})")
    return exit_code(state)
