"""Routes as OpenShift's router reads them: who has a host, which path, which port, how much (CO-1)."""

from __future__ import annotations

import pytest

from svcmap.model.base import Metadata
from svcmap.model.core import Condition, Service, ServicePort, ServiceSpec
from svcmap.model.facts import Endpoint, EndpointSet, PortBinding
from svcmap.model.openshift import Route, RouteIngress, RoutePort, RouteSpec, RouteStatus, TargetReference, TLSConfig
from svcmap.semantics import openshift as rules


def route(
    name: str = "r",
    namespace: str = "shop",
    *,
    path: str = "",
    tls: str = "",
    insecure: str = "",
    created: str = "",
    wildcard: str = "",
    port: int | str = "",
    uid: str = "",
) -> Route:
    return Route(
        metadata=Metadata(name=name, namespace=namespace, creation_timestamp=created, uid=uid),
        spec=RouteSpec(
            host="WWW.example.com",
            path=path,
            tls=TLSConfig(termination=tls, insecure_edge_termination_policy=insecure) if tls else None,
            port=RoutePort(target_port=port) if port else None,
            wildcard_policy=wildcard,
        ),
    )


@pytest.mark.parametrize(
    ("written", "path", "expected"),
    [
        ("", "/", True),
        ("/", "/any", True),
        ("//", "/any", True),
        ("/a", "/a", True),
        ("/a", "/a/b", True),
        ("/a", "/ab", False),
        ("/a", "/", False),
        ("/a/", "/a/", True),
        ("/a/", "/a/b", True),
        ("/a/", "/a", False),
    ],
)
def test_a_path_takes_what_is_at_and_below_it(written: str, path: str, expected: bool) -> None:
    assert rules.takes_path(route(path=written), path) is expected


@pytest.mark.parametrize(
    ("tls", "insecure", "expected"),
    [
        ("", "", True),
        ("edge", "", False),
        ("edge", "None", False),
        ("edge", "Allow", True),
        ("edge", "Redirect", False),
        ("reencrypt", "Allow", True),
        ("passthrough", "Allow", False),
    ],
)
def test_plain_http_is_let_in_where_a_route_says_so(tls: str, insecure: str, expected: bool) -> None:
    assert rules.takes_http(route(tls=tls, insecure=insecure)) is expected


@pytest.mark.parametrize(
    ("routes", "held"),
    [
        ([route("a"), route("b")], {"b": "a"}),
        ([route("b", created="2026-01-01T00:00:00Z"), route("a")], {"a": "b"}),
        ([route("a", uid="2", created="2026"), route("b", uid="1", created="2026")], {"a": "b"}),
        ([route("a"), route("b", path="/b")], {}),
        ([route("a", created="2026"), route("b", "other", path="/b")], {"b": "a"}),
        ([route("a", tls="edge"), route("b", tls="passthrough", path="")], {"b": "a"}),
        ([route("a", tls="passthrough"), route("b", tls="edge", path="/b")], {"b": "a"}),
        ([route("a", tls="passthrough"), route("b", path="/b")], {}),
        ([route("a", "other", wildcard="Subdomain", created="2026"), route("b")], {"b": "a"}),
        ([route("a", wildcard="Subdomain", created="2026"), route("b")], {}),
        ([route("a", created="2026"), route("b", "other", wildcard="Subdomain")], {"b": "a"}),
    ],
)
def test_the_older_route_has_a_host_and_a_path(routes: list[Route], held: dict[str, str]) -> None:
    found = {name.name: holder.metadata.name for name, holder in rules.holders(routes).items()}
    assert found == held


def test_a_host_is_looked_up_in_lower_case_and_a_wildcard_by_its_domain() -> None:
    assert rules.host_key(route()) == "www.example.com"
    assert rules.host_key(route(wildcard="Subdomain")) == "*.example.com"
    assert rules.host_keys("A.b.example.com.") == ("a.b.example.com", "*.b.example.com")


def test_wildcards_come_last_and_long_paths_first() -> None:
    some = [
        route("w", wildcard="Subdomain", path="/long/path"),
        route("all"),
        route("b", path="/b"),
        route("bb", path="/b/b"),
        route("b/", path="/b/"),
    ]
    assert [item.metadata.name for item in rules.best_first(some)] == ["bb", "b/", "b", "all", "w"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], None),
        ([("Admitted", "True", "")], True),
        ([("Admitted", "False", "no")], False),
        ([("Admitted", "False", "no"), ("Admitted", "True", "")], True),
        ([("UnservableInFutureVersions", "True", "")], None),
    ],
)
def test_one_router_that_admits_a_route_serves_it(said: list[tuple[str, str, str]], expected: bool | None) -> None:
    conditions = [Condition(type=kind, status=status, message=message) for kind, status, message in said]
    status = RouteStatus(ingress=tuple(RouteIngress(conditions=(condition,)) for condition in conditions))
    found = rules.admission(Route(status=status))
    assert found.admitted is expected
    assert found.why == ("no" if expected is False else "")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("", ["web", "admin"]), ("web", ["web"]), (8080, ["web"]), ("8080", ["web"]), (80, []), ("nothing", []), (53, [])],
)
def test_target_port_names_a_port_of_the_endpoints(wanted: int | str, expected: list[str]) -> None:
    """By the name of the port, or the number that endpoints have: never the number of the Service. UDP is no http."""
    ports = (
        ServicePort(name="web", port=80, protocol="TCP", target_port="http"),
        ServicePort(name="admin", port=90, protocol="TCP", target_port=9090),
        ServicePort(name="dns", port=53, protocol="UDP", target_port=53),
    )
    bound = (PortBinding(name="web", port=8080, protocol="TCP"), PortBinding(name="admin", port=9090, protocol="TCP"))
    found = EndpointSet(endpoints=(Endpoint(address="10.0.0.1", ports=bound),))
    service = Service(spec=ServiceSpec(ports=ports))
    assert [port.name for port in rules.ports_of(route(port=wanted), service, found)] == expected


def test_without_endpoints_the_service_says_which_number_they_will_have() -> None:
    service = Service(spec=ServiceSpec(ports=(ServicePort(name="web", port=80, protocol="TCP", target_port=8080),)))
    assert [port.port for port in rules.ports_of(route(port=8080), service, EndpointSet())] == [80]


@pytest.mark.parametrize(("written", "read"), [(-1, 0), (0, 0), (100, 100), (256, 256), (1000, 256)])
def test_a_weight_is_one_of_0_to_256(written: int, read: int) -> None:
    (found,) = rules.weights(Route(spec=RouteSpec(to=TargetReference(name="a", weight=written)))).values()
    assert found[1] == read


@pytest.mark.parametrize(
    ("weighed", "shares"),
    [
        ([(3, True), (1, True)], [0.75, 0.25]),
        ([(3, False), (1, True)], [0.0, 1.0]),
        ([(3, False), (1, False)], [0.75, 0.25]),
        ([(0, True), (0, False)], [0.0, 0.0]),
        ([(3, False), (0, True)], [1.0, 0.0]),
    ],
)
def test_weights_count_among_the_services_with_endpoints(weighed: list[tuple[int, bool]], shares: list[float]) -> None:
    assert rules.shares(weighed) == shares


def test_passthrough_is_chosen_before_there_is_a_path() -> None:
    edge, passing = route(path="/a", tls="edge"), route("p", tls="passthrough")
    assert rules.taker_of_tls([edge], [edge, passing]) == passing
    assert rules.taker_of_tls([edge], [edge, route("q", path="/b", tls="passthrough")]) == edge
    assert rules.taker_of_tls([route()], [route()]) is None


def test_plain_http_is_sent_to_https_where_there_is_tls() -> None:
    assert rules.redirects(route(tls="edge", insecure="Redirect"))
    assert not rules.redirects(route(insecure="Redirect"))
    assert not rules.redirects(route(tls="edge", insecure="Allow"))


def test_of_a_service_that_is_named_twice_the_last_weight_counts() -> None:
    twice = (TargetReference(name="b", weight=2), TargetReference(name="a", weight=3))
    found = rules.weights(Route(spec=RouteSpec(to=TargetReference(name="a", weight=1), alternate_backends=twice)))
    assert {name: weight for name, (_, weight) in found.items()} == {"a": 3, "b": 2}
