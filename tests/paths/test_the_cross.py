"""The picture's ✗ and the trace's stop are one hop: for every Service of every fixture, and of the shared material."""

from __future__ import annotations

from pathlib import Path

import pytest

from svcmap.model.refs import Name
from svcmap.paths.outcome import Trace
from svcmap.picture.lanes import PathView, Way, path_view
from tests.conftest import FIXTURES, SHARED, read, state_of

COLUMNS = {"load-balancer": "edge", "node-port": "node", "ingress": "proxy", "gateway": "proxy"}
AT_THE_JOIN = ("dns", "external-name", "network-policy")
SOURCES: list[Path] = [
    FIXTURES / "demo",
    *sorted(p for p in (SHARED / "corpus").glob("*") if p.is_dir() and p.name != "LICENSES"),
    *sorted(p for p in (SHARED / "notes" / "facts").glob("*") if p.is_dir()),
    *sorted(p for p in (SHARED / "expectations").glob("*.yaml") if ".expect." not in p.name),
]


def crosses(view: PathView, way: Way, key: str) -> set[str]:
    """Where the picture of one lane and port is broken: a column, the join, the port or the endpoints."""
    found: set[str] = set()
    if way.broken_at is not None:
        found.add("join" if way.broken_at == len(way.cells) else way.cells[way.broken_at].column)
    port = view.port(key)
    if port is not None and port.status == "bad":
        found.add("service")
    if all(group.status == "bad" for group in view.groups["workload"]):
        found.add("endpoint")
    return found


def place(trace: Trace) -> str:
    stop = trace.stop
    assert stop is not None
    assert stop.verdict == "stop"
    return "join" if stop.kind in AT_THE_JOIN else COLUMNS.get(stop.kind, stop.kind)


def disagreements(view: PathView) -> list[str]:
    found = []
    for way in view.ways:
        for key, trace in way.traces:
            drawn = crosses(view, way, key)
            if trace.verdict == "unreachable" and place(trace) not in drawn:
                found.append(f"{view.name} {way.id} {key}: stops at {place(trace)}, drawn at {drawn}")
            if trace.verdict == "reachable" and drawn - {"edge"}:
                found.append(f"{view.name} {way.id} {key}: gets through, drawn broken at {drawn}")
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_the_cross_of_the_picture_is_where_the_trace_stops(source: Path) -> None:
    state = read(source)
    views = [view for name in state.services if (view := path_view(state, name))]
    assert [text for view in views for text in disagreements(view)] == []


POLICY = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.9, selector: {app: web}, ports: [{name: http, port: 80}, {name: admin, port: 9000}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 80}, {containerPort: 9000}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-http, namespace: shop}
spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}
"""


def test_a_lane_of_which_a_policy_cuts_some_ports_is_drawn_in_two() -> None:
    view = path_view(state_of(POLICY), Name("shop", "web"))
    assert view is not None
    ways = {way.id: way for way in view.ways}
    assert list(ways) == ["in", "in.cut", "in.other", "in.other.cut"]
    assert ways["in"].ports == ("80/TCP",)
    assert ways["in"].broken_at is None
    assert ways["in.cut"].ports == ()
    assert ways["in.cut"].broken_at == 1
    assert ways["in.cut"].cells[0].text == "pods in shop :9000"
    assert disagreements(view) == []


SLICES = """
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: %s, ports: [{port: 5432}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, labels: {kubernetes.io/service-name: db%s}}
addressType: %s
ports: [{port: 5432}]
endpoints: [{addresses: ["%s"]}]
"""


@pytest.mark.parametrize(
    ("cluster_ip", "label", "family", "address", "status"),
    [
        ("10.96.0.9", "", "IPv4", "192.0.2.9", "ok"),
        ("10.96.0.9", "", "FQDN", "db.example.com", "bad"),
        ("10.96.0.9", "", "IPv6", "2001:db8::9", "bad"),
        ("10.96.0.9", ', service.kubernetes.io/headless: ""', "IPv4", "192.0.2.9", "bad"),
        ("None", ', service.kubernetes.io/headless: ""', "IPv4", "192.0.2.9", "ok"),
    ],
)
def test_endpoints_that_kube_proxy_leaves_out_do_not_count_as_ready(
    cluster_ip: str, label: str, family: str, address: str, status: str
) -> None:
    """Upstream: pkg/proxy/endpointslicecache.go, pkg/proxy/util/utils.go (GetClusterIPByFamily)."""
    view = path_view(state_of(SLICES % (cluster_ip, label, family, address)), Name("default", "db"))
    assert view is not None
    assert [group.status for group in view.groups["workload"]] == [status]
    assert disagreements(view) == []
