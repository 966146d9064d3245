"""The real kube-network-policies on each node of the data plane: it judges the first packet of every connection.

Its own rules hand packets over with nftables' queue statement, which many kernels are built without. iptables' NFQUEUE
is the same door: `GUARD` has what matters of its data plane (pkg/dataplane/controller.go) in those words. It judges before
a node puts its own address on, and so does not show what a policy sees of packets that are masqueraded (K10).
"""

from __future__ import annotations

from functools import partial

from tests.cluster import build
from tests.cluster.dataplane import DataPlane
from tests.cluster.filling import create
from tests.cluster.network import NODES
from tests.cluster.policy_objects import FRONT, GUARDED, NAMESPACES, PODS, POLICIES, SERVICES, WALL

QUEUE = 100
GUARD = """*mangle
-A POSTROUTING -m owner --uid-owner 0 -j ACCEPT
-A POSTROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A POSTROUTING -p {icmp} -j ACCEPT
-A POSTROUTING -j NFQUEUE --queue-num {queue}
-A INPUT -i lo -j ACCEPT
-A INPUT -p {icmp} -j ACCEPT
-A INPUT -m conntrack --ctstate NEW -j NFQUEUE --queue-num {queue}
COMMIT
"""
"""What goes out, after kube-proxy has chosen an endpoint, and what comes in for the node itself. What programs of the node
send is let pass.
"""
FAMILIES = {"iptables": "icmp", "ip6tables": "icmpv6"}
QUEUES = "/proc/net/netfilter/nfnetlink_queue"


def missing(plane: DataPlane) -> list[str]:
    """What the kernel lacks; empty where packets can be handed over."""
    rule = ("INPUT", "-p", "250", "-j", "NFQUEUE", "--queue-num", str(QUEUE))
    try:
        for verb in ("-A", "-D"):
            plane.namespaces.run("internet", "iptables", "-t", "mangle", verb, *rule)
    except RuntimeError:
        return ["NFQUEUE"]
    return []


def install(plane: DataPlane) -> None:
    """The objects, and the engine on every node. Raises RuntimeError where it does not come up."""
    for item in (*NAMESPACES, *SERVICES, *POLICIES, WALL):
        create(plane.control, item)
    for plan in PODS:
        plane.start_pod(plan)
    for name, address in FRONT.items():
        plane.give_address(name, address, GUARDED)
        plane.network.lead(address, ["east"])
    for node in NODES:
        plane.run(
            node,
            *(str(build.component(build.POLICIES[0])), f"--kubeconfig={plane.control.kubeconfig()}"),
            *(f"--hostname-override={node}", "--disable-nri", "--fail-open=false", f"--nfqueue-id={QUEUE}"),
            "--metrics-bind-address=127.0.0.1:9080",
        )
    plane.control.wait("the endpoint slices", partial(plane.has_endpoints, SERVICES, PODS))
    for node in NODES:
        plane.control.wait(f"the policies on {node}", partial(_judges, plane, node))
        for command, icmp in FAMILIES.items():
            plane.namespaces.run(node, f"{command}-restore", "--noflush", given=GUARD.format(queue=QUEUE, icmp=icmp))


def remove(plane: DataPlane) -> None:
    """Let every packet pass again."""
    for node in NODES:
        for command in FAMILIES:
            for chain in ("POSTROUTING", "INPUT"):
                plane.namespaces.run(node, command, "-t", "mangle", "-F", chain)


def dropped(plane: DataPlane, node: str) -> int:
    """Packets that got no verdict: the queue was full, or the engine too slow to be told."""
    return sum(sum(map(int, line.split()[5:7])) for line in _queues(plane, node))


def _queues(plane: DataPlane, node: str) -> list[str]:
    return plane.namespaces.run(node, "cat", QUEUES).splitlines()


def _judges(plane: DataPlane, node: str) -> bool:
    """Whether the engine knows all objects and has opened its queue, which it does in this order."""
    try:
        return any(int(line.split()[0]) == QUEUE for line in _queues(plane, node))
    except RuntimeError:
        return False  # a part of the kernel that is loaded when somebody opens a queue
