"""Objects of a service mesh that may refuse or change what its proxies take: named, and not evaluated (GW-41).

They count where a proxy is: in pods with the sidecar, or of an ambient namespace; where that is not known, they may.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from svcmap.model.connection import Party
from svcmap.model.labels import LabelSelector
from svcmap.model.state import ClusterState
from svcmap.model.unread import PodSelection, Unread
from svcmap.paths.outcome import Undecided
from svcmap.paths.walk import Walk

PROXY = "istio-proxy"
AMBIENT = "istio.io/dataplane-mode"
COULD = {
    "AuthorizationPolicy": "may refuse the request",
    "RequestAuthentication": "may refuse the request",
    "PeerAuthentication": "takes mutual TLS only: a client without a proxy of the mesh is refused",
}


def is_any_of_mesh(state: ClusterState) -> bool:
    """Whether the source has such objects at all."""
    return bool(_of_mesh(state))


def note_mesh(walk: Walk, parties: Iterable[Party]) -> None:
    """Doubt what becomes of packets to some pods, once for each object that is about the proxy of one."""
    objects = _of_mesh(walk.state)
    known = {doubt.undecided.object for doubt in walk.doubts}
    for party in parties:
        for item, pods in objects:
            if item.ref not in known and _may_be_about(walk.state, pods, party):
                known.add(item.ref)
                could = COULD.get(item.ref.kind, "may change or refuse the request")
                could += f" at {party.title}" if party.title else ""
                undecided = Undecided(object=item.ref, field=pods.field, could=could)
                walk.doubt(undecided, "network-policy", "GW-41", refuses=True)


def _of_mesh(state: ClusterState) -> Sequence[tuple[Unread, PodSelection]]:
    def found() -> Sequence[tuple[Unread, PodSelection]]:
        return [(item, item.pods) for item in state.unread if item.pods is not None]

    return state.remember("of_mesh", None, found)


def _may_be_about(state: ClusterState, pods: PodSelection, party: Party) -> bool:
    if not party.is_pod or (pods.namespace and party.namespace not in ("", pods.namespace)):
        return False
    if LabelSelector(match_labels=pods.labels).may_match(party.labels) is False:
        return False
    return _has_proxy(state, party) is not False


def _has_proxy(state: ClusterState, party: Party) -> bool | None:
    """Whether a proxy of the mesh takes the packets of a pod; None where only the pod, once there, will tell."""
    spec = party.spec
    if spec is not None and any(item.name == PROXY for item in (*spec.containers, *spec.init_containers)):
        return True
    if (party.namespace_labels or {}).get(AMBIENT) == "ambient" or (party.labels or {}).get(AMBIENT) == "ambient":
        return True
    pod = state.pods.get(party.pod) if party.pod else None
    return False if pod is not None and pod.is_observed else None
