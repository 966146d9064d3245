"""Objects of a service mesh that may refuse or change what its proxies take: named, and not evaluated (GW-41).

They count where a proxy is: in pods with the sidecar, or of an ambient namespace; where that is not known, they may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from svcmap.model.connection import Party
from svcmap.model.labels import LabelSelector, SomeLabels
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.unread import IN_MESH, PodSelection, Unread
from svcmap.paths.known.unread import naming_host, naming_service
from svcmap.paths.outcome import Undecided
from svcmap.paths.walk import Walk

OfMesh = tuple[Unread, PodSelection, LabelSelector]
PROXY, OTHERS = "istio-proxy", {"policy.linkerd.io": "linkerd-proxy"}
"""The container of the proxy: Istio's, and those of other meshes by the group of their objects."""
AMBIENT = "istio.io/dataplane-mode"
GATEWAY = SomeLabels({"istio": "ingressgateway", "app": "istio-ingressgateway"})
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
GATEWAY_NAMESPACES = ("", "istio-system", "istio-ingress")
"""Of the ingress gateway that Istio's charts install; none stands for those of the whole mesh."""
COULD = {
    "AuthorizationPolicy": "may refuse the request",
    "RequestAuthentication": "may refuse the request",
    "Server": "may refuse the request, by what authorizes it",
    "PeerAuthentication": "takes mutual TLS only: a client without a proxy of the mesh is refused",
}


def note_mesh(walk: Walk, namespace: str, parties: Iterable[Party]) -> None:
    """Doubt what becomes of packets to some pods of a namespace, for each object that is about the proxy of one."""
    objects = [*_of_mesh(walk.state).get(namespace, ()), *_of_mesh(walk.state).get("", ())]
    if not objects:
        return
    for party in parties:
        for item, pods, selector in objects:
            if (
                party.is_pod
                and not pods.lifts
                and selector.may_match(party.labels) is not False
                and _has_proxy(walk.state, party, item.ref.group) is not False
                and not _is_lifted(item, pods, objects, party)
            ):
                could = f"{COULD.get(item.ref.kind, 'may change or refuse the request')} at {party.title}"
                undecided = Undecided(object=item.ref, field=pods.field, could=could)
                walk.doubt(undecided, "network-policy", "GW-41", refuses=True)
        objects = [one for one in objects if all(doubt.undecided.object != one[0].ref for doubt in walk.doubts)]


def note_ingress_gateway(walk: Walk) -> None:
    """Doubt what becomes of a request at the mesh's ingress gateway, where nobody knows which pods that is: for objects
    that mean it by the labels of its chart, and those about all pods of its usual namespaces. Its listeners ask nobody
    for the certificate of a PeerAuthentication.
    """
    for namespace, objects in _of_mesh(walk.state).items():
        for item, pods, selector in objects:
            fits = selector.may_match(GATEWAY)
            is_meant = bool(pods.labels and fits) or (namespace in GATEWAY_NAMESPACES and fits is not False)
            if is_meant and item.ref.kind != "PeerAuthentication":
                could = f"{COULD.get(item.ref.kind, 'may change or refuse the request')} at the ingress gateway"
                undecided = Undecided(object=item.ref, field=pods.field, could=could)
                walk.doubt(undecided, "network-policy", "GW-41", refuses=True)


def note_gateway_pods(walk: Walk, gateway: Name, labels: Mapping[str, str]) -> None:
    """Doubt what becomes of a request at the pods that Istio makes for a Gateway, in its namespace and with labels that
    name it (GW-2): for objects about them, or about all pods there.
    """
    theirs = {**labels, GATEWAY_NAME: gateway.name, "gateway.istio.io/managed": "istio.io-gateway-controller"}
    objects = (*_of_mesh(walk.state).get(gateway.namespace, ()), *_of_mesh(walk.state).get("", ()))
    for item, pods, selector in objects:
        if selector.matches(theirs) and not pods.lifts and item.ref.kind != "PeerAuthentication":
            could = f"{COULD.get(item.ref.kind, 'may change or refuse the request')} at the pods of Gateway {gateway}"
            undecided = Undecided(object=item.ref, field=pods.field, could=could)
            walk.doubt(undecided, "network-policy", "GW-41", refuses=True)


def _is_lifted(item: Unread, pods: PodSelection, objects: Iterable[OfMesh], party: Party) -> bool:
    """Whether a PeerAuthentication about fewer pods says that plain connections are taken: that of a workload goes
    before that of its namespace, and that before the one of the mesh.
    """
    mine = _narrowness(pods)
    return any(
        other.lifts and one.ref.kind == item.ref.kind and _narrowness(other) > mine and selector.may_match(party.labels)
        for one, other, selector in objects
    )


def _narrowness(pods: PodSelection) -> tuple[bool, bool]:
    return bool(pods.labels), bool(pods.namespace)


def note_routing(walk: Walk, service: Name) -> None:
    """Doubt where a client's proxy sends what is asked of a Service that a VirtualService names (CS-5)."""
    party = walk.client.party
    if not party.is_pod:
        return
    name = f"{service.name}.{service.namespace}"
    full = f"{name}.svc.{walk.assumptions.cluster_domain}"
    found = [item for host in (name, f"{name}.svc", full) for item in naming_host(walk.state, host)]
    found += [item for item in naming_host(walk.state, service.name) if item.ref.namespace == service.namespace]
    linked = (item for item in naming_service(walk.state, service) if item.ref.group in OTHERS)
    for item in linked:
        if _has_proxy(walk.state, party, item.ref.group) is not False:
            could = "routes what a client with a proxy of the mesh asks of the Service"
            walk.doubt(Undecided(object=item.ref, field=item.mention.field, could=could), "dns", "GW-41", refuses=False)
    for item in found:
        if item.mention.value == IN_MESH and _has_proxy(walk.state, party) is not False:
            could = "routes what a client with a proxy of the mesh asks of that host"
            undecided = Undecided(object=item.ref, field=item.mention.field, could=could)
            walk.doubt(undecided, "dns", "GW-41", refuses=False)


def _of_mesh(state: ClusterState) -> Mapping[str, Sequence[OfMesh]]:
    """Those objects by the namespace whose pods they are about."""

    def index() -> Mapping[str, Sequence[OfMesh]]:
        found: dict[str, list[OfMesh]] = {}
        for item in state.unread:
            if (pods := item.pods) is not None:
                entry = item, pods, LabelSelector(match_labels=pods.labels)
                found.setdefault(pods.namespace, []).append(entry)
        return found

    return state.remember("of_mesh", None, index)


def _has_proxy(state: ClusterState, party: Party, group: str = "") -> bool | None:
    """Whether a proxy of the mesh takes the packets of a pod; None where only the pod, once there, will tell."""
    spec, proxy = party.spec, OTHERS.get(group, PROXY)
    if spec is not None and any(item.name == proxy for item in (*spec.containers, *spec.init_containers)):
        return True
    mode = (party.labels or {}).get(AMBIENT) or (party.namespace_labels or {}).get(AMBIENT)
    if mode == "ambient" and group not in OTHERS:
        return True
    pod = state.pods.get(party.pod) if party.pod else None
    return False if pod is not None and pod.is_observed else None
