"""Why a Service has no endpoint: each cause from the manifests that make it, and that every view has it from here."""

from __future__ import annotations

import re

import pytest

from svcmap.checks.registry import findings_of
from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.known.emptiness import Cause, emptiness, is_undecided, port_gap
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.trace import trace
from svcmap.paths.views.forecast import forecast
from svcmap.picture.groups import group_endpoints
from tests import objects
from tests.conftest import ROOT, state_of

WEB = Name("shop", "web")
SELECTING = objects.service(
    "{clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: http}]}", namespace="shop"
)
WITHOUT = SELECTING.replace("selector: {app: web}, ", "")


def pod(labels: str = "{app: web}", namespace: str = "shop", name: str = "p", ip: str = "10.244.0.1") -> str:
    """One that is not ready."""
    return objects.pod(name, ip, labels=labels, ready="False", namespace=namespace)


CRON = objects.workload("CronJob", "schedule: '* * * * *'", namespace="shop")
IDLE = objects.workload("Deployment", "replicas: 0", namespace="shop")
OTHER_POD = pod("{app: wob}")
CASES: list[tuple[str, Cause, str, tuple[str, ...]]] = [
    (SELECTING, "not-known", "Nothing is known of the endpoints: ", ()),
    (SELECTING + pod(), "none-ready", "The only endpoint is not ready: ", ()),
    (
        SELECTING + IDLE,
        "no-replicas",
        "Deployment w runs no pods, so the Service has no endpoints.",
        ("Deployment w", "has replicas: 0"),
    ),
    (SELECTING + CRON, "only-while-running", "CronJob w runs no pods", ("CronJob w", "has pods only while it runs")),
    (WITHOUT, "no-selector", "The Service has no selector and no EndpointSlice", ("no selector, and no",)),
    (
        SELECTING + OTHER_POD,
        "no-match",
        "The selector app=web matches no pod.",
        ("selector app=web", "matches 0 of 1 pods", "did you mean app=wob?"),
    ),
    (
        SELECTING
        + objects.node("n1", "192.0.2.1")
        + objects.pod("p", "10.1.0.1", namespace="shop", spec="nodeName: n9"),
        "without-address",
        "Selector app=web: one pod matches, of a node that does not exist (n9).",
        ("selector app=web", "one pod matches, of a node that does not exist (n9)"),
    ),
]


def service_of(state: ClusterState) -> Service:
    found = find_service(state, WEB)
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "cause", "says", "lines"), CASES, ids=[case[1] for case in CASES])
def test_the_cause_is_said_by_every_view(text: str, cause: Cause, says: str, lines: tuple[str, ...]) -> None:
    state = state_of(text)
    service = service_of(state)
    empty = emptiness(state, service)
    assert empty.cause == cause
    assert empty.says.startswith(says)
    asked = trace(state, parse_request("tcp://10.96.0.1:80", parse_vantage("namespace:shop")))
    assert empty.says in [hop.says for hop in asked.hops]
    assert (asked.verdict == "unknown") is is_undecided(endpoints_of(state, WEB))
    (group,) = group_endpoints(state, service, endpoints_of(state, WEB), "workload")
    assert group.lines[: len(lines)] == lines or group.members
    assert forecast(state, service).suggest == empty.suggestion


def test_what_fits_elsewhere_is_a_near_miss_of_its_own() -> None:
    state = state_of(SELECTING + OTHER_POD + pod(namespace="data", name="q", ip="10.244.0.2"))
    empty = emptiness(state, service_of(state))
    assert (empty.cause, empty.suggestion) == ("no-match", "app=wob")
    assert empty.elsewhere is not None
    assert empty.elsewhere[1] == "data"
    assert [finding.id for finding in findings_of(state, WEB)] == ["selector-other-namespace"]


def test_an_answer_for_some_endpoints_is_not_that_for_all() -> None:
    """A name of one pod stands for one endpoint: what is said of it is not remembered for the Service."""
    state = state_of(SELECTING + pod() + pod(name="q", ip="10.244.0.2"))
    service, whole = service_of(state), endpoints_of(state, WEB)
    one = type(whole)(endpoints=whole.endpoints[:1], source=whole.source)
    assert emptiness(state, service, one).says.startswith("The only endpoint")
    assert emptiness(state, service).says.startswith("2 endpoints")


@pytest.mark.parametrize(
    ("target", "rule", "declared", "other"),
    [("https", "E10", {"http": 8080}, False), ("http", "E13", {"http": 8080}, True)],
)
def test_a_port_that_no_endpoint_has(target: str, rule: str, declared: dict[str, int], other: bool) -> None:
    state = state_of(SELECTING.replace("targetPort: http", f"name: x, targetPort: {target}") + pod())
    service = service_of(state)
    found = endpoints_of(state, WEB)
    if rule == "E13":
        found = type(found)(endpoints=found.endpoints, source="EndpointSlice")
    gap = port_gap(state, service.spec.ports[0], found)
    assert (gap.rule, gap.declared, gap.is_of_other_protocol) == (rule, declared, other)


def test_a_name_of_another_protocol_is_told_so() -> None:
    of_udp = objects.pod("p", "10.1.0.1", ports="[{name: http, containerPort: 8080, protocol: UDP}]", namespace="shop")
    state = state_of(SELECTING + of_udp)
    gap = port_gap(state, service_of(state).spec.ports[0], endpoints_of(state, WEB))
    assert gap.says == "targetPort http is a container port of another protocol than TCP."
    assert gap.next == "set protocol of the Service port to that of the container port"


def test_nobody_else_looks_for_what_was_meant() -> None:
    """Near misses of a selector are worked out once."""
    asking = {
        str(path.relative_to(ROOT / "svcmap"))
        for path in (ROOT / "svcmap").rglob("*.py")
        if re.search(r"near_miss import .*\b(closest|elsewhere)\b", path.read_text())
    }
    assert asking == {"paths/known/emptiness.py"}


def event(of: str, says: str) -> str:
    about = f"{{apiVersion: v1, kind: Pod, namespace: shop, name: {of}}}"
    rest = f"involvedObject: {about}\ntype: Warning\nreason: Unhealthy\nmessage: {says}"
    return objects.document("Event", "e", rest, namespace="shop")


UNSCHEDULED = "conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: no node fits.}]"
PULLING = "containerStatuses: [{name: c, state: {waiting: {reason: ImagePullBackOff, message: no such image}}}]"


def waiting(status: str) -> str:
    return objects.pod("p", "", phase="Pending", ready="", namespace="shop", status=status)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (pod() + event("p", "probe failed"), " Pod shop/p: Unhealthy: probe failed."),
        (pod() + event("other", "probe failed"), ""),
        (waiting(UNSCHEDULED), " Pod shop/p: Unschedulable: no node fits."),
        (waiting(PULLING), " Pod shop/p: ImagePullBackOff: no such image."),
        (waiting(PULLING) + event("p", "cannot pull"), " Pod shop/p: Unhealthy: cannot pull."),
        (waiting(""), ""),
    ],
)
def test_what_the_source_says_of_the_first_pod_is_quoted(text: str, says: str) -> None:
    state = state_of(SELECTING + text)
    service = find_service(state, WEB)
    assert service is not None
    found = emptiness(state, service)
    assert (found.evidence, found.says.endswith(f".{says}")) == (says, True)
    assert found.next == "kubectl describe pod -n shop p"


SLICE = """---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: NAME, namespace: shop, labels: {LABELS}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [10.0.5.5]}]
"""
LABEL = "kubernetes.io/service-name"


@pytest.mark.parametrize(
    ("text", "says", "step"),
    [
        (
            WITHOUT + SLICE.replace("NAME", "web-1").replace("LABELS", ""),
            f"EndpointSlice web-1 has no label {LABEL}.",
            f"give EndpointSlice web-1 the label {LABEL}: web",
        ),
        (
            WITHOUT + SLICE.replace("NAME", "web-1").replace("LABELS", f"{LABEL}: wep"),
            f"EndpointSlice web-1 has the label {LABEL}: wep, and there is no such Service.",
            f"give EndpointSlice web-1 the label {LABEL}: web",
        ),
        (
            WITHOUT + objects.document("Endpoints", "web-ext", "subsets: []", namespace="shop"),
            "Endpoints web-ext belong to no Service; should they have this one's name?",
            "rename Endpoints web-ext to web",
        ),
        (
            SELECTING
            + objects.workload(labels="{run: web}", namespace="shop").replace(
                "{name: w,", "{name: w, labels: {app: web},"
            ),
            "Deployment w has them itself, and gives its pods run=web (spec.template.metadata.labels).",
            "give the pods of Deployment w the labels: spec.template.metadata.labels",
        ),
    ],
)
def test_what_was_probably_meant_for_the_service_is_named(text: str, says: str, step: str) -> None:
    state = state_of(text)
    service = find_service(state, WEB)
    assert service is not None
    found = emptiness(state, service)
    assert found.says.endswith(f" {says}")
    assert found.next == step
    (finding,) = findings_of(state, WEB)
    assert says in finding.message


def test_pods_of_another_namespace_are_named_where_nothing_is_known_of_ones_own() -> None:
    state = state_of(SELECTING + objects.workload(namespace="back"))
    service = find_service(state, WEB)
    assert service is not None
    assert emptiness(state, service).says.endswith(
        " Deployment w of namespace back has the labels: a Service selects none of another."
    )


def test_a_number_in_quotes_is_the_name_of_a_port() -> None:
    quoted = SELECTING.replace("targetPort: http", "targetPort: '8080'")
    state = state_of(quoted + objects.pod("p", "10.1.0.1", namespace="shop"))
    service = find_service(state, WEB)
    assert service is not None
    gap = port_gap(state, service.spec.ports[0], endpoints_of(state, WEB))
    assert gap.says == 'targetPort "8080" is text, and so the name of a port, which needs a letter.'
    assert gap.next == "write targetPort: 8080, without quotes"


@pytest.mark.parametrize(
    ("selector", "says"),
    [
        ("spec: {selector: {matchLabels: {app: web}}, ports: [{port: 80}]}", "spec.selector.matchLabels must be text"),
        ("spec: {ports: [{port: 80}]}\nselector: {app: web}", "unknown field selector; did you mean spec.selector?"),
        ("spec: {Selector: {app: web}, ports: [{port: 80}]}", "unknown field spec.Selector"),
    ],
)
def test_a_selector_that_is_none_is_named_with_its_line(selector: str, says: str) -> None:
    state = state_of(objects.document("Service", "web", selector) + objects.pod())
    empty = emptiness(state, next(iter(state.services.values())))
    assert empty.cause == "no-selector"
    assert says in empty.says
    assert empty.next.startswith("correct test.yaml:")


def test_the_name_of_a_host_counts_for_external_name_alone() -> None:
    state = state_of(objects.service("{externalName: db.example, ports: [{port: 80}]}"))
    empty = emptiness(state, next(iter(state.services.values())))
    assert empty.says.endswith("externalName db.example counts for nothing where type is ClusterIP.")
    assert empty.next == "set spec.type to ExternalName"
