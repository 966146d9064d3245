"""Name look-ups are traffic too: policies that let no port 53 through, on either side, cut all of them (N10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.connection import INWARD, Party
from svcmap.model.core import Service
from svcmap.model.coverage import PodScope, pods_with
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.well_known import CLUSTER_DNS
from svcmap.paths.asking.parties import endpoint_party
from svcmap.paths.known.look_ups import endpoints_of, labels_of_namespace
from svcmap.paths.known.name_servers import dns_service_at, dns_services, local_cache
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.policies.at_endpoints import hop_of
from svcmap.paths.policies.engine import Meant, Told
from svcmap.paths.policies.judgement import Judgement, is_any_evaluated, judge
from svcmap.paths.walk import Walk
from svcmap.semantics.service import find_port

DNS_PORT = 53
ASSUMED = "cluster DNS runs in kube-system as pods with the label k8s-app=kube-dns"
BY_NODES = "packets to NodeLocal DNSCache are seen by policies as packets to its own address on the node"


class Server(NamedTuple):
    """Who answers look-ups, at which port; `assumes` is what that rests on."""

    party: Party
    port: int
    assumes: str = ""


def dns_is_cut(walk: Walk, name_servers: Sequence[str]) -> Trace | None:
    """The finished trace of a client whose look-ups reach none of its name servers; None where they work, or nobody can
    tell.
    """
    servers = _servers(walk.state, name_servers)
    found = _judged(walk.state, walk.client.party, servers)
    if found is None:
        return None
    for server in servers:
        if server.assumes:
            walk.assume(server.assumes)
    hop = _hop(found, walk.client.party, servers)
    if found.verdict == "unknown":
        return walk.unknown(replace(hop, needs=_unread_servers(walk.state)))
    return walk.stop(hop, "network-policy", lacks=found.lacks, within=found.namespace)


def dns_hop(state: ClusterState, party: Party, name_servers: Sequence[str]) -> Hop | None:
    """The policy that keeps a client from every DNS server, or that may; None where one of them answers."""
    servers = _servers(state, name_servers)
    found = _judged(state, party, servers)
    return _hop(found, party, servers) if found else None


def _judged(state: ClusterState, party: Party, servers: Sequence[Server]) -> Judgement | None:
    """What is said of every DNS server, where it does not let a client have one of them."""
    if not party.is_pod or not is_any_evaluated(state):
        return None
    found = [judge(state, party, server.party, server.port, "UDP") for server in servers]
    if any(judgement.verdict == "allowed" for judgement in found):
        return None
    return next((judgement for judgement in found if judgement.verdict == "unknown"), found[0])


def _hop(found: Judgement, client: Party, servers: Sequence[Server]) -> Hop:
    first = servers[0]
    whom = f"the DNS pods of {first.party.namespace}" if first.party.namespace else first.party.title
    told = Told(
        direction=found.direction or INWARD,
        sender=client,
        seen_as=None,
        whom="them",
        protocol="UDP",
        meant=Meant(first.port),
        is_undecided=found.verdict == "unknown",
        of_names=found.verdict == "denied",
        servers=whom,
    )
    hop = hop_of(found, told)
    return replace(hop, verdict="unknown") if found.verdict == "unknown" else replace(hop, rule="N10", verdict="stop")


def _unread_servers(state: ClusterState) -> tuple[PodScope, ...]:
    """The DNS servers' pods, whose labels policies see, where they were not read."""
    wanted = (pods_with(s.metadata.namespace, s.spec.selector) for s in dns_services(state)[:1] if s.spec.selector)
    return tuple(scope for scope in wanted if state.lacks_pods(scope))


def _servers(state: ClusterState, name_servers: Sequence[str]) -> list[Server]:
    """Who answers at the addresses of name servers: the pods behind a Service on their own port, or the node itself.
    Where none of these is in the source, pods as kubeadm labels them.
    """
    found: list[Server] = []
    for address in name_servers:
        if local_cache(state, address) is not None:
            party = Party(title=f"NodeLocal DNSCache at {address}", addresses=(address,))
            found.append(Server(party, DNS_PORT, BY_NODES))
        elif (service := dns_service_at(state, address)) is not None:
            found += _behind(state, service)
    if found:
        return found
    known = [server for service in dns_services(state)[:1] for server in _behind(state, service)]
    return known or [_by_convention(state)]


def _behind(state: ClusterState, service: Service) -> list[Server]:
    port = find_port(service, DNS_PORT, "UDP")
    bound = [(e, e.port_for(port.name, "UDP") if port else None) for e in endpoints_of(state, service.name).ready]
    parties = ((endpoint_party(state, service.metadata.namespace, e), binding) for e, binding in bound)
    return [Server(party, binding.port if binding else DNS_PORT) for party, binding in parties]


def _by_convention(state: ClusterState) -> Server:
    namespace = CLUSTER_DNS.namespace
    party = Party(
        title="cluster DNS",
        is_pod=True,
        pod=Name(namespace, "coredns"),
        namespace=namespace,
        labels={"k8s-app": "kube-dns"},
        namespace_labels=labels_of_namespace(state, namespace),
    )
    return Server(party, DNS_PORT, "" if dns_services(state) else ASSUMED)
