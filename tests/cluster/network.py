"""The wires of the data plane: two nodes and a machine on one network of a VPC, pods behind their node, the internet.

    internet 203.0.113.10 ── fabric ── lan 192.168.60.0/24 ── machine .200
                                        ├─ east .11 ── pods 10.244.11.0/24
                                        └─ west .12 ── pods 10.244.12.0/24

Every box is a network namespace. Pods are routed, not bridged, so that no answer takes a way around its node.
"""

from __future__ import annotations

from tests.cluster.namespaces import Namespaces

NODES = {"east": 11, "west": 12}
"""Node → the number that its addresses end in."""
MACHINE, INTERNET = "192.168.60.200", "203.0.113.10"
GATEWAY_OF_PODS = "169.254.1.1"


def node_addresses(node: str) -> tuple[str, str]:
    """The addresses of a node, IPv4 and IPv6."""
    return f"192.168.60.{NODES[node]}", f"fd00:60::{NODES[node]}"


def pod_addresses(node: str, number: int) -> tuple[str, str]:
    """The addresses of the n-th pod of a node, IPv4 and IPv6."""
    return f"10.244.{NODES[node]}.{number}", f"fd00:10:244:{NODES[node]}::{number}"


def _pod_ranges(node: str) -> tuple[str, str]:
    return f"10.244.{NODES[node]}.0/24", f"fd00:10:244:{NODES[node]}::/64"


def _up(link: str, *addresses: str) -> list[str]:
    given = [f"addr add {address} dev {link}{' nodad' if ':' in address else ''}" for address in addresses]
    return [*given, f"link set {link} up"]


class Network:
    """Builds the namespaces; `pod` adds one for each pod."""

    def __init__(self) -> None:
        self.namespaces = Namespaces()

    def build(self) -> None:
        """Everything but the pods. Raises RuntimeError where a namespace cannot be made."""
        for name in ("fabric", "internet", "machine", *NODES):
            self.namespaces.add(name)
        self.namespaces.configure(
            "fabric", ["link add lan type bridge", *_up("lan", "192.168.60.1/24", "fd00:60::1/64")]
        )
        self._plug("machine", f"{MACHINE}/24", "fd00:60::200/64")
        for node in NODES:
            four, six = node_addresses(node)
            self._plug(node, f"{four}/24", f"{six}/64")
        for name in ("fabric", "machine", *NODES):
            self.namespaces.configure(name, self._ways_to_pods(apart_from=name))
        self.namespaces.connect("internet", "eth0", "fabric", "world")
        self.namespaces.configure("fabric", _up("world", "203.0.113.1/24"))
        self.namespaces.configure("internet", [*_up("eth0", f"{INTERNET}/24"), "route add default via 203.0.113.1"])

    def pod(self, name: str, node: str, number: int) -> None:
        """A namespace for a pod, with a cable to its node."""
        four, six = pod_addresses(node, number)
        link = f"pod{number}"
        self.namespaces.add(name)
        self.namespaces.connect(name, "eth0", node, link)
        on_node = [*_up(link), f"route add {four}/32 dev {link}", f"route add {six}/128 dev {link}"]
        self.namespaces.configure(node, [*on_node, f"addr add fe80::1/64 dev {link} nodad"])
        self.namespaces.run(node, "sh", "-c", f"echo 1 > /proc/sys/net/ipv4/conf/{link}/proxy_arp")
        ways = [f"route add {GATEWAY_OF_PODS} dev eth0 scope link", f"route add default via {GATEWAY_OF_PODS}"]
        self.namespaces.configure(
            name, [*_up("eth0", f"{four}/32", f"{six}/128"), *ways, "route add default via fe80::1 dev eth0"]
        )

    def lead(self, address: str, nodes: list[str]) -> None:
        """Let a load balancer's address lead to these nodes, connection by connection; to none, nowhere."""
        ways = " ".join(f"nexthop via {node_addresses(node)[0]}" for node in nodes)
        self.namespaces.configure("fabric", [f"route replace {address}/32 {ways or 'via 192.168.60.1'}"])

    def _plug(self, name: str, *addresses: str) -> None:
        self.namespaces.connect(name, "eth0", "fabric", name)
        self.namespaces.configure("fabric", [f"link set {name} master lan", *_up(name)])
        gateways = ["route add default via 192.168.60.1", "route add default via fd00:60::1"]
        self.namespaces.configure(name, [*_up("eth0", *addresses), *gateways])

    def _ways_to_pods(self, apart_from: str) -> list[str]:
        return [
            f"route add {pods} via {address}"
            for node in NODES
            if node != apart_from
            for pods, address in zip(_pod_ranges(node), node_addresses(node), strict=True)
        ]
