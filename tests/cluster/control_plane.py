"""etcd, kube-apiserver, kube-controller-manager and CoreDNS on free loopback ports, stopped with the fixture."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cluster import build, processes

TOKEN = "a-token-of-these-tests"
USERS = {
    "tester": TOKEN,
    "viewer": "a-token-to-look",
    "narrow": "a-token-for-shop",
    "nobody": "a-token-for-nothing",
    "stranger": "a-token",
}
"""User → token. The tester may do everything, the others what a test gives them."""
PATIENCE = 60.0
CONTROLLERS = (
    "endpoints-controller",
    "endpointslice-controller",
    "endpointslice-mirroring-controller",
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
)
COREFILE = """.:{port} {{
    bind {bind}
    errors
    ready {ready}
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }}
}}
"""


def free_port() -> int:
    """A port below the ephemeral range, which no outgoing connection can take meanwhile."""
    for port in range(21000, 32000, 7):
        with socket.socket() as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            try:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _given:
                _given.add(port)
                return port
    raise RuntimeError("no port is free")


_given: set[int] = set()


class ControlPlane:
    """The running components. `call` speaks to the API server as an administrator."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.processes: list[tuple[str, processes.Process]] = []
        self.users = dict(USERS)
        self.etcd, self.api, self.dns, self.ready = (free_port() for _ in range(4))

    def start(self) -> None:
        """Start everything and wait until it answers. Raises RuntimeError with the end of a log."""
        self._etcd()
        self._apiserver()
        kubeconfig = self._kubeconfig()
        self._run(
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            f"--controllers={','.join(CONTROLLERS)}",
            "--leader-elect=false",
            "--use-service-account-credentials=false",
            "--secure-port=0",
        )
        corefile = self.place / "Corefile"
        corefile.write_text(
            COREFILE.format(port=self.dns, bind="127.0.0.1", ready=f"127.0.0.1:{self.ready}", kubeconfig=kubeconfig)
        )
        self._run("coredns", "-conf", str(corefile))
        self.wait("CoreDNS", lambda: _answers(f"http://127.0.0.1:{self.ready}/ready"))

    def stop(self) -> None:
        """Stop what was started, the last first."""
        processes.stop(process for _, process in reversed(self.processes))

    def stop_api(self, *, politely: bool = False) -> None:
        """End the API server as a crash would."""
        index, process = next((i, p) for i, (name, p) in enumerate(self.processes) if name == "kube-apiserver")
        process.terminate() if politely else process.kill()
        process.wait(30)
        del self.processes[index]

    def start_api(self) -> None:
        """Start the API server again, with the users of now, on the same port."""
        self._apiserver()

    def compact(self) -> int:
        """Let etcd forget every state but the last; the revision it starts from now."""
        revision = int(self._etcd_call("kv/range", {"key": "AA=="})["header"]["revision"])
        self._etcd_call("kv/compaction", {"revision": revision, "physical": True})
        return revision

    def _etcd_call(self, method: str, body: Any) -> Any:
        """One request to etcd's gateway (https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway)."""
        url = f"http://127.0.0.1:{self.etcd}/v3/{method}"
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=30) as answer:
            return json.loads(answer.read())

    def kubeconfig(self, user: str = "tester", namespace: str = "default", **cluster: Any) -> str:
        """A kubeconfig of one user, a new file each time."""
        return str(self._kubeconfig(user, namespace, **cluster))

    def call(self, method: str, path: str, body: Any = None, *, patch: bool = False) -> tuple[int, Any]:
        """(status, JSON) of one request to the API server."""
        kind = "application/strategic-merge-patch+json" if patch else "application/json"
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.api}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": kind},
        )
        context = ssl.create_default_context(cafile=str(self.place / "certs" / "apiserver.crt"))
        try:
            with urllib.request.urlopen(request, context=context, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            text = refused.read()
            return refused.code, json.loads(text) if text.startswith(b"{") else text.decode()

    def wait(self, what: str, works: Callable[[], bool]) -> None:
        """Until it works. Raises RuntimeError, with the end of every log, when that takes too long."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if works():
                return
            time.sleep(0.1)
        logs = "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in sorted(self.place.glob("*.log")))
        raise RuntimeError(f"{what} did not come up in {PATIENCE:.0f} s\n{logs}")

    def _run(self, name: str, *arguments: str) -> None:
        command = [str(build.component(name)), *arguments]
        self.processes.append((name, processes.start(command, self.place / f"{name}.log", self.place)))

    def _etcd(self) -> None:
        client, peer = f"http://127.0.0.1:{self.etcd}", f"http://127.0.0.1:{free_port()}"
        self._run(
            "etcd",
            f"--data-dir={self.place / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            "--unsafe-no-fsync",
        )
        self.wait("etcd", lambda: _answers(f"{client}/health"))

    def _apiserver(self) -> None:
        key, tokens = self.place / "sa.key", self.place / "tokens.csv"
        if not key.exists():
            subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
        groups = {"tester": "system:masters"}
        tokens.write_text("".join(f'{t},{u},{u},"{groups.get(u, "people")}"\n' for u, t in self.users.items()))
        tokens.chmod(0o600)
        self._run(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self.etcd}",
            f"--cert-dir={self.place / 'certs'}",
            f"--secure-port={self.api}",
            "--bind-address=127.0.0.1",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.96.0.0/12,fd00::/108",
            "--authorization-mode=RBAC",
            f"--token-auth-file={tokens}",
            "--allow-privileged=true",
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition,Priority",
        )
        self.wait("kube-apiserver", self._is_ready)

    def _is_ready(self) -> bool:
        if not (self.place / "certs" / "apiserver.crt").exists():
            return False
        try:
            return self.call("GET", "/api/v1/namespaces/default")[0] == 200
        except (OSError, ValueError):
            return False

    def _kubeconfig(self, user: str = "tester", namespace: str = "default", **more: Any) -> Path:
        path = self.place / f"kubeconfig-{user}-{len(list(self.place.glob('kubeconfig-*')))}"
        cluster = {
            "server": f"https://127.0.0.1:{self.api}",
            "certificate-authority": str(self.place / "certs" / "apiserver.crt"),
            **more,
        }
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": USERS[user]}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user, "namespace": namespace}}],
            "current-context": "test",
        }
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        return path


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
