"""What the benchmarks read: a folder of Services with their workloads, and a Service with many endpoints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from svcmap.model.state import ClusterState
from tests.conftest import SHARED, state_of

APP = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: {namespace}
  labels: {{app.kubernetes.io/name: {name}, app.kubernetes.io/part-of: shop}}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
        version: "1.{number}"
    spec:
      serviceAccountName: {name}
      containers:
      - name: app
        image: "registry.example.com/{name}:1.{number}"
        env:
        - name: LOG_LEVEL
          value: info
        - name: UPSTREAM
          value: "http://{name}-db:5432"
        ports:
        - name: http
          containerPort: 8080
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
        readinessProbe:
          httpGet: {{path: /ready, port: http}}
          periodSeconds: 10
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app.kubernetes.io/name: {name}
spec:
  type: ClusterIP
  selector:
    app: {name}
  ports:
  - name: http
    port: 80
    targetPort: http
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}-config
  namespace: {namespace}
data:
  settings.ini: |
    [server]
    port = 8080
    workers = 4
"""


def folder(path: Path, count: int) -> Path:
    """A folder of `count` files, each a Deployment, a Service and a ConfigMap."""
    path.mkdir(exist_ok=True)
    for number in range(count):
        text = APP.format(name=f"app-{number}", namespace=f"team-{number % 20}", number=number, replicas=1 + number % 5)
        (path / f"app-{number}.yaml").write_text(text)
    return path


def many_endpoints(count: int) -> ClusterState:
    """One Service `default/web` with two ports and `count` ready endpoints on four nodes."""
    items = "".join(
        f"- {{addresses: [10.{64 + i // 65025}.{i // 255 % 255}.{i % 255}], nodeName: node-{i % 4}, "
        f"targetRef: {{kind: Pod, name: web-{i}}}}}\n"
        for i in range(count)
    )
    return state_of(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.96.0.9, selector: {app: web}, "
        "type: NodePort, ports: [{name: a, port: 80, nodePort: 30080}, {name: b, port: 81, nodePort: 30081}]}\n---\n"
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
        "metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\n"
        f"ports: [{{name: a, port: 8080}}, {{name: b, port: 8081}}]\nendpoints:\n{items}"
    )


def cluster(path: Path, nodes: int, pods: int) -> Path | None:
    """Ten thousand Services as JSON pages; None where the generator is not there."""
    generator = SHARED / "tools" / "gen_cluster.py"
    if not generator.exists():
        return None
    size = ("--services", "10000", "--nodes", str(nodes), "--pods", str(pods), "--seed", "1", "--format", "json")
    subprocess.run([sys.executable, str(generator), *size, "--out", str(path)], check=True, capture_output=True)
    return path
