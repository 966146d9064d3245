"""TCP and UDP through ingress-nginx, as its ConfigMaps of streams lead them (CN-31)."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.entries import exposure, traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.behind import with_those_behind
from svcmap.paths.trace import trace
from svcmap.paths.views.whereabouts import ways_through
from svcmap.semantics.ingress.nginx_streams import Stream, own_ports, stream_at
from tests import objects
from tests.conftest import state_of

TCP, UDP = "--tcp-services-configmap=$(POD_NAMESPACE)/streams", "--udp-services-configmap=edge/streams"
PORTS = (
    "[{name: http, port: 80, targetPort: 80}, {name: pg, port: 5432, targetPort: 15432},"
    " {name: dns, port: 53, targetPort: 53, protocol: UDP}]"
)
ADDRESS = "{loadBalancer: {ingress: [{ip: 203.0.113.9}]}}"
IMAGE = "registry.example/ingress-nginx/controller:v1.11.0"
DATABASE = objects.service(
    "{clusterIP: 10.96.0.20, selector: {app: pg}, ports: [{name: sql, port: 5432}, {name: d, port: 53, protocol: UDP}]}",
    "pg",
    namespace="db",
)
POD = objects.pod("pg-0", "10.1.0.20", labels="{app: pg}", namespace="db")
CLOSED = objects.document("NetworkPolicy", "c", "spec: {podSelector: {}, policyTypes: [Ingress]}", namespace="db")


def controller(*args: str, beside: str = "") -> str:
    words = ", ".join(f"'{word}'" for word in ("/nginx-ingress-controller", *args))
    spec = f"containers: [{{name: controller, image: {IMAGE}, args: [{words}]}}{beside}]"
    template = f"spec: {{template: {{metadata: {{labels: {{app: ctl}}}}, spec: {{{spec}}}}}}}"
    return objects.document("Deployment", "ctl", template, "apps/v1", namespace="edge")


def front(meta: str = "") -> str:
    spec = f"{{type: LoadBalancer, clusterIP: 10.96.0.9, selector: {{app: ctl}}, ports: {PORTS}}}"
    return objects.service(spec, "ctl", namespace="edge", status=ADDRESS, meta=meta) + objects.pod(
        "ctl-0", "10.1.0.9", labels="{app: ctl}", namespace="edge"
    )


def streams(data: str) -> str:
    return objects.document("ConfigMap", "streams", f"data: {data}", namespace="edge")


def ask(text: str, to: str = "tcp://203.0.113.9:5432", who: str = "internet") -> Trace:
    return trace(state_of(front() + text), parse_request(to, parse_vantage(who)))


@pytest.mark.parametrize(
    ("args", "data", "verdict", "reason"),
    [
        ((TCP,), "{'15432': 'db/pg:5432'}", "reachable", None),
        ((TCP,), "{'15432': 'db/pg:sql'}", "reachable", None),
        ((TCP,), "{'15432': 'db/pg:d'}", "unreachable", "service-port-not-found"),  # of another protocol
        ((TCP,), "{'15432': 'db/pg:15432'}", "unreachable", "service-port-not-found"),
        ((TCP,), "{'15432': 'pg/db:5432'}", "unreachable", "service-not-found"),
        ((TCP,), "{'5432': 'db/pg:5432'}", "unreachable", "endpoint-unanswered"),  # the pods' port, not the Service's
        ((UDP,), "{'15432': 'db/pg:5432'}", "unreachable", "endpoint-unanswered"),
        ((), "{'15432': 'db/pg:5432'}", "unreachable", "endpoint-unanswered"),
    ],
)
def test_a_port_leads_where_the_config_map_says(
    args: tuple[str, ...], data: str, verdict: str, reason: str | None
) -> None:
    found = ask(controller(*args) + streams(data) + DATABASE + POD)
    assert (found.verdict, found.reason) == (verdict, reason)
    if verdict == "reachable":
        assert (found.service, found.endpoints[0].address) == (Name("db", "pg"), "10.1.0.20")
    else:
        assert found.stop is not None
        assert (found.stop.rule, found.answer.action) == ("CN-31", "REJECT")


def test_whatever_is_behind_decides() -> None:
    ready = controller(TCP) + streams("{'15432': 'db/pg:5432'}") + DATABASE
    waiting = objects.pod("pg-0", "10.1.0.20", labels="{app: pg}", namespace="db", ready="False")
    assert ask(ready + waiting).reason == "no-endpoints"
    assert ask(ready + POD + CLOSED).reason == "network-policy"
    for to in ("tcp://ctl.edge:5432", "tcp://10.96.0.9:5432"):
        inside = ask(ready + POD, to, "pod")
        assert (inside.verdict, inside.service) == ("reachable", Name("db", "pg"))


def test_udp_has_a_config_map_of_its_own() -> None:
    data = streams("{'53': 'db/pg:53'}")
    assert ask(controller(UDP) + data + DATABASE + POD, "udp://10.96.0.9:53", "pod").service == Name("db", "pg")
    assert ask(controller(TCP) + data + DATABASE + POD, "udp://10.96.0.9:53", "pod").verdict == "unreachable"


def test_ports_of_its_own_and_of_others_are_left_alone() -> None:
    """HTTP, and what another container of the pod listens on; who runs no controller of the source is anybody."""
    assert ask(controller(TCP), "tcp://203.0.113.9:80").service == Name("edge", "ctl")
    beside = ", {name: more, image: registry.example/x, ports: [{containerPort: 15432}]}"
    assert ask(controller(beside=beside)).verdict == "reachable"
    assert ask("").verdict == "reachable"


def test_a_config_map_that_is_not_in_the_source_is_not_known() -> None:
    found = ask(controller(TCP))
    assert found.verdict == "unknown"
    assert found.stop is not None
    assert "ConfigMap edge/streams, which is not in the source" in found.stop.says


def test_proxy_protocol_of_a_stream() -> None:
    """`:PROXY` is expected of whoever connects, `::PROXY` of the pods."""
    expected = ask(controller(TCP) + streams("{'15432': 'db/pg:5432:PROXY'}") + DATABASE + POD)
    assert (expected.verdict, expected.reason) == ("unreachable", "tls")
    sent = ask(controller(TCP) + streams("{'15432': 'db/pg:5432::PROXY'}") + DATABASE + POD)
    assert (sent.verdict, sent.likely) == ("unknown", "reachable")


def test_a_change_behind_is_one_of_the_front() -> None:
    state = state_of(front() + controller(TCP) + streams("{'15432': 'db/pg:5432'}") + DATABASE + POD)
    for one in (Name("db", "pg"), Name("edge", "ctl")):
        assert with_those_behind(state, {one}) == {Name("db", "pg"), Name("edge", "ctl")}


@pytest.mark.parametrize(
    ("kind", "title", "host"), [("LoadBalancer", "tcp://203.0.113.9:5432", "203.0.113.9"), ("NodePort", "31432", "")]
)
def test_it_is_a_way_into_the_service_behind(kind: str, title: str, host: str) -> None:
    """Whoever looks at the Service alone sees who can come from outside."""
    ctl = front().replace("type: LoadBalancer", f"type: {kind}").replace("port: 5432,", "port: 5432, nodePort: 31432,")
    ctl = ctl if kind == "LoadBalancer" else ctl.replace(f"status: {ADDRESS}", "")
    state = state_of(ctl + controller(TCP) + streams("{'15432': 'db/pg:5432'}") + DATABASE + POD)
    pg = state.services[Name("db", "pg")]
    (way,) = [item for item in traced_entries(state, pg.name) if item.entry.kind == "ingress"]
    ((key, found),) = way.traces
    assert (key, found.verdict, found.service) == ("5432/TCP", "reachable", pg.name)
    assert title in found.request.to
    assert str(way.entry.object) == "ConfigMap/edge/streams"
    assert exposure(state, pg, [way.entry]) == ("internet" if host else "unknown")
    assert {str(way.service) for way in ways_through(state, host)} == ({"db/pg", "edge/ctl"} if host else set())


def test_a_service_that_no_port_leads_to_has_no_such_way() -> None:
    data = streams("{'5432': 'db/pg:5432', '15432': 'db/other:5432'}")
    state = state_of(front() + controller(TCP) + data + DATABASE + POD)
    assert {item.entry.kind for item in traced_entries(state, Name("db", "pg"))} == {"cluster-ip"}


def test_what_a_config_map_says() -> None:
    read = stream_at({"9000": "a/b:web:PROXY:PROXY", "9001": "a/b", "9002": "b:80"}, 9000, "TCP")
    assert read == Stream(Name("a", "b"), "web", decodes=True, encodes=True)
    assert stream_at({"9000": "a/b:web:PROXY:PROXY"}, 9000, "UDP") == Stream(Name("a", "b"), "web")
    assert [stream_at({"9001": "a/b", "9002": "b:80"}, port, "TCP") for port in (9001, 9002)] == [None, None]
    assert {8080, 443, 8443} <= own_ports(["--http-port=8080"])
    assert 80 not in own_ports(["--http-port=8080"])


@pytest.mark.parametrize(
    ("args", "target", "reason"),
    [
        ((), "80", None),
        ((), "8080", "endpoint-unanswered"),
        (("--http-port=8080",), "8080", None),
        (("--http-port=8080",), "80", "endpoint-unanswered"),
        (("--http-port=8080", TCP), "80", None),
    ],
)
def test_requests_come_to_a_port_that_the_controller_has(
    args: tuple[str, ...], target: str, reason: str | None
) -> None:
    """CN-49: `--http-port` and `--https-port`; what a ConfigMap of streams has is another matter."""
    web = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
    web += objects.pod("web-0", "10.1.0.8")
    rule = objects.ingress(objects.path(), host="a.example", of_class="nginx", status=ADDRESS)
    text = front().replace("port: 80, targetPort: 80", f"port: 80, targetPort: {target}") + controller(*args) + web
    text += rule + objects.ingress_class("k8s.io/ingress-nginx", "nginx")
    found = trace(state_of(text), parse_request("http://a.example/"))
    assert (found.verdict, found.reason) == ("unreachable" if reason else "reachable", reason)
    if found.stop is not None:
        assert f"does not listen on port {target}: it takes requests at" in found.stop.says
