"""`svcmap show NS/NAME`: everything about one Service."""

from __future__ import annotations

import sys
from argparse import Namespace

from svcmap.commands.answers import ask
from svcmap.commands.sources import exit_code, find_named, tell
from svcmap.console import ExitCode
from svcmap.paths.views import needs


def run(options: Namespace) -> ExitCode:
    """Read the source and print one Service."""
    state, name = ask(options, lambda state: find_named(state, options.service, options), needs.of_service)
    match options.output:
        case "json":
            from svcmap.reports import json_v1

            output = json_v1.render(json_v1.service(state, name))
        case "mermaid" | "dot":
            from svcmap.paths.views.graph import service_graph
            from svcmap.reports import diagrams

            draw = diagrams.mermaid if options.output == "mermaid" else diagrams.dot
            output = draw(service_graph(state, name))
        case _:
            from svcmap.reports import text

            output = text.service(state, name)
    sys.stdout.write(output)
    tell(state)
    return exit_code(state)
