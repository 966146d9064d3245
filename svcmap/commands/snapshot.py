"""`svcmap snapshot -o FILE`: saves what was read, stripped, to look at or attach later."""

from __future__ import annotations

import gzip
from argparse import Namespace
from pathlib import Path

from svcmap import console
from svcmap.commands.sources import exit_code, load, source_of, tell
from svcmap.console import ExitCode
from svcmap.errors import UsageError
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
    counts = ", ".join(f"{len(state.objects[kind])} {kind}" for kind in sorted(state.objects) if state.objects[kind])
    tell(state)
    console.say(f"svcmap: wrote {path} ({len(data):,} bytes: {counts or 'no objects'})")
    return exit_code(state)
