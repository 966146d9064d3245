"""Name look-ups are traffic too: an egress policy without port 53 cuts all of them (N10)."""

from __future__ import annotations

from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.well_known import CLUSTER_DNS
from svcmap.paths.facts import endpoints_of, find_service, labels_of_namespace
from svcmap.paths.parties import endpoint_party
from svcmap.paths.policy import judge_parties
from svcmap.paths.walk import Hop, Trace, Walk
from svcmap.semantics.network_policy import Party, selecting

DNS_PORT = 53
ASSUMED = "cluster DNS runs in kube-system as pods with the label k8s-app=kube-dns"


def dns_is_cut(walk: Walk) -> Trace | None:
    """The finished trace of a client whose egress policies let no name look-up out; None where look-ups work."""
    party, state = walk.client.party, walk.state
    if not party.is_pod or not party.namespace:
        return None
    policies = state.network_policies_by_namespace.get(party.namespace, ())
    if not policies or not selecting(policies, party.labels, "egress")[0]:
        return None
    for target in _servers(state):
        if judge_parties(state, party, target, DNS_PORT, "UDP").verdict != "denied":
            return None
    found = judge_parties(state, party, _servers(state)[0], DNS_PORT, "UDP")
    names = ", ".join(policy.metadata.name for policy in found.policies[:3])
    if find_service(state, CLUSTER_DNS) is None:
        walk.assume(ASSUMED)
    hop = Hop(
        kind="network-policy",
        object=found.policies[0].ref,
        address=names,
        rule="N10",
        says=f"Network policy {names} isolates the client for egress and lets no UDP port 53 out: no name resolves.",
        next="allow egress to the DNS pods of kube-system on port 53, UDP and TCP",
    )
    return walk.stop(hop, "network-policy")


def _servers(state: ClusterState) -> list[Party]:
    """The DNS servers: the pods behind kube-dns, or as kubeadm labels them where they are not in the source."""
    found = endpoints_of(state, CLUSTER_DNS).ready
    if found:
        return [endpoint_party(state, CLUSTER_DNS.namespace, endpoint) for endpoint in found]
    return [
        Party(
            title="cluster DNS",
            is_pod=True,
            pod=Name(CLUSTER_DNS.namespace, "coredns"),
            namespace=CLUSTER_DNS.namespace,
            labels={"k8s-app": "kube-dns"},
            namespace_labels=labels_of_namespace(state, CLUSTER_DNS.namespace),
        )
    ]
