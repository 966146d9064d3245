"""The client's own egress policies in front of an entry: a load balancer, a controller, a name outside (N1, N2).

Behind the entry somebody else sends: what its packets meet is judged there, not here.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.addresses import family_of
from svcmap.model.connection import OUTWARD, Party
from svcmap.model.core import Service
from svcmap.model.facts import Endpoint
from svcmap.paths.asking.parties import address_party, endpoint_party
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.policies.at_endpoints import Source, policy_hop
from svcmap.paths.policies.judgement import Judgement, judge_leaving, touches
from svcmap.paths.policies.unevaluated import unevaluated, unevaluated_hop
from svcmap.paths.walk import Walk
from svcmap.semantics import service_proxy
from svcmap.semantics.service import find_port

UNKNOWN_CONTROLLER = Party(title="the controller's pods", is_pod=True, anywhere=True, may_be_host=True)
Target = tuple[Party, int | None]
"""Whom the packets may go to, and at which port; None: not known."""


def cannot_leave(walk: Walk, address: str, port: int, *, by_pods: bool = True) -> Trace | None:
    """The finished trace of a client whose policies keep its packets from an address; None where they let them out.

    `address` is an IP, a host name whose address nobody here knows, or empty. A cluster answers for the IP of a load
    balancer itself (K2): the packets then go to the pods behind it. `by_pods` is false where no pod can have it.
    """
    if not walk.client.party.is_pod:
        return None
    found = _judged(walk, address, port, by_pods=by_pods)
    if all(item.verdict == "allowed" for item in found):
        return _foreign(walk, address)
    return _stopped(walk, found) if _deciding(found).verdict == "denied" else walk.unknown(_hop(walk, found))


def must_not_leave(walk: Walk, address: str, port: int, *, by_pods: bool = True) -> Trace | None:
    """As `cannot_leave`, only where that is certain: for an address of which nothing else is known."""
    found = _judged(walk, address, port, by_pods=by_pods) if walk.client.party.is_pod else []
    if not found or any(item.verdict != "denied" for item in found):
        return None
    return _stopped(walk, found)


def _judged(walk: Walk, address: str, port: int, *, by_pods: bool) -> list[Judgement]:
    """What the client's policies say of each target; nothing where none is about it."""
    state, party = walk.state, walk.client.party
    if not touches(state, party, OUTWARD):
        return []
    targets = _targets(walk, address, port) if by_pods else [(outside(address), port)]
    return [judge_leaving(state, party, target, number, walk.request.protocol) for target, number in targets]


def _stopped(walk: Walk, found: Sequence[Judgement]) -> Trace:
    deciding = _deciding(found)
    return walk.stop(_hop(walk, found), "network-policy", lacks=deciding.lacks, within=deciding.namespace)


def _hop(walk: Walk, found: Sequence[Judgement]) -> Hop:
    return policy_hop(_deciding(found), Source(party=walk.client.party), len(found), len(found))


def _deciding(found: Sequence[Judgement]) -> Judgement:
    """Denied where all of them are; where some are, nobody can tell which of them the packets go to."""
    if all(item.verdict == "denied" for item in found):
        return found[0]
    undecided = next((item for item in found if item.verdict == "unknown"), None)
    denied = next(item for item in found if item.verdict != "allowed")
    return undecided or replace(denied, verdict="unknown")


def _targets(walk: Walk, address: str, port: int) -> list[Target]:
    """Where the packets may go: the pods behind an address that kube-proxy serves, else the address itself."""
    state = walk.state
    if not address:
        return [(Party(title="the entry"), port), (UNKNOWN_CONTROLLER, None)]
    if not family_of(address):  # a host name: kube-proxy has no rule for it
        return [(outside(address), port)]
    for role, name in state.services_by_address.get(address, ()):
        service = find_service(state, name)
        if service is not None and (role != "load-balancer" or service_proxy.is_vip(service, address)):
            return _behind(walk, service, port) or [(UNKNOWN_CONTROLLER, None)]
    here: Target = (address_party(state, address), port)
    is_owned = any(
        address in book for book in (state.services_by_address, state.nodes_by_address, state.pods_by_address)
    )
    return [here] if is_owned else [here, (UNKNOWN_CONTROLLER, None)]


def _behind(walk: Walk, service: Service, port: int) -> list[Target]:
    wanted = find_port(service, port, walk.request.protocol)
    endpoints: list[Endpoint] = endpoints_of(walk.state, service.name).usable
    namespace = service.metadata.namespace
    return [
        (endpoint_party(walk.state, namespace, endpoint), binding.port)
        for endpoint in endpoints
        if wanted and (binding := endpoint.port_for(wanted.name, wanted.protocol))
    ]


def outside(name: str) -> Party:
    """A machine outside the cluster by its address, or by a name whose address is not known."""
    return Party(title=name, addresses=(name,) if family_of(name) else ())


def _foreign(walk: Walk, address: str) -> Trace | None:
    """N9: policies of kinds that svcmap does not evaluate may forbid it."""
    party = walk.client.party
    others = unevaluated(walk.state, [party]) if party.namespace else []
    if not others:
        return None
    return walk.unknown(unevaluated_hop(others[:1], f"the way to {address or 'the entry'}"))
