"""Requests through OpenShift's router: shares of backends, ports, and what is told of Routes that get none."""

from __future__ import annotations

from pathlib import Path

import pytest

from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import parse_via, trace
from svcmap.paths.views.whereabouts import services_at
from svcmap.sources.snapshot import SnapshotSource, dump
from tests import objects
from tests.conftest import FIXTURES, read, state_of

SHOP = FIXTURES / "openshift"


def service(name: str, *addresses: str, ports: str = "{name: http, port: 80, targetPort: 8080}", kind: str = "") -> str:
    some = ", ".join(f"{{addresses: [{address}]}}" for address in addresses)
    spec, named = f"{{ports: [{ports}]{kind}}}", "[{name: http, port: 8080}, {name: admin, port: 9090}]"
    return objects.service(spec, name) + objects.slice_(some, named, of=name)


def route(spec: str, name: str = "r") -> str:
    return objects.document("Route", name, f"spec: {{host: a.example.com, {spec}}}")


def asked(text: str, to: str = "http://a.example.com/") -> Trace:
    return trace(state_of(text), parse_request(to))


def shares(found: Trace) -> dict[str, tuple[float, int | None]]:
    return {backend.service.name: (backend.share, backend.status) for backend in found.backends}


BOTH = "to: {name: one, weight: 1}, alternateBackends: [{name: two, weight: 3}]"


def test_services_share_requests_by_weight() -> None:
    found = asked(service("one", "10.0.0.1") + service("two", "10.0.0.2") + route(BOTH))
    assert shares(found) == {"one": (0.25, None), "two": (0.75, None)}
    assert (found.verdict, len(found.endpoints)) == ("reachable", 2)


@pytest.mark.parametrize("other", ["", service("two"), service("two", kind=", type: ExternalName, externalName: a.b")])
def test_a_service_without_endpoints_has_no_share(other: str) -> None:
    """The router writes no server for it: the others take its requests, where a Gateway would answer 503."""
    found = asked(service("one", "10.0.0.1") + other + route(BOTH))
    assert shares(found) == {"one": (1.0, None), "two": (0.0, None)}
    assert found.verdict == "reachable"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "service-not-found"),
        (service("one") + service("two"), "no-endpoints"),
        (service("one", kind=", type: ExternalName, externalName: a.b"), "service-not-found"),
    ],
)
def test_where_no_service_has_endpoints_the_router_answers_503(text: str, reason: str) -> None:
    found = asked(text + route(BOTH))
    assert (found.verdict, found.reason, found.answer.status) == ("unreachable", reason, 503)


def test_weights_of_0_leave_nothing() -> None:
    found = asked(service("one", "10.0.0.1") + route("to: {name: one, weight: 0}"))
    assert (found.reason, found.answer.status) == ("zero-weight", 503)


def test_without_a_target_port_every_port_is_used() -> None:
    ports = "{name: http, port: 80}, {name: admin, port: 90}"
    found = asked(service("one", "10.0.0.1", ports=ports) + route("to: {name: one}"))
    assert [binding.port for endpoint in found.endpoints for binding in endpoint.ports] == [8080, 9090]
    assert shares(found) == {"one": (1.0, None)}


def test_a_port_of_the_service_is_none_of_the_pods() -> None:
    found = asked(service("one", "10.0.0.1") + route("to: {name: one}, port: {targetPort: 80}"))
    assert (found.reason, found.answer.status) == ("service-port-not-found", 503)
    assert found.stop is not None
    assert found.stop.wanted == "80"


@pytest.mark.parametrize(
    ("spec", "to", "reason"),
    [
        ("to: {name: one}", "https://a.example.com/", "tls"),
        ("to: {name: one}, tls: {termination: edge}", "http://a.example.com/", "tls"),
        ("to: {name: one}, path: /shop", "http://a.example.com/other", "no-matching-rule"),
        ("to: {name: one}, path: /shop", "http://b.example.com/shop", "no-matching-rule"),
        ("to: {kind: Job, name: one}", "http://a.example.com/", "invalid-kind"),
    ],
)
def test_what_no_route_takes_is_answered_503(spec: str, to: str, reason: str) -> None:
    found = asked(service("one", "10.0.0.1") + route(spec), to)
    assert (found.verdict, found.reason, found.answer.status) == ("unreachable", reason, 503)


def test_the_most_specific_route_decides_what_becomes_of_http() -> None:
    """The map of redirects knows every Route: one of plain http below a redirected path stays plain."""
    redirected = route("to: {name: one}, tls: {termination: edge, insecureEdgeTerminationPolicy: Redirect}", "all")
    text = service("one", "10.0.0.1") + redirected + route("to: {name: one}, path: /plain", "plain")
    assert asked(text, "http://a.example.com/plain").verdict == "reachable"
    answer = asked(text, "http://a.example.com:80/else?q=1").answer
    assert (answer.status, answer.location, answer.location_path) == (302, "https://a.example.com/else?q=1", "/else")


def test_bytes_that_are_no_http_say_nothing_of_routes() -> None:
    state = state_of(service("one", "10.0.0.1") + route("to: {name: one}"))
    found = trace(state, parse_request("tcp://a.example.com:5432", via=parse_via("route:default/r")))
    assert found.verdict == "unknown"
    assert "TCP port 5432 says nothing" in found.hops[-1].says


REFUSED = "\n".join(
    [
        "status: {ingress: [{conditions: [{type: Admitted, status: 'False', message: no}]}]}",
        "---\n",
    ]
)


def test_a_route_that_gets_nothing_takes_no_host_from_others() -> None:
    ingress = objects.ingress(objects.path(backend="one"), host="'*.example.com'", of_class="")
    refused = route("to: {name: one}") + REFUSED
    text = service("one", "10.0.0.1") + refused
    assert asked(text + ingress).verdict == "reachable"
    assert asked(text).reason == "not-accepted"


def test_every_port_of_a_service_counts_for_its_own_way_too() -> None:
    policy = objects.document("NetworkPolicy", "p", "spec: {podSelector: {}, ingress: [{ports: [{port: 9090}]}]}")
    ports = "{name: http, port: 80}, {name: admin, port: 90}"
    pod = objects.pod("p", "10.0.0.1", labels="{}", ports="[]")
    there = service("one", "10.0.0.1", ports=ports).replace("{addresses: [10.0.0.1]}", ENDPOINT)
    state = state_of(there + pod + policy + route("to: {name: one}"))
    found = trace(state, parse_request("http://a.example.com/"))
    way = next(item for item in traced_entries(state, Name("default", "one")) if item.entry.id == "route.r")
    assert (found.verdict, way.traces[0][1].verdict) == ("partial", "partial")
    assert "50% to default/one port 80, 50% to default/one port 90" in found.hops[2].says


ENDPOINT = "{addresses: [10.0.0.1], targetRef: {kind: Pod, name: p, namespace: default}}"


def test_a_router_serves_all_the_routes_of_a_host() -> None:
    text = service("one", "10.0.0.1") + service("two", "10.0.0.2")
    text += route("to: {name: one}, path: /shop") + route("to: {name: two}", "rest")
    found = trace(state_of(text), parse_request("http://a.example.com/other", via=parse_via("route:default/r")))
    assert (found.verdict, str(found.service)) == ("reachable", "default/two")


def test_where_two_kinds_would_answer_for_nobody_s_host_both_are_named(shop: ClusterState) -> None:
    ingress = objects.document("Ingress", "i", "spec: {}")
    found = asked(ingress + service("one", "10.0.0.1") + route("to: {name: one}"), "http://nobody.example.org/")
    assert (found.answer.status, found.reason) == (404, "no-matching-rule")
    assert "its name leads to no route, which would answer by itself" in found.assumed
    taken = trace(shop, parse_request("https://shop.apps.example.com/other", via=parse_via("route:other/hijack")))
    assert "the router keeps a host to one namespace" in taken.assumed


@pytest.fixture(scope="module")
def shop() -> ClusterState:
    return read(SHOP)


def test_ways_in_are_drawn_with_what_becomes_of_them(shop: ClusterState) -> None:
    found = {item.entry.id: item.traces[0][1] for item in traced_entries(shop, Name("shop", "front"))}
    verdicts = {id_: (item.verdict, item.reason) for id_, item in found.items() if id_.startswith("route.")}
    assert verdicts == {
        "route.front": ("reachable", None),
        "route.metrics": ("reachable", None),
        "route.tenants": ("reachable", None),
        "route.refused": ("unreachable", "not-accepted"),
    }
    assert found["route.refused"].stop is not None
    assert "wildcard routes are not allowed" in found["route.refused"].stop.says


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("shop.apps.example.com", {"shop/front", "shop/front-next", "other/front"}),
        ("one.tenants.example.com", {"shop/front"}),
        ("router-default.apps.example.com", {"shop/front", "shop/front-next"}),
        ("none.apps.example.com", set()),
    ],
)
def test_a_service_is_found_by_the_hosts_of_its_routes(shop: ClusterState, term: str, names: set[str]) -> None:
    assert {str(name) for name in services_at(shop, term)} == names


def test_what_nobody_said_is_assumed(shop: ClusterState) -> None:
    assumed = trace(shop, parse_request("http://one.tenants.example.com/")).assumed
    assert "a router admits Route shop/tenants: its status says nothing" in assumed
    assert "the router allows Routes with wildcardPolicy: Subdomain" in assumed
    assert not [
        text for text in trace(shop, parse_request("https://shop.apps.example.com/")).assumed if "admits" in text
    ]


def test_the_name_of_the_router_is_the_host_of_no_route(shop: ClusterState) -> None:
    found = trace(shop, parse_request("http://router-default.apps.example.com/"))
    assert (found.reason, found.answer.status) == ("no-matching-rule", 503)
    via = parse_via("route:shop/front")
    found = trace(shop, parse_request("https://router-default.apps.example.com/", via=via))
    assert (found.reason, found.answer.status) == ("no-matching-rule", 503)


def test_a_route_without_a_host_may_be_for_any() -> None:
    text = service("one", "10.0.0.1") + route("to: {name: one}").replace("host: a.example.com, ", "")
    via = parse_via("route:default/r")
    assert trace(state_of(text), parse_request("http://a.example.com/", via=via)).verdict == "reachable"
    assert trace(state_of(text), parse_request("http://a.example.com/")).verdict == "unreachable"


def test_a_snapshot_keeps_routes(shop: ClusterState, tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    file.write_bytes(dump(shop))
    again = SnapshotSource(str(file)).load()
    request = parse_request("https://shop.apps.example.com/")
    assert trace(again, request) == trace(shop, request)


def test_a_key_in_a_route_is_not_kept() -> None:
    text = route("to: {name: one}, tls: {termination: edge, key: SECRET, certificate: OPEN}")
    assert b"SECRET" not in dump(state_of(text))


def test_a_route_is_asked_by_its_name(shop: ClusterState) -> None:
    via = parse_via("route:other/hijack")
    found = trace(shop, parse_request("https://shop.apps.example.com/other", via=via))
    assert found.reason == "host-taken"
    assert found.stop is not None
    assert "Route shop/front is older" in found.stop.says


@pytest.mark.parametrize(
    ("spec", "to", "reason"),
    [
        ("host: '*.example.com', to: {name: one}", "http://b.example.com/", "not-accepted"),
        ("host: A.example.com, to: {name: one}", "http://a.example.com/", "not-accepted"),
        ("host: com, wildcardPolicy: Subdomain, to: {name: one}", "http://foo.example.com/", "no-matching-rule"),
        ("path: /a, to: {name: one}, tls: {termination: passthrough}", "https://a.example.com/a", "tls"),
        ("path: a, to: {name: one}", "http://a.example.com/a", "no-matching-rule"),
        ("to: {name: one}, tls: {termination: other}", "https://a.example.com/", "tls"),
    ],
)
def test_what_the_router_makes_nothing_of(spec: str, to: str, reason: str) -> None:
    text = service("one", "10.0.0.1") + route(spec)
    if spec.startswith("host"):
        text = text.replace("host: a.example.com, ", "")
    assert asked(text, to).reason == reason


def test_which_of_two_is_older_the_source_may_not_say() -> None:
    text = service("one", "10.0.0.1") + route("to: {name: one}") + route("to: {name: one}", "younger")
    found = trace(state_of(text), parse_request("http://a.example.com/", via=parse_via("route:default/younger")))
    assert found.reason == "host-taken"
    assert "Route default/r is older than Route default/younger: the source does not say" in found.assumed
    assert found.stop is not None
    assert "older" not in found.stop.says


def test_what_a_router_admitted_holds_its_host_whoever_is_older() -> None:
    admitted = "status: {ingress: [{conditions: [{type: Admitted, status: 'True'}]}]}\n---\n"
    young = route("to: {name: two}", "z") + admitted
    text = service("one", "10.0.0.1") + service("two", "10.0.0.2") + route("to: {name: one}") + young
    assert str(asked(text).service) == "default/two"


def test_the_address_is_that_of_a_router_that_serves() -> None:
    said = (
        "status: {ingress: [{routerCanonicalHostname: no.example.net, conditions: [{type: Admitted, status: 'False'}]}, "
        "{routerCanonicalHostname: yes.example.net, conditions: [{type: Admitted, status: 'True'}]}]}\n---\n"
    )
    text = service("one", "10.0.0.1") + route("to: {name: one}") + said
    assert asked(text).hops[1].address == "yes.example.net:80"


@pytest.mark.parametrize(("wanted", "verdict"), [("8080", "unknown"), ("web", "unreachable")])
def test_a_number_may_be_that_of_a_named_port_nobody_has_seen(wanted: str, verdict: str) -> None:
    text = objects.service("{selector: {a: b}, ports: [{name: http, port: 80, targetPort: web}]}", "one")
    text += route(f"to: {{name: one}}, port: {{targetPort: {wanted}}}")
    assert asked(text).verdict == verdict


def test_a_share_of_a_service_whose_endpoints_are_not_known_is_assumed_to_be_none() -> None:
    two = objects.service("{selector: {a: b}, ports: [{port: 80}]}", "two")
    found = asked(service("one", "10.0.0.1") + two + route(BOTH))
    assert "Service default/two has no endpoints, and so no share: the source does not say" in found.assumed


def test_the_routes_that_were_made_of_an_ingress_stand_for_it() -> None:
    ingress = objects.ingress(objects.path(backend="one"), host="a.example.com", of_class="")
    tls = "tls: {termination: edge, insecureEdgeTerminationPolicy: Redirect}"
    owner = "{name: r, ownerReferences: [{apiVersion: networking.k8s.io/v1, kind: Ingress, name: i, controller: true}]}"
    made = route(f"to: {{name: one}}, {tls}")
    text = service("one", "10.0.0.1") + ingress
    alone = asked(text + made)
    assert (alone.verdict, [str(item.object) for item in alone.undecided]) == ("unknown", ["Route/default/r"])
    owned = asked(text + made.replace("{name: r}", owner))
    assert (owned.verdict, [one for one in owned.assumed if "as well" in one]) == ("redirect", [])


def test_two_services_of_which_nothing_is_known_leave_it_open() -> None:
    some = "".join(objects.service("{selector: {a: b}, ports: [{port: 80}]}", name) for name in ("one", "two"))
    found = asked(some + route(BOTH))
    assert found.verdict == "unknown"
    assert "Whether Service default/one, which 25% of the requests go to, has an endpoint" in found.hops[-1].says


def test_a_host_that_ends_in_a_dot_is_refused() -> None:
    text = service("one", "10.0.0.1") + route("to: {name: one}").replace("a.example.com", "a.example.com.")
    found = trace(state_of(text), parse_request("http://a.example.com/", via=parse_via("route:default/r")))
    assert found.reason == "not-accepted"


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("annotation", ["ip_allowlist", "ip_whitelist"])
def test_who_may_ask_a_route_is_not_evaluated(annotation: str, kept: bool, tmp_path: Path) -> None:
    notes = f"{{name: r, annotations: {{haproxy.router.openshift.io/{annotation}: 192.0.2.0/24}}}}"
    state = state_of(service("one", "10.0.0.1") + route("to: {name: one}").replace("{name: r}", notes))
    if kept:
        file = tmp_path / "kept.json"
        file.write_bytes(dump(state))
        state = SnapshotSource(str(file)).load()
    found = trace(state, parse_request("http://a.example.com/"))
    assert found.verdict == "unknown"
    assert found.likely == "reachable"
    (undecided,) = found.undecided
    assert undecided.field == f"metadata.annotations[haproxy.router.openshift.io/{annotation}]"


@pytest.mark.parametrize(("ip", "verdict"), [("10.96.0.1", "unknown"), ("None", "unreachable")])
def test_a_service_that_is_idled_may_be_started(ip: str, verdict: str) -> None:
    text = service("one").replace(
        "{name: one}", "{name: one, annotations: {idling.alpha.openshift.io/idled-at: now}}", 1
    )
    text = text.replace("spec: {ports", f"spec: {{clusterIP: {ip}, ports", 1)
    assert asked(text + route("to: {name: one}")).verdict == verdict


def test_a_path_that_is_rewritten_is_named() -> None:
    notes = "{name: r, annotations: {haproxy.router.openshift.io/rewrite-target: /}}"
    found = asked(service("one", "10.0.0.1") + route("to: {name: one}").replace("{name: r}", notes))
    assert found.verdict == "reachable"
    assert "rewrite-target of Route default/r changes the path that pods see" in " ".join(found.assumed)
