"""A control plane, servers as pods and one edge, in namespaces of their own: addresses and ports are those of a cluster.

The script of an edge calls `alone` first: it starts itself again in new network, mount and process namespaces, and
everything it starts ends with it. Any address of a pod or a client is one of the loopback device there, so one server
is all pods, and a request comes from whatever address it binds.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tests.cluster import processes
from tests.cluster.control_plane import ControlPlane
from tests.cluster.edges.asking import Answer, Request, ask
from tests.cluster.edges.compared import Case
from tests.cluster.filling import create, path_of, report
from tests.cluster.objects import Json, running

ROOT = Path(__file__).parents[3]
INSIDE = "SVCMAP_EDGE_LAB"
NAMESPACE = "shop"
POD_PORT = 9376
"""Not 8080: controllers listen there on all addresses."""
EDGE = "10.244.0.1"
"""The address of the controller's pod."""
FRONT = "203.0.113.80"
"""The address of the load balancer in front of it; packets to it arrive as they are (externalTrafficPolicy Local)."""
NODE, NODE_ADDRESS = "n1", "192.0.2.11"
DEVICES = ("10.244.0.1/16", "203.0.113.1/24", "198.51.100.1/24", f"{NODE_ADDRESS}/24")
TIMES = 24
"""Requests where several servers share them: each of two is seen, but for one time in eight million."""


class Front(NamedTuple):
    """The Service of a controller: where its chart puts it, and its ports with the name of the container's."""

    namespace: str
    name: str
    ports: tuple[tuple[str, int], ...] = (("http", 80), ("https", 443))


def alone() -> None:
    """Start this script again as the first process of new namespaces; return in there."""
    if INSIDE not in os.environ:
        words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        module = sys.modules["__main__"].__spec__
        assert module is not None, "run it with python -m"
        command = [*words, sys.executable, "-m", module.name, *sys.argv[1:]]
        os.execvpe(words[0], command, {**os.environ, INSIDE: "in"})
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for device in DEVICES:
        subprocess.run(["ip", "address", "add", device, "dev", "lo"], check=True)
    # Without a default route kube-apiserver finds no address of its own.
    subprocess.run(["ip", "route", "add", "default", "dev", "lo"], check=True)


class Lab:
    """The running cluster. Its pods are known by the names of their Services. `shift` is added to the port that a
    client asks: where the edge listens, as no kube-proxy leads there.
    """

    def __init__(self, place: Path, shift: int = 0) -> None:
        self.place, self.control, self.shift = place, ControlPlane(place), shift
        self.pods: dict[str, str] = {}
        """Address → `namespace/service`."""

    def start(self, namespaces: Iterable[str], crds: Iterable[Json] = ()) -> None:
        """Start the control plane and the one server; make namespaces, a node and custom resources."""
        self.control.start()
        self.spawn("pods", sys.executable, str(ROOT / "tests/cluster/echo.py"), "pods", f"tcp:{POD_PORT}")
        for name in namespaces:
            self.make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self.make({"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}})
        addresses = [{"type": "InternalIP", "address": NODE_ADDRESS}]
        self._status(f"/api/v1/nodes/{NODE}", {"addresses": addresses})
        for item in crds:
            self.make(item)
            version = next(v["name"] for v in item["spec"]["versions"] if v["served"])
            path = f"/apis/{item['spec']['group']}/{version}/{item['spec']['names']['plural']}"
            self.control.wait(path, partial(self._serves, path))

    def _serves(self, path: str) -> bool:
        return self.control.call("GET", path)[0] == 200

    def stop(self) -> None:
        """Stop all of it."""
        self.control.stop()

    def spawn(self, name: str, *command: str, **environment: str) -> None:
        """Start a process that ends with the lab; what it says goes to NAME.log."""
        own = ["env", *(f"{key}={value}" for key, value in environment.items()), *command]
        self.control.processes.append((name, processes.start(own, self.place / f"{name}.log", ROOT)))

    def log(self, name: str) -> str:
        """What a process has said so far."""
        return (self.place / f"{name}.log").read_text()

    def make(self, *objects: Json) -> None:
        """Create objects. Fails where the API server refuses one."""
        for item in objects:
            create(self.control, item)

    def service(self, name: str, namespace: str = NAMESPACE, pods: int = 1, **spec: object) -> None:
        """A Service `name`, port 80 (http), with so many pods of its own."""
        ports = [{"name": "http", "port": 80, "targetPort": POD_PORT}]
        made = {"selector": {"app": name}, "ports": ports, **spec}
        metadata = {"name": name, "namespace": namespace}
        self.make({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": made})
        for number in range(pods):
            address = f"10.244.1.{len(self.pods) + 1}"
            self.pods[address] = f"{namespace}/{name}"
            self.pod(f"{name}-{number}", namespace, address, (("http", POD_PORT),))

    def pod(
        self, name: str, namespace: str, address: str, ports: Iterable[tuple[str, int]], container: str = "c"
    ) -> None:
        """A pod that runs and is ready; its label `app` is its name without the last part."""
        written = {"name": container, "image": "example.invalid/c"}
        declared = [{"name": port, "containerPort": number} for port, number in ports]
        metadata = {"name": name, "namespace": namespace, "labels": {"app": name.rpartition("-")[0]}}
        spec: Json = {
            "nodeName": NODE,
            "tolerations": [{"operator": "Exists"}],
            "containers": [{**written, "ports": declared}],
        }
        self.make({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        report(self.control, name, running(address), namespace)

    def front(self, front: Front, container: str = "c") -> None:
        """The pod of a controller with a load balancer that leads to it and keeps the client's address."""
        self.pod(f"{front.name}-0", front.namespace, EDGE, front.ports, container)
        ports = [{"name": name, "port": port, "targetPort": name} for name, port in front.ports]
        spec: Json = {
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "selector": {"app": front.name},
            "ports": ports,
        }
        metadata = {"name": front.name, "namespace": front.namespace}
        self.make({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
        self.give_address(front.namespace, front.name)

    def give_address(self, namespace: str, name: str) -> None:
        """Give a Service of type LoadBalancer the front's address, as a cloud would."""
        status: Json = {"loadBalancer": {"ingress": [{"ip": FRONT}]}}
        self._status(f"/api/v1/namespaces/{namespace}/services/{name}", status)

    def show_address(self, item: Json) -> None:
        """Write the front's address into the status of an object, as its controller would."""
        self._status(path_of(item, with_name=True), {"loadBalancer": {"ingress": [{"ip": FRONT}]}})

    def settle(self, request: Request, works: Callable[[Answer], bool]) -> None:
        """Until a request is answered so. Raises RuntimeError with the logs where it never is."""

        def is_so() -> bool:
            try:
                return works(ask(FRONT, request, self.shift))
            except OSError:
                return False

        self.control.wait(str(request), is_so)
        time.sleep(1)

    def certificate(self, namespace: str, host: str) -> Json:
        """A Secret `certificate` for all names of a host, and of some below."""
        key, made = self.place / "tls.key", self.place / "tls.crt"
        words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=test"]
        names = f"subjectAltName=DNS:*.{host}"
        command = [*words, "-addext", names, "-keyout", str(key), "-out", str(made)]
        subprocess.run(command, check=True, capture_output=True)
        files = (("tls.crt", made), ("tls.key", key))
        data = {name: base64.b64encode(path.read_bytes()).decode() for name, path in files}
        metadata = {"name": "certificate", "namespace": namespace}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls", "data": data}

    def answers(self, requests: Iterable[Request]) -> list[list[Answer]]:
        """What each request is answered: once, or as often as shows all servers of a split."""
        found = []
        for request in requests:
            said = [self.ask(request) for _ in range(TIMES if request.shared else 1)]
            unique = {json.dumps(item._asdict(), sort_keys=True): item for item in said}
            found.append(list(unique.values()))
        return found

    def ask(self, request: Request) -> Answer:
        """What a client gets; a connection that is refused, or ended, is an answer without a status."""
        try:
            return ask(FRONT, request, self.shift)
        except (ConnectionError, ssl.SSLError):
            return Answer(None)

    def record(self, cases: Iterable[Case], folder: str = ".", hidden: Json | None = None) -> None:
        """Ask every request; leave `answers.json`, and the cluster as svcmap saves it in `snapshot.json`, without an
        object that is there for these tests only.
        """
        place = self.place / folder
        place.mkdir(exist_ok=True)
        found = [[[said._asdict() for said in answers] for answers in self.answers(case.requests)] for case in cases]
        (place / "answers.json").write_text(json.dumps({"pods": self.pods, "answers": found}))
        if hidden is not None:
            self.control.call("DELETE", path_of(hidden, with_name=True))
        path = place / "snapshot.json"
        words = ["-m", "svcmap", "snapshot", "-o", str(path), "--kubeconfig", self.control.kubeconfig()]
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stderr
        if hidden is not None:
            self.make(hidden)

    def files(self, folder: str, kinds: Iterable[str]) -> None:
        """Save objects of some collections as a file of manifests, `objects.json`: with Secrets, without their data."""
        items = []
        for path in kinds:
            _, answer = self.control.call("GET", path)
            of_kind = {"apiVersion": answer["apiVersion"], "kind": answer["kind"].removesuffix("List")}
            items += [
                of_kind | {key: item[key] for key in item if of_kind["kind"] != "Secret" or key != "data"}
                for item in answer["items"]
            ]
        (self.place / folder / "objects.json").write_text(
            json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        )

    def _status(self, path: str, status: Json) -> None:
        code, answer = self.control.call("PATCH", f"{path}/status", {"status": status}, patch=True)
        assert code == 200, answer
