"""Whom pods see behind a proxy of layer 7, as NetworkPolicies know the sender."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.connection import Party
from svcmap.model.core import Service
from svcmap.paths.asking.parties import endpoint_party, sending_party
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.policies.at_endpoints import Source
from svcmap.paths.policies.egress import UNKNOWN_CONTROLLER
from svcmap.paths.walk import Walk

CILIUM, GLOBAL = "Cilium", "Google, global"
GOOGLE = Party(title="Google's load balancer (130.211.0.0/22, 35.191.0.0/16)", addresses=("130.211.0.1", "35.191.0.1"))
"""CG-9: what a global one sends, and what asks for health, comes from these ranges; others have a subnet of proxies."""
NO_PODS = {
    CILIUM: Party(title="Cilium's proxy (entity ingress)"),
    "GKE": Party(title="Google's load balancer"),
    GLOBAL: GOOGLE,
    "AWS Load Balancer Controller": Party(title="ALB"),
}
"""Proxies that policies do not know as pods, by their titles: load balancers of a cloud (GW-8, GW-9), and one with an
identity of its own (Cilium documentation, "Ingress and Network Policy")."""


def sources_at(
    walk: Walk, front: Service | None, title: str = "", *, outside: str = "", proxies: Sequence[Party] = ()
) -> tuple[Source, ...]:
    """Its pods, where the Service in front of it is known, else `proxies`, the pods that run it, else those at the port
    of the node that packets came to, else some pod of the cluster.

    `title` is that of the implementation, `outside` names a load balancer that is no pod at all.
    """
    if title in NO_PODS:
        return (Source(party=NO_PODS[title]),)
    if outside:
        return (Source(party=Party(title=outside)),)
    parties = _behind(walk, front) or proxies or _at_port(walk) or [UNKNOWN_CONTROLLER]
    return tuple(Source(party=party) for party in parties)


def _behind(walk: Walk, front: Service | None) -> Sequence[Party]:
    if front is None:
        return []
    found = endpoints_of(walk.state, front.name).ready
    return [endpoint_party(walk.state, front.metadata.namespace, endpoint) for endpoint in found]


def _at_port(walk: Walk) -> Sequence[Party]:
    """The pods with the host port, or of the network of the node, that the first leg came to (N8)."""
    met = walk.first_leg.endpoints if walk.first_leg is not None else ()
    names = [endpoint.pod for endpoint in met if endpoint.pod is not None]
    return [sending_party(walk.state, pod) for name in names if (pod := walk.state.pods.get(name)) is not None]
