"""The objects of the policy tests: servers that each have NetworkPolicies of their own, and clients in two namespaces."""

from __future__ import annotations

from typing import Any

from tests.cluster.network import MACHINE
from tests.cluster.objects import Json
from tests.cluster.packet_objects import WEB, PodPlan, service

GUARDED, OUTER, WALLED = "guarded", "outer", "walled"
SERVES = ("tcp:8080", "tcp:9090", "tcp:5353", "udp:5353")
NAMED = (*WEB, ("admin", 9090, "TCP"))


def _peer(**selectors: dict[str, str]) -> Json:
    return {f"{kind}Selector": {"matchLabels": labels} for kind, labels in selectors.items()}


def _block(cidr: str, *apart_from: str) -> Json:
    return {"ipBlock": {"cidr": cidr, **({"except": list(apart_from)} if apart_from else {})}}


def _port(port: int | str, protocol: str = "TCP", **more: int) -> Json:
    return {"port": port, "protocol": protocol, **more}


FRIENDS = _peer(pod={"app": "friend"})
OUTSIDE = _peer(namespace={"kubernetes.io/metadata.name": OUTER})
BOTH = _peer(namespace={"kubernetes.io/metadata.name": OUTER}, pod={"app": "friend"})
NOT_STRANGERS = {"podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["stranger"]}]}}
ADMITTED: dict[str, list[Json]] = {
    "closed": [],
    "everyone": [{}],
    "to-friends": [{"from": [FRIENDS]}],
    "to-outside": [{"from": [OUTSIDE]}],
    "to-both": [{"from": [BOTH]}],
    "to-either": [{"from": [FRIENDS, OUTSIDE]}],
    "but-strangers": [{"from": [NOT_STRANGERS]}],
    "all-pods": [{"from": [{"namespaceSelector": {}}]}],
    "one-port": [{"ports": [_port(8080)]}],
    "named-port": [{"ports": [_port("admin")]}],
    "upper-range": [{"ports": [_port(8081, endPort=9090)]}],
    "lower-range": [{"ports": [_port(8080, endPort=9089)]}],
    "two-ports": [{"ports": [_port(9090), _port(5353, "UDP")]}],
    "all-datagrams": [{"ports": [{"protocol": "UDP"}]}],
    "datagrams": [{"ports": [_port(5353, "UDP")]}],
    "wrong-protocol": [{"ports": [_port("dns")]}],
    "to-west": [{"from": [_block("10.244.12.0/24")]}],
    "but-machine": [{"from": [_block("0.0.0.0/0", "192.168.60.192/26")]}],
    "to-internet": [{"from": [_block("203.0.113.0/24")]}],
    "two-rules": [{"from": [FRIENDS], "ports": [_port(8080)]}, {"from": [OUTSIDE], "ports": [_port(9090)]}],
}
"""Server → the rules of the policy that isolates it for ingress."""
TO_DNS: Json = {
    "to": [_peer(namespace={"kubernetes.io/metadata.name": "kube-system"}, pod={"app": "kube-dns"})],
    "ports": [_port(53, "UDP"), _port(53)],
}
LET_OUT: dict[str, list[Json]] = {
    "prisoner": [],
    "dns-only": [TO_DNS],
    "to-open": [TO_DNS, {"to": [_peer(pod={"app": "open"})]}],
    "by-port": [TO_DNS, {"ports": [_port(8080)]}],
    "by-name": [{"ports": [_port("http")]}],
    "to-cluster-ips": [TO_DNS, {"to": [_block("10.96.0.0/12")]}],
    "but-west": [TO_DNS, {"to": [_block("10.244.0.0/16", "10.244.12.0/24"), _block("fd00:10:244::/48")]}],
    "to-machine": [TO_DNS, {"to": [_block(f"{MACHINE}/32")], "ports": [_port(5432)]}],
}
"""Client → the rules of the policy that isolates it for egress."""


def _policy(name: str, app: str, *types: str, **rules: list[Json]) -> Json:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": GUARDED},
        "spec": {"podSelector": {"matchLabels": {"app": app}}, "policyTypes": list(types), **rules},
    }


POLICIES: list[Json] = [
    *(_policy(app, app, "Ingress", ingress=rules) for app, rules in ADMITTED.items()),
    *(_policy(app, app, "Egress", egress=rules) for app, rules in LET_OUT.items()),
    _policy("two-policies-1", "two-policies", "Ingress", ingress=[{"from": [FRIENDS]}]),
    _policy("two-policies-2", "two-policies", "Ingress", ingress=[{"ports": [_port(9090)]}]),
    # Its ingress rule decides nothing: the policy is one for egress.
    _policy("inert", "inert", "Egress", ingress=[{"from": [FRIENDS]}], egress=[{}]),
]
# It selects every pod of its namespace. Without policyTypes it is one for ingress, and with rules for egress for both.
WALL: Json = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "wall", "namespace": WALLED},
    "spec": {"podSelector": {}, "egress": [TO_DNS]},
}
SERVERS = ("open", *ADMITTED, "two-policies", "inert")


def _server(number: int, name: str, node: str = "east", app: str = "") -> PodPlan:
    return PodPlan(name, node, number, app or name, SERVES, NAMED, namespace=GUARDED)


def _client(number: int, name: str, node: str, app: str = "", namespace: str = GUARDED) -> PodPlan:
    return PodPlan(name, node, number, app or name, namespace=namespace)


PODS = (
    *(_server(40 + number, name) for number, name in enumerate(SERVERS)),
    _server(40, "open-west", "west", "open"),
    # Its port http is another one than that of all the others.
    PodPlan("renumbered", "west", 41, "renumbered", SERVES, (("http", 9090, "TCP"),), namespace=GUARDED),
    PodPlan("walled", "west", 42, "walled", SERVES, NAMED, namespace=WALLED),
    _client(70, "friend", "east"),
    _client(71, "stranger", "west"),
    _client(72, "guest", "west", "friend", OUTER),
    _client(73, "nobody", "east", namespace=OUTER),
    *(_client(80 + number, name, "west" if name == "prisoner" else "east") for number, name in enumerate(LET_OUT)),
)
FRONT = {"everyone": "198.51.100.40", "but-machine": "198.51.100.41", "to-internet": "198.51.100.42"}
"""Server behind a load balancer that keeps the client's address → the balancer's address."""
PORTS = [
    {"name": "http", "port": 80, "targetPort": "http"},
    {"name": "admin", "port": 90, "targetPort": "admin"},
    {"name": "dns", "port": 5300, "protocol": "UDP", "targetPort": "dns"},
]


def _fronted(name: str) -> dict[str, Any]:
    return {"type": "LoadBalancer", "externalTrafficPolicy": "Local"} if name in FRONT else {}


SERVICES = [service(name, name, namespace=GUARDED, ports=PORTS, **_fronted(name)) for name in SERVERS]
NAMESPACES = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": name}}}
    for name in (GUARDED, OUTER, WALLED)
]
