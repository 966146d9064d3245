"""Name look-ups are traffic too: policies that let no port 53 through, on either side, cut all of them (N10)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.connection import INWARD, Party
from svcmap.model.coverage import PodScope, pods_with
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.well_known import CLUSTER_DNS
from svcmap.paths.asking.parties import endpoint_party
from svcmap.paths.known.look_ups import endpoints_of, find_service, labels_of_namespace
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.policies.at_endpoints import hop_of
from svcmap.paths.policies.engine import Meant, Told
from svcmap.paths.policies.judgement import Judgement, is_any_evaluated, judge
from svcmap.paths.walk import Walk
from svcmap.semantics.service import find_port

DNS_PORT = 53
ASSUMED = "cluster DNS runs in kube-system as pods with the label k8s-app=kube-dns"


def dns_is_cut(walk: Walk) -> Trace | None:
    """The finished trace of a client whose look-ups reach no DNS server; None where they work, or nobody can tell."""
    found = _judged(walk.state, walk.client.party)
    if found is None:
        return None
    if find_service(walk.state, CLUSTER_DNS) is None:
        walk.assume(ASSUMED)
    hop = _hop(found, walk.client.party)
    if found.verdict == "unknown":
        return walk.unknown(replace(hop, needs=_unread_servers(walk.state)))
    return walk.stop(hop, "network-policy", lacks=found.lacks, within=found.namespace)


def dns_hop(state: ClusterState, party: Party) -> Hop | None:
    """The policy that keeps a client from every DNS server, or that may; None where one of them answers."""
    found = _judged(state, party)
    return _hop(found, party) if found else None


def _judged(state: ClusterState, party: Party) -> Judgement | None:
    """What is said of every DNS server, where it does not let a client have one of them."""
    if not party.is_pod or not is_any_evaluated(state):
        return None
    found = [judge(state, party, target, port, "UDP") for target, port in _servers(state)]
    if any(judgement.verdict == "allowed" for judgement in found):
        return None
    return next((judgement for judgement in found if judgement.verdict == "unknown"), found[0])


def _hop(found: Judgement, client: Party) -> Hop:
    told = Told(
        direction=found.direction or INWARD,
        sender=client,
        seen_as=None,
        whom="them",
        protocol="UDP",
        meant=Meant(DNS_PORT),
        is_undecided=found.verdict == "unknown",
        of_names=found.verdict == "denied",
    )
    hop = hop_of(found, told)
    return replace(hop, verdict="unknown") if found.verdict == "unknown" else replace(hop, rule="N10", verdict="stop")


def _unread_servers(state: ClusterState) -> tuple[PodScope, ...]:
    """The DNS servers' pods, whose labels policies see, where they were not read."""
    service = find_service(state, CLUSTER_DNS)
    wanted = pods_with(CLUSTER_DNS.namespace, service.spec.selector) if service and service.spec.selector else None
    return (wanted,) if wanted and state.lacks_pods(wanted) else ()


def _servers(state: ClusterState) -> list[tuple[Party, int]]:
    """The DNS servers and their port: the pods behind kube-dns, or as kubeadm labels them where they are not read."""
    namespace, service = CLUSTER_DNS.namespace, find_service(state, CLUSTER_DNS)
    port = find_port(service, DNS_PORT, "UDP") if service else None
    if found := endpoints_of(state, CLUSTER_DNS).ready:
        bound = [(endpoint, endpoint.port_for(port.name, "UDP") if port else None) for endpoint in found]
        return [(endpoint_party(state, namespace, e), binding.port if binding else DNS_PORT) for e, binding in bound]
    assumed = Party(
        title="cluster DNS",
        is_pod=True,
        pod=Name(namespace, "coredns"),
        namespace=namespace,
        labels={"k8s-app": "kube-dns"},
        namespace_labels=labels_of_namespace(state, namespace),
    )
    return [(assumed, DNS_PORT)]
