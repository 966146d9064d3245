"""`svcmap trace URL`: follows one request, hop by hop."""

from __future__ import annotations

import sys
from argparse import Namespace

from svcmap.commands.assumptions import given_or_found
from svcmap.commands.sources import exit_code, source_of, tell
from svcmap.console import ExitCode
from svcmap.errors import UsageError
from svcmap.model.assumptions import DEFAULT
from svcmap.paths.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from svcmap.paths.walk import Verdict

CODES: dict[Verdict, ExitCode] = {"unreachable": ExitCode.PROBLEM, "unknown": ExitCode.UNKNOWN}


def run(options: Namespace) -> ExitCode:
    """Read the source, follow the request and print its hops."""
    headers = dict(_header(text) for text in options.header)
    vantage = parse_vantage(options.vantage)
    request = parse_request(options.url, vantage, options.via, options.method.upper(), headers)
    state = source_of(options).load()
    found = trace(state, request, given_or_found(options, state, DEFAULT))
    if options.output == "json":
        from svcmap.reports import json_v1

        sys.stdout.write(json_v1.render(json_v1.trace(found)))
    else:
        from svcmap.reports import text

        sys.stdout.write(text.trace(found))
    tell(state)
    return CODES.get(found.verdict, exit_code(state))


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"-H {text}: a header is NAME:VALUE")
    return name.strip(), value.strip()
