"""Cases that were once answered wrongly: each is the smallest manifest that shows it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.entries import entries, exposure, traced_entries
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.outcome import Trace
from svcmap.paths.views.names import name_rows
from tests import objects
from tests.conftest import FIXTURES, SHARED, read, state_of
from tests.objects import service

WEB = Name("default", "web")


def slice_(endpoints: str, ports: str = "[{name: '', port: 8080}]", kind: str = "IPv4") -> str:
    return objects.slice_(endpoints, ports, name=f"s-{kind}", kind=kind)


def pod(
    name: str = "p", ips: str = "10.1.0.1", ports: str = "[{name: web, containerPort: 8080}]", more: str = ""
) -> str:
    return objects.pod(name, ips, labels="{a: b}", ports=ports, spec=more)


def nodes(*names: str, more: str = "") -> str:
    return "".join(objects.node(name, rest=more) for name in names)


def ways(state: ClusterState, name: Name = WEB) -> dict[str, Trace]:
    return {traced.entry.kind: traced.traces[0][1] for traced in traced_entries(state, name)}


def test_a_cluster_ip_without_the_list_and_a_port_without_protocol_resolve() -> None:
    rows = {
        row.type: row
        for row in name_rows(state_of(service("{clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]}")), WEB)
    }
    assert rows["A"].data == ("10.96.0.1",)
    assert rows["SRV"].data == ("0 100 80 web.default.svc.cluster.local.",)


@pytest.mark.parametrize("ip", ["10.96.0.300", "10.096.0.1", "not an address"])
def test_a_sloppy_cluster_ip_has_no_reverse_name(ip: str) -> None:
    assert "PTR" not in {
        row.type for row in name_rows(state_of(service(f"{{clusterIP: '{ip}', ports: [{{port: 80}}]}}")), WEB)
    }


def test_a_local_policy_without_known_nodes_drops() -> None:
    text = service(
        "{type: NodePort, clusterIP: 10.96.0.1, externalTrafficPolicy: Local, ports: [{port: 80, nodePort: 30000}]}"
    )
    got = ways(state_of(text + slice_("{addresses: [10.1.0.1]}") + nodes("a", "b")))["node-port"]
    assert (got.verdict, got.reason, got.answer.action) == ("unreachable", "no-local-endpoints", "DROP")
    assert got.stop is not None
    assert got.stop.kind == "node-port"


def test_a_local_policy_on_some_nodes_is_partial() -> None:
    text = service("{clusterIP: 10.96.0.1, internalTrafficPolicy: Local, ports: [{port: 80}]}")
    got = ways(state_of(text + slice_("{addresses: [10.1.0.1], nodeName: a}") + nodes("a", "b")))["cluster-ip"]
    assert (got.verdict, got.reason) == ("partial", "no-local-endpoints")
    assert "On b there is none" in got.hops[-1].says


def test_families_are_not_mixed() -> None:
    text = service("{clusterIPs: [10.96.0.1, 'fd00::1'], clusterIP: 10.96.0.1, ports: [{port: 80}]}")
    got = ways(state_of(text + slice_("{addresses: ['fd01::1']}", kind="IPv6")))["cluster-ip"]
    assert (got.verdict, got.reason) == ("unreachable", "no-endpoints")
    six = service("{clusterIP: 'fd00::1', ports: [{port: 80}]}")
    got = ways(state_of(six + slice_("{addresses: ['fd01::1']}", kind="IPv6")))["cluster-ip"]
    assert got.verdict == "reachable"
    assert got.hops[2].address == "[fd00::1]:80"
    assert got.hops[3].address == "[fd01::1]:8080"


def test_a_dual_stack_pod_is_one_endpoint_of_a_single_stack_service() -> None:
    state = state_of(service("{selector: {a: b}, ports: [{port: 80}]}") + pod(ips="10.1.0.1 fd00::1"))
    assert [e.address for e in endpoints_of(state, WEB).endpoints] == ["10.1.0.1"]


def test_kube_proxy_leaves_out_slices_of_names_and_of_headless_services() -> None:
    text = service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}")
    named = slice_("{addresses: [db.example.com]}", kind="FQDN")
    headless = slice_("{addresses: [10.1.0.1]}").replace("labels: {", 'labels: {service.kubernetes.io/headless: "", ')
    for slices in (named, headless):
        assert ways(state_of(text + slices))["cluster-ip"].reason == "no-endpoints"


def test_services_of_another_proxy_are_not_kube_proxys() -> None:
    other = service(
        "{clusterIP: 10.96.0.1, ports: [{port: 80}]}", meta=", labels: {service.kubernetes.io/service-proxy-name: x}"
    )
    assert ways(state_of(other + slice_("{addresses: [10.1.0.1]}")))["cluster-ip"].verdict == "unknown"


def ingress(controller: str = "k8s.io/ingress-nginx", port: int = 80, meta: str = "") -> str:
    made = objects.ingress(objects.path(port=f"number: {port}"), meta=meta)
    return objects.ingress_class(controller) + made


def test_instance_targets_need_a_node_port() -> None:
    text = service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") + slice_("{addresses: [10.1.0.1]}")
    public = "alb.ingress.kubernetes.io/scheme: internet-facing"
    got = ways(state_of(text + ingress("ingress.k8s.aws/alb", meta=f", annotations: {{{public}}}")))["ingress"]
    assert (got.verdict, got.stop.kind if got.stop else "") == ("unreachable", "node-port")
    ip = ways(
        state_of(
            text
            + ingress(
                "ingress.k8s.aws/alb", meta=f", annotations: {{{public}, alb.ingress.kubernetes.io/target-type: ip}}"
            )
        )
    )
    assert ip["ingress"].verdict == "reachable"


def test_ingress_nginx_takes_the_target_port_and_ready_endpoints_only() -> None:
    text = service("{clusterIP: 10.96.0.1, ports: [{port: 80, targetPort: 8080}]}")
    got = ways(state_of(text + slice_("{addresses: [10.1.0.1]}") + ingress(port=8080)))["ingress"]
    assert (got.verdict, got.warnings, got.place.number) == ("reachable", ("port-matched-by-target-port",), 80)
    draining = slice_("{addresses: [10.1.0.1], conditions: {ready: false, serving: true, terminating: true}}")
    got = ways(state_of(text + draining + ingress()))["ingress"]
    assert (got.verdict, got.answer.status) == ("unreachable", 503)
    other = ways(state_of(text + slice_("{addresses: [10.1.0.1]}") + ingress("example.com/other", port=8080)))[
        "ingress"
    ]
    assert other.reason == "service-port-not-found"


def test_a_rule_in_the_shadow_of_another_is_not_its_services_way_in() -> None:
    both = objects.ingress(f"{objects.path(backend='other', kind='Exact')}, {objects.path(kind='Exact')}", of_class="")
    text = service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") + service(
        "{clusterIP: 10.96.0.2, ports: [{port: 80}]}", name="other"
    )
    got = ways(state_of(text + slice_("{addresses: [10.1.0.1]}") + both))["ingress"]
    assert (got.verdict, got.reason, got.service) == ("unreachable", "no-matching-rule", WEB)
    assert "Another rule takes these requests" in got.hops[-1].says


def gateway(routes: str, listener: str = "{name: l, port: 80, protocol: HTTP}") -> str:
    return objects.gateway(listener) + routes


def route(name: str, rule: str, kind: str = "HTTPRoute", host: str = "x.io", namespace: str = "default") -> str:
    return objects.route(rule, name, kind, host=host, parent="{name: g, namespace: default}", namespace=namespace)


def test_routes_by_query_method_and_server_name() -> None:
    two = (
        service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}")
        + slice_("{addresses: [10.1.0.1]}")
        + service("{clusterIP: 10.96.0.2, ports: [{port: 80}]}", name="other")
    )
    ours, theirs = "backendRefs: [{name: web, port: 80}]", "backendRefs: [{name: other, port: 80}]"
    query = f"{{matches: [{{queryParams: [{{name: v, value: '2'}}]}}], {ours}}}, {{{theirs}}}"
    assert ways(state_of(two + gateway(route("r", query))))["gateway"].verdict == "reachable"
    grpc = f"{{matches: [{{method: {{service: a.B, method: C}}}}], {theirs}}}, {{matches: [{{method: {{service: a.B, method: D}}}}], {ours}}}"
    assert ways(state_of(two + gateway(route("r", grpc, "GRPCRoute"))))["gateway"].verdict == "reachable"
    tls = route("r1", f"{{{theirs}}}", "TLSRoute", "a.x.io") + route("r2", f"{{{ours}}}", "TLSRoute", "b.x.io")
    got = ways(state_of(two + gateway(tls, "{name: l, port: 443, protocol: TLS, tls: {mode: Passthrough}}")))["gateway"]
    assert (got.verdict, got.service) == ("reachable", WEB)


def test_a_route_by_regular_expressions_is_asked_what_they_take() -> None:
    text = service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") + slice_("{addresses: [10.1.0.1]}")
    match = (
        "{path: {type: RegularExpression, value: '/v[0-9]+/.*'},"
        " headers: [{type: RegularExpression, name: x-team, value: 'a|b'}],"
        " queryParams: [{type: RegularExpression, name: page, value: '\\d{2}'}]}"
    )
    state = state_of(text + gateway(route("r", f"{{matches: [{match}], backendRefs: [{{name: web, port: 80}}]}}")))
    (traced,) = [t for t in traced_entries(state, WEB) if t.entry.kind == "gateway"]
    assert traced.traces[0][1].verdict == "reachable"
    assert traced.entry.rule == "x.io/v[0-9]+/.*"
    assert [request.path for _, request in traced.entry.requests] == ["/v1/?page=11"]


def test_a_route_the_gateway_does_not_accept_is_no_way_in() -> None:
    text = service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") + slice_("{addresses: [10.1.0.1]}")
    refused = route("r", "{backendRefs: [{name: web, namespace: default, port: 80}]}", namespace="other")
    assert ways(state_of(text + gateway(refused)))["gateway"].verdict == "unreachable"


def test_headless_services_by_number_and_by_name() -> None:
    for target in ("8080", "web"):
        state = state_of(
            service(f"{{clusterIP: None, selector: {{a: b}}, ports: [{{name: w, port: 80, targetPort: {target}}}]}}")
            + pod()
        )
        got = ways(state)["cluster-ip"]
        assert (got.verdict, got.place.number, got.hops[-1].address) == ("reachable", 80, "10.1.0.1:8080")


@pytest.mark.parametrize(
    ("target", "verdict", "says"),
    [
        ("db.example.com", "reachable", "The client connects to db.example.com itself"),
        ("gone.default.svc.cluster.local", "unreachable", "has no address"),
        ("web.default.svc.cluster.local.", "unreachable", "has no address"),
        ("192.0.2.1", "unreachable", "an address, not a name"),
        ("''", "unreachable", "empty"),
    ],
)
def test_external_names(target: str, verdict: str, says: str) -> None:
    got = ways(state_of(service(f"{{type: ExternalName, externalName: {target}}}")))["cluster-ip"]
    assert got.verdict == verdict
    assert says in got.hops[-1].says


def test_slices_that_name_their_ports_otherwise() -> None:
    text = service("{clusterIP: 10.96.0.1, ports: [{name: http, port: 80, targetPort: 8080}]}")
    got = ways(state_of(text + slice_("{addresses: [10.1.0.1]}", ports="[{name: web, port: 8080}]")))["cluster-ip"]
    assert got.stop is not None
    assert (got.stop.rule, "their ports are named: web" in got.stop.says) == ("E13", True)


def test_endpoints_written_by_hand_do_not_count_beside_a_selector() -> None:
    hand = "---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\nsubsets: [{addresses: [{ip: 10.9.9.9}], ports: [{port: 80}]}]\n"
    state = state_of(service("{selector: {x: y}, ports: [{port: 80}]}") + pod() + hand)
    assert not endpoints_of(state, WEB).endpoints
    twice = hand.replace("}]}]", "}]}, {addresses: [{ip: 10.9.9.9}], ports: [{name: m, port: 81}]}]")
    (merged,) = endpoints_of(state_of(service("{ports: [{port: 80}]}") + twice), WEB).endpoints
    assert [str(port) for port in merged.ports] == [":80/TCP", "m:81/TCP"]


def test_daemon_sets_run_on_cordoned_nodes() -> None:
    daemons = "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec: {template: {metadata: {labels: {a: b}}}}\n"
    state = state_of(
        service("{selector: {a: b}, ports: [{port: 80}]}")
        + daemons
        + nodes("node-1", more="spec: {unschedulable: true}\n")
    )
    assert endpoints_of(state, WEB).total == 1


def workload(kind: str, replicas: int) -> str:
    return objects.workload(kind, f"replicas: {replicas}", labels="{a: b}")


def test_the_number_of_replicas_is_told_and_costs_nothing() -> None:
    start = time.process_time()
    state = state_of(
        service("{type: NodePort, selector: {a: b}, ports: [{name: a, port: 80}, {name: b, port: 81}]}")
        + workload("Deployment", 999_999_999)
    )
    assert endpoints_of(state, WEB).total == 999_999_999
    assert ways(state)["node-port"].verdict == "reachable"
    one = "{selector: {a: b, statefulset.kubernetes.io/pod-name: w-%s}, ports: [{port: 80}]}"
    state = state_of(service(one % 6000) + workload("StatefulSet", 200_000_000))
    assert [str(e.pod) for e in endpoints_of(state, WEB).endpoints] == ["default/w-6000"]
    assert not endpoints_of(state_of(service(one % 7) + workload("StatefulSet", 5)), WEB).endpoints
    assert (
        endpoints_of(
            state_of(service("{selector: {a: b}, ports: [{port: 80}]}") + workload("Deployment", -3)), WEB
        ).total
        == 0
    )
    assert time.process_time() - start < 30


def test_node_ports_are_unknown_where_no_node_was_read() -> None:
    state = state_of(service("{type: NodePort, clusterIP: 10.96.0.1, ports: [{port: 80, nodePort: 30000}]}"))
    found = find_service(state, WEB)
    assert found is not None
    assert exposure(state, found, entries(state, found)) == "unknown"


def folders() -> list[Path]:
    real = [p for p in sorted((SHARED / "corpus").glob("*")) if p.is_dir() and p.name != "LICENSES"]
    return [FIXTURES / "demo", *real]


@pytest.mark.parametrize("folder", folders(), ids=lambda path: path.name)
def test_what_holds_for_every_trace(folder: Path) -> None:
    state = read(folder)
    for name in state.services:
        for traced in traced_entries(state, name):
            for _, found in traced.traces:
                stops = [hop for hop in found.hops if hop.verdict == "stop"]
                assert bool(stops) == (found.verdict == "unreachable"), (name, traced.entry.id)
                assert found.service in (name, None)
                assert found.hops[-1].verdict == "stop" or not stops
                assert found.reason or found.verdict in ("reachable", "unknown")
                assert all(hop.says.endswith(".") for hop in found.hops)
