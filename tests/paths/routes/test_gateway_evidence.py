"""What the status of a route says against the source, and which of equal rules has the requests (G5, GW-13)."""

from __future__ import annotations

import pytest

from tests import objects
from tests.paths.routes.test_what_controllers_say import ask, gateway, route, said


@pytest.mark.parametrize("age", ["", "2026-01-01T00:00:00Z"])
def test_of_equal_rules_the_older_route_is_said_to_have_it(age: str) -> None:
    """G5: of those that are still to be created nobody knows which that will be."""
    first, second = (
        objects.route(f"{{backendRefs: [{{name: {to}, port: 80}}]}}", name, host="a.example").replace(
            f"name: {name}}}", f"name: {name}{f', creationTimestamp: {age!r}' if age else ''}}}", 1
        )
        for name, to in (("first", "web"), ("second", "gone"))
    )
    found = ask(gateway() + first + second)
    assert found.verdict == "reachable"
    assert any("As specific, and later: default/second PathPrefix /." in hop.says for hop in found.hops)
    assert any("is older than" in text for text in found.assumed) is (not age)


@pytest.mark.parametrize(
    ("backend", "seen", "verdict"),
    [
        ("{name: gone, port: 80}", 3, "unknown"),
        ("{name: web, port: 81}", 3, "unknown"),
        ("{name: web, namespace: back, port: 80}", 3, "unknown"),
        ("{name: gone, port: 80}", 2, "unreachable"),
        ("{name: web, port: null}", 3, "unreachable"),
    ],
)
def test_what_a_controller_found_and_the_source_lacks_is_a_doubt(backend: str, seen: int, verdict: str) -> None:
    """ResolvedRefs True contradicts what is computed: what the source does not have may be there."""
    found = ask(gateway() + route(said("ResolvedRefs", "True", seen)).replace("{name: web, port: 80}", backend))
    assert found.verdict == verdict
    if verdict == "unknown":
        assert found.likely == "unreachable"
        assert "says its controller: why it is so, but of the source: " in found.undecided[0].could


def test_a_route_of_layer_4_that_the_listener_does_not_take_is_named() -> None:
    """G2, G10."""
    listeners = "{name: pg, port: 5432, protocol: TCP}"
    far = objects.route(
        "{backendRefs: [{name: web, port: 80}]}",
        "db",
        "TCPRoute",
        host="",
        parent="{name: g, namespace: default}",
        namespace="back",
    )
    found = ask(gateway(listeners=listeners) + far, "tcp://a.example:5432", via="gateway:default/g")
    assert found.reason == "no-matching-rule"
    assert found.stop is not None
    assert (
        "TCPRoute back/db asks for the Gateway, and is attached to no listener (NotAllowedByListeners)"
        in found.stop.says
    )
    assert found.stop.next.startswith("set allowedRoutes.namespaces.from to All")
