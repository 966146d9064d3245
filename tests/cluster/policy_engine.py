"""The real kube-network-policies on each node of the data plane: it judges the first packet of every connection.

Its own rules hand packets over with nftables' queue statement, which many kernels are built without. iptables' NFQUEUE
is the same door: `GUARD` are the rules of its data plane (pkg/dataplane/controller.go) in those words.
"""

from __future__ import annotations

from tests.cluster import build
from tests.cluster.dataplane import DataPlane
from tests.cluster.filling import create
from tests.cluster.network import NODES
from tests.cluster.policy_objects import FRONT, GUARDED, NAMESPACES, PODS, POLICIES, SERVICES

QUEUE = 100
GUARD = """*mangle
-A POSTROUTING -m owner --uid-owner 0 -j ACCEPT
-A POSTROUTING -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A POSTROUTING -p {icmp} -j ACCEPT
-A POSTROUTING -j NFQUEUE --queue-num {queue}
COMMIT
"""
"""After kube-proxy has chosen an endpoint, before a node puts its own address on. What programs of the node send is let
pass, and that neighbours find each other.
"""


def install(plane: DataPlane) -> None:
    """The objects, and the engine on every node. Raises RuntimeError where it does not come up."""
    for item in (*NAMESPACES, *SERVICES, *POLICIES):
        create(plane.control, item)
    for plan in PODS:
        plane.start_pod(plan)
    for name, address in FRONT.items():
        plane.give_address(name, address, GUARDED)
        plane.network.lead(address, ["east"])
    for node in NODES:
        plane.run(
            node,
            *(str(build.folder() / build.POLICIES[0]), f"--kubeconfig={plane.control.kubeconfig()}"),
            *(f"--hostname-override={node}", "--disable-nri", "--fail-open=false", f"--nfqueue-id={QUEUE}"),
            "--metrics-bind-address=127.0.0.1:9080",
        )
    for node in NODES:
        plane.control.wait(f"the policies on {node}", lambda node=node: _judges(plane, node))  # type: ignore[misc]
        for command, icmp in (("iptables-restore", "icmp"), ("ip6tables-restore", "icmpv6")):
            plane.namespaces.run(node, command, "--noflush", given=GUARD.format(queue=QUEUE, icmp=icmp))


def _judges(plane: DataPlane, node: str) -> bool:
    """Whether the engine knows all objects and has opened its queue, which it does in this order."""
    queues = plane.namespaces.run(node, "cat", "/proc/net/netfilter/nfnetlink_queue")
    return any(int(line.split()[0]) == QUEUE for line in queues.splitlines())
