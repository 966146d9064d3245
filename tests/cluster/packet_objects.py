"""The objects of the data plane: pods on two nodes, and a Service for every way kube-proxy can lead to them."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.cluster.network import MACHINE, NODES, node_addresses
from tests.cluster.objects import Json

NAMESPACE = "store"
DNS = "10.96.0.10"


class PodPlan(NamedTuple):
    """A pod: where it runs, what it serves, and how its kubelet finds it."""

    name: str
    node: str
    number: int
    app: str
    serves: tuple[str, ...] = ()
    named: tuple[tuple[str, int, str], ...] = (("http", 8080, "TCP"),)
    ready: bool = True
    leaving: bool = False
    host: bool = False
    namespace: str = NAMESPACE


WEB = (("http", 8080, "TCP"), ("dns", 5353, "UDP"))
PODS = (
    PodPlan("web-1", "east", 21, "web", ("tcp:8080", "udp:5353"), WEB),
    PodPlan("web-2", "east", 22, "web", ("tcp:8080", "udp:5353"), WEB),
    # It listens on a port more than it declares, as any program may.
    PodPlan(
        "web-3", "west", 21, "web", ("tcp:9090", "tcp:8080", "udp:5353"), (("http", 9090, "TCP"), ("dns", 5353, "UDP"))
    ),
    PodPlan("lone", "east", 23, "lone", ("tcp:8080",)),
    PodPlan("slow", "west", 22, "slow", ("tcp:8080",), ready=False),
    PodPlan("leaving", "west", 23, "leaving", ("tcp:8080",), leaving=True),
    PodPlan("on-host", "west", 0, "on-host", ("tcp:7070",), (("http", 7070, "TCP"),), host=True),
    PodPlan("caller", "east", 30, "caller"),
    PodPlan("caller-west", "west", 30, "caller"),
)
DNS_PORTS = (("dns", 53, "UDP"), ("dns-tcp", 53, "TCP"))
DNS_POD = PodPlan("coredns", "west", 2, "kube-dns", (), DNS_PORTS, namespace="kube-system")


def service(name: str, app: str | None = "web", namespace: str = NAMESPACE, **spec: Any) -> Json:
    """A Service that selects the pods of an app; None: that selects nothing. `spec` is the rest of it."""
    ports = spec.pop("ports", [{"name": "http", "port": 80, "targetPort": "http"}])
    made = {"ports": ports, **({"selector": {"app": app}} if app else {}), **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": made}


def _ports(node_port: int) -> list[Json]:
    return [{"name": "http", "port": 80, "targetPort": "http", "nodePort": node_port}]


VIPS = {
    "balanced": "198.51.100.10",
    "balanced-local": "198.51.100.11",
    "ranged": "198.51.100.12",
    "balanced-empty": "198.51.100.13",
}
"""Load balancer Service → the address its controller gave it."""
EXTERNALS = ("198.51.100.20", "198.51.100.21")
"""Addresses that the network leads to the node east: of `external` and of `external-local`."""
LOCAL = {"externalTrafficPolicy": "Local"}
UDP = {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": "dns"}
SERVICES: list[Json] = [
    service("web"),
    service("both", ports=[{"name": "http", "port": 80, "targetPort": "http"}, UDP]),
    service("dual", ipFamilyPolicy="RequireDualStack"),
    service("six", ipFamilies=["IPv6"]),
    service("sticky", sessionAffinity="ClientIP"),
    service("near", trafficDistribution="PreferClose"),
    service("inside", "lone", internalTrafficPolicy="Local"),
    service("myself", "lone"),
    service("empty", "nobody"),
    service("unready", "slow"),
    service("early", "slow", publishNotReadyAddresses=True),
    service("leaving", "leaving"),
    service("on-host", "on-host"),
    service("headless", clusterIP="None", ports=[{"name": "http", "port": 8080}]),
    service("node-port", type="NodePort", ports=_ports(30080)),
    service("node-port-local", "lone", type="NodePort", ports=_ports(30081), **LOCAL),
    service("node-port-empty", "nobody", type="NodePort", ports=_ports(30082)),
    service("balanced", type="LoadBalancer", ports=_ports(30083)),
    service("balanced-local", "lone", type="LoadBalancer", ports=_ports(30084), healthCheckNodePort=30184, **LOCAL),
    service("ranged", type="LoadBalancer", ports=_ports(30085), loadBalancerSourceRanges=[f"{MACHINE}/32"]),
    service("balanced-empty", "nobody", type="LoadBalancer", ports=_ports(30086)),
    service("external", externalIPs=[EXTERNALS[0]]),
    service("external-local", "lone", type="NodePort", externalIPs=[EXTERNALS[1]], ports=_ports(30087), **LOCAL),
    service("by-hand", None, ports=[{"name": "sql", "port": 5432}]),
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "alias", "namespace": NAMESPACE},
        "spec": {"type": "ExternalName", "externalName": f"web.{NAMESPACE}.svc.cluster.local"},
    },
]
BY_HAND: Json = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "by-hand", "namespace": NAMESPACE, "labels": {"kubernetes.io/service-name": "by-hand"}},
    "addressType": "IPv4",
    "ports": [{"name": "sql", "port": 5432}],
    "endpoints": [{"addresses": [MACHINE]}],
}
"""A database outside the cluster, on the machine of the VPC."""


def nodes() -> list[Json]:
    """The Node objects, with the status a kubelet would write."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": f"zone-{name}"}},
            "spec": {"podCIDR": f"10.244.{NODES[name]}.0/24"},
            "status": {
                "addresses": [{"type": "InternalIP", "address": address} for address in node_addresses(name)],
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }
        for name in NODES
    ]


def config_map(name: str, data: dict[str, str]) -> Json:
    """A ConfigMap of kube-system."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "kube-system"},
        "data": data,
    }


def dns_service() -> Json:
    """The Service of CoreDNS, at the address that kubelets give to pods."""
    ports = [{"name": name, "port": port, "protocol": protocol} for name, port, protocol in DNS_PORTS]
    return service("kube-dns", DNS_POD.app, DNS_POD.namespace, ports=ports, clusterIP=DNS)


def pod(plan: PodPlan) -> Json:
    """The Pod object of a plan."""
    ports = [{"name": name, "containerPort": port, "protocol": protocol} for name, port, protocol in plan.named]
    if plan.host:
        ports = [{**port, "hostPort": port["containerPort"]} for port in ports]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": plan.name, "namespace": plan.namespace, "labels": {"app": plan.app}},
        "spec": {
            "nodeName": plan.node,
            "hostNetwork": plan.host,
            "containers": [{"name": "c", "image": "example.invalid/echo", "ports": ports}],
        },
    }
