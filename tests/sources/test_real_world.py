"""The corpus of real manifests and the user's snippets, where they lie beside the checkout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from svcmap.checks.registry import findings
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.entries import entries, traced_entries
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.picture.drawing.layout import Options, lay_out
from svcmap.picture.drawing.painter import paint
from svcmap.picture.lanes import path_view
from tests.conftest import SHARED, read

Shared = Callable[[str], Path]
FOLDERS = sorted(p.name for p in (SHARED / "corpus").glob("*") if p.is_dir() and p.name != "LICENSES")


def corpus(shared: Shared, number: str) -> ClusterState:
    return read(next(shared("corpus").glob(f"{number}-*")))


def reasons(state: ClusterState) -> str:
    return "\n".join(f"{i.place}: {i.reason}" for i in state.issues)


def service_names(state: ClusterState) -> set[str]:
    return {str(name) for name in state.services}


def addresses(state: ClusterState, name: str) -> list[str]:
    found = endpoints_of(state, Name(*name.split("/"))).endpoints
    return sorted(f"{e.address}:{e.ports[0].port}" if e.ports else e.address for e in found)


def owners(state: ClusterState, name: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for endpoint in endpoints_of(state, Name(*name.split("/"))).endpoints:
        counts[endpoint.owner] = counts.get(endpoint.owner, 0) + 1
    return counts


def kinds(state: ClusterState, name: str) -> set[str]:
    service = find_service(state, Name(*name.split("/")))
    assert service is not None
    return {entry.kind for entry in entries(state, service)}


@pytest.mark.skipif(not FOLDERS, reason="the corpus is not beside this checkout")
@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_loads_traces_and_draws(folder: str) -> None:
    state = read(SHARED / "corpus" / folder)
    findings(state)
    for name in state.services:
        view = path_view(state, name)
        assert view is not None
        for width, height in ((62, 11), (118, 18), (156, 28)):
            plan = lay_out(view, Options(width, height))
            for y in range(plan.height):
                assert sum(len(text) for text, _ in paint(plan, y)) == plan.width


def test_01_online_boutique(shared: Shared) -> None:
    state = corpus(shared, "01")
    assert len(state.services) == 12
    assert all(endpoints_of(state, name).predictions for name in state.services)
    assert owners(state, "default/frontend-external") == {"Deployment frontend": 1}
    outside = [name.name for name in state.services if kinds(state, str(name)) != {"cluster-ip"}]
    assert outside == ["frontend-external"]
    assert not findings(state)


def test_02_bookinfo(shared: Shared) -> None:
    state = corpus(shared, "02")
    assert owners(state, "default/reviews") == {f"Deployment reviews-v{i}": 1 for i in (1, 2, 3)}
    assert kinds(state, "default/productpage") == {"cluster-ip", "ingress", "gateway"}
    assert len(state.gateways) == 1
    assert not findings(state)


def test_03_and_04_jobs_are_no_endpoints(shared: Shared) -> None:
    for number in ("03", "04"):
        state = corpus(shared, number)
        assert owners(state, "ingress-nginx/ingress-nginx-controller") == {"Deployment ingress-nginx-controller": 1}
        assert not [f for f in findings(state) if f.severity == "error"]


def test_05_and_06_argo_cd(shared: Shared) -> None:
    found = [f for f in findings(corpus(shared, "05")) if f.severity != "info"]
    assert [(f.id, f.severity, f.object.name) for f in found] == [
        ("sts-service-missing", "warning", "argocd-application-controller")
    ]
    state = corpus(shared, "06")
    for index in range(3):
        name = f"default/argocd-redis-ha-announce-{index}"
        assert [str(e.pod) for e in endpoints_of(state, Name(*name.split("/"))).endpoints] == [
            f"default/argocd-redis-ha-server-{index}"
        ]
    headless = endpoints_of(state, Name("default", "argocd-redis-ha")).endpoints
    assert [e.hostname for e in headless] == [f"argocd-redis-ha-server-{i}" for i in range(3)]
    assert not [f for f in findings(state) if f.severity == "error"]


def test_08_pods_of_custom_resources_are_no_error(shared: Shared) -> None:
    state = corpus(shared, "08")
    assert endpoints_of(state, Name("monitoring", "prometheus-k8s")).basis == "unknown"
    assert endpoints_of(state, Name("monitoring", "alertmanager-main")).basis == "unknown"
    assert not [f for f in findings(state) if f.severity == "error"]


def test_11_and_24_cassandra(shared: Shared) -> None:
    assert owners(corpus(shared, "11"), "default/cassandra") == {"StatefulSet cassandra": 3}
    state = corpus(shared, "24")
    assert addresses(state, "default/cassandra") == [f"10.244.0.{i}:9042" for i in (22, 23, 24)]
    assert endpoints_of(state, Name("default", "kubernetes")).basis == "unknown"


def test_14_the_same_service_twice(shared: Shared) -> None:
    state = corpus(shared, "14")
    assert reasons(state).count("given twice") == 1
    assert set(owners(state, "default/minio-service")) == {"Deployment minio-deployment", "StatefulSet minio"}


def test_15_the_same_name_in_two_namespaces(shared: Shared) -> None:
    assert {"default/spark-master", "spark-cluster/spark-master"} <= service_names(corpus(shared, "15"))


@pytest.mark.parametrize(("number", "says"), [("18", "Helm chart"), ("19", "Helm chart"), ("20", "kustomize inputs")])
def test_18_to_20_inputs_that_are_not_rendered(shared: Shared, number: str, says: str) -> None:
    state = corpus(shared, number)
    assert not state.services
    assert [says in issue.reason for issue in state.issues] == [True]


def test_21_a_whole_repository(shared: Shared) -> None:
    state = corpus(shared, "21")
    assert len(state.services) == 4
    ports = {
        n.name: [p.node_port for p in s.spec.ports] for n, s in state.services.items() if s.spec.type == "NodePort"
    }
    assert ports == {"result": [31001], "vote": [31000]}
    assert not any(issue.lost for issue in state.issues)


def test_22_crlf_does_not_leak_into_values(shared: Shared) -> None:
    state = corpus(shared, "22")
    assert len(state.services) == 11
    assert "\r" not in repr(state.objects)


def test_23_and_25_dumps_count_each_endpoint_once(shared: Shared) -> None:
    state = corpus(shared, "23")
    assert len(endpoints_of(state, Name("default", "reviews")).endpoints) == 3
    assert not [f for f in findings(state) if f.severity == "error"]
    state = corpus(shared, "25")
    assert addresses(state, "default/nginx-service") == [f"10.244.0.{i}:80" for i in (18, 19, 20)]
    assert addresses(state, "default/kubernetes") == ["192.168.64.23:8443"]
    assert "ingress" in kinds(state, "default/nginx-service")


def test_26_completed_pods_are_no_endpoints(shared: Shared) -> None:
    found = endpoints_of(corpus(shared, "26"), Name("ingress-nginx", "ingress-nginx-controller")).endpoints
    assert [e.address for e in found] == ["10.244.0.7"]


def test_27_defects_of_a_k3s_dump(shared: Shared) -> None:
    state = corpus(shared, "27")
    ids = [f.id for f in findings(state) if f.severity != "info"]
    assert ids.count("ingress-backend-missing") >= 3
    assert "sts-service-missing" in ids
    assert endpoints_of(state, Name("kube-system", "traefik")).predictions


def test_30_kyaml_and_resource_backends(shared: Shared) -> None:
    state = corpus(shared, "30")
    assert not any(issue.lost for issue in state.issues)
    assert len(endpoints_of(state, Name("default", "hello")).endpoints) == 3
    assert "ingress-resource-backend" not in {
        f.object.name for f in findings(state) if f.id == "ingress-backend-missing"
    }


def test_32_selectors_through_aliases(shared: Shared) -> None:
    state = corpus(shared, "32")
    (name,) = state.services
    assert endpoints_of(state, name).endpoints


def test_35_duplicate_keys_name_both_lines(shared: Shared) -> None:
    text = reasons(corpus(shared, "35"))
    assert 'key "selector" is given twice (first in line 6)' in text
    assert 'key "type" is given twice (first in line 5)' in text


def test_37_38_and_41_never_lose_a_readable_service(shared: Shared) -> None:
    assert len(corpus(shared, "37").services) == 6
    state = corpus(shared, "38")
    norway = state.services[Name("default", "norway")]
    assert norway.spec.selector == {"app": "on", "tier": "yes", "release": "1.10", "id": "007"}
    assert 'quote it ("1.10")' in reasons(state)
    assert {"default/good-before", "default/good-after"} <= service_names(state)
    assert len(corpus(shared, "41").services) == 5


def test_39_teaching_samples(shared: Shared) -> None:
    state = corpus(shared, "39")
    by_id = {(f.id, f.object.name) for f in findings(state)}
    assert any(check == "ingress-backend-missing" for check, _ in by_id)
    assert any(check == "ingress-port-not-found" for check, _ in by_id)
    by_name = next(name for name in state.services if name.name == "by-name")
    assert {b.port for e in endpoints_of(state, by_name).endpoints for b in e.ports} == {80, 81}


def test_40_rendered_overlay(shared: Shared) -> None:
    state = corpus(shared, "40")
    assert {name.name for name in state.services} == {
        "frontend",
        "backend",
        "cache",
        "database-primary",
        "database-replica",
    }
    assert all(kinds(state, str(name)) == {"cluster-ip"} for name in state.services)
    (primary,) = endpoints_of(state, Name("dev", "database-primary")).endpoints
    assert primary.hostname == "database-primary-0"


def test_the_notes_snippets(shared: Shared) -> None:
    folder = shared("notes/snippets")
    state = read(*sorted(folder.glob("*.yaml")))
    assert {name.name for name in state.services} == {
        "example-clusterip",
        "example-nodeport",
        "example-headless",
        "example-externalname",
        "example-none-selector-svc",
        "sample-lb",
    }
    unreadable = {Path(i.file).stem for i in state.issues if i.lost and i.file and i.object is None}
    assert unreadable == {
        "seed01-example-externalip",
        "seed01-example-loadbalancer",
        "seed02-curly-quotes-fragment",
        "seed02-sample-svc",
        "seed02-sample-nodeport",
        "seed02-sample-ingress",
    }
    text = reasons(state).replace(f"{folder}/", "")
    assert "seed02-sample-svc.yaml:1:12: NO-BREAK SPACE (U+00A0) where a space belongs, 41 of such" in text
    assert "seed02-sample-nodeport.yaml:1:12: NO-BREAK SPACE (U+00A0) where a space belongs, 48 of such" in text
    assert "seed02-sample-ingress.yaml:1:12: NO-BREAK SPACE (U+00A0) where a space belongs, 74 of such" in text
    assert "seed02-curly-quotes-fragment.yaml:3:1: NO-BREAK SPACE" in text
    assert "masked address" in text
    assert "seed01-example-externalip.yaml:7" in text
    assert "did you mean spec.clusterIP?" in text
    assert "did you mean spec.type?" in text
    assert "did you mean NodePort?" in text
    assert "a fragment of an object (spec.selector)" in text
    broken = {f.object.name for f in findings(state)}
    # externalname: with its type lost to a comment it reads as a Service without selector.
    assert broken == {"example-none-selector-svc", "example-externalname"}, (
        "without any workload a selector that matches nothing proves nothing"
    )
    assert traced_entries(state, Name("default", "example-headless"))
