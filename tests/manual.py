"""`python -m tests.manual` writes docs/commands.md: the help of every command, and of the sources, as one page."""

from __future__ import annotations

import os
import re

from svcmap.parsers import COMMANDS, commands_parser, sources_help, ui_parser
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "commands.md"
HEAD = """# Commands

The help of every command as one page, as `svcmap help COMMAND` prints it. Made by `python -m tests.manual`.
"""


def page() -> str:
    """The page as it has to be now."""
    before, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), "100"
    try:
        commands = next(action for action in commands_parser()._actions if action.dest == "command").choices
        assert isinstance(commands, dict)
        texts = {"svcmap": ui_parser().format_help()}
        texts |= {f"svcmap {name}": commands[name].format_help() for name in COMMANDS}
        texts["Sources"] = sources_help()
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    parts = [
        f"\n## {title}\n\n```text\n{re.sub(' +$', '', text, flags=re.MULTILINE)}```\n" for title, text in texts.items()
    ]
    return HEAD + "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
