"""A trace as an explanation: the verdict and why, every hop as a sentence, who gets the traffic and who does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from svcmap.console import clean, one_line
from svcmap.model.facts import Endpoint
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.views.contract import port_of
from svcmap.paths.views.whereabouts import Way

WORDS = {
    "reachable": "✓ reachable",
    "redirect": "✓ redirect",
    "via-load-balancer": "✓ via the load balancer",
    "partial": "! partial",
    "unreachable": "✗ unreachable",
    "unknown": "? unknown",
}
MARKS = {"ok": " ", "stop": "✗", "unknown": "?"}
ACTIONS = {"REJECT": "the connection is refused at once", "DROP": "the connection times out"}
WARNINGS = {
    "tls-secret-not-found": "the TLS Secret is not in the source",
    "tls-host-not-listed": "the tls section does not list this host: clients get the default certificate",
    "port-matched-by-target-port": "the port was found among the target ports, as only ingress-nginx does",
    "foreign-annotation": "an annotation of another controller does nothing",
    "tls-backend-plain-http": "plain http is spoken to a port that speaks TLS",
    "plain-backend-tls": "TLS is spoken to a port that speaks plain http",
    "grpc-backend-http1": "HTTP/1.1 is spoken to a port that speaks gRPC",
    "endpoints-contradicted": "an Endpoints object says something else than the EndpointSlices, which count",
    "health-check-path": "the load balancer's health check asks for another path than the probes of the pods",
    "mixed-workloads": "the selector takes pods of another workload, too",
    "not-programmed": "the controller says that it has not programmed the Gateway, or its listener",
    "redirect-target-fails": "where the redirect leads fails as well",
    "variable-not-set": "the pod reads a variable of the Service that it does not have",
    "removed-api": "this API version was removed in Kubernetes 1.22",
}
MAX_LISTED = 10


def trace_text(found: Trace) -> str:
    """The whole explanation, ending with a line break."""
    return clean("\n".join(_lines(found)) + "\n")


def ways_text(asked: str, ways: Sequence[Way]) -> str:
    """Every way through an address, node port, host or pod, one line each."""
    services = len({way.service for way in ways})
    title = f"{len(ways)} way{'s' if len(ways) != 1 else ''} through {asked}, to {services} Service"
    rows = [
        (WORDS[w.trace.verdict], w.entry.title, w.trace.request.to, f"svc {w.service}", _short(w.trace, w.kept_out))
        for w in ways
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ["  ".join((*(c.ljust(n) for c, n in zip(row, widths, strict=False)), row[4])).rstrip() for row in rows]
    return clean("\n".join(one_line(line) for line in (title + ("s" if services != 1 else ""), *lines)) + "\n")


def _short(found: Trace, kept_out: str) -> str:
    if kept_out:
        return f"not to this one: {kept_out}"
    if found.reason:
        return found.reason
    count = len(found.endpoints)
    return f"{count} endpoint{'s' if count != 1 else ''}" if count else ""


def _lines(found: Trace) -> Iterator[str]:
    request = found.request
    via = f" via {request.via}" if request.via else ""
    yield f"{WORDS[found.verdict]}  {one_line(request.to)}  from {request.vantage}{one_line(via)}"
    if summary := _summary(found):
        yield f"  {one_line(summary)}"
    yield ""
    for number, hop in enumerate(found.hops, 1):
        yield from hop_lines(number, hop)
    yield from _block("goes to", [_endpoint(found, e) for e in found.endpoints])
    yield from _block("gets nothing", [_excluded(e, why) for e, why in found.excluded])
    if len(found.backends) > 1:
        shares = (f"{b.share:.0%} {b.service}" + (f"  answers {b.status}" if b.status else "") for b in found.backends)
        yield from _block("shares", list(shares))
    yield from _block("assumed", list(found.assumed))


def _summary(found: Trace) -> str:
    """What the client meets, and where it was decided."""
    parts = []
    at = next((f" at hop {i} ({h.kind})" for i, h in enumerate(found.hops, 1) if h.verdict != "ok"), "")
    if found.reason and not found.likely:
        parts.append(f"{found.reason}{at}")
    elif at:
        parts.append(f"not known{at}")
    if found.likely:
        parts.append(f"{found.likely} if what is not evaluated does nothing")
    answer = found.answer
    if answer.location:
        parts.append(f"{answer.status} to {answer.location}")
    elif answer.status:
        parts.append(f"the client gets {answer.status}")
    if answer.grpc_code:
        parts.append(f"gRPC {answer.grpc_code}")
    if answer.action:
        parts.append(ACTIONS.get(answer.action, answer.action))
    if found.proxied.path:
        parts.append(f"the pod sees path {found.proxied.path}")
    parts += [WARNINGS.get(warning, warning) for warning in found.warnings]
    if found.invalid:
        parts.append(f"the API server refuses such an object ({found.invalid})")
    if found.suggest:
        parts.append(f"meant {found.suggest}?")
    return "; ".join(parts)


def hop_lines(number: int, hop: Hop) -> Iterator[str]:
    """One hop: number, kind and address, then its sentence, and what to do where it stops."""
    shown = f"{one_line(hop.address)}" if hop.address else ""
    basis = f" ({hop.basis})" if hop.basis not in ("observed", "computed") else ""
    yield f"{MARKS[hop.verdict]} {number:>2} {hop.kind:<14} {shown}{basis}  [{hop.rule}]".rstrip()
    yield f"     {one_line(hop.says)}"
    for need in hop.needs:
        yield f"     needs: {one_line(str(need))}"
    if hop.next and hop.verdict != "ok":
        yield f"     next: {one_line(hop.next)}"


def _endpoint(found: Trace, endpoint: Endpoint) -> str:
    where = f"  on {endpoint.node}" if endpoint.node else ""
    if not endpoint.address:
        return f"{endpoint.owner} (expected)"
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"{host}:{port_of(found, endpoint)}  {endpoint.pod or endpoint.owner}{where}"


def _excluded(endpoint: Endpoint, why: str) -> str:
    return f"{endpoint.address or endpoint.owner}  {endpoint.pod or ''}  {why}"


def _block(title: str, lines: list[str]) -> Iterator[str]:
    """A titled list; equal lines once, long ones cut with the number left out."""
    unique: Iterable[str] = dict.fromkeys(one_line(line) for line in lines)
    shown = list(unique)
    if not shown:
        return
    yield ""
    yield title
    yield from (f"     {line}" for line in shown[:MAX_LISTED])
    if len(shown) > MAX_LISTED:
        yield f"     and {len(shown) - MAX_LISTED} more"
