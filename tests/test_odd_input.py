"""Objects that no API server would take, and every surface that shows them: an answer or one line, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from svcmap.errors import SvcmapError
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import is_lookup, parse_request, parse_vantage
from svcmap.paths.trace import parse_via, trace
from svcmap.paths.views.graph import cluster_graph, service_graph
from svcmap.paths.views.whereabouts import services_like, ways_through
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.painter import paint
from svcmap.picture.drawing.plan import MODES
from svcmap.picture.lanes import path_view
from svcmap.reports import diagrams, json_v1, list_text, text
from tests import objects
from tests.conftest import state_of
from tests.tui.test_app import press, running

PODS = """
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web}]}
status: {podIP: 10.244.0.5, phase: Running, conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Node
metadata: {name: a}
status: {addresses: [{type: InternalIP, address: 192.0.2.1}]}
"""
ENTRIES = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: "{name}", namespace: shop}}
spec: {{rules: [{{host: "{host}", http: {{paths: [{{path: /, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: "{name}", namespace: shop}}
spec: {{gatewayClassName: g, listeners: [{{name: l, port: 80, protocol: HTTP}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: "{name}", namespace: shop}}
spec:
  parentRefs: [{{name: "{name}"}}]
  rules: [{{backendRefs: [{{name: web, port: 80}}]}}]
"""


def service(spec: str, name: str = "web", status: str = "{}") -> str:
    return objects.service(spec, name, namespace="shop", status=status)


SLICE = """
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-1, namespace: shop, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
{rest}
"""
ADDRESSES = "{loadBalancer: {ingress: [{ip: 203.0.113.7}, {hostname: lb.example.com}, {}]}}"
WEB = "{clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80}]}"
DOCUMENTS = {
    **{
        f"{type_} without ports": service(
            f"{{type: {type_}, clusterIP: 10.96.0.1, selector: {{app: web}}, externalIPs: [192.0.2.9]}}", status=ADDRESSES
        )
        for type_ in ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
    },
    "a pending load balancer without ports": service("{type: LoadBalancer, clusterIP: 10.96.0.1}"),
    "headless without ports": service("{clusterIP: None, selector: {app: web}}"),
    "nothing in its spec": service("{}"),
    "a port of number 0": service("{clusterIP: 10.96.0.1, selector: {app: web}, ports: [{}]}"),
    "slashes in names": service(WEB) + ENTRIES.format(name="a/b", host="h.example.com"),
    "a slash in the name of a Service": service(WEB, "a/b"),
    "a slash in a namespace": (service(WEB) + ENTRIES.format(name="w", host="h.example.com")).replace("shop", "x/y"),
    "control characters": service(WEB, '"we\\eb\\n"') + ENTRIES.format(name="a\\e[31m\\u202e", host="h\\e.example.com"),
    "an entry to a Service without ports": service("{clusterIP: 10.96.0.1}") + ENTRIES.format(name="a", host="h"),
    "endpoints without addresses": service(WEB) + SLICE.format(rest="endpoints: [{addresses: []}, {}]\nports: [{}]"),
    "a slice without anything": service(WEB) + SLICE.format(rest=""),
    "endpoints without ports": service(WEB) + SLICE.format(rest="endpoints: [{addresses: [10.244.0.5]}]"),
    "Endpoints without anything": service(WEB) + "---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: web, namespace: shop}\n"
    "subsets: [{}, {addresses: [{}]}]\n",
    "an Ingress without anything": service(WEB) + "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n"
    "metadata: {name: i, namespace: shop}\nspec: {defaultBackend: {}, rules: [{}, {http: {}}, {http: {paths: [{}]}}]}\n",
    "a route without anything": service(WEB) + "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
    "metadata: {name: r, namespace: shop}\nspec: {parentRefs: [{}], rules: [{}, {matches: [{}], backendRefs: [{}]}]}\n",
    "a Gateway without anything": service(WEB) + "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
    "metadata: {name: g, namespace: shop}\nspec: {listeners: [{}], addresses: [{}]}\n",
    "a policy without anything": service(WEB) + "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    "metadata: {name: p, namespace: shop}\nspec: {ingress: [{from: [{}], ports: [{}]}], egress: [{to: [{}]}], policyTypes: [Egress, Ingress]}\n",
    "a node and a pod without anything": service(WEB) + "---\napiVersion: v1\nkind: Node\nmetadata: {name: b}\nstatus: {addresses: [{}]}\n"
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop, labels: {app: web}}\n",
}  # fmt: skip


def show_all(state: ClusterState, name: Name) -> str:
    return text.service(state, name) + str(json_v1.render(json_v1.service(state, name)))


def draw(state: ClusterState, name: Name) -> str:
    drawn = []
    for width, height in ((60, 20), (104, 40), (160, 60)):
        for mode in MODES:
            view = path_view(state, name)
            assert view is not None
            plan = lay_out(view, Options(width, height, mode=mode))
            drawn += ["".join(part for part, _ in paint(plan, y)) for y in range(plan.height)]
    return "".join(drawn)


def diagram(state: ClusterState, name: Name) -> str:
    graphs = service_graph(state, name), cluster_graph(state)
    return "".join(write(graph) for graph in graphs for write in (diagrams.mermaid, diagrams.dot)).replace("\n", "")


SURFACES: dict[str, Callable[[ClusterState, Name], str]] = {"show": show_all, "picture": draw, "diagrams": diagram}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_odd_objects_are_shown(document: str, surface: str) -> None:
    state = state_of(DOCUMENTS[document] + PODS)
    assert state.services
    for name in state.services:
        shown = SURFACES[surface](state, name)
        assert shown
        assert not CONTROL.search(shown.replace("\\u001b", ""))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_odd_objects_are_listed_and_found(document: str) -> None:
    state = state_of(DOCUMENTS[document] + PODS)
    json_v1.render(json_v1.service_list(state, sorted(state.services)))
    list_text.service_table(state, sorted(state.services))
    for term in ("10.96.0.1", ":30080", "a/b", "x/y/web", "pod:shop/web-0", "192.0.2.1"):
        ways_through(state, term)
        services_like(state, term)


@pytest.mark.parametrize(
    "document", ["LoadBalancer without ports", "nothing in its spec", "slashes in names", "a route without anything"]
)
async def test_odd_objects_open_in_the_terminal(document: str, tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(DOCUMENTS[document] + PODS)
    async with running(tmp_path) as (screen, pilot):
        assert screen.view is not None
        await press(pilot, "enter", "right", "right", "down", "w", "right", "escape", "v", "b")
        assert screen.app.is_running


LOOK_UPS = [
    "::1",
    "::",
    ":",
    ":http",
    ":80",
    "::ffff:10.0.0.1",
    "fe80::1",
    ":30080",
    "pod:",
    "pod:a",
    "pod:a/b/c",
    "/",
    "a/b/c",
]


@pytest.mark.parametrize("term", LOOK_UPS)
def test_what_is_typed_leads_somewhere_or_nowhere(term: str) -> None:
    state = state_of(service("{type: NodePort, clusterIP: '::1', ports: [{port: 80, nodePort: 30080}]}") + PODS)
    found = ways_through(state, term)
    services_like(state, term)
    assert bool(found) == (term in ("::1", ":30080"))


def test_an_address_that_begins_with_a_colon_is_an_address() -> None:
    assert is_lookup("::1")
    assert is_lookup(":30080")
    assert not is_lookup(":http")
    assert parse_vantage("::1").kind == "ip"


@pytest.mark.parametrize(
    "who", ["pod:a/b", "workload:shop/Deployment/web", "namespace:shop", "node:a", "::1", "ip:::1"]
)
def test_who_asks_is_looked_up_or_refused(who: str) -> None:
    state = state_of(service(WEB) + PODS)
    with suppress(SvcmapError):
        assert trace(state, parse_request("http://web.shop", parse_vantage(who))).hops


@pytest.mark.parametrize("via", ["ingress:shop/a/b", "ingress:/", "node:", "node:a/b", "gateway:a", "pod:a/b", "x"])
def test_where_a_request_arrives_is_looked_up_or_refused(via: str) -> None:
    with pytest.raises(SvcmapError):
        trace(state_of(service(WEB)), parse_request("http://h.example.com", via=parse_via(via)))
