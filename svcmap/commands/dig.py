"""`svcmap dig NAME [TYPE]`: the DNS answer the cluster would give, in zone-file form."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace

from svcmap import console
from svcmap.commands.answers import ask
from svcmap.commands.sources import exit_code, source_words, tell
from svcmap.console import ExitCode
from svcmap.errors import UsageError
from svcmap.model.coverage import PodScope
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import is_name, parse_vantage
from svcmap.paths.destination.dig import Dig, dig
from svcmap.paths.views import needs
from svcmap.paths.views.meant import full_name, nearly_named, services_named

TYPES = ("A", "AAAA", "SRV", "CNAME", "PTR", "TXT", "SOA", "NS", "MX", "ANY", "HINFO", "CAA", "AXFR", "IXFR", "HTTPS")


def run(options: Namespace) -> ExitCode:
    """Read the source, ask its DNS, and print the answer. NXDOMAIN is 1, what nobody here can know 3."""
    type_ = options.type.upper() if options.type else None
    if type_ is not None and type_ not in TYPES:
        raise UsageError(f"{options.type}: a record type is one of {', '.join(TYPES)}")
    if not options.name.strip(".") or not is_name(options.name):
        raise UsageError(f"{options.name}: not a name; write for example web.shop.svc.cluster.local or 10.96.0.10")
    if len(options.name) > 253 or not all(0 < len(label) < 64 for label in options.name.rstrip(".").split(".")):
        raise UsageError(f"{options.name[:80]}: a name has labels of 1 to 63 characters, 253 in all")
    vantage = parse_vantage(options.vantage) if options.vantage else None
    name = options.name
    beforehand = needs.of_vantage(vantage)
    state, found = ask(options, lambda state: dig(state, name, type_, vantage), _no_more, beforehand)
    if options.output == "json":
        from svcmap.reports import json_v1

        sys.stdout.write(json_v1.render(json_v1.dns_answer(found)))
    else:
        from svcmap.reports import text

        sys.stdout.write(text.dns_answer(found))
    code = _code(found)
    if code is not ExitCode.OK:
        _say_what_was_meant(state, options)
    tell(state)
    return exit_code(state) if code is ExitCode.OK else _unless_unread(code, state)


def _say_what_was_meant(state: ClusterState, options: Namespace) -> None:
    """The full name of the Service that was meant, where the name is a short or nearly a right one."""
    named = services_named(state, options.name)
    near = named[0] if named else nearly_named(state, options.name)
    if near is not None:
        what = f"{options.name} is Service {near}" if named else f"no Service is called {options.name}; {near} is"
        words = ["svcmap", "dig", full_name(state, near), *source_words(options)]
        console.say(f"svcmap: {what}: {shlex.join(words)}")


def _no_more(_state: ClusterState, _found: Dig) -> list[PodScope]:
    """A DNS answer is made of Services and EndpointSlices alone."""
    return []


def _unless_unread(code: ExitCode, state: ClusterState) -> ExitCode:
    """NXDOMAIN of a source that was not read whole proves nothing."""
    return max(code, exit_code(state))


def _code(found: Dig) -> ExitCode:
    answer = found.answer
    if answer.basis == "unknown" and not answer.answers and (answer.note or not answer.rcode):
        return ExitCode.UNKNOWN
    return ExitCode.OK if answer.rcode == "NOERROR" else ExitCode.PROBLEM
