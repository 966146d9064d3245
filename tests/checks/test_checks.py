"""Each check on a broken and on a healthy case, and the promise that healthy things give no finding."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from svcmap.checks import registry
from svcmap.checks.check import Check, Skip
from svcmap.checks.finding import Finding
from svcmap.checks.registry import CHECKS, findings, findings_of, skips, with_breaks
from svcmap.checks.ways import TracedWay
from svcmap.model.coverage import Coverage
from svcmap.model.group_kinds import STATEFUL_SET
from svcmap.model.kinds import KINDS
from svcmap.model.refs import GroupKind, Name
from svcmap.model.state import ClusterState
from tests import objects
from tests.conftest import FIXTURES, ROOT, state_of


def service(spec: str, name: str = "web", namespace: str = "shop") -> str:
    return objects.service(spec, name, namespace=namespace)


def deployment(labels: str = "{app: web}", *, kind: str = "Deployment", more: str = "") -> str:
    return objects.workload(kind, f"replicas: 2{more}", "web", labels=labels, namespace="shop")


def pod(name: str, ready: str) -> str:
    return objects.pod(name, "10.1.0.9", ready=ready, namespace="shop")


def ingress(backend: str) -> str:
    path = f"{{path: /, pathType: Prefix, backend: {{service: {backend}}}}}"
    return objects.ingress(path, "front", host="shop.example.com", of_class="", namespace="shop")


PORTS = "ports: [{port: 80, targetPort: http}]"
GOOD = "{selector: {app: web}, " + PORTS + "}"
CASES = FIXTURES / "checks"
BROKEN = {path.parent.name: path.read_text() for path in sorted(CASES.glob("*/broken.yaml"))}
HEALTHY = {path.parent.name: path.read_text() for path in sorted(CASES.glob("*/healthy.yaml"))}


def noted(text: str, what: str) -> str | None:
    """What a broken case says beforehand, in a comment of its own: the field, or the suggestion."""
    lines = (line.removeprefix(f"# {what}: ") for line in text.splitlines() if line.startswith(f"# {what}: "))
    return next(lines, None)


def only(state: ClusterState) -> Finding:
    (finding,) = findings(state)
    return finding


def test_every_check_has_its_cases_a_file_and_a_page() -> None:
    assert [
        check.id for check in CHECKS if not (check.title and check.explain and check.reads.parts | check.reads.own)
    ] == []
    assert {check.id for check in CHECKS} == set(BROKEN) == set(HEALTHY)
    files = {path.stem.replace("_", "-") for path in (ROOT / "svcmap" / "checks").glob("*.py")}
    assert files - {"--init--", "check", "finding", "own-findings", "registry", "standing", "ways"} == set(BROKEN)


@pytest.mark.parametrize("check", HEALTHY)
def test_the_mended_case_gives_none(check: str) -> None:
    assert findings(state_of(HEALTHY[check])) == ()


@pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])
def test_a_broken_case_gives_that_one_finding(check: Check) -> None:
    text = BROKEN[check.id]
    state = state_of(text)
    finding = only(state)
    assert (finding.id, finding.severity, finding.suggestion) == (check.id, check.severity, noted(text, "suggestion"))
    assert finding.next
    assert finding.location is not None
    assert finding.location.line > 1
    assert finding.field == (noted(text, "field") or finding.field)
    assert all(finding in findings_of(state, name) for name in finding.services)


@pytest.mark.parametrize(
    "text",
    [
        service(GOOD) + deployment(),
        service(GOOD) + deployment() + ingress("{name: web, port: {number: 80}}"),
        service("{type: LoadBalancer, selector: {app: web}, " + PORTS + "}") + deployment(),
        service("{type: ExternalName, externalName: db.example.com}"),
        service("{ports: [{port: 443}]}", name="kubernetes", namespace="default"),
        service("{selector: {app: anything}, ports: [{port: 80}]}"),
        service("{clusterIP: None, selector: {app: web}, " + PORTS + "}")
        + deployment(kind="StatefulSet", more=", serviceName: web"),
        service("{ports: [{port: 80}]}") + objects.document("Endpoints", "web", "subsets: []", namespace="shop"),
    ],
)
def test_healthy_cases_give_none(text: str) -> None:
    assert findings(state_of(text)) == ()


def test_a_finding_keeps_its_fingerprint_when_lines_move() -> None:
    text = BROKEN["selector-no-match"]
    one, other = only(state_of(text)), only(state_of("# a comment\n\n" + text))
    assert one.location != other.location
    assert one.fingerprint == other.fingerprint
    assert len({only(state_of(case)).fingerprint for case in BROKEN.values()}) == len(BROKEN)


def test_what_breaks_are_the_requests_from_outside() -> None:
    text = BROKEN["selector-no-match"] + ingress("{name: web, port: {number: 80}}")
    finding = with_breaks(state_of(text), only(state_of(text)))
    assert finding.breaks == ("http://shop.example.com/",)


def test_near_misses_are_near() -> None:
    near = service("{selector: {app: web, tier: back}, " + PORTS + "}") + deployment("{app: web, tier: front}")
    assert only(state_of(near)).suggestion == "app=web,tier=front"
    far = service("{selector: {app: payments}, " + PORTS + "}") + deployment()
    assert only(state_of(far)).suggestion is None


def test_an_orphan_of_the_same_namespace_is_suggested() -> None:
    text = BROKEN["no-selector-no-endpoints"] + objects.document(
        "Endpoints", "other", "subsets: [{addresses: [{ip: 192.0.2.1}]}]", namespace="shop"
    )
    assert only(state_of(text)).suggestion == "other"


def test_the_registry_runs_them_in_order_of_severity() -> None:
    state = state_of("---\n".join(BROKEN[check].replace("shop", f"ns{i}") for i, check in enumerate(BROKEN)))
    found = registry.findings(state)
    order = ["error", "warning", "info"]
    assert [order.index(f.severity) for f in found] == sorted(order.index(f.severity) for f in found)
    assert {f.id for f in found} == set(BROKEN)


def unread(state: ClusterState, kind: GroupKind, *namespaces: str) -> ClusterState:
    """The state, as if a kind could be listed in some namespaces only."""
    coverage = Coverage(partly={kind: namespaces}, all_pods=True)
    return ClusterState(state.source, state.objects, state.issues, coverage=coverage)


NEEDS = [(check, kind) for check in CHECKS for kind in check.needs]


@pytest.mark.parametrize(("check", "kind"), NEEDS, ids=[f"{check.id} {kind.kind}" for check, kind in NEEDS])
def test_a_check_is_skipped_where_what_it_needs_was_not_read_and_says_so(check: Check, kind: GroupKind) -> None:
    state = state_of(BROKEN[check.id])
    skipped = unread(state, kind)
    assert check.id not in {finding.id for finding in findings(skipped)}
    assert Skip(check.id, kind) in skips(skipped)
    assert skips(state) == ()
    if KINDS[kind].namespaced:
        assert check.id in {finding.id for finding in findings(unread(state, kind, "shop"))}


def test_objects_that_were_not_read_are_not_checked_and_that_is_said() -> None:
    found = skips(unread(state_of(BROKEN["sts-service-missing"]), STATEFUL_SET))
    assert [(skip.check, skip.reason) for skip in found] == [
        ("sts-service-missing", "statefulsets could not all be read")
    ]


def test_a_check_of_traces_is_asked_about_every_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(state: ClusterState, way: TracedWay) -> Iterator[Finding]:
        if way.trace.verdict == "unreachable":
            where = f"{way.entry.id} {way.port} {way.trace.reason}"
            yield Finding(id="dead", severity="error", object=way.service.ref, message=where, next="")

    check = Check(id="dead", title="", explain="", severity="error", about="trace", run=dead)
    monkeypatch.setattr(registry, "CHECKS", (check,))
    text = BROKEN["selector-no-match"] + "---\n" + ingress("{name: web, port: {number: 80}}")
    found = findings_of(state_of(text), Name("shop", "web"))
    assert {item.message for item in found} == {"in 80/TCP no-endpoints", "ing.front.0 80/TCP no-endpoints"}
    assert tuple(found) == findings(state_of(text))
    assert all(item.location for item in found)
