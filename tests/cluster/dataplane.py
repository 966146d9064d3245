"""A cluster that carries packets: kube-proxy on two nodes, an echo server in each pod, CoreDNS in a pod."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tests.cluster import build, processes
from tests.cluster.control_plane import COREFILE, ControlPlane
from tests.cluster.filling import create, items, report
from tests.cluster.kube_proxy import HEALTH, KubeProxies
from tests.cluster.network import INTERNET, MACHINE, NODES, Network, node_addresses, pod_addresses
from tests.cluster.objects import Json, running
from tests.cluster.packet_objects import (
    BY_HAND,
    DNS,
    DNS_POD,
    EXTERNALS,
    NAMESPACE,
    PODS,
    SERVICES,
    VIPS,
    PodPlan,
    config_map,
    dns_service,
    nodes,
    pod,
)
from tests.cluster.relay import Relay

HERE = Path(__file__).parent
CLIENTS = {"internet": "internet", INTERNET: "internet", MACHINE: "machine", **{f"node:{name}": name for name in NODES}}
"""Who asks, as `--from` says it → the namespace it asks from. That of a pod has the pod's name."""
RESOLV_CONF = f"""nameserver {DNS}
search {NAMESPACE}.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
"""


class DataPlane:
    """The running data plane. `ask` puts questions to it from where a client stands."""

    def __init__(self, place: Path) -> None:
        self.control, self.network, self.place = ControlPlane(place), Network(), place
        self.namespaces = self.network.namespaces
        self.proxies = KubeProxies(self.control, self.namespaces)
        self.processes: list[processes.Process] = []
        self.relays: list[Relay] = []
        self.resolv_conf = place / "resolv.conf"
        self.mode = ""

    def start(self) -> None:
        """Everything but kube-proxy. Raises RuntimeError with what did not come up."""
        self.control.start()
        self.network.build()
        self.resolv_conf.write_text(RESOLV_CONF)
        for name in ("kube-system", NAMESPACE):
            self.control.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        for item in (*nodes(), *SERVICES, BY_HAND):
            create(self.control, item)
        for name, address in VIPS.items():
            self.give_address(name, address)
        for plan in PODS:
            self.start_pod(plan)
        self.run("machine", sys.executable, "-I", str(HERE / "echo.py"), "machine", "tcp:5432")
        self._start_dns()
        for node in NODES:
            self._reach_api(node)
        self.control.wait("the endpoint slices", partial(self.has_endpoints, SERVICES, PODS))

    def use(self, mode: str) -> None:
        """Run kube-proxy in a mode (unless it does already), and let the load balancers find the nodes that are healthy then."""
        if self.mode == mode:
            return
        self.mode = mode
        self.proxies.use(mode, self.control.kubeconfig())
        for item in SERVICES:
            name, check = item["metadata"]["name"], item["spec"].get("healthCheckNodePort", HEALTH)
            if name in VIPS:
                healthy = [node for node in NODES if self.proxies.is_healthy(node, check)]
                self.network.lead(VIPS[name], healthy)
        for address in EXTERNALS:
            self.network.lead(address, ["east"])

    def ask(self, client: str, questions: list[Json]) -> list[Json]:
        """What a client meets (probe.py), in the order of the questions. `client` is what `--from` says."""
        inside = client.startswith("pod:")
        name = client.rpartition("/")[2] if inside else CLIENTS[client]
        resolv_conf = self.resolv_conf if inside else None
        command = (sys.executable, "-I", str(HERE / "probe.py"))
        said = self.namespaces.run(name, *command, given=json.dumps(questions), resolv_conf=resolv_conf)
        found: list[Json] = json.loads(said)
        return found

    def stop(self) -> None:
        """End every process and take the namespaces away."""
        for relay in self.relays:
            relay.close()
        self.proxies.stop()
        processes.stop(self.processes)
        self.control.stop()
        self.namespaces.remove()

    def run(self, namespace: str, *command: str) -> None:
        """Start a command in a namespace, until the data plane stops."""
        log = self.place / f"{namespace}-{Path(command[0]).name}.log"
        self.processes.append(processes.start(self.namespaces.command(namespace, *command), log, self.place))

    def give_address(self, name: str, address: str, namespace: str = NAMESPACE) -> None:
        """What the controller of a load balancer writes into a Service."""
        path = f"/api/v1/namespaces/{namespace}/services/{name}/status"
        status = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
        assert self.control.call("PATCH", path, status, patch=True)[0] == 200

    def start_pod(self, plan: PodPlan) -> None:
        """The object of a pod, its namespace with what it serves, and the status that its kubelet would write."""
        create(self.control, pod(plan))
        addresses = node_addresses(plan.node) if plan.host else pod_addresses(plan.node, plan.number)
        if not plan.host:
            self.network.pod(plan.name, plan.node, plan.number)
        if plan.serves:
            where = plan.node if plan.host else plan.name
            self.run(where, sys.executable, "-I", str(HERE / "echo.py"), plan.name, *plan.serves)
        report(self.control, plan.name, running(*addresses, ready=plan.ready), plan.namespace)
        if plan.leaving:
            self.control.call("DELETE", f"/api/v1/namespaces/{plan.namespace}/pods/{plan.name}")

    def _start_dns(self) -> None:
        """CoreDNS as kubeadm installs it: a pod, the Service kube-dns, and its Corefile in a ConfigMap."""
        self.start_pod(DNS_POD)
        self._reach_api(DNS_POD.name)
        kubeconfig = self.control.kubeconfig()
        text = COREFILE.format(port=53, bind="0.0.0.0", ready="127.0.0.1:8181", kubeconfig=kubeconfig)
        corefile = self.place / "Corefile.pod"
        corefile.write_text(text)
        create(self.control, config_map("coredns", {"Corefile": text}))
        create(self.control, dns_service())
        self.run(DNS_POD.name, str(build.component("coredns")), "-conf", str(corefile))

    def has_endpoints(self, services: Iterable[Json], pods: Iterable[PodPlan]) -> bool:
        """Whether the controller has put every pod into the slices of the Services that select it."""
        found: dict[tuple[str, str], set[str]] = {}
        for item in items(self.control, "endpointslices"):
            metadata = item["metadata"]
            key = metadata["namespace"], metadata["labels"]["kubernetes.io/service-name"]
            ends = item["endpoints"] or []
            found.setdefault(key, set()).update(end["targetRef"]["name"] for end in ends if "targetRef" in end)
        return all(
            plan.name in found.get((plan.namespace, item["metadata"]["name"]), ())
            for item in services
            for plan in pods
            if plan.namespace == item["metadata"]["namespace"]
            and plan.app == item["spec"].get("selector", {}).get("app")
        )

    def _reach_api(self, name: str) -> None:
        """Let a namespace reach the API server where the kubeconfig says it is."""
        self.relays.append(Relay(self.namespaces.listen(name, self.control.api), self.control.api))
