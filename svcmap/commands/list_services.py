"""`svcmap list`: one row per Service."""

from __future__ import annotations

import sys
from argparse import Namespace

from svcmap import console
from svcmap.checks.registry import findings_elsewhere, skips
from svcmap.commands.answers import ask
from svcmap.commands.sources import exit_code, nothing_shown, shown, tell
from svcmap.console import ExitCode
from svcmap.paths.views import needs
from svcmap.reports.text import finding_line


def run(options: Namespace) -> ExitCode:
    """Read the source and print the list; with --watch, what changes after it."""
    if options.watch:
        from svcmap.commands.list_changes import run as list_changes

        return list_changes(options)
    state, names = ask(options, lambda state: shown(state, options), needs.of_list)
    if options.output == "json":
        from svcmap.reports import json_v1

        sys.stdout.write(json_v1.render(json_v1.service_list(state, names)))
    else:
        from svcmap.reports import text

        sys.stdout.write(text.service_list(state, names))
    for finding in findings_elsewhere(state):
        console.say(f"svcmap: {finding_line(finding)}")
    for skip in skips(state):
        console.say(f"svcmap: {skip.check} is not checked everywhere: {skip.reason}")
    tell(state)
    if not names:
        console.say(f"svcmap: {nothing_shown(state, options)}")
    return exit_code(state)
