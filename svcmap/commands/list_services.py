"""`svcmap list`: one row per Service."""

from __future__ import annotations

import shutil
import sys
from argparse import Namespace
from collections.abc import Mapping

from svcmap import console
from svcmap.checks.finding import FAULTS
from svcmap.checks.registry import findings_elsewhere, skips
from svcmap.checks.standing import standing
from svcmap.commands.answers import ask
from svcmap.commands.sources import exit_code, nothing_shown, shown, tell
from svcmap.console import ExitCode
from svcmap.errors import UsageError
from svcmap.model.labels import LabelSelector, parse_selector
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.missing import missing_services
from svcmap.paths.views import needs
from svcmap.reports.text import finding_line

FOLLOWED = ("text", "json")
"""How --watch can print."""


def run(options: Namespace) -> ExitCode:
    """Read the source and print the list; with --watch, what changes after it."""
    wanted = selector_of(options)
    if options.watch:
        if options.output not in FOLLOWED:
            raise UsageError(f"--watch prints {' or '.join(FOLLOWED)}, not {options.output}")
        from svcmap.commands.list_changes import run as list_changes

        return list_changes(options)
    state, found = ask(options, lambda state: shown(state, options), needs.of_list)
    names = chosen(state, found, options, wanted)
    sys.stdout.write(_printed(state, names, options))
    missing = [finding for name in missing_services(state) for finding in standing(state, name).findings]
    for finding in (*missing, *findings_elsewhere(state)):
        console.say(f"svcmap: {finding_line(finding)}")
    for skip in skips(state):
        console.say(f"svcmap: {skip.check} is not checked everywhere: {skip.reason}")
    tell(state)
    if not names:
        what = nothing_shown(state, options) if not found else f"none of {len(found)} Services is like that"
        console.say(f"svcmap: {what}")
    return exit_code(state)


def selector_of(options: Namespace) -> LabelSelector:
    """What -l asks for. Raises UsageError."""
    try:
        return parse_selector(options.selector)
    except ValueError:
        raise UsageError(
            f"-l {options.selector}: a selector is key=value, key!=value, key in (a,b), key or !key"
        ) from None


def chosen(state: ClusterState, names: list[Name], options: Namespace, wanted: LabelSelector) -> list[Name]:
    """The Services with the labels and problems that are asked for, in the order that is."""
    labels: Mapping[Name, Mapping[str, str]] = {name: state.services[name].metadata.labels for name in names}
    found = [name for name in names if wanted.matches(labels[name])]
    if options.problems:
        found = [name for name in found if standing(state, name).mark in FAULTS]
    if options.sort_by == "name":
        return found
    from svcmap.reports.list_text import ordered

    return ordered(state, found, options.sort_by)


def _printed(state: ClusterState, names: list[Name], options: Namespace) -> str:
    if options.output in ("json", "yaml"):
        from svcmap.reports import json_v1

        document = json_v1.service_list(state, names)
        return json_v1.render(document) if options.output == "json" else json_v1.as_yaml(document)
    if options.output == "name":
        return "".join(f"{console.one_line(str(name))}\n" for name in names)
    from svcmap.reports.list_text import service_table

    width = shutil.get_terminal_size().columns if console.is_terminal() else 0
    return service_table(state, names, wide=options.output == "wide", header=not options.no_headers, width=width)
