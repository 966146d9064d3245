"""Requests at the edge of what a cluster knows: node addresses, endpoints that are no pods, names of elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from svcmap.errors import UsageError
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState, LoadIssue
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import parse_via, trace
from svcmap.paths.views.whereabouts import services_at, ways_through
from tests import objects
from tests.conftest import state_of
from tests.paths.policies.test_egress import BASE, POLICY

MORE = """
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}
---
apiVersion: v1
kind: Service
metadata: {name: local}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31999, clusterIP: 10.96.0.11, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30081}]}
status: {loadBalancer: {ingress: [{ip: 10.0.0.99}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: on-host, labels: {app: h}}
spec: {nodeName: n1, containers: [{name: c, image: c, ports: [{containerPort: 8081, hostPort: 9099}]}]}
status: {phase: Running, podIP: 10.1.0.30, podIPs: [{ip: 10.1.0.30}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: net-host, labels: {app: n}}
spec: {nodeName: n9, hostNetwork: true, containers: [{name: c, image: c}]}
status: {phase: Running, podIP: 192.168.0.9, podIPs: [{ip: 192.168.0.9}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: 10.96.0.12, ports: [{port: 3306}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{port: 3306}]
endpoints: [{addresses: [172.16.0.5]}]
---
apiVersion: v1
kind: Service
metadata: {name: six}
spec: {clusterIP: 'FD00:96::0:1', ipFamilies: [IPv6], ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: six-1, labels: {kubernetes.io/service-name: six}}
addressType: IPv6
ports: [{port: 80}]
endpoints: [{addresses: ['FD00::0:5']}]
"""
STATE = state_of(BASE + MORE)


def ask(to: str, source: str = "internet", text: str = "", **more: Any) -> Trace:
    return trace(state_of(BASE + MORE + text) if text else STATE, parse_request(to, parse_vantage(source), **more))


@pytest.mark.parametrize(
    ("to", "source", "verdict", "reason", "status"),
    [
        ("tcp://192.168.0.1:31999", "192.168.0.2", "reachable", None, 200),
        ("tcp://192.168.0.2:31999", "192.168.0.1", "reachable", None, 503),
        ("udp://192.168.0.1:31999", "192.168.0.2", "unreachable", "port-not-in-service", None),
        ("http://192.168.0.1:9099", "192.168.0.2", "unknown", None, None),
        ("udp://192.168.0.1:9099", "192.168.0.2", "unreachable", "port-not-in-service", None),
        ("http://192.168.0.2:9099", "192.168.0.1", "unreachable", "port-not-in-service", None),
        ("tcp://172.16.0.5:3306", "pod:default/client", "unknown", None, None),
        ("http://[fd00:96::1]", "pod:default/client", "reachable", None, None),
        ("http://[FD00:96:0::1]", "pod:default/client", "reachable", None, None),
        ("http://10.0.0.99", "internet", "unknown", None, None),
        ("http://10.0.0.99", "10.9.9.9", "reachable", None, None),
        ("http://127.0.0.1:8080", "pod:default/client", "unknown", None, None),
        ("http://10.96.0.1", "192.168.0.9", "reachable", None, None),
        ("https://www.example.org", "pod:default/client", "unknown", None, None),
        ("tcp://nobody.example.org:1", "internet", "unknown", None, None),
        ("tcp://nobody:1", "internet", "unreachable", "name-not-found", None),
        ("http://web.nowhere", "pod:default/client", "unknown", None, None),
        ("http://nosuch.default", "pod:default/client", "unreachable", "name-not-found", None),
        ("http://nosuch.default.svc", "pod:default/client", "unreachable", "name-not-found", None),
    ],
)
def test_requests(to: str, source: str, verdict: str, reason: str | None, status: int | None) -> None:
    found = ask(to, source)
    assert (found.verdict, found.reason, found.answer.status) == (verdict, reason, status)


def test_a_search_domain_of_another_server_may_know_a_bare_name() -> None:
    text = (
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: searcher}\n"
        "spec: {dnsConfig: {searches: [corp.example]}, containers: [{name: c, image: c}]}\n"
        "status: {phase: Running, podIP: 10.1.0.44, podIPs: [{ip: 10.1.0.44}]}\n"
    )
    found = ask("http://intranet", "pod:default/searcher", text)
    assert found.verdict == "unknown"
    assert found.stop is not None
    assert "intranet.corp.example" in found.stop.says
    assert ask("http://intranet", "pod:default/client", text).reason == "name-not-found"


@pytest.mark.parametrize("text", ["10.0.0.300", "1.2.3.4.5", "12345:::1"])
def test_what_is_no_address_of_a_client(text: str) -> None:
    with pytest.raises(UsageError):
        parse_vantage(text)


def test_a_call_of_grpc_is_a_post() -> None:
    assert parse_request("grpc://x.example").method == "POST"
    assert parse_request("http://x.example", method="put").method == "PUT"


GATEWAY = """
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: wide}
spec: {gatewayClassName: x, listeners: [{name: h, port: 80, protocol: HTTP, hostname: '*.wide.example'}, {name: raw, port: 9000, protocol: TCP}]}
status: {addresses: [{type: IPAddress, value: 203.0.113.61}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: wide}
spec: {parentRefs: [{name: wide, sectionName: h}], rules: [{backendRefs: [{name: web, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: {name: raw}
spec: {parentRefs: [{name: wide, sectionName: raw}], rules: [{backendRefs: [{name: web, port: 80}]}]}
"""


@pytest.mark.parametrize(
    "term", ["203.0.113.61", "a.wide.example", "b.a.wide.example", "172.16.0.5", "fd00::5", "10.1.0.1"]
)
def test_the_reverse_look_up(term: str) -> None:
    state = state_of(BASE + MORE + GATEWAY)
    assert services_at(state, term)
    assert ways_through(state, term)


@pytest.mark.parametrize("scheme", ["http", "https", "tcp", "tls", "grpc"])
def test_a_tcp_listener_forwards_whatever_is_in_the_connection(scheme: str) -> None:
    assert ask(f"{scheme}://203.0.113.61:9000", text=GATEWAY).verdict == "reachable"


def ingress(paths: str, host: str = "h.example.com", meta: str = "", more: str = "") -> str:
    status = "{loadBalancer: {ingress: [{ip: 203.0.113.50}]}}"
    return objects.ingress(paths, host=host, of_class="nginx", meta=meta, more=more, status=status)


def rule(path: str, kind: str = "Prefix", service: str = "web") -> str:
    return f"{{path: '{path}', pathType: {kind}, backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}"


DEFAULT = "defaultBackend: {service: {name: web, port: {number: 80}}}, "


@pytest.mark.parametrize(
    ("to", "verdict", "reason"),
    [
        ("http://h.example.com/none", "reachable", None),
        ("http://other.example.com/", "unreachable", "no-matching-rule"),
        ("http://203.0.113.50/", "unreachable", "no-matching-rule"),
        ("tcp://203.0.113.50:22", "unreachable", "port-not-in-service"),
        ("udp://h.example.com:443", "unreachable", "port-not-in-service"),
    ],
)
def test_nginx_keeps_a_default_backend_to_the_hosts_of_its_ingress(to: str, verdict: str, reason: str | None) -> None:
    """I4; and what is no HTTP meets the Service in front, not the rules."""
    found = ask(to, text=ingress(rule("/foo"), more=DEFAULT))
    assert (found.verdict, found.reason) == (verdict, reason)


def test_ports_that_ingress_rules_say_nothing_of() -> None:
    text = ingress(rule("/foo")).replace("203.0.113.50", "203.0.113.51")
    assert ask("tcp://203.0.113.51:22", text=text).verdict == "unknown"
    assert ask("tcp://203.0.113.51:443", text=text).verdict != "unknown"


@pytest.mark.parametrize(
    ("paths", "path", "service", "meta"),
    [
        (
            [rule("/foo", "ImplementationSpecific"), rule("/foo/", "ImplementationSpecific", "local")],
            "/foo/x",
            "local",
            "",
        ),
        (
            [rule("/api/v"), rule("/api/.*", "ImplementationSpecific", "local")],
            "/api/v1",
            "local",
            ", annotations: {nginx.ingress.kubernetes.io/use-regex: 'true'}",
        ),
        (
            [rule("/a"), rule("/b", service="local")],
            "/b",
            "local",
            ", annotations: {nginx.ingress.kubernetes.io/use-regex: 'true'}",
        ),
        ([rule("/foo"), rule("/foo", "Exact", "local")], "/foo", "local", ""),
        ([rule("/foo/bar"), rule("/foo", service="local")], "/foo/bar/x", "web", ""),
    ],
)
def test_the_order_of_nginx_locations(paths: list[str], path: str, service: str, meta: str) -> None:
    found = ask(f"http://h.example.com{path}", text=ingress(", ".join(paths), meta=meta))
    assert found.service == Name("default", service)


def test_a_host_has_one_certificate_whichever_ingress_names_it() -> None:
    with_tls = ingress(
        rule("/"), more="tls: [{hosts: [h.example.com], secretName: s}, {hosts: [x.example.com], secretName: gone}], "
    )
    text = with_tls + ingress(rule("/api")).replace("name: i", "name: j")
    secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
    assert ask("http://h.example.com/api", text=text).answer.status == 308
    assert ask("https://h.example.com/api", text=text).warnings == ("tls-secret-not-found",)
    assert ask("https://h.example.com/api", text=text + secret).warnings == ()
    forced = ingress(rule("/"), meta=", annotations: {nginx.ingress.kubernetes.io/force-ssl-redirect: 'true'}")
    assert ask("http://h.example.com/", text=forced).answer.status == 308


def test_a_warning_takes_no_other_ones_place() -> None:
    """The port is found by the target port, and the certificate is missing: both are said, and either may be expected."""
    by_target = rule("/").replace("number: 80", "number: 8080")
    assert by_target != rule("/")
    found = ask("https://h.example.com/", text=ingress(by_target))
    assert found.warnings == ("tls-host-not-listed", "port-matched-by-target-port")


def test_a_rule_with_a_regular_expression_is_drawn_by_a_request_that_it_takes() -> None:
    meta = ", annotations: {nginx.ingress.kubernetes.io/rewrite-target: /$2}"
    state = state_of(BASE + MORE + ingress(rule("/something(/|$)(.*)", "ImplementationSpecific"), meta=meta))
    found = next(item for item in traced_entries(state, Name("default", "web")) if item.entry.kind == "ingress")
    assert [trace.verdict for _, trace in found.traces] == ["reachable"]


def test_a_pattern_that_would_never_end_is_given_up() -> None:
    meta = ", annotations: {nginx.ingress.kubernetes.io/use-regex: 'true'}"
    text = ingress(rule("/(a|aa)+$", "ImplementationSpecific"), meta=meta)
    assert ask("http://h.example.com/" + "a" * 60 + "b", text=text).reason == "no-matching-rule"


NODE_PORT = """
---
apiVersion: v1
kind: Service
metadata: {name: np}
spec: {type: NodePort, externalTrafficPolicy: Local, clusterIP: 10.96.0.15, externalIPs: [192.168.0.1], selector: {app: np}, ports: [{port: 80, targetPort: 8080, nodePort: 30082}]}
"""
MEMBER = """
---
apiVersion: v1
kind: Pod
metadata: {{name: np-{node}, labels: {{app: np}}}}
spec: {{nodeName: {node}, containers: [{{name: c, image: c}}]}}
status: {{phase: Running, podIP: {ip}, podIPs: [{{ip: {ip}}}], conditions: [{{type: Ready, status: "True"}}]}}
"""
BOTH = NODE_PORT + MEMBER.format(node="n1", ip="10.1.1.1") + MEMBER.format(node="n2", ip="10.1.1.2")


@pytest.mark.parametrize(
    ("source", "text", "verdict", "reason", "endpoints"),
    [
        ("pod:default/client", BOTH, "partial", "endpoint-unanswered", ["10.1.1.1"]),
        (
            "pod:default/client",
            NODE_PORT + MEMBER.format(node="n2", ip="10.1.1.2"),
            "unreachable",
            "endpoint-unanswered",
            [],
        ),
        ("192.0.2.1", BOTH, "reachable", None, ["10.1.1.1"]),
        ("pod:default/web", BOTH, "reachable", None, ["10.1.1.1", "10.1.1.2"]),
    ],
)
def test_answers_of_other_nodes_endpoints_are_dropped(
    source: str, text: str, verdict: str, reason: str | None, endpoints: list[str]
) -> None:
    """K7, K10: the node that rewrote the packets kept their source, so only its own endpoints answer through it.

    The client runs on n2 and asks n1; the pod `web` runs on n1 itself.
    """
    found = ask("http://192.168.0.1:30082", source, text)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert [e.address for e in found.endpoints] == endpoints


def test_of_a_client_whose_node_is_not_known_it_is_said_what_was_assumed() -> None:
    found = ask("http://192.168.0.1:30082", "namespace:default", BOTH)
    assert any("another node than n1" in text for text in found.assumed)


def test_an_external_ip_that_is_a_nodes_arrives_at_that_node() -> None:
    """K6: with the policy Local only the endpoints of that node."""
    assert [e.address for e in ask("http://192.168.0.1", "192.0.2.1", BOTH).endpoints] == ["10.1.1.1"]


RANGED = """
---
apiVersion: v1
kind: Service
metadata: {name: ranged}
spec: {type: LoadBalancer, loadBalancerSourceRanges: [192.168.0.0/24], clusterIP: 10.96.0.16, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30083}]}
status: {loadBalancer: {ingress: [{ip: 203.0.113.77}]}}
"""


@pytest.mark.parametrize(
    ("source", "verdict"),
    [("203.0.113.77", "reachable"), ("203.0.113.78", "unreachable"), ("192.168.0.200", "reachable")],
)
def test_packets_from_the_load_balancers_own_address_pass_where_a_range_has_the_node(source: str, verdict: str) -> None:
    """K9 (upstream: pkg/proxy, the firewall rule for the load balancer's own address)."""
    found = ask("http://203.0.113.77", source, RANGED, via=parse_via("node:n1"))
    assert found.verdict == verdict


def test_that_a_block_also_matches_pods_is_an_assumption() -> None:
    """N5 [impl]."""
    policy = (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: blocks}\n"
        "spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 10.1.0.0/16}}]}]}\n"
    )
    found = ask("http://10.96.0.1", "pod:default/client", policy)
    assert found.verdict == "reachable"
    assert any("ipBlock" in text for text in found.assumed)


@pytest.mark.parametrize(
    ("ingress_host", "route_host", "service"),
    [
        ("a.b.example", "*.b.example", "web"),
        ("*.b.example", "a.b.example", "local"),
        ("", "*.b.example", "local"),
    ],
)
def test_of_an_ingress_and_a_gateway_the_more_specific_host_answers(
    ingress_host: str, route_host: str, service: str
) -> None:
    text = ingress(rule("/"), host=f"'{ingress_host}'") + GATEWAY.replace(
        "hostname: '*.wide.example'", "hostname: ''"
    ).replace(
        "sectionName: h}], rules: [{backendRefs: [{name: web",
        f"sectionName: h}}], hostnames: ['{route_host}'], rules: [{{backendRefs: [{{name: local",
    )
    assert ask("http://a.b.example", text=text).service == Name("default", service)


@pytest.mark.parametrize("rules", [rule("/q", service="local"), None])
def test_the_default_backend_of_nginx_is_drawn_by_a_request_it_takes(rules: str | None) -> None:
    """I4: a host of the Ingress, on a path that no rule takes."""
    text = (
        ingress(rules, more=DEFAULT)
        if rules
        else objects.document(
            "Ingress", "i", f"spec: {{ingressClassName: nginx, {DEFAULT}rules: [{{host: a.example.com}}]}}"
        )
    )
    found = traced_entries(state_of(BASE + MORE + text), Name("default", "web"))
    lanes = [item for item in found if item.entry.kind == "ingress"]
    assert lanes
    assert {trace.verdict for item in lanes for _, trace in item.traces} == {"reachable"}


ODD = """
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: edge}
spec: {type: LoadBalancer, clusterIP: 'fd00:96::9', ipFamilies: [IPv6], selector: {app: odd}, ports: [{port: 80, targetPort: 8000}]}
status: {loadBalancer: {ingress: [{ip: '2001:DB8:0::7'}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: odd, namespace: edge, labels: {app: odd}}
spec: {nodeName: n1, containers: [{name: c, image: c}]}
status: {phase: Running, podIP: 'fd00:244:0::5', podIPs: [{ip: 'fd00:244:0::5'}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Service
metadata: {name: to-odd, namespace: edge}
spec: {clusterIP: 'fd00:96::10', ipFamilies: [IPv6], ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: to-odd, namespace: edge, labels: {kubernetes.io/service-name: to-odd}}
addressType: IPv6
ports: [{port: 80}]
endpoints: [{addresses: ['fd00:244:0::5']}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: edge}
spec: {podSelector: {matchLabels: {app: odd}}}
"""


def test_addresses_are_compared_whatever_their_spelling() -> None:
    """S21."""
    text = (
        ODD
        + ingress(rule("/")).replace("203.0.113.50", "'2001:db8:0::7'")
        + GATEWAY.replace("203.0.113.61", "'2001:DB8::0:9'")
    )
    found = ask("tcp://[fd00:96::10]:80", "node:n2", text)
    assert (found.verdict, found.reason) == ("unreachable", "network-policy")
    served = ask("http://h.example.com", "internet", text)
    assert served.hops[1].object is not None
    assert "Service" in served.hops[1].says
    assert ask("http://[2001:db8::9]/", "internet", text, headers={"Host": "a.wide.example"}).verdict == "reachable"


LOCAL = """
---
apiVersion: v1
kind: Service
metadata: {{name: near}}
spec: {{clusterIP: 10.96.0.18, internalTrafficPolicy: Local, selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: edge, labels: {{app: edge}}}}
spec: {{nodeName: n2, containers: [{{name: c, image: c}}]}}
status: {{phase: Running, podIP: 10.1.0.78, podIPs: [{{ip: 10.1.0.78}}], conditions: [{{type: Ready, status: "True"}}]}}
"""


@pytest.mark.parametrize("name", ["a-first", "z-last"])
def test_behind_several_pods_of_a_controller_no_node_is_the_senders(name: str) -> None:
    """K5: a Local policy answers on the nodes with an endpoint only, whichever pod was read first."""
    meta = ', annotations: {nginx.ingress.kubernetes.io/service-upstream: "true"}'
    text = LOCAL.format(name=name) + ingress(rule("/", service="near"), meta=meta)
    found = ask("http://h.example.com", text=text)
    assert (found.verdict, found.reason) == ("partial", "no-local-endpoints")


def test_a_node_port_of_a_service_that_was_lost_may_be_there() -> None:
    lost = ClusterState(STATE.source, STATE.objects, [LoadIssue(reason="x", file="f", object="Service/other/lost")])
    request = parse_request("tcp://192.168.0.1:30999", parse_vantage("192.168.0.2"))
    assert trace(STATE, request).reason == "port-not-in-service"
    assert trace(lost, request).verdict == "unknown"


NO_EGRESS = "{podSelector: {matchLabels: {app: client}}, policyTypes: [Egress]}"


def test_a_health_check_is_traffic_like_any_other() -> None:
    """N7, K11: egress policies and private addresses count for it too."""
    policy = POLICY.format(name="none", namespace="default", spec=NO_EGRESS)
    assert ask("tcp://192.168.0.1:31999", "pod:default/client", policy).reason == "network-policy"
    assert ask("tcp://192.168.0.1:31999", "internet").verdict == "unknown"


@pytest.mark.parametrize("to", ["http://outside.default:80", "http://lb.example.net"])
def test_policies_of_other_kinds_leave_what_is_outside_open_too(to: str) -> None:
    """N9."""
    cilium = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c}\nspec: {}\n"
    assert ask(to, "pod:default/client", cilium).verdict == "unknown"
