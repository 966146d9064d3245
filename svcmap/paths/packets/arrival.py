"""The last stretch of a request: endpoints, the policies in front of them, and what is said where there are none."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Basis, Endpoint, EndpointSet
from svcmap.model.group_kinds import POD, SERVICE
from svcmap.model.refs import ObjectRef
from svcmap.paths.known.emptiness import PortGap, emptiness, is_undecided, lacks_port, port_gap
from svcmap.paths.known.gone import Dead, dead_endpoints
from svcmap.paths.known.specs import spec_of
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.packets.company import note_company, note_contradiction
from svcmap.paths.packets.loopback import note_loopback
from svcmap.paths.policies.at_endpoints import Policed, Source, police
from svcmap.paths.walk import Walk
from svcmap.semantics import service_proxy

DROPPED = Answer(action="DROP")
SLICES_OF = "kubernetes.io/service-name"


class Stretch(Part, frozen=True):
    """How a request gets to endpoints: those of a Service, or one pod that was asked directly (`owner`).

    `sources` are whom the pods may see; `uncovered` the nodes on which a Local policy drops packets; `lost` the
    endpoints whose answers never come back (K7); `answer` what the client meets when there are none. `is_rewritten`:
    kube-proxy puts the endpoint's address in the place of the Service's. `policy` is the field that may be Local.
    """

    owner: ObjectRef
    port: ServicePort
    found: EndpointSet
    choice: service_proxy.Choice
    hop: Hop
    sources: tuple[Source, ...]
    answer: Answer = Answer()
    uncovered: tuple[str, ...] = ()
    lost: tuple[Endpoint, ...] = ()
    is_rewritten: bool = False
    policy: str = ""


def finish(walk: Walk, service: Service, way: Stretch) -> Trace:
    """End a trace at the endpoints of a Service. A port that no endpoint has stops traffic at the Service port."""
    walk.excluded = way.choice.excluded
    note_contradiction(walk, way.owner, way.found)
    if way.choice.eligible:
        return reach(walk, way)
    found = way.found
    if lacks_port(way.port, found):
        stop = port_missing(port_gap(walk.state, way.port, found), way.hop)
        return walk.stop(stop, "no-endpoints", answer=way.answer)
    walk.add(way.hop)
    empty = emptiness(walk.state, service, found)
    is_local = way.choice.reason == "no-local-endpoints"
    here = f"{way.policy} is Local, and this node has no ready pod of the Service: packets are dropped."
    stop = Hop(
        kind="endpoint",
        object=service.ref,
        address="",
        rule=way.choice.rule,
        basis=endpoint_basis(found),
        says=here if is_local else empty.says,
        next=f"set {way.policy} to Cluster, or run a pod of the Service on this node" if is_local else empty.next,
    )
    if is_undecided(found):
        return walk.unknown(stop)
    walk.suggest = empty.suggestion
    return walk.stop(stop, way.choice.reason or "no-endpoints", answer=way.answer)


def endpoint_basis(found: EndpointSet) -> Basis:
    return found.basis if found.source != "none" else "computed"


def port_missing(gap: PortGap, hop: Hop) -> Hop:
    """The stop at a Service port that no endpoint has."""
    return replace(hop, rule=gap.rule, says=gap.says, next=gap.next)


# -- endpoints there are ------------------------------------------------------------------------------------------


def reach(walk: Walk, way: Stretch) -> Trace:
    """End a trace at endpoints of which there is one at least: policies, and answers that get lost."""
    eligible = way.choice.eligible
    walk.add(way.hop)
    walk.add(_endpoint_hop(walk, way))
    note_loopback(walk, eligible, way.port)
    targets = [(endpoint, _number(endpoint, way.port)) for endpoint in eligible]
    name = way.owner.own_name if way.owner.of_kind == SERVICE else None
    policed = police(walk, way.sources, way.owner.namespace, targets, way.port.protocol, name)
    if policed.passing is not None:
        policy, index = policed.passing
        walk.remark(f"{policy.kind} {policy.metadata.name} lets the packets in by rule {index + 1}.")
    if policed.denied:
        walk.excluded = (*way.choice.excluded, *policed.denied)
    dead = dead_endpoints(walk.state, eligible, is_rewritten=way.is_rewritten)
    lost = set(map(id, (*way.lost, *(dead.endpoints if dead else ()))))
    note_company(walk, way.owner, eligible, way.port)
    working = tuple(e for e in (*policed.allowed, *policed.partly) if id(e) not in lost)
    return _verdict(walk, way, policed, working, dead)


def _number(endpoint: Endpoint, port: ServicePort) -> int:
    binding = endpoint.port_for(port.name, port.protocol)
    return binding.port if binding else port.port


def _verdict(walk: Walk, way: Stretch, policed: Policed, working: tuple[Endpoint, ...], dead: Dead | None) -> Trace:
    """All endpoints work, some do, none does, or nobody can tell."""
    if policed.hop and not policed.allowed and not policed.partly and not policed.unknown:
        found = policed.judgement
        return walk.stop(policed.hop, "network-policy", lacks=found.lacks, within=found.namespace)
    if policed.hop and policed.unknown:
        return walk.unknown(policed.hop, endpoints=(*policed.allowed, *policed.unknown))
    if not working:
        return walk.stop(_lost_hop(way, dead), "endpoint-unanswered", answer=DROPPED)
    if policed.hop:
        walk.add(replace(policed.hop, verdict="stop"))
        return walk.end("partial", reason="network-policy", endpoints=working)
    if len(working) < len(way.choice.eligible):
        walk.add(replace(_lost_hop(way, dead), verdict="stop"))
        return walk.end("partial", reason="endpoint-unanswered", answer=DROPPED, endpoints=working)
    if way.uncovered:
        return walk.end("partial", reason="no-local-endpoints", answer=DROPPED, endpoints=working)
    return walk.end("reachable", endpoints=working)


def _lost_hop(way: Stretch, dead: Dead | None) -> Hop:
    if dead is not None and not way.lost:
        return _dead_hop(way, dead)
    nodes = ", ".join(sorted({endpoint.node or "another node" for endpoint in way.lost})[:3])
    return Hop(
        kind="endpoint",
        object=way.owner,
        address=f"{len(way.lost)} of {len(way.choice.eligible)}",
        rule="K7",
        says=f"The client's address is kept, so endpoints on {nodes} answer it directly and it drops the answers.",
        next="ask the cluster IP, or a node that runs a pod of the Service",
    )


def _dead_hop(way: Stretch, dead: Dead) -> Hop:
    return Hop(
        kind="endpoint",
        object=way.owner,
        address=f"{len(dead.endpoints)} of {len(way.choice.eligible)}",
        rule=dead.rule,
        says=f"{dead.says}: connections to it time out.",
        next=f"kubectl get endpointslices -n {way.owner.namespace} -l {SLICES_OF}={way.owner.name} -o yaml",
    )


def _endpoint_hop(walk: Walk, way: Stretch) -> Hop:
    eligible = way.choice.eligible
    count, first = len(eligible), eligible[0]
    if way.found.basis == "predicted":
        owners = ", ".join(dict.fromkeys(endpoint.owner for endpoint in eligible))
        address, says = "", f"{owners} will run pods that match; none has been seen yet."
    else:
        host = f"[{first.address}]" if ":" in first.address else first.address
        address = f"{host or '?'}:{_number(first, way.port)}" + (f" +{count - 1}" if count > 1 else "")
        says = _choice(way)
    if way.choice.fallback:
        says = f"No endpoint is ready; {count} that are terminating still serve."
    step = ""
    if way.uncovered:
        nodes = ", ".join(way.uncovered[:3])
        says += f" On {nodes} there is none, and {way.policy} is Local: packets are dropped there."
        step = f"set {way.policy} to Cluster, or run a pod of the Service on every node"
    says += _undeclared(walk, way)
    ref = POD.ref(*first.pod) if first.pod and count == 1 else None
    rule, basis = way.choice.rule, way.found.basis
    return Hop(kind="endpoint", object=ref, address=address, rule=rule, basis=basis, says=says, next=step)


def _choice(way: Stretch) -> str:
    """Among how many endpoints kube-proxy chooses; ready ones that this client does not get are named with why."""
    count = len(way.choice.eligible)
    others = [why for endpoint, why in way.choice.excluded if endpoint.ready]
    idle = [why for endpoint, why in way.choice.excluded if not endpoint.ready and not endpoint.terminating]
    also = f"; {len(idle)} more {'is' if len(idle) == 1 else 'are'} not ready: {idle[0]}" if idle else ""
    if not others:
        lead = f"Each of {count} ready endpoints is an equal choice" if count > 1 else "The only ready endpoint"
        return f"{lead}{also}."
    lead = f"Each of {count} endpoints is an equal choice" if count > 1 else "One endpoint is left for this client"
    return f"{lead}; {len(others)} more {'is' if len(others) == 1 else 'are'} ready and left out: {others[0]}."


def _undeclared(walk: Walk, way: Stretch) -> str:
    """A container port that nobody declares warns and never stops: a process may listen all the same (section 11)."""
    first = way.choice.eligible[0]
    spec = spec_of(walk.state, first)
    number = _number(first, way.port)
    declared = sorted({p.container_port for c in spec.serving_containers for p in c.ports}) if spec else []
    if not declared or number in declared:
        return ""
    shown = ", ".join(map(str, declared[:3]))
    return f" No container declares port {number}; declared: {shown}."
