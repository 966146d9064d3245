"""Status is evidence: what a controller says of a Gateway or route decides; and who names a host in vain is told."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.routes.gateway.status import gateway_status, route_status
from svcmap.paths.trace import parse_via, trace
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8")
RULE = "{backendRefs: [{name: web, port: 80}]}"
LISTENER = "{name: http, port: 80, protocol: HTTP}"
GROUP = "gateway.networking.k8s.io"


def condition(reason: str, message: str = "", seen: int = 3) -> str:
    return f"{{type: Accepted, status: 'False', reason: {reason}, message: '{message}', observedGeneration: {seen}}}"


def gateway(status: str = "", listeners: str = LISTENER) -> str:
    return objects.gateway(listeners, status=status).replace("{name: g", "{generation: 3, name: g", 1)


def route(status: str = "", host: str = "a.example", parent: str = "{name: g}") -> str:
    text = objects.route(RULE, host=host, parent=parent).replace("{name: r", "{generation: 3, name: r", 1)
    return text + (f"status: {{parents: [{{parentRef: {{name: g}}, conditions: [{status}]}}]}}\n" if status else "")


def ask(text: str, to: str = "http://a.example/", via: str | None = None) -> Trace:
    return trace(state_of(BASE + text), parse_request(to, parse_vantage("internet"), parse_via(via)))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (
            f"{{listeners: [{{name: http, conditions: [{condition('PortUnavailable', 'no entry point')}]}}]}}",
            "not-accepted",
        ),
        (f"{{listeners: [{{name: http, conditions: [{condition('PortUnavailable', seen=2)}]}}]}}", None),
        (f"{{listeners: [{{name: other, conditions: [{condition('PortUnavailable')}]}}]}}", None),
        (f"{{conditions: [{condition('InvalidParameters', 'no entry point')}]}}", "not-accepted"),
        (f"{{conditions: [{condition('ListenersNotValid')}]}}", None),
    ],
)
def test_a_listener_that_is_not_accepted_takes_nothing(status: str, reason: str | None) -> None:
    text = gateway(status) + route()
    found = ask(text, via="gateway:default/g")
    assert found.reason == reason
    state = state_of(BASE + text)
    assert [item.attached for item in gateway_status(state, state.gateways[Name("default", "g")])] == [int(not reason)]
    if reason:
        assert found.stop is not None
        assert "no entry point" in found.stop.says


@pytest.mark.parametrize(("seen", "is_said"), [(3, True), (2, False)])
def test_a_route_that_is_not_accepted_is_attached_nowhere(seen: int, is_said: bool) -> None:
    text = gateway() + route(condition("NoMatchingParent", seen=seen))
    state = state_of(BASE + text)
    status = route_status(state, state.routes[0])
    assert (status.accepted, status.reason) == ((False, "NoMatchingParent") if is_said else (True, None))
    assert ask(text).verdict == ("unreachable" if is_said else "reachable")


@pytest.mark.parametrize(
    ("listeners", "status", "routes", "reason", "says"),
    [
        (
            LISTENER,
            f"{{conditions: [{condition('InvalidParameters', 'no such class of proxies')}]}}",
            route(),
            "not-accepted",
            "no such class of proxies",
        ),
        (
            LISTENER + ", {name: own, port: 80, protocol: HTTP, hostname: a.example}",
            f"{{listeners: [{{name: own, conditions: [{condition('PortUnavailable', 'no entry point')}]}}]}}",
            route(parent="{name: g, sectionName: own}") + objects.route(RULE, "other", host="b.example"),
            "not-accepted",
            "Listener http takes the request, and has no rule for it",
        ),
        (
            "{name: http, port: 80, protocol: HTTP, hostname: '*.example'}",
            "",
            "",
            "no-matching-rule",
            "is for *.example",
        ),
        (
            "{name: http, port: 80, protocol: HTTP, hostname: '*.example'}",
            "",
            route(parent="{name: g, sectionName: https}"),
            "no-listener",
            "has no listener with",
        ),
        (LISTENER, "", route(condition("UnsupportedValue", "no such filter")), "not-accepted", "no such filter"),
        (LISTENER, "", route(condition("NoMatchingParent")), "not-accepted", "has no listener with"),
    ],
)
def test_a_host_that_a_listener_or_route_names_is_never_unknown_to_all(
    listeners: str, status: str, routes: str, reason: str, says: str
) -> None:
    """By its name, and by the Gateway: one answer."""
    text = gateway(status, listeners) + routes
    assert not state_of(BASE + text).issues
    found = ask(text)
    assert (found.verdict, found.reason) == ("unreachable", reason)
    assert found.stop is not None
    assert says in found.stop.says
    other = ask(text, via="gateway:default/g")
    assert other.reason == (reason if reason == "not-accepted" else "no-matching-rule")
    assert other.stop is not None
    assert says in other.stop.says or reason == "no-matching-rule"


def test_a_gateway_that_is_not_in_the_files_may_be_there() -> None:
    text = route(parent="{name: gone}")
    assert ask(text).verdict == "unknown"
    assert ask(text, via="gateway:default/gone").verdict == "unknown"


@pytest.mark.parametrize(
    ("of_class", "verdict", "reason"),
    [
        ("", "unknown", None),
        ("other", "unreachable", "gateway-class-not-found"),
        ("c", "unknown", None),
    ],
)
def test_a_gateway_that_waits_for_its_controller_serves_nobody_yet(
    of_class: str, verdict: str, reason: str | None
) -> None:
    """The default of the CRD, which is there as soon as the object is."""
    waits = "{type: Accepted, status: Unknown, reason: Pending, message: Waiting for controller}"
    text = gateway(f"{{conditions: [{waits}, {waits.replace('Accepted', 'Programmed')}]}}") + route()
    if of_class:
        spec = "spec: {controllerName: x.io/c}"
        text += objects.document("GatewayClass", of_class, spec, "gateway.networking.k8s.io/v1")
    found = ask(text)
    assert (found.verdict, found.reason) == (verdict, reason)
    if verdict == "unknown":
        assert "Waiting for controller" in found.undecided[0].could


def test_a_path_that_no_rule_has_is_no_matter_of_a_refused_listener() -> None:
    listeners = LISTENER + ", {name: own, port: 80, protocol: HTTP, hostname: a.example}"
    status = f"{{listeners: [{{name: own, conditions: [{condition('PortUnavailable', 'no entry point')}]}}]}}"
    rule = RULE.replace("{backendRefs", "{matches: [{path: {value: /x}}], backendRefs")
    found = ask(gateway(status, listeners) + objects.route(rule, host="a.example"), "http://a.example/y")
    assert found.reason == "no-matching-rule"
    assert found.stop is not None
    assert "Nearly" in found.stop.says


def test_a_listener_of_a_set_is_refused_by_what_is_said_of_the_set() -> None:
    refused = condition("PortUnavailable", "no entry point")
    listeners = objects.document(
        "ListenerSet",
        "more",
        "spec: {parentRef: {name: g}, listeners: [{name: own, port: 81, protocol: HTTP}]}\n"
        f"status: {{listeners: [{{name: own, conditions: [{refused}]}}]}}",
        "gateway.networking.k8s.io/v1",
        "generation: 3",
    )
    allowing = objects.gateway(more="allowedListeners: {namespaces: {from: All}}")
    routed = objects.route(RULE, host="a.example", parent="{name: more, kind: ListenerSet}")
    found = ask(allowing + listeners + routed, "http://a.example:81/")
    assert found.reason == "not-accepted"
    assert found.stop is not None
    assert str(found.stop.object) == "ListenerSet/default/more"


@pytest.mark.parametrize(("to", "verdict"), [("tcp://db.example:5432", "unknown"), ("http://a.example/", "unknown")])
def test_a_wildcard_of_a_listener_says_nothing_to_a_pod(to: str, verdict: str) -> None:
    """Another server may have the name: only the listener's own exact name is known to lead to the Gateway."""
    text = BASE + gateway(listeners="{name: http, port: 80, protocol: HTTP, hostname: '*.example'}")
    assert trace(state_of(text), parse_request(to, parse_vantage("pod:default/web-0"))).verdict == verdict


def test_a_refused_route_of_the_mesh_is_no_matter_of_a_gateway() -> None:
    meshed = objects.route(RULE, host="a.example", parent="{name: web, kind: Service, group: ''}")
    assert (ask(meshed).verdict, ask(meshed).undecided) == ("unknown", ())


@pytest.mark.parametrize(
    ("reason", "addresses", "verdict"),
    [
        ("AddressNotAssigned", "", "unreachable"),
        ("AddressNotUsable", "", "unreachable"),
        ("AddressNotAssigned", "addresses: [{value: 203.0.113.9}], ", "reachable"),
        ("Pending", "", "reachable"),
    ],
)
def test_a_gateway_without_an_address_is_as_a_pending_load_balancer(reason: str, addresses: str, verdict: str) -> None:
    said_of = condition(reason, "nobody gave it one").replace("Accepted", "Programmed")
    found = ask(gateway(f"{{{addresses}conditions: [{said_of}]}}") + route())
    assert (found.verdict, found.reason) == (verdict, "no-address" if verdict == "unreachable" else None)
    if found.stop is not None:
        assert "nobody gave it one" in found.stop.says


@pytest.mark.parametrize(
    ("text", "says", "step"),
    [
        (
            route(parent="{name: gone}")
            + objects.gateway(name="gone").replace("{name: gone", "{namespace: b, name: gone"),
            "Gateway default/gone does not exist (without a namespace a parentRef means the route's own); there is b/gone",
            "set namespace: b in spec.parentRefs",
        ),
        (
            gateway() + route(parent="{name: g, sectionName: https}"),
            "(NoMatchingParent): Gateway default/g has no listener with sectionName https, as its parentRef asks for;"
            " its listeners: http (HTTP 80)",
            "set spec.parentRefs[].sectionName to one of: http",
        ),
        (
            gateway(listeners="{name: http, port: 80, protocol: HTTP, hostname: b.example}") + route(),
            "no host name in common with a listener of Gateway default/g, which are for b.example",
            "give a listener the hostname, or the route one of b.example",
        ),
        (
            gateway(listeners="{name: tls, port: 443, protocol: TLS, tls: {mode: Passthrough}}") + route(),
            "tls (TLS) is for TLSRoute, and not for HTTPRoutes",
            "attach it to a listener of a protocol that carries HTTPRoutes",
        ),
        (
            gateway().replace("namespace: ", "")
            + route()
            .replace("{generation: 3, name: r", "{namespace: apps, name: r")
            .replace("{name: g}", "{name: g, namespace: default}"),
            "http is for routes of namespace default alone (allowedRoutes.namespaces.from: Same), and the route is in apps",
            "set allowedRoutes.namespaces.from to All, or to Selector, on listener http",
        ),
        (
            gateway(
                listeners="{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector,"
                " selector: {matchLabels: {edge: open}}}}}"
            )
            + objects.namespace("default", "{team: a}")
            + route(),
            "http is for namespaces with edge=open (allowedRoutes), and not for default, which has team=a",
            "kubectl label namespace default edge=open",
        ),
    ],
)
def test_a_route_that_names_the_host_in_vain_is_told_of(text: str, says: str, step: str) -> None:
    found = ask(text)
    assert (found.verdict, found.reason) == ("unreachable", "no-listener")
    assert found.stop is not None
    assert says in found.stop.says
    assert "HTTPRoute" in found.stop.says
    assert found.stop.next == step


@pytest.mark.parametrize(
    ("grant", "says"),
    [
        ("", "No ReferenceGrant in back lets HTTPRoute refer to Service back/web."),
        (("default", "default"), "ReferenceGrant default/g is in default, and one counts in the namespace"),
        (("back", "other"), "ReferenceGrant back/g is for HTTPRoute of other, not for HTTPRoute of default."),
    ],
)
def test_the_grant_that_was_meant_is_named(grant: tuple[str, str] | str, says: str) -> None:
    text = gateway() + route().replace("{name: web, port: 80}", "{name: web, namespace: back, port: 80}")
    text += objects.service("{clusterIP: 10.96.0.9, ports: [{port: 80}]}", "web", namespace="back")
    if grant:
        spec = f"from: [{{group: {GROUP}, kind: HTTPRoute, namespace: {grant[1]}}}], to: [{{group: '', kind: Service}}]"
        text += objects.document("ReferenceGrant", "g", f"spec: {{{spec}}}", f"{GROUP}/v1beta1", namespace=grant[0])
    found = ask(text)
    assert found.reason == "ref-not-permitted"
    assert found.stop is not None
    assert says in found.stop.says
    assert found.stop.next == "create a ReferenceGrant in back: from HTTPRoute of default, to Service"


def test_a_listener_that_the_api_refuses_is_not_there() -> None:
    listener = "{name: s, port: 443, protocol: HTTPS, tls: {mode: Passthrough}}"
    found = ask(gateway(listeners=listener), "https://a.example/", via="gateway:default/g")
    assert (found.reason, found.invalid) == ("object-refused", "spec.listeners[0].tls.mode")


def test_who_lets_packets_in_is_said() -> None:
    """N3: the rule that lets them in, so that a person sees which of several it was."""
    rules = "{from: [{podSelector: {matchLabels: {app: x}}}]}, {from: [{namespaceSelector: {}}]}"
    policy = objects.document("NetworkPolicy", "wide", f"spec: {{podSelector: {{}}, ingress: [{rules}]}}")
    found = trace(
        state_of(BASE + policy + objects.namespace("other")),
        parse_request("http://web.default", parse_vantage("namespace:other")),
    )
    assert found.verdict == "reachable"
    assert "NetworkPolicy wide lets the packets in by rule 2" in found.hops[-1].says


def test_a_gateway_of_a_class_that_is_not_among_those_there_are() -> None:
    other = objects.document("GatewayClass", "other", "spec: {controllerName: x.io/c}", "gateway.networking.k8s.io/v1")
    found = ask(gateway() + route() + other)
    assert (found.reason, found.verdict) == ("gateway-class-not-found", "unreachable")
    assert ask(gateway() + route() + other.replace("name: other", "name: c")).verdict == "reachable"
    assert ask(gateway() + route()).verdict == "reachable", "no class is in the source"


@pytest.mark.parametrize(
    ("target", "verdict", "reason", "warnings"),
    [
        ("scheme: http, hostname: b.example", "redirect", "redirect", ()),
        (
            "scheme: http, hostname: a.example, path: {type: ReplaceFullPath, replaceFullPath: /}",
            "unreachable",
            "redirect-loop",
            (),
        ),
        ("scheme: http, hostname: dead.example", "redirect", "redirect", ("redirect-target-fails",)),
        ("scheme: http, hostname: elsewhere.example.org", "redirect", "redirect", ()),
        ("hostname: loop.example", "redirect", "redirect", ("redirect-target-fails",)),
    ],
)
def test_a_redirect_is_followed_once(target: str, verdict: str, reason: str, warnings: tuple[str, ...]) -> None:
    sent = objects.route(
        f"{{filters: [{{type: RequestRedirect, requestRedirect: {{{target}}}}}]}}", "sent", host="a.example"
    )
    dead = objects.route("{backendRefs: [{name: gone, port: 80}]}", "dead", host="dead.example")
    dead += objects.route(
        "{filters: [{type: RequestRedirect, requestRedirect: {scheme: http}}]}", "loop", host="loop.example"
    )
    found = ask(gateway() + sent + dead + route(host="b.example"))
    assert (found.verdict, found.reason, found.warnings) == (verdict, reason, warnings)
    if warnings:
        assert any("dead.example" in text or "redirects to itself" in text for text in found.assumed)


def test_a_port_without_a_listener_is_named_with_those_there_are() -> None:
    text = gateway(listeners="{name: http, port: 8080, protocol: HTTP}") + route()
    assert ask(text, "http://a.example:8080/").verdict == "reachable", "the port of a URL is where the client connects"
    found = ask(text, "http://a.example/")
    assert (found.verdict, found.reason) == ("unreachable", "no-listener")
    assert found.stop is not None
    assert found.stop.says.startswith("No listener of the Gateway takes http on port 80.")
    assert found.stop.next == "its listeners: HTTP on 8080"


def said(type_: str, status: str, seen: int = 3) -> str:
    return f"{{type: {type_}, status: '{status}', reason: R, message: why it is so., observedGeneration: {seen}}}"


@pytest.mark.parametrize(
    "status",
    [
        f"conditions: [{said('Programmed', 'False')}]",
        f"listeners: [{{name: http, conditions: [{said('Programmed', 'False')}]}}]",
    ],
)
def test_programmed_false_alone_only_warns(status: str) -> None:
    found = ask(gateway(f"{{{status}}}") + route())
    assert (found.verdict, found.warnings) == ("reachable", ("not-programmed",))
    assert any("why it is so" in text for text in found.assumed)


@pytest.mark.parametrize(
    ("condition_", "verdict"),
    [
        (said("PartiallyInvalid", "True"), "unknown"),
        (said("ResolvedRefs", "False"), "unknown"),
        (said("PartiallyInvalid", "True", seen=2), "reachable"),
        (said("ResolvedRefs", "True"), "reachable"),
    ],
)
def test_what_a_controller_found_wrong_is_a_doubt(condition_: str, verdict: str) -> None:
    found = ask(gateway() + route(condition_))
    assert found.verdict == verdict
    assert ("why it is so" in " ".join(item.could for item in found.undecided)) == (verdict == "unknown")
    assert any("about generation 2, and this is 3" in text for text in found.assumed) == (
        "seen" in condition_ or ": 2" in condition_
    )


@pytest.mark.parametrize(
    ("names", "listeners", "accepted", "verdict"),
    [
        ("Selector", LISTENER, True, "reachable"),
        ("Selector", LISTENER, False, "unknown"),
        ("Same", LISTENER, True, "reachable"),
        ("Same", LISTENER, False, "unreachable"),
        (
            "Same",
            f"{LISTENER}, {{name: in, port: 81, protocol: HTTP, allowedRoutes: {{namespaces: {{from: All}}}}}}",
            True,
            "unreachable",
        ),
    ],
)
def test_a_route_that_is_accepted_is_attached_by_the_one_listener_that_may(
    names: str, listeners: str, accepted: bool, verdict: str
) -> None:
    """Accepted is true where one of several listeners takes it: it says nothing of the others."""
    selector = ", selector: {matchLabels: {team: a}}" if names == "Selector" else ""
    allowed = f"allowedRoutes: {{namespaces: {{from: {names}{selector}}}}}"
    text = gateway(listeners=listeners.replace("protocol: HTTP}", f"protocol: HTTP, {allowed}}}", 1))
    type_ = "Accepted" if accepted else "Other"
    backend = "{name: web, port: 80, namespace: default}"
    apps = (
        route(said(type_, "True"), parent="{name: g, namespace: default}")
        .replace("{generation: 3, name: r", "{namespace: apps, generation: 3, name: r")
        .replace("parentRef: {name: g}", "parentRef: {name: g, namespace: default}")
        .replace("{name: web, port: 80}", backend)
    )
    spec = "{from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: apps}], to: [{group: '', kind: Service}]}"
    grant = objects.document("ReferenceGrant", "g", f"spec: {spec}", "gateway.networking.k8s.io/v1")
    assert ask(text + apps + grant).verdict == verdict


def test_a_feature_that_the_class_does_not_claim_is_named() -> None:
    of_class = objects.document(
        "GatewayClass",
        "c",
        "spec: {controllerName: x.io/c}\nstatus: {supportedFeatures: [{name: HTTPRouteHostRewrite}]}",
        "gateway.networking.k8s.io/v1",
    )
    rewriting = route().replace(
        "{backendRefs:",
        "{filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /x}}}], backendRefs:",
    )
    found = ask(gateway() + rewriting + of_class)
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert "HTTPRoutePathRewrite" in found.undecided[0].could
    assert ask(gateway() + rewriting + of_class.replace("HostRewrite", "PathRewrite")).verdict == "reachable"
    accepted = (
        rewriting + f"status: {{parents: [{{parentRef: {{name: g}}, conditions: [{said('Accepted', 'True')}]}}]}}\n"
    )
    assert ask(gateway() + accepted + of_class).verdict == "reachable"


@pytest.mark.parametrize(("mode", "verdict"), [("AllowValidOnly", "unknown"), ("AllowInsecureFallback", "reachable")])
def test_clients_without_a_certificate_may_be_refused(mode: str, verdict: str) -> None:
    listener = "{name: s, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}}"
    tls = f"spec: {{tls: {{frontend: {{default: {{validation: {{mode: {mode}, caCertificateRefs: [{{kind: ConfigMap, name: ca}}]}}}}}}}}, "
    text = gateway(listeners=listener).replace("spec: {", tls, 1) + route()
    assert ask(text, "https://a.example/").verdict == verdict


def event(type_: str, time: str, component: str = "c") -> str:
    about = "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, name: r, namespace: default}"
    return objects.document(
        "Event",
        f"r.{time}",
        f"type: {type_}\nreason: Rejected\nmessage: All hosts are taken\nlastTimestamp: '2026-01-0{time}T00:00:00Z'\nsource: {{component: {component}}}\ninvolvedObject: {about}",
    )


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        (event("Warning", "1"), "unknown"),
        (event("Warning", "1") + event("Normal", "2"), "reachable"),
        (event("Normal", "2") + event("Warning", "1"), "reachable"),
        (event("Warning", "1") + event("Normal", "2", "other"), "unknown"),
        (event("Warning", "1", "cert-manager-ingress-shim"), "reachable"),
    ],
)
def test_what_a_controller_says_in_events_is_quoted(events: str, verdict: str) -> None:
    found = ask(gateway() + route() + events)
    assert found.verdict == verdict
    assert ("All hosts are taken" in " ".join(hop.says for hop in found.hops)) == (verdict == "unknown")
