"""Where the files that ship beside the code are: in the wheel inside the package, in a checkout at the top level."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The shipped folder `name` (`styles`, `fixtures/demo`), installed or in a checkout."""
    installed = PACKAGE / name
    return installed if installed.is_dir() else PACKAGE.parent / name
