"""Name look-ups are traffic too: policies that let no port 53 through, on either side, cut all of them (N10)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.connection import INWARD, Party
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.well_known import CLUSTER_DNS
from svcmap.paths.asking.parties import endpoint_party
from svcmap.paths.known.look_ups import endpoints_of, find_service, labels_of_namespace
from svcmap.paths.outcome import Hop, Trace
from svcmap.paths.policies.at_endpoints import Source, policy_hop, told_of
from svcmap.paths.policies.judgement import Judgement, is_any, judge
from svcmap.paths.walk import Walk
from svcmap.semantics.service import find_port

DNS_PORT = 53
ASSUMED = "cluster DNS runs in kube-system as pods with the label k8s-app=kube-dns"


def dns_is_cut(walk: Walk) -> Trace | None:
    """The finished trace of a client whose look-ups reach no DNS server; None where they work, or nobody can tell."""
    hop = dns_hop(walk.state, walk.client.party)
    if hop is None:
        return None
    if find_service(walk.state, CLUSTER_DNS) is None:
        walk.assume(ASSUMED)
    return walk.stop(hop, "network-policy") if hop.verdict == "stop" else walk.unknown(hop)


def dns_hop(state: ClusterState, party: Party) -> Hop | None:
    """The policy that keeps a client from every DNS server, or that may; None where one of them answers."""
    if not party.is_pod or not party.namespace or not is_any(state):
        return None
    found = [judge(state, party, target, port, "UDP") for target, port in _servers(state)]
    if any(judgement.verdict == "allowed" for judgement in found):
        return None
    if undecided := next((judgement for judgement in found if judgement.verdict == "unknown"), None):
        return replace(policy_hop(undecided, Source(party=party), len(found), 0), verdict="unknown")
    return replace(_hop(found[0], party), verdict="stop")


def _hop(found: Judgement, client: Party) -> Hop:
    assert found.by is not None
    lead = found.by.lead(found.ruling, told_of(found, Source(party=client), 1, 1, "UDP"))
    says = f"{lead} and lets no UDP port 53 out: no name resolves."
    step = "allow egress to the DNS pods of kube-system on port 53, UDP and TCP"
    if found.direction == INWARD:
        says = f"{lead.replace('the pods', 'the DNS pods')} and lets no UDP port 53 in from this client."
        step = "allow ingress to the DNS pods on port 53, UDP and TCP, from every namespace"
    names = ", ".join(policy.metadata.name for policy in found.policies[:3])
    return Hop(kind="network-policy", object=found.policies[0].ref, address=names, rule="N10", says=says, next=step)


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
