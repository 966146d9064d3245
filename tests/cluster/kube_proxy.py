"""The real kube-proxy on each node of the data plane, in the mode that a test asks for."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path

from tests.cluster import build, processes
from tests.cluster.control_plane import ControlPlane
from tests.cluster.namespaces import Namespaces
from tests.cluster.network import NODES, node_addresses

HEALTH = 10256
QUIET = 1.0
"""Seconds without a new rule after which all of them are there."""
GRACE = 2.0
"""Seconds after its first sync in which kube-proxy hears of its zone, if it ever does."""
KNOWS_ITS_ZONE = "Updated proxier node topology labels"
"""What kube-proxy logs (level 4) when it is told the labels of its node."""


class KubeProxies:
    """One on each node; their logs are beside those of the control plane."""

    def __init__(self, control: ControlPlane, namespaces: Namespaces) -> None:
        self.control, self.namespaces = control, namespaces
        self.running: dict[str, processes.Process] = {}

    def use(self, mode: str, kubeconfig: str) -> None:
        """Run all of them in a mode, on nodes without a rule. Raises RuntimeError where one does not come up."""
        self.stop()
        for node in NODES:
            self.namespaces.run(node, "nft", "flush", "ruleset")
            self._start(node, mode, kubeconfig)
        for node in NODES:
            self._come_up(node)
            self.control.wait(
                f"the zone of kube-proxy on {node}", partial(self._knows_its_zone, node, mode, kubeconfig)
            )
        self._settle()

    def stop(self) -> None:
        """End all of them. Their rules stay."""
        processes.stop(self.running.values())
        self.running.clear()

    def is_healthy(self, node: str, port: int) -> bool:
        """Whether a health check of a node answers 200, asked from the network of the VPC as a load balancer would."""
        url = f"http://{node_addresses(node)[0]}:{port}/healthz"
        code = "import sys, urllib.request; sys.exit(urllib.request.urlopen(sys.argv[1], timeout=2).status != 200)"
        try:
            self.namespaces.run("fabric", sys.executable, "-I", "-c", code, url)
        except RuntimeError:
            return False
        return True

    def rules(self, node: str) -> str:
        """The rules of a node, as nft lists them."""
        return self.namespaces.run(node, "nft", "list", "ruleset")

    def _start(self, node: str, mode: str, kubeconfig: str) -> None:
        self._log(node, mode).unlink(missing_ok=True)
        options = (
            f"--kubeconfig={kubeconfig}",
            f"--proxy-mode={mode}",
            f"--hostname-override={node}",
            "--cluster-cidr=10.244.0.0/16,fd00:10:244::/48",
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
            f"--healthz-bind-address={node_addresses(node)[0]}:{HEALTH}",
            "--metrics-bind-address=127.0.0.1:10249",
            "--v=4",
        )
        command = self.namespaces.command(node, str(build.component("kube-proxy")), *options)
        self.running[node] = processes.start(command, self._log(node, mode), self.control.place)

    def _come_up(self, node: str) -> None:
        self.control.wait(f"kube-proxy on {node}", lambda: self.is_healthy(node, HEALTH))

    def _log(self, node: str, mode: str) -> Path:
        return self.control.place / f"kube-proxy-{node}-{mode}.log"

    def _knows_its_zone(self, node: str, mode: str, kubeconfig: str) -> bool:
        """Whether it follows hints. One that does not is started again: cmd/kube-proxy/app/server.go (1.36) asks for news of
        its node before it says who is to hear them, and where the informer is faster it knows no zone as long as it runs.
        """
        until = time.monotonic() + GRACE
        while time.monotonic() < until:
            if KNOWS_ITS_ZONE in self._log(node, mode).read_text():
                return True
            time.sleep(0.1)
        processes.stop([self.running.pop(node)])
        self._start(node, mode, kubeconfig)
        self._come_up(node)
        return False

    def _settle(self) -> None:
        """Wait until no node gets a new rule any more: the first health check comes before the last Service."""
        seen, since = "", time.monotonic()

        def quiet() -> bool:
            nonlocal seen, since
            now = "".join(str(self.rules(node).count("\n")) + " " for node in NODES)
            if now != seen:
                seen, since = now, time.monotonic()
            return time.monotonic() - since > QUIET

        self.control.wait("the rules of kube-proxy", quiet)
