"""`svcmap trace URL`: follows one request, hop by hop; or names every way through an address, host or pod."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace

from svcmap import console
from svcmap.commands.answers import ask
from svcmap.commands.sources import exit_code, source_words, tell
from svcmap.console import ExitCode
from svcmap.errors import NotFoundError, UsageError
from svcmap.model.coverage import PodScope
from svcmap.model.refs import parse_service_name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import is_lookup, parse_request, parse_vantage
from svcmap.paths.outcome import Trace, Verdict
from svcmap.paths.trace import parse_via, trace
from svcmap.paths.views import needs
from svcmap.paths.views.meant import OUTSIDE, nearly_named, services_named, who_would
from svcmap.paths.views.whereabouts import Way, standing_at, url_at, ways_through

CODES: dict[Verdict, ExitCode] = {"unreachable": ExitCode.PROBLEM, "unknown": ExitCode.UNKNOWN}


def run(options: Namespace) -> ExitCode:
    """Read the source, follow the request (or look up every way through what is no URL), and print it."""
    if is_lookup(options.url):
        return _look_up(options)
    headers = dict(_header(text) for text in options.header)
    vantage = parse_vantage(options.vantage or "internet")
    request = parse_request(options.url, vantage, parse_via(options.via), options.method or "GET", headers)
    state, found = ask(options, lambda state: trace(state, request), needs.of_trace, needs.of_vantage(vantage))
    if options.output == "json":
        from svcmap.reports import json_v1

        sys.stdout.write(json_v1.render(json_v1.trace(found)))
    else:
        from svcmap.reports.trace_text import trace_text

        sys.stdout.write(trace_text(found))
    _say_what_was_meant(state, options, found)
    tell(state)
    return CODES.get(found.verdict, exit_code(state))


def _say_what_was_meant(state: ClusterState, options: Namespace, found: Trace) -> None:
    """The command with which the request would work, where its name is nearly right or its client is the wrong one."""
    says, who, name = who_would(state, found)
    if not says:
        return
    scheme, slashes, rest = options.url.rpartition("://")
    url = f"{scheme}{slashes}{rest.replace(found.request.host, name, 1)}" if name else options.url
    is_outside = found.request.vantage.kind in OUTSIDE
    vantage = str(who) if who and (is_outside or not name) else options.vantage
    words = ["svcmap", "trace", url, *(("--from", vantage) if vantage else ()), *source_words(options)]
    console.say(f"svcmap: {says}: {shlex.join(words)}")


def _look_up(options: Namespace) -> ExitCode:
    given = {"--from": options.vantage, "--via": options.via, "--method": options.method, "-H": options.header}
    if wrong := [name for name, value in given.items() if value]:
        raise UsageError(
            f"{options.url} is no URL but looked up: every way through it, so leave out {', '.join(wrong)}"
        )
    term = _named(options)
    state, found = ask(options, lambda state: ways_through(state, _only(state, term)), _needs, needs.of_text(term))
    if not found:
        near, at = nearly_named(state, term), standing_at(state, term)
        hint = f"did you mean {near}?" if near else "a request is a URL with a port"
        hint = f"{at} has that address: svcmap trace {url_at(term)} asks it" if at else hint
        raise NotFoundError(f"nothing in {state.source.name} leads through {options.url}; {hint}")
    if options.output == "json":
        from svcmap.reports import json_v1

        sys.stdout.write(json_v1.render(json_v1.trace_list(way.trace for way in found)))
    else:
        from svcmap.reports.trace_text import ways_text

        sys.stdout.write(ways_text(options.url, found))
    tell(state)
    verdicts = {way.trace.verdict for way in found}
    if verdicts <= {"unreachable"}:
        return ExitCode.PROBLEM
    return ExitCode.UNKNOWN if verdicts <= {"unreachable", "unknown"} else exit_code(state)


def _needs(state: ClusterState, ways: list[Way]) -> list[PodScope]:
    return [scope for way in ways for scope in needs.of_trace(state, way.trace)]


def _only(state: ClusterState, term: str) -> str:
    """The only Service of a bare name, with its namespace; other texts as they are."""
    named = services_named(state, term) if not any(c in term for c in "/.:") else []
    return str(named[0]) if len(named) == 1 else term


def _named(options: Namespace) -> str:
    """A Service as kubectl names it (svc/NAME, NAME -n NS) in the form NS/NAME; other texts as they are."""
    text: str = options.url
    plain = text.removeprefix("svc/").removeprefix("service/")
    if not any(c in plain for c in "/.:") and (plain != text or options.namespace):
        name = parse_service_name(text, options.namespace)
        return str(name) if name else text
    return text


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(f"-H {text}: a header is NAME:VALUE")
    return name.strip(), value.strip()
