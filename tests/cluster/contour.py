"""The real Contour with the real Envoy on a node of the data plane, once for Ingresses, once for a Gateway.

Envoy runs on its node's network behind a Service of type LoadBalancer, as Contour's own manifests install it.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.cluster import build
from tests.cluster.dataplane import DataPlane
from tests.cluster.filling import create, report
from tests.cluster.network import NODES, node_addresses
from tests.cluster.objects import Json, running
from tests.cluster.packet_objects import PodPlan, pod

NAMESPACE = "projectcontour"
XDS, HTTP, HTTPS, ALT = 8001, 8080, 8443, 8081
"""Ports of a node. Those of Envoy are the listeners' plus 8000."""
ABSENT = "tlsroutes,tcproutes,backendtlspolicies"
"""What Contour shall not look for: these kinds are not in the standard channel of Gateway API."""
CUSTOM_RESOURCES = ("gateway-api.crds", "contour.crds", "network-policy-api.crds")
SETTLED = 1.5
"""Seconds until what the API server has is in Envoy, when the last of it is."""


class Entry(NamedTuple):
    """One Contour with its Envoy: the node they run on, and the load balancer's address in front of them."""

    name: str
    node: str
    address: str


INGRESS = Entry("envoy", "east", "198.51.100.30")
GATEWAY = Entry("envoy-gateway", "west", "198.51.100.31")


def envoy() -> str | None:
    """The Envoy beside this interpreter; None where it is not installed."""
    return shutil.which("envoy", path=str(Path(sys.executable).parent))


def install(plane: DataPlane) -> None:
    """The namespace and the custom resources. Raises RuntimeError where the API server does not serve them."""
    plane.control.call("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    for name in CUSTOM_RESOURCES:
        for item in yaml.safe_load_all(build.component(name).read_text()):
            if item and item["kind"] == "CustomResourceDefinition":
                create(plane.control, item)
    for path in ("gateway.networking.k8s.io/v1/httproutes", "projectcontour.io/v1/httpproxies"):
        plane.control.wait(path, lambda path=path: plane.control.call("GET", f"/apis/{path}")[0] == 200)  # type: ignore[misc]


def run(plane: DataPlane, entry: Entry, *options: str) -> None:
    """Start Contour and Envoy, and put a load balancer in front. `options` are more of Contour's."""
    _front(plane, entry)
    contour, place = str(build.component("contour")), plane.place
    plane.run(
        entry.node,
        *(contour, "serve", "--insecure", f"--kubeconfig={plane.control.kubeconfig()}", "--disable-leader-election"),
        *(f"--xds-address=127.0.0.1 --xds-port={XDS} --http-address=127.0.0.1 --http-port=8002").split(),
        *["--health-address=127.0.0.1", "--health-port=8003", "--stats-address=127.0.0.1", "--stats-port=8004"],
        *(f"--envoy-service-http-address=0.0.0.0 --envoy-service-http-port={HTTP}").split(),
        *(f"--envoy-service-https-address=0.0.0.0 --envoy-service-https-port={HTTPS}").split(),
        *(f"--envoy-service-namespace={NAMESPACE}", f"--envoy-service-name={entry.name}"),
        *(f"--disable-feature={name}" for name in ABSENT.split(",")),
        *options,
    )
    bootstrap = place / f"{entry.name}.json"
    admin = f"--admin-address={place / entry.name}.sock"
    plane.namespaces.run(
        entry.node, contour, "bootstrap", str(bootstrap), "--xds-address=127.0.0.1", f"--xds-port={XDS}", admin
    )
    started = (
        envoy() or "",
        "-c",
        str(bootstrap),
        "--service-cluster",
        "c",
        "--service-node",
        "n",
        "--disable-hot-restart",
    )
    plane.run(entry.node, *started, "--concurrency", "1")


def wait(plane: DataPlane, entry: Entry, host: str) -> None:
    """Until Envoy knows a host by its routes. Raises RuntimeError where it never does."""
    question = {"protocol": "http", "address": entry.address, "host": host, "port": 80, "path": "/", "times": 1}

    def routed() -> bool:
        answer = plane.ask("internet", [question])[0]
        return any(said.get("status") != 404 for said in answer["answers"])

    plane.control.wait(f"{host} at {entry.name}", routed)
    time.sleep(SETTLED)


def configuration(place: Path, gateway: str) -> str:
    """A configuration file for the Gateway `namespace/name`."""
    namespace, _, name = gateway.partition("/")
    path = place / "contour.yaml"
    path.write_text(json.dumps({"gateway": {"gatewayRef": {"namespace": namespace, "name": name}}}))
    return str(path)


def _front(plane: DataPlane, entry: Entry) -> None:
    """The Service, the pod on the node's network, and the load balancer that leads to every node."""
    named = (("http", HTTP, "TCP"), ("alt", ALT, "TCP"))
    plan = PodPlan(entry.name, entry.node, 0, entry.name, named=named, host=True, namespace=NAMESPACE)
    ports = [{"name": name, "port": port - 8000, "targetPort": name} for name, port, _ in named]
    spec: Json = {"type": "LoadBalancer", "selector": {"app": entry.name}, "ports": ports}
    metadata = {"name": entry.name, "namespace": NAMESPACE}
    create(plane.control, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    create(plane.control, pod(plan))
    report(plane.control, entry.name, running(*node_addresses(entry.node)), NAMESPACE)
    plane.give_address(entry.name, entry.address, NAMESPACE)
    plane.network.lead(entry.address, list(NODES))
