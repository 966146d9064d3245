"""Conditions of an ALB's rules, and who has to sign in before any of them (CA-7, CA-A3, CA-A11 to CA-A13)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from svcmap.checks.registry import findings
from svcmap.model.networking import IngressBackend, IngressServiceBackend
from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.missing import missing_services
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics.ingress.alb_conditions import Asked, annotation_of, takes
from svcmap.semantics.ingress.tables import RuleTarget
from tests import objects
from tests.conftest import state_of

ALB = "alb.ingress.kubernetes.io/"
BACKEND = IngressBackend(service=IngressServiceBackend(name="web"))
ASKED = Asked("a.example", "/shop/cart", "lang=de", "GET", {"X-Team": "blue"}, ("192.0.2.7",))


def target(host: str = "a.example", path: str = "/shop", kind: str = "Prefix") -> RuleTarget:
    return RuleTarget(Name("default", "i"), host, path, kind, BACKEND, ("spec", "rules", 0, "paths", 0))


def header(*values: str) -> dict[str, Any]:
    return {"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "x-team", "values": list(values)}}


def method(*values: str) -> dict[str, Any]:
    return {"field": "http-request-method", "httpRequestMethodConfig": {"Values": list(values)}}


def query(*pairs: dict[str, str]) -> dict[str, Any]:
    return {"field": "query-string", "queryStringConfig": {"values": list(pairs)}}


def source(*blocks: str) -> dict[str, Any]:
    return {"field": "source-ip", "sourceIpConfig": {"values": list(blocks)}}


def host(*names: str) -> dict[str, Any]:
    return {"field": "host-header", "hostHeaderConfig": {"values": list(names)}}


def path(*paths: str) -> dict[str, Any]:
    return {"field": "path-pattern", "pathPatternConfig": {"values": list(paths)}}


def pattern(field: str, *values: str, **more: str) -> dict[str, Any]:
    head, *rest = field.split("-")
    config = f"{head}{''.join(word.title() for word in rest)}Config"
    return {"field": field, config: {"regexValues": list(values), **more}}


@pytest.mark.parametrize(
    ("conditions", "taken"),
    [
        ([header("blue", "green")], True),
        ([header("BL*")], True),
        ([header("red")], False),
        ([method("GET", "POST")], True),
        ([method("POST")], False),
        ([query({"key": "lang", "value": "DE"})], True),
        ([query({"value": "d?"})], True),
        ([query({"key": "size", "value": "*"})], False),
        ([source("192.0.2.0/24")], True),
        ([source("198.51.100.0/24", "2001:db8::/32")], False),
        ([source("office")], None),
        ([header("blue"), method("POST")], False),
        ([{"field": "http-header", "httpHeaderConfig": {"regexValues": ["a"]}}], None),
        ([pattern("http-header", "b.*e", httpHeaderName="X-Team")], True),
        ([pattern("http-header", "b", httpHeaderName="X-Team")], None),
        ([pattern("http-header", "red", httpHeaderName="X-Team")], False),
        ([{"field": "http-request-method", "httpRequestMethodConfig": {"regexValues": ["GET"]}}], None),
        ([{"field": "other"}], None),
        ([header("red"), {"field": "other"}], False),
        ([header("[blue]")], False),
        ("nonsense", None),
        ("{}", None),
    ],
)
def test_all_conditions_of_a_rule_have_to_hold(conditions: Any, taken: bool | None) -> None:
    text = conditions if isinstance(conditions, str) else json.dumps(conditions)
    assert takes({annotation_of(target()): text}, target(), ASKED) is taken


@pytest.mark.parametrize(
    ("rule", "conditions", "taken"),
    [
        (target(host="b.example"), [host("a.*")], True),
        (target(host=""), [host("c.example")], False),
        (target(path="/other"), [path("/shop/*")], True),
        (target(path="/other"), [path("/SHOP/*")], False),
        (target(path="/other"), [], False),
        (target(path="/other"), [pattern("path-pattern", "/s.*")], True),
        (target(path="/other"), [pattern("path-pattern", "/s")], None),
        (target(path="/other"), [pattern("path-pattern", "/t")], False),
        (target(path="/other"), [pattern("path-pattern", "(")], None),
        (target(path="", kind="ImplementationSpecific"), [pattern("path-pattern", "^/t")], False),
        (target(host=""), [pattern("host-header", "[a-c].example")], True),
        (target(host=""), [pattern("host-header", "[d-z].example")], False),
        (target(path="/other"), [path("/nowhere"), {"field": "http-header", "httpHeaderConfig": {}}], False),
        (target(path="", kind="ImplementationSpecific"), [path("/admin/*")], False),
        (target(path="", kind="ImplementationSpecific"), [path("/shop/*")], True),
        (target(path="/[a-z]hop/*", kind="ImplementationSpecific"), [], False),
        (target(path="/shop/*", kind="ImplementationSpecific"), [], True),
        (target(path="/shop", kind="Exact"), [], False),
    ],
)
def test_hosts_and_paths_of_conditions_are_further_ones(rule: RuleTarget, conditions: Any, taken: bool | None) -> None:
    assert takes({annotation_of(rule): json.dumps(conditions)}, rule, ASKED) is taken


@pytest.mark.parametrize(
    ("written", "value", "taken"),
    [
        ("/^/shop/[a-z]+$", "true", True),
        ("/^/shop", "true", None),
        ("/^/store", "true", False),
        ("/shop/*", "false", True),
    ],
)
def test_paths_may_be_regular_expressions(written: str, value: str, taken: bool | None) -> None:
    rule = target(path=written, kind="ImplementationSpecific")
    assert takes({f"{ALB}use-regex-path-match": value}, rule, ASKED) is taken


def transform(regex: str, replace: str) -> str:
    rewrites = [{"regex": regex, "replace": replace}]
    return json.dumps([{"type": "url-rewrite", "urlRewriteConfig": {"rewrites": rewrites}}])


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (transform("^/shop/(.*)$", "/$1"), "/cart"),
        (transform("^/shop", ""), None),
        (transform("^/other/(.*)$", "/$1"), "/shop/cart"),
        ("nonsense", None),
        ('[{"type": "host-header-rewrite", "hostHeaderRewriteConfig": {}}]', "/shop/cart"),
    ],
)
def test_transforms_change_the_path_that_pods_see(text: str, path: str | None) -> None:
    found = ask({"transforms.web": text}, "https://a.example/shop/cart")
    assert (found.verdict, found.proxied.path) == ("reachable", path)
    assert [item.field for item in found.undecided] == ([] if path else [f"metadata.annotations[{ALB}transforms.web]"])


PARAMS = objects.document(
    "IngressClass",
    "alb",
    "spec: {controller: ingress.k8s.aws/alb, parameters: {kind: "
    "IngressClassParams, name: own, apiGroup: elbv2.k8s.aws}}",
    "networking.k8s.io/v1",
)


def by_class(spec: str, to: str = "http://a.example/shop", annotations: str = "", namespace: str = "") -> Trace:
    own = objects.document("IngressClassParams", "own", f"spec: {spec}", "elbv2.k8s.aws/v1beta1") if spec else ""
    meta = f", annotations: {{{annotations}}}" if annotations else ""
    text = objects.ingress(objects.path("/shop"), host="a.example", of_class="alb", meta=meta)
    base = WEB + objects.pod("web-0", "10.1.0.8") + PARAMS + namespace
    return trace(state_of(base + own + text), parse_request(to, parse_vantage("internet")))


@pytest.mark.parametrize(
    ("spec", "to", "annotations", "verdict"),
    [
        ("{scheme: internet-facing}", "http://a.example/shop", "", "reachable"),
        ("{scheme: internal}", "http://a.example/shop", f"{ALB}scheme: internet-facing", "unknown"),
        ("{scheme: internet-facing, certificateArn: [arn:x]}", "http://a.example/shop", "", "unreachable"),
        ("{scheme: internet-facing, certificateArn: [arn:x]}", "https://a.example/shop", "", "reachable"),
        (
            "{scheme: internet-facing, certificateArn: [x], sslRedirectPort: '443',"
            " listeners: [{protocol: HTTP, port: 80}, {protocol: HTTPS, port: 443}]}",
            "http://a.example/shop",
            "",
            "redirect",
        ),
        ("{scheme: internet-facing, wafv2AclArn: arn:x}", "http://a.example/shop", "", "unknown"),
        ("{scheme: internet-facing, inboundCIDRs: [192.0.2.0/24]}", "http://a.example/shop", "", "unknown"),
        ("", "http://a.example/shop", f"{ALB}scheme: internet-facing", "unknown"),
    ],
)
def test_settings_of_the_class_go_before_annotations(spec: str, to: str, annotations: str, verdict: str) -> None:
    assert by_class(spec, to, annotations).verdict == verdict


def test_the_class_says_what_is_dialled_before_the_service_does() -> None:
    assert by_class("{scheme: internet-facing, targetType: ip}").proxied.via is None
    hops = by_class("{scheme: internet-facing, targetType: instance}").hops
    assert "node-port" in [hop.kind for hop in hops]
    assert "node-port" not in [hop.kind for hop in by_class("{scheme: internet-facing, targetType: ip}").hops]


@pytest.mark.parametrize(
    ("labels", "verdict"), [("{team: a}", "reachable"), ("{team: b}", "unreachable"), ("", "unknown")]
)
def test_a_class_may_be_for_some_namespaces(labels: str, verdict: str) -> None:
    own = objects.namespace("default", labels) if labels else ""
    spec = "{scheme: internet-facing, namespaceSelector: {matchLabels: {team: a}}}"
    found = by_class(spec, namespace=own)
    assert found.verdict == verdict
    assert (found.reason == "not-accepted") is (verdict == "unreachable")


def test_a_member_of_a_group_that_may_not_use_the_class_takes_nothing() -> None:
    own = objects.document(
        "IngressClassParams",
        "own",
        "spec: {scheme: internet-facing, group: {name: g}, targetType: ip, namespaceSelector: {matchLabels: {team: a}}}",
        "elbv2.k8s.aws/v1beta1",
    )
    mine = objects.ingress(objects.path("/shop"), host="a.example", of_class="alb")
    other = objects.ingress(
        objects.path("/"), "early", host="", of_class="alb", meta=f", annotations: {{{ALB}group.order: '-5'}}"
    ).replace("name: early", "name: early, namespace: bad")
    spaces = objects.namespace("default", "{team: a}") + objects.namespace("bad", "{team: b}")
    text = WEB + objects.pod("web-0", "10.1.0.8") + PARAMS + own + mine + other + spaces
    found = trace(state_of(text), parse_request("http://a.example/shop", parse_vantage("internet")))
    assert (found.verdict, found.service) == ("reachable", Name("default", "web"))


def test_the_list_of_the_class_is_named_as_its_own() -> None:
    found = by_class("{scheme: internet-facing, inboundCIDRs: [192.0.2.0/24]}")
    assert [(str(item.object), item.field) for item in found.undecided] == [
        ("IngressClassParams/own", "spec.inboundCIDRs")
    ]


def test_an_address_that_is_not_known_is_a_question() -> None:
    given = {annotation_of(target()): json.dumps([source("192.0.2.0/24")])}
    assert takes(given, target(), ASKED._replace(addresses=())) is None


WEB = objects.service(
    "{type: NodePort, clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}", "web"
)
BASE = WEB + objects.pod("web-0", "10.1.0.8") + objects.ingress_class("ingress.k8s.aws/alb", "alb")


def ask(annotations: dict[str, str], to: str, client: str = "internet", **headers: str) -> Trace:
    given = {f"{ALB}scheme": "internet-facing", f"{ALB}target-type": "ip", f"{ALB}certificate-arn": "x"} | {
        f"{ALB}{key}": value for key, value in annotations.items()
    }
    meta = f", annotations: {json.dumps(given)}"
    text = objects.ingress(objects.path("/shop"), host="a.example", of_class="alb", meta=meta)
    return trace(state_of(BASE + text), parse_request(to, parse_vantage(client), headers=headers))


@pytest.mark.parametrize(
    ("client", "verdict"), [("192.0.2.7", "reachable"), ("198.51.100.7", "unreachable"), ("internet", "unknown")]
)
def test_a_rule_for_some_addresses_takes_no_other(client: str, verdict: str) -> None:
    found = ask({"conditions.web": json.dumps([source("192.0.2.0/24")])}, "https://a.example/shop", client)
    assert found.verdict == verdict
    if verdict == "unknown":
        assert [item.field for item in found.undecided] == [f"metadata.annotations[{ALB}conditions.web]"]


@pytest.mark.parametrize(
    ("annotations", "to", "answer"),
    [
        ({"auth-type": "oidc"}, "https://a.example/shop", ("redirect", "redirect", 302)),
        (
            {"auth-type": "cognito", "auth-on-unauthenticated-request": "deny"},
            "https://a.example/shop",
            ("unreachable", "denied", 401),
        ),
        (
            {"auth-type": "oidc", "auth-on-unauthenticated-request": "allow"},
            "https://a.example/shop",
            ("reachable", None, None),
        ),
        ({"auth-type": "none"}, "https://a.example/shop", ("reachable", None, None)),
        (
            {"auth-type": "oidc", "listen-ports": '[{"HTTP": 80}]'},
            "http://a.example/shop",
            ("reachable", None, None),
        ),
        ({"jwt-validation": "{}"}, "https://a.example/shop", ("unreachable", "denied", 401)),
        (
            {"mutual-authentication": '[{"port": 443, "mode": "verify"}]'},
            "https://a.example/shop",
            ("unreachable", "tls", None),
        ),
        (
            {"mutual-authentication": '[{"port": 443, "mode": "passthrough"}]'},
            "https://a.example/shop",
            ("reachable", None, None),
        ),
        ({"mutual-authentication": "nonsense"}, "https://a.example/shop", ("unknown", None, None)),
        ({"mutual-authentication": "[1]"}, "https://a.example/shop", ("unknown", None, None)),
        ({"auth-type": "saml"}, "https://a.example/shop", ("unknown", None, None)),
    ],
)
def test_who_has_not_shown_who_he_is_gets_no_further(
    annotations: dict[str, str], to: str, answer: tuple[str, str | None, int | None]
) -> None:
    found = ask(annotations, to)
    assert (found.verdict, found.reason, found.answer.status) == answer


@pytest.mark.parametrize(
    ("annotations", "headers", "verdict"),
    [
        ({"auth-type": "oidc"}, {"Cookie": "AWSELBAuthSessionCookie-0=x"}, "unknown"),
        ({"auth-type": "oidc"}, {"Cookie": "theme=dark"}, "redirect"),
        ({"auth-type": "oidc"}, {"Authorization": "Bearer x"}, "redirect"),
        ({"auth-type": "oidc", "auth-session-cookie": "own"}, {"Cookie": "own-0=x"}, "unknown"),
        ({"jwt-validation": "{}"}, {"Authorization": "Bearer x"}, "unknown"),
        ({"jwt-validation": "{}"}, {"Cookie": "x=y"}, "unreachable"),
    ],
)
def test_who_shows_something_may_be_let_in(annotations: dict[str, str], headers: dict[str, str], verdict: str) -> None:
    found = ask(annotations, "https://a.example/shop", **headers)
    assert found.verdict == verdict
    assert found.likely == ("reachable" if verdict == "unknown" else None)


def test_a_certificate_is_asked_for_by_any_member_of_a_group() -> None:
    def member(name: str, host: str, **more: str) -> str:
        given = {"scheme": "internet-facing", "target-type": "ip", "certificate-arn": "x", "group.name": "one"} | more
        meta = f", annotations: {json.dumps({f'{ALB}{key}': value for key, value in given.items()})}"
        return objects.ingress(objects.path(), name, host=host, of_class="alb", meta=meta)

    verify = {"mutual-authentication": '[{"port": 443, "mode": "verify"}]'}
    text = BASE + member("one", "a.example") + member("two", "b.example", **verify)
    for to in ("https://a.example/", "https://b.example/"):
        assert trace(state_of(text), parse_request(to)).reason == "tls"


def test_lists_of_a_group_are_those_of_its_load_balancer() -> None:
    def member(name: str, host: str, **more: str) -> str:
        given = {"scheme": "internet-facing", "target-type": "ip", "group.name": "one"} | more
        meta = f", annotations: {json.dumps({f'{ALB}{key}': value for key, value in given.items()})}"
        return objects.ingress(objects.path(), name, host=host, of_class="alb", meta=meta)

    cidrs = {"inbound-cidrs": "192.0.2.0/24"}
    state = state_of(BASE + member("one", "a.example") + member("two", "b.example", **cidrs))
    for host in ("a.example", "b.example"):
        for client, verdict in (
            ("192.0.2.7", "reachable"),
            ("203.0.113.9", "unreachable"),
            ("pod:default/web-0", "unknown"),
        ):
            found = trace(state, parse_request(f"http://{host}/", parse_vantage(client)))
            assert found.verdict == verdict, (host, client)


def test_a_service_has_a_say_in_who_signs_in_and_none_in_tokens() -> None:
    for annotation, verdict in (("auth-type: oidc", "redirect"), ("jwt-validation: '{}'", "reachable")):
        marked = BASE.replace("metadata: {name: web}", f"metadata: {{name: web, annotations: {{{ALB}{annotation}}}}}")
        assert marked != BASE
        given = {"scheme": "internet-facing", "target-type": "ip", "certificate-arn": "x"}
        meta = f", annotations: {json.dumps({f'{ALB}{key}': value for key, value in given.items()})}"
        text = marked + objects.ingress(objects.path(), host="a.example", of_class="alb", meta=meta)
        assert trace(state_of(text), parse_request("https://a.example/")).verdict == verdict


@pytest.mark.parametrize(
    ("labels", "policy", "verdict", "status"),
    [
        ("role=edge", "Cluster", "reachable", None),
        ("role=gone", "Cluster", "unreachable", 503),
        ("role=edge", "Local", "unknown", None),
        ("role in", "Cluster", "unknown", None),
    ],
)
def test_targets_are_nodes_with_labels(labels: str, policy: str, verdict: str, status: int | None) -> None:
    given = {f"{ALB}scheme": "internet-facing", f"{ALB}target-node-labels": labels}
    text = objects.ingress(
        objects.path("/shop"), host="a.example", of_class="alb", meta=f", annotations: {json.dumps(given)}"
    )
    node = objects.node("n1", meta="labels: {role: edge}")
    web = WEB.replace("type: NodePort,", f"type: NodePort, externalTrafficPolicy: {policy},", 1)
    pod = objects.pod("web-0", "10.1.0.8", spec="nodeName: n1") + objects.ingress_class("ingress.k8s.aws/alb", "alb")
    found = trace(state_of(web + pod + node + text), parse_request("http://a.example/shop", parse_vantage("internet")))
    assert (found.verdict, found.answer.status) == (verdict, status)


def test_the_name_of_an_action_is_no_service_that_is_missing() -> None:
    """CA-11: one without an annotation is a Service, and a finding."""
    text = objects.ingress(
        f"{objects.path('/a', 'go', port='name: use-annotation')}, {objects.path('/b', 'no', port='name: use-annotation')}",
        host="a.example",
        of_class="alb",
        meta=f", annotations: {{{ALB}actions.go: '{{}}'}}",
    )
    found = [item for item in findings(state_of(text)) if item.id == "ingress-backend-missing"]
    assert [item.services for item in found] == [(Name("default", "no"),)]
    assert list(missing_services(state_of(text))) == [Name("default", "no")]
