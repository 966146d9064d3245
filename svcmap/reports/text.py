"""Plain text: tables for a terminal or a ticket, and the path as sentences, one hop a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from svcmap.checks.finding import Finding
from svcmap.checks.standing import standing
from svcmap.console import clean, one_line
from svcmap.model.core import Service
from svcmap.model.facts import EndpointSet
from svcmap.model.labels import format_labels
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.destination.dig import Dig
from svcmap.paths.entries import traced_entries
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.missing import service_or_missing
from svcmap.paths.outcome import Trace
from svcmap.paths.views.lanes import lanes
from svcmap.paths.views.names import name_rows
from svcmap.picture.drawing.glyphs import MARKS
from svcmap.picture.groups import group_endpoints, state_of, tally
from svcmap.picture.lanes import ALL_PORTS
from svcmap.reports.trace_text import WARNINGS
from svcmap.semantics.environment import service_variables
from svcmap.semantics.service import shown_as

VERDICTS = {
    "reachable": "✓",
    "redirect": "✓",
    "via-load-balancer": "✓",
    "partial": "!",
    "unreachable": "✗",
    "unknown": "?",
}
MAX_ENDPOINTS = 20


def table(rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """Columns as wide as their widest cell, two blanks between them."""
    if not rows:
        return ""
    widths = widths_of(rows)
    return "".join(f"{indent}{line(row, widths)}\n" for row in rows)


def widths_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """The width of the widest cell of each column."""
    return [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]


def line(row: Sequence[str], widths: Sequence[int]) -> str:
    """One row of a table."""
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def ready_count(service: Service, found: EndpointSet) -> str:
    """The tally in words that need no legend: `3 expected`."""
    text = tally(service, found)
    return f"{text[1:]} expected" if text.startswith("◇") else text


def service(state: ClusterState, name: Name) -> str:
    """Everything about one Service: what it is, its names, ports, endpoints, ways in hop by hop, and problems."""
    item = service_or_missing(state, name)
    if item is None:
        raise KeyError(str(name))
    if name not in state.services:
        ways = _section("Ways in", "".join(_paths(state, name)))
        heading = f"{standing(state, name).says}\n"
        return clean("\n".join(part for part in (heading, _problems(state, name), ways) if part))
    parts = [
        _heading(state, item),
        _problems(state, name),
        _section("Ways in", "".join(_paths(state, name))),
        _section("Ports", _ports(item)),
        _section("Endpoints", _endpoints(state, item)),
        _section(
            "DNS",
            table([(r.name, r.type, " ".join(r.data) or r.note, r.works_from) for r in name_rows(state, name)], "  "),
        ),
        _section(
            "Environment of pods in the namespace", table([(k, v) for k, v in service_variables(item).items()], "  ")
        ),
    ]
    return clean("\n".join(part for part in parts if part))


def _section(title: str, body: str) -> str:
    return f"{title}\n{body}" if body.strip() else ""


def _heading(state: ClusterState, item: Service) -> str:
    spec = item.spec
    place = state.locate(item.ref, ())
    address = ", ".join(spec.cluster_ips) or item.alias or "assigned at creation"
    rows = [("type", shown_as(item) + (f" ({spec.type})" if shown_as(item) != spec.type else "")), ("address", address)]
    if spec.selector:
        rows.append(("selector", format_labels(spec.selector)))
    if place:
        rows.append(("from", str(place)))
    return f"Service {item.name}\n" + table([(f"  {key}", one_line(value)) for key, value in rows])


def finding_line(finding: Finding) -> str:
    """A finding in one line: mark, id, message, and its place."""
    where = f"  ({finding.location})" if finding.location else ""
    return f"{MARKS[finding.severity]} {finding.id}: {one_line(finding.message)}{where}"


def _problems(state: ClusterState, name: Name) -> str:
    lines = []
    for finding in standing(state, name).findings:
        lines.append(f"  {finding_line(finding)}\n")
        lines.append(f"      next: {one_line(finding.next)}\n")
    return _section("Problems", "".join(lines))


def _paths(state: ClusterState, name: Name) -> Iterator[str]:
    """Every way in, hop by hop; ports that take the same way are one, and a next step is said once."""
    said = {one_line(finding.next) for finding in standing(state, name).findings}
    for traced in lanes(traced_entries(state, name)):
        for traces in _alike(traced.traces):
            keys = ", ".join(key for key, _ in traces if key != ALL_PORTS)
            more = f" (and {traced.more} more of its hosts and paths)" if traced.more else ""
            entry = traced.entry
            wants = f"({entry.wants})" if entry.wants else ""
            named = entry.object.name if entry.object else ""
            title = " ".join(part for part in (entry.title, named, entry.rule, wants, keys) if part) + more
            for line in trace_lines(traces[0][1], title):
                is_said = line.strip().startswith("next: ") and line.strip().removeprefix("next: ") in said
                if not is_said:
                    yield f"{line}\n"
            if len(traces) > 1:
                rest = len(traces) - 1
                others = f"the other {rest} ports take" if rest > 1 else "the other port takes"
                yield f"        {others} the same way; only the numbers differ\n"


def _alike(traces: Sequence[tuple[str, Trace]]) -> list[list[tuple[str, Trace]]]:
    """Ports by the way they take: the same hops, ending alike at the same endpoints."""
    groups: dict[object, list[tuple[str, Trace]]] = {}
    for key, found in traces:
        hops = tuple((hop.kind, hop.verdict, hop.rule) for hop in found.hops)
        end = found.verdict, found.reason, tuple(endpoint.id for endpoint in found.endpoints)
        groups.setdefault((hops, end), []).append((key, found))
    return list(groups.values())


def trace_lines(trace: Trace, title: str) -> Iterable[str]:
    """A trace as sentences, one hop a line, with what to do where it stops, and its warnings."""
    reason = f": {trace.reason}" if trace.reason else ""
    yield f"  {VERDICTS[trace.verdict]} {one_line(title)}  {trace.verdict}{reason}"
    for number, hop in enumerate(trace.hops, 1):
        mark = {"ok": " ", "stop": "✗", "unknown": "?"}[hop.verdict]
        address = f" {hop.address}" if hop.address else ""
        yield f"    {mark} {number} {hop.kind}{one_line(address)}: {one_line(hop.says)}"
        if hop.next and hop.verdict != "ok":
            yield f"        next: {one_line(hop.next)}"
    for warning in trace.warnings:
        yield f"    ! {WARNINGS.get(warning, warning)}"


def dns_answer(found: Dig) -> str:
    """Zone-file form: what was tried and what is not known as comments, then the records."""
    answer = found.answer
    empty = answer.rcode == "NOERROR" and not answer.answers
    nothing = "no answer" if answer.basis == "computed" else "not known"
    status = "NODATA" if empty and answer.basis == "computed" else answer.rcode or nothing
    lines = [f"; {name}: {result}" for name, result in found.tries]
    lines.append(f"; {found.name}. IN {found.type}: {status} ({answer.rule}, {answer.basis})")
    lines += [f"; {note}" for note in (answer.note, *found.notes) if note]
    lines += [str(record) for record in answer.answers]
    if answer.additional:
        lines += ["; additional", *(str(record) for record in answer.additional)]
    return "".join(f"{one_line(line)}\n" for line in lines)


def _ports(item: Service) -> str:
    rows = [
        (
            f"{p.port}/{p.protocol}",
            p.name or "-",
            f"→ {p.target_port}",
            f"node port {p.node_port}" if p.node_port else "",
        )
        for p in item.spec.ports
    ]
    return table(rows, "  ")


def _endpoints(state: ClusterState, item: Service) -> str:
    found = endpoints_of(state, item.name)
    lines = []
    for group in group_endpoints(state, item, found, "workload"):
        if not group.members:
            lines.append(f"  {group.title}: {one_line('; '.join(group.lines))}\n")
            continue
        total = "?" if group.total is None else group.total
        word = "expected" if group.is_expected else "ready"
        lines.append(f"  {group.title}: {total if group.is_expected else f'{group.working}/{total}'} {word}\n")
        rows = [
            (e.address or "-", str(e.pod.name) if e.pod else "-", e.node or "-", state_of(e), e.reason)
            for e in group.members[:MAX_ENDPOINTS]
            if e.basis != "predicted"
        ]
        lines.append(table([tuple(one_line(c) for c in row) for row in rows], "    "))
        if len(group.members) > MAX_ENDPOINTS and rows:
            lines.append(f"    and {len(group.members) - MAX_ENDPOINTS} more\n")
    return "".join(lines)
