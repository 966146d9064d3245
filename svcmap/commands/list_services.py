"""`svcmap list`: one row per Service."""

from __future__ import annotations

import sys
from argparse import Namespace

from svcmap import console
from svcmap.checks.registry import findings_elsewhere
from svcmap.commands.assumptions import load
from svcmap.commands.sources import exit_code, shown, tell
from svcmap.console import ExitCode
from svcmap.reports.text import finding_line


def run(options: Namespace) -> ExitCode:
    """Read the source and print the list."""
    state = load(options)
    names = shown(state, options)
    if options.output == "json":
        from svcmap.reports import json_v1

        sys.stdout.write(json_v1.render(json_v1.service_list(state, names)))
    else:
        from svcmap.reports import text

        sys.stdout.write(text.service_list(state, names))
    for finding in findings_elsewhere(state):
        console.say(f"svcmap: {finding_line(finding)}")
    tell(state)
    if not names:
        where = f" in namespace {options.namespace}" if options.namespace and state.services else ""
        console.say(f"svcmap: no Services{where} in {state.source.name}")
    return exit_code(state)
