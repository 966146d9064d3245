"""The objects that the comparison is made with: every kind of Service, and pods in every condition."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
NAMESPACE = "shop"


def service(name: str, **spec: Any) -> Json:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


HTTP = {"name": "http", "port": 80, "targetPort": "web"}
SERVICES: list[Json] = [
    service("plain", selector={"app": "web"}, ports=[HTTP]),
    service("numbered", selector={"app": "web"}, ports=[{"port": 81, "targetPort": 8080}]),
    service("dual", selector={"app": "web"}, ports=[HTTP], ipFamilyPolicy="PreferDualStack"),
    service("six", selector={"app": "web"}, ports=[HTTP], ipFamilies=["IPv6"]),
    service("headless", clusterIP="None", selector={"app": "web"}, ports=[HTTP]),
    service("early", clusterIP="None", selector={"app": "web"}, ports=[HTTP], publishNotReadyAddresses=True),
    service("named", clusterIP="None", selector={"app": "named"}, ports=[HTTP]),
    service(
        "two",
        selector={"app": "web"},
        ports=[HTTP, {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"}],
    ),
    service("nobody", selector={"app": "nobody"}, ports=[HTTP]),
    service("nobody-headless", clusterIP="None", selector={"app": "nobody"}, ports=[HTTP]),
    service("hand-made", ports=[{"port": 5432}]),
    service("alias", type="ExternalName", externalName="plain.shop.svc.cluster.local"),
    service("alias-of-alias", type="ExternalName", externalName="alias.shop.svc.cluster.local"),
    service("away", type="ExternalName", externalName="db.example.org"),
    service("np", type="NodePort", selector={"app": "web"}, ports=[HTTP], externalTrafficPolicy="Local"),
    service("lb", type="LoadBalancer", selector={"app": "web"}, ports=[HTTP], allocateLoadBalancerNodePorts=False),
    service("near", selector={"app": "web"}, ports=[HTTP], trafficDistribution="PreferClose"),
]
HAND_MADE: Json = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "hand-made", "namespace": NAMESPACE, "labels": {"kubernetes.io/service-name": "hand-made"}},
    "addressType": "IPv4",
    "ports": [{"name": "", "port": 5432}],
    "endpoints": [{"addresses": ["192.0.2.7"]}, {"addresses": ["192.0.2.8"], "conditions": {"ready": False}}],
}
NODES: list[Json] = [
    {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": name}},
    }
    for name, zone in (("n1", "z1"), ("n2", "z2"))
]


def pod(name: str, node: str, app: str = "web", port: int = 8080, **spec: Any) -> Json:
    ports = [{"name": "web", "containerPort": port}, {"name": "dns", "containerPort": 5353, "protocol": "UDP"}]
    container = {"name": "c", "image": "example.invalid/c", "ports": ports}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": app}},
        "spec": {"nodeName": node, "containers": [container], **spec},
    }


def running(*addresses: str, ready: bool = True, phase: str = "Running") -> Json:
    """The status a kubelet would write."""
    return {
        "phase": phase,
        "podIP": addresses[0],
        "podIPs": [{"ip": address} for address in addresses],
        "conditions": [{"type": "Ready", "status": str(ready)}],
    }


PODS: list[tuple[Json, Json]] = [
    (pod("ready-1", "n1"), running("10.244.1.1", "fd00:10:244:1::1")),
    (pod("ready-2", "n2", port=9090), running("10.244.2.1", "fd00:10:244:2::1")),
    (pod("starting", "n1"), running("10.244.1.2", ready=False)),
    (pod("done", "n1"), running("10.244.1.3", ready=False, phase="Succeeded")),
    (pod("failed", "n1"), running("10.244.1.4", ready=False, phase="Failed")),
    (pod("no-address", "n2"), {"phase": "Pending"}),
    (pod("member", "n1", "named", hostname="first", subdomain="named"), running("10.244.1.5")),
    (pod("stranger", "n1", "named", hostname="second", subdomain="other"), running("10.244.1.6")),
]


def _networking(kind: str, name: str, spec: Json, *, namespaced: bool = True) -> Json:
    metadata = {"name": name, **({"namespace": NAMESPACE} if namespaced else {})}
    return {"apiVersion": "networking.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": spec}


def _rule(host: str, path: str, service: str) -> Json:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    return {"host": host, "http": {"paths": [{"path": path, "pathType": "Prefix", "backend": backend}]}}


MORE: list[Json] = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "idle", "namespace": NAMESPACE},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "idle"}},
            "template": {
                "metadata": {"labels": {"app": "idle"}},
                "spec": {"containers": [{"name": "c", "image": "example.invalid/c"}]},
            },
        },
    },
    service("idle", selector={"app": "idle"}, ports=[HTTP]),
    _networking("IngressClass", "public", {"controller": "example.com/controller"}, namespaced=False),
    _networking(
        "Ingress",
        "shop",
        {
            "ingressClassName": "public",
            "rules": [_rule("shop.example.com", "/", "plain"), _rule("x.example", "/", "gone")],
        },
    ),
    _networking(
        "NetworkPolicy",
        "named-from-web",
        {
            "podSelector": {"matchLabels": {"app": "named"}},
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}],
        },
    ),
]
"""A workload without pods, an Ingress with a backend that is missing, a policy."""
