"""Following requests: who asks, by which way, where it stops and why; and the views that must agree with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.errors import NotFoundError, UsageError
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import INTERNET, Vantage, Via, parse_request, parse_vantage
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import parse_via, trace
from svcmap.paths.views.graph import cluster_graph, service_graph
from svcmap.picture.lanes import path_view
from tests.conftest import FIXTURES, read, state_of

DEMO = read(FIXTURES / "demo")
POD = Vantage(kind="namespace", value="shop")
CHECKOUT = (FIXTURES / "demo" / "shop-checkout.yaml").read_text()
POLICY = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {podSelector: {}%s}\n"


def follow(to: str, vantage: Vantage = INTERNET, via: Via | None = None, state: ClusterState = DEMO) -> Trace:
    return trace(state, parse_request(to, vantage, via))


@pytest.mark.parametrize(
    ("to", "vantage", "verdict", "reason", "service"),
    [
        ("tcp://203.0.113.10:443", INTERNET, "reachable", None, "shop/web"),
        ("tcp://203.0.113.10:444", INTERNET, "unreachable", "port-not-in-service", "shop/web"),
        ("udp://203.0.113.10:443", INTERNET, "unreachable", "port-not-in-service", "shop/web"),
        ("tcp://198.51.100.7:80", INTERNET, "reachable", None, "shop/web"),
        ("tcp://10.96.12.7:80", INTERNET, "unreachable", "not-routable", "shop/web"),
        ("tcp://10.96.12.7:80", POD, "reachable", None, "shop/web"),
        ("tcp://192.168.10.13:30443", INTERNET, "unknown", None, "shop/web"),
        ("tcp://192.168.10.13:30443", Vantage(kind="ip", value="192.168.10.99"), "reachable", None, "shop/web"),
        ("tcp://192.168.10.13:30999", INTERNET, "unreachable", "port-not-in-service", None),
        ("tcp://192.0.2.99:80", POD, "unreachable", "not-a-cluster-address", None),
        ("http://web", POD, "reachable", None, "shop/web"),
        ("http://web.shop", Vantage(kind="namespace", value="data"), "reachable", None, "shop/web"),
        ("http://web", Vantage(kind="namespace", value="data"), "unreachable", "name-not-found", None),
        ("http://web.shop.svc.cluster.local", INTERNET, "unreachable", "name-not-found", None),
        ("tcp://postgres.data:5432", POD, "reachable", None, "data/postgres"),
        ("tcp://postgres.data:5433", POD, "unreachable", "port-not-in-service", "data/postgres"),
        ("tcp://orders-db.data:5432", POD, "reachable", None, "data/orders-db"),
        ("http://payments", POD, "unreachable", "no-endpoints", "shop/payments"),
        ("http://cart", POD, "unreachable", "no-endpoints", "shop/cart"),
        ("tcp://cart:81", POD, "reachable", None, "shop/cart"),
        ("https://www.example.com/", INTERNET, "reachable", None, "shop/web"),
        ("https://www.example.com/pay/x", INTERNET, "unreachable", "no-endpoints", "shop/payments"),
        ("https://www.example.com/reports", INTERNET, "unreachable", "service-port-not-found", "shop/reports"),
        ("https://nobody.example.org/", INTERNET, "unreachable", "no-matching-rule", None),
        ("tcp://nobody.example.org:1", INTERNET, "unknown", None, None),
        ("https://api.example.com/v1/x", INTERNET, "reachable", None, "shop/api"),
        ("https://api.example.com/v2", INTERNET, "unreachable", "no-matching-rule", None),
        ("tcp://10.244.1.10:8080", POD, "reachable", None, None),
    ],
)
def test_requests(to: str, vantage: Vantage, verdict: str, reason: str | None, service: str | None) -> None:
    got = follow(to, vantage)
    assert (got.verdict, got.reason, str(got.service) if got.service else None) == (verdict, reason, service)
    assert got.hops[0].kind == "client"
    assert (got.stop is None) == (verdict == "reachable")
    if got.stop:
        assert got.stop is got.hops[-1]
        assert got.stop.next or got.verdict == "unknown"


def test_what_answers_and_how_a_connection_fails() -> None:
    assert follow("https://www.example.com/pay").answer.status == 503
    assert follow("http://payments", POD).answer.action == "REJECT"
    assert follow("https://api.example.com/v2").answer.status == 404
    assert [(str(b.service), b.share) for b in follow("https://api.example.com/v1").backends] == [
        ("shop/api", 0.9),
        ("shop/api-next", 0.1),
    ]
    assert follow("tcp://orders-db.data:1", POD).external_name == "orders.c9xyz.eu-central-1.rds.example.com"


def test_via_names_the_entry_whatever_the_host_resolves_to() -> None:
    got = follow("https://www.example.com/pay", via=parse_via("ingress:shop/shop"))
    assert str(got.service) == "shop/payments"
    with pytest.raises(NotFoundError, match="ingress:shop/gone"):
        follow("https://www.example.com/", via=parse_via("ingress:shop/gone"))
    with pytest.raises(NotFoundError, match="Pod shop/nobody"):
        follow("http://web", Vantage(kind="pod", value="shop/nobody"))


@pytest.mark.parametrize(
    "text", ["internet", "10.0.0.1", "node:a", "pod:a/b", "workload:a/Deployment/b", "namespace:x"]
)
def test_vantages_read_as_they_are_written(text: str) -> None:
    assert str(parse_vantage(text)) == text


@pytest.mark.parametrize("text", ["", "pod:a", "node:", "somewhere", "workload:a/b"])
def test_what_is_no_vantage(text: str) -> None:
    with pytest.raises(UsageError):
        parse_vantage(text)


@pytest.mark.parametrize("text", ["ftp://x", "http://", "http://x:99999", ""])
def test_what_is_no_url(text: str) -> None:
    with pytest.raises(UsageError):
        parse_request(text)


def test_source_ranges_keep_others_out() -> None:
    state = state_of(
        "apiVersion: v1\nkind: Service\nmetadata: {name: lb}\nspec: {type: LoadBalancer, clusterIP: 10.96.0.1, selector: {a: b}, "
        "ports: [{port: 80, nodePort: 30000}], loadBalancerSourceRanges: [203.0.113.0/24]}\n"
        "status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: b}}\n"
        "status: {phase: Running, podIP: 10.1.0.1, conditions: [{type: Ready, status: 'True'}]}\n"
    )
    assert follow("tcp://192.0.2.1:80", Vantage(kind="ip", value="203.0.113.9"), state=state).verdict == "reachable"
    out = follow("tcp://192.0.2.1:80", Vantage(kind="ip", value="198.51.100.9"), state=state)
    assert (out.reason, out.answer.action) == ("source-range", "DROP")


@pytest.mark.parametrize(
    ("rules", "verdict", "reason"),
    [
        ("", "unreachable", "network-policy"),
        (", ingress: [{}]", "reachable", None),
        (", ingress: [{from: [{podSelector: {}}]}]", "reachable", None),
        (", ingress: [{from: [{podSelector: {matchLabels: {role: shop}}}]}]", "unknown", None),
        (", ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]", "unknown", None),
        (", egress: [{to: [{podSelector: {}}]}], policyTypes: [Egress]", "unreachable", "network-policy"),
    ],
)
def test_a_network_policy_decides_who_gets_in(rules: str, verdict: str, reason: str | None) -> None:
    found = follow("http://checkout.shop", POD, state=state_of(CHECKOUT + POLICY % rules))
    assert (found.verdict, found.reason) == (verdict, reason)
    if found.stop is not None:
        assert (found.stop.kind, str(found.stop.object)) == ("network-policy", "NetworkPolicy/shop/deny")


@pytest.mark.parametrize(
    ("rules", "own", "others"),
    [
        ("", (1, "ok", ""), (1, "ok", "")),
        (", ingress: [{from: [{podSelector: {}}]}]", (None, "ok", ""), (1, "ok", "")),
        (
            ", ingress: [{from: [{podSelector: {matchLabels: {role: shop}}}]}]",
            (None, "unk", "a NetworkPolicy decides"),
            (1, "ok", ""),
        ),
    ],
)
def test_the_picture_has_a_lane_for_those_let_in_and_one_for_those_kept_out(
    rules: str, own: tuple[int | None, str, str], others: tuple[int | None, str, str]
) -> None:
    view = path_view(state_of(CHECKOUT + POLICY % rules), Name("shop", "checkout"))
    assert view is not None
    lanes = [way for way in view.ways if way.kind == "cluster-ip"]
    assert [way.cells[0].text for way in lanes] == ["pods in shop", "pods, other ns"]
    assert [(way.broken_at, way.cells[0].status, way.cells[0].note) for way in lanes] == [own, others]
    assert {way.stop for way in lanes if way.broken_at is not None} == {"NetworkPolicy deny"}


def test_without_a_policy_pods_are_one_lane() -> None:
    view = path_view(state_of(CHECKOUT + POLICY % ", ingress: [{}]"), Name("shop", "checkout"))
    assert view is not None
    assert [way.cells[0].text for way in view.ways if way.kind == "cluster-ip"] == ["pods in shop", "pods, other ns"]
    plain = path_view(state_of(CHECKOUT), Name("shop", "checkout"))
    assert plain is not None
    assert [way.cells[0].text for way in plain.ways if way.kind == "cluster-ip"] == ["pods"]


@given(st.sampled_from(sorted(DEMO.services)))
def test_tracing_is_deterministic(name: Name) -> None:
    again = read(FIXTURES / "demo")
    one = [(t.entry.id, [x.verdict for _, x in t.traces]) for t in traced_entries(DEMO, name)]
    other = [(t.entry.id, [x.verdict for _, x in t.traces]) for t in traced_entries(again, name)]
    assert one == other


def test_the_graph_of_a_service() -> None:
    graph = service_graph(DEMO, Name("shop", "web"))
    kinds = {data["kind"] for _, data in graph.nodes(data=True)}
    assert kinds == {"client", "load-balancer", "external-ip", "node-port", "ingress", "service", "endpoint"}
    assert graph.has_edge("client|internet", "load-balancer|Service/shop/web|203.0.113.10:80")
    assert graph.has_edge("external-ip|198.51.100.7:80", "service|shop/web|80/TCP")
    ready = [node for node, data in graph.nodes(data=True) if data["kind"] == "endpoint" and data["verdict"] == "ok"]
    assert len(ready) == 3
    (failing,) = (data for _, data in graph.nodes(data=True) if data["verdict"] == "stop")
    assert failing["label"] == "Deployment web-canary: 1 not ready, CrashLoopBackOff (exit 1), 14 restarts"
    for _, _, data in graph.edges(data=True):
        assert {"verdict", "rule", "basis", "why"} <= set(data)
    for node in ready:
        assert {source for source, _ in graph.in_edges(node)} == {f"service|shop/web|{p}/TCP" for p in (80, 443, 9090)}


def test_the_graph_shows_where_traffic_stops() -> None:
    graph = service_graph(DEMO, Name("shop", "payments"))
    stops = [(a, b) for a, b, data in graph.edges(data=True) if data["verdict"] == "stop"]
    assert [b for _, b in stops] == ["endpoint|shop/payments|none"]
    assert graph.edges[stops[0]]["why"] == "no-endpoints"
    assert service_graph(DEMO, Name("no", "where")).number_of_nodes() == 0


def test_the_graph_of_the_cluster_holds_them_all() -> None:
    whole = cluster_graph(DEMO)
    for name in DEMO.services:
        assert set(service_graph(DEMO, name).nodes) <= set(whole.nodes)
