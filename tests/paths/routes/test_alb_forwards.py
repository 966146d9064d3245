"""Forward actions of an ALB with their weights (CA-11, CA-A2), and the NLB that may stand in front of it (CA-A20)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from svcmap.checks.registry import findings
from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request
from svcmap.paths.entries import traced_entries
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

ALB = "alb.ingress.kubernetes.io/"


def instance(name: str, node_port: int, app: str) -> str:
    ports = f"[{{port: 80, nodePort: {node_port}, name: http}}, {{port: 81, nodePort: {node_port + 50}, name: adm}}]"
    return objects.service(
        f"{{type: NodePort, clusterIP: 10.96.0.{node_port - 30000}, selector: {{app: {app}}}, ports: {ports}}}", name
    )


BASE = (
    instance("blue", 30001, "web")
    + instance("green", 30002, "web")
    + instance("empty", 30003, "nobody")
    + objects.pod("web-0", "10.1.0.8")
    + objects.ingress_class("ingress.k8s.aws/alb", "alb")
)


def group(service: str = "blue", port: Any = 80, **more: Any) -> dict[str, Any]:
    return {"serviceName": service, "servicePort": port} | more


def state_with(*groups: Any, action: Any = None, **more: str) -> Any:
    written = action or {"type": "forward", "forwardConfig": {"targetGroups": list(groups)}}
    given = {"scheme": "internet-facing", "actions.go": json.dumps(written)} | more
    meta = f", annotations: {json.dumps({f'{ALB}{key}': value for key, value in given.items()})}"
    paths = objects.path("/", "go", port="name: use-annotation")
    return state_of(BASE + objects.ingress(paths, host="a.example", of_class="alb", meta=meta))


def ask(*groups: Any, to: str = "http://a.example/", action: Any = None, **more: str) -> Trace:
    return trace(state_with(*groups, action=action, **more), parse_request(to))


def shares(found: Trace) -> dict[str, float]:
    return {backend.service.name: backend.share for backend in found.backends}


@pytest.mark.parametrize("port", [80, "80", "http"])
def test_one_group_gets_all_requests_whatever_its_weight(port: Any) -> None:
    found = ask(group(port=port, weight=0))
    assert (found.verdict, found.service, found.service_port and found.service_port.port) == (
        "reachable",
        Name("default", "blue"),
        80,
    )
    assert found.undecided == ()


@pytest.mark.parametrize(
    ("groups", "verdict", "reason", "expected"),
    [
        ([group(weight=3), group("green", weight=1)], "reachable", None, {"blue": 0.75, "green": 0.25}),
        ([group(weight=3), group("empty", weight=1)], "partial", "no-endpoints", {"blue": 0.75, "empty": 0.25}),
        ([group("empty", weight=1), group("empty", 81, weight=1)], "unreachable", "no-endpoints", {"empty": 0.5}),
        ([group(weight=1), group("empty", weight=0)], "reachable", None, {}),
    ],
)
def test_several_groups_share_the_requests_by_weight(
    groups: list[Any], verdict: str, reason: str | None, expected: dict[str, float]
) -> None:
    found = ask(*groups)
    assert (found.verdict, found.reason, shares(found)) == (verdict, reason, expected)
    assert found.undecided == ()


def test_targets_of_each_service_are_reached_in_its_own_way() -> None:
    """CA-3: the annotation of the Service says what is dialled."""
    cluster = objects.service(
        "{clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80}]}",
        "pods",
        meta=f", annotations: {{{ALB}target-type: ip}}",
    )
    written = {
        "type": "forward",
        "forwardConfig": {"targetGroups": [group(weight=1), group("pods", weight=1)]},
    }
    meta = f", annotations: {json.dumps({f'{ALB}actions.go': json.dumps(written), f'{ALB}scheme': 'internet-facing'})}"
    paths = objects.path("/", "go", port="name: use-annotation")
    text = BASE + cluster + objects.ingress(paths, host="a.example", of_class="alb", meta=meta)
    found = trace(state_of(text), parse_request("http://a.example/"))
    assert found.verdict == "reachable"
    assert [hop.kind for hop in found.hops].count("node-port") == 1


def test_a_group_that_was_made_outside_the_cluster_is_named() -> None:
    found = ask(group(weight=1), {"targetGroupARN": "arn:aws:x", "weight": 1})
    assert (found.verdict, found.likely, shares(found)) == ("unknown", "reachable", {})
    assert "arn:aws:x" in found.undecided[0].could
    alone = ask(action={"type": "forward", "targetGroupARN": "arn:aws:y"})
    assert (alone.verdict, "arn:aws:y" in alone.undecided[0].could) == ("unknown", True)


@pytest.mark.parametrize(
    "action",
    [
        {"type": "forward"},
        {"type": "forward", "targetGroupARN": "a", "forwardConfig": {"targetGroups": []}},
        {"type": "forward", "forwardConfig": {"targetGroups": [group(), group("green", weight=1)]}},
        {"type": "forward", "forwardConfig": {"targetGroups": [group(weight="1")]}},
        {"type": "forward", "forwardConfig": {"targetGroups": [{"serviceName": "blue"}]}},
        {"type": "forward", "forwardConfig": {"targetGroups": [group(targetGroupARN="a")]}},
        {"type": "forward", "forwardConfig": {"targetGroups": "blue"}},
        {"type": "redirect", "redirectConfig": {"protocol": "HTTPS"}},
        {"type": "fixed-response"},
        {"type": "send"},
        "text",
    ],
)
def test_an_action_that_is_refused_stops_its_group(action: Any) -> None:
    found = ask(action=action)
    assert found.verdict == "unknown"
    assert found.undecided[0].field == f"metadata.annotations[{ALB}actions.go]"
    assert "takes over nothing of the whole group" in found.undecided[0].could


@pytest.mark.parametrize(
    ("groups", "verdict", "status"),
    [
        ([group("gone")], "unreachable", 503),
        ([group("gone", weight=1), group(weight=1)], "unknown", None),
        ([group(port=82)], "unknown", 503),
    ],
)
def test_a_service_that_does_not_exist_is_answered_only_alone(
    groups: list[Any], verdict: str, status: int | None
) -> None:
    """enhanced_backend_builder.go, loadBackendServices: beside others it is an error."""
    found = ask(*groups)
    assert (found.verdict, found.answer.status) == (verdict, status)


def test_a_missing_service_of_an_action_is_a_finding() -> None:
    found = [item for item in findings(state_with(group("gone"))) if item.id == "ingress-backend-missing"]
    assert [item.services for item in found] == [(Name("default", "gone"),)]


@pytest.mark.parametrize(
    ("name", "weight", "verdict", "reason"),
    [
        ("blue", 1, "reachable", None),
        ("empty", 1, "unreachable", "no-endpoints"),
        ("green", 0, "unreachable", "zero-weight"),
    ],
)
def test_each_service_of_an_action_has_a_way_in_of_its_own(
    name: str, weight: int, verdict: str, reason: str | None
) -> None:
    state = state_with(group("blue", weight=1), group("empty", weight=weight), group("green", weight=weight))
    (found,) = (item for item in traced_entries(state, Name("default", name)) if item.entry.kind == "ingress")
    assert [(way.verdict, way.reason) for _, way in found.traces] == [(verdict, reason)]


def test_groups_without_any_weight_are_a_question() -> None:
    found = ask(group(weight=0), group("green", weight=0))
    assert (found.verdict, found.likely, found.reason) == ("unknown", "unreachable", "zero-weight")


def test_one_service_of_an_action_has_a_say_in_who_signs_in() -> None:
    signs_in = objects.service(
        "{type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30009}]}",
        "blue",
        meta=f", annotations: {{{ALB}auth-type: oidc}}",
    )
    written = json.dumps({"type": "forward", "forwardConfig": {"targetGroups": [group()]}})
    more = {f"{ALB}actions.go": written, f"{ALB}scheme": "internet-facing", f"{ALB}certificate-arn": "arn"}
    paths = objects.path("/", "go", port="name: use-annotation")
    of_class = objects.ingress_class("ingress.k8s.aws/alb", "alb")
    item = objects.ingress(paths, host="a.example", of_class="alb", meta=f", annotations: {json.dumps(more)}")
    found = trace(state_of(signs_in + of_class + item), parse_request("https://a.example/"))
    assert (found.verdict, found.answer.status) == ("redirect", 302)


# -- the NLB in front -------------------------------------------------------------------------------------------------

NLB = {"scheme": "internal", "enable-frontend-nlb": "true", "frontend-nlb-scheme": "internet-facing"}
MAPPING = "frontend-nlb-listener-port-mapping"


@pytest.mark.parametrize(
    ("more", "to", "verdict", "reason"),
    [
        (NLB, "http://a.example/", "reachable", None),
        (NLB | {"enable-frontend-nlb": "false"}, "http://a.example/", "unknown", None),
        (NLB | {"frontend-nlb-scheme": "internal"}, "http://a.example/", "unknown", None),
        ({"scheme": "internal", "enable-frontend-nlb": "true"}, "http://a.example/", "unknown", None),
        (NLB | {MAPPING: "80=80,8080=80"}, "http://a.example/", "reachable", None),
        (NLB | {MAPPING: "8080=80"}, "http://a.example/", "unreachable", "no-listener"),
        (NLB | {MAPPING: "8080=80"}, "http://a.example:8080/", "unknown", "no-listener"),
        (NLB | {"enable-frontend-nlb": "perhaps"}, "http://a.example/", "unknown", None),
        ({"enable-frontend-nlb": "true"}, "http://a.example/", "reachable", None),
        ({"enable-frontend-nlb": "true", MAPPING: "80=8080"}, "http://a.example/", "reachable", None),
    ],
)
def test_an_nlb_in_front_has_a_scheme_and_ports_of_its_own(
    more: dict[str, str], to: str, verdict: str, reason: str | None
) -> None:
    found = ask(group(), to=to, **more)
    assert (found.verdict, found.reason) == (verdict, reason)
