"""Endpoints from every source of E1, and predicted ones (upstream: endpointslice utils_test.go, endpoints_controller_test.go)."""

from __future__ import annotations

import pytest

from svcmap.model.facts import EndpointSet
from svcmap.model.refs import Name
from svcmap.paths.known.look_ups import endpoints_of
from tests import objects
from tests.conftest import state_of

TEMPLATE = (
    "{metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}}"
)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, targetPort: http}]%s}\n"


def pod(
    name: str = "p",
    *,
    phase: str = "Running",
    ip: str = "10.1.0.1",
    ready: str = "True",
    port: int = 8080,
    meta: str = "",
    spec: str = "",
) -> str:
    ports = f"[{{name: http, containerPort: {port}}}]"
    return objects.pod(name, ip, ports=ports, ready=ready, phase=phase, meta=meta, spec=spec)


def workload(kind: str, spec: str = "", name: str = "w") -> str:
    return objects.document(kind, name, f"spec: {{{spec or 'replicas: 1'}, template: {TEMPLATE}}}", "apps/v1")


def found(text: str, *, more: str = "") -> EndpointSet:
    return endpoints_of(state_of(SERVICE % more + text), Name("default", "web"))


def shown(text: str, *, more: str = "") -> list[tuple[str, bool, bool, bool]]:
    return [(e.address, e.ready, e.serving, e.terminating) for e in found(text, more=more).endpoints]


@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        (pod(), "", [("10.1.0.1", True, True, False)]),
        (pod(ready="False"), "", [("10.1.0.1", False, False, False)]),
        (pod(ready="False"), ", publishNotReadyAddresses: true", [("10.1.0.1", True, False, False)]),
        (pod(meta=", deletionTimestamp: x"), "", [("10.1.0.1", False, True, True)]),
        (pod(meta=", deletionTimestamp: x"), ", publishNotReadyAddresses: true", [("10.1.0.1", True, True, True)]),
        (pod(phase="Succeeded"), "", []),
        (pod(phase="Failed"), ", publishNotReadyAddresses: true", []),
        (pod(phase="Pending", ready="False"), "", [("10.1.0.1", False, False, False)]),
        (pod(ip="'fd00::1'"), "", []),
        (pod(meta=", namespace: other"), "", []),
    ],
)
def test_pods_become_endpoints(text: str, more: str, expected: list[tuple[str, bool, bool, bool]]) -> None:
    assert shown(text, more=more) == expected


def test_a_pod_on_a_node_that_does_not_exist_is_none() -> None:
    node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\n"
    assert len(shown(node + pod(spec=", nodeName: a"))) == 1
    assert shown(node + pod(spec=", nodeName: gone")) == []
    assert len(shown(pod(spec=", nodeName: gone"))) == 1


def test_a_named_target_port_is_looked_up_on_each_pod() -> None:
    got = found(pod("a", port=8080) + pod("b", ip="10.1.0.2", port=9090)).endpoints
    assert [str(e.ports[0]) for e in got] == [":8080/TCP", ":9090/TCP"]


def test_sidecars_count_and_plain_init_containers_do_not() -> None:
    init = ", initContainers: [{name: i, %sports: [{name: http, containerPort: 7000}]}]"
    bare = pod().replace("name: http, ", "")
    assert found(bare.replace("]%(spec)s", "") + "").endpoints[0].ports == ()
    sidecar = bare.replace("}]}\nstatus", "}]" + init % "restartPolicy: Always, " + "}\nstatus")
    plain = bare.replace("}]}\nstatus", "}]" + init % "" + "}\nstatus")
    assert [str(p) for p in found(sidecar).endpoints[0].ports] == [":7000/TCP"]
    assert found(plain).endpoints[0].ports == ()


def test_slices_come_first_and_are_all_used() -> None:
    slices = "".join(
        f"---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: s{i}, labels: {{kubernetes.io/service-name: web}}}}\n"
        f"addressType: IPv4\nports: [{{name: '', port: 808{i}}}]\nendpoints: [{{addresses: [10.2.0.{i}]%s}}]\n"
        % conditions
        for i, conditions in enumerate(
            ("", ", conditions: {ready: false}", ", conditions: {serving: true, terminating: true, ready: false}")
        )
    )
    assert shown(slices + pod()) == [
        ("10.2.0.0", True, True, False),
        ("10.2.0.1", False, True, False),
        ("10.2.0.2", False, True, True),
    ]
    assert found(slices).basis == "observed"


@pytest.mark.parametrize(
    ("meta", "count"),
    [
        ("", 2),
        (", labels: {endpointslice.kubernetes.io/skip-mirror: 'true'}", 0),
        (", annotations: {control-plane.alpha.kubernetes.io/leader: x}", 0),
    ],
)
def test_endpoints_of_a_service_without_selector_are_mirrored(meta: str, count: int) -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n---\n"
        f"apiVersion: v1\nkind: Endpoints\nmetadata: {{name: web{meta}}}\nsubsets:\n"
        "- {addresses: [{ip: 192.0.2.1}], notReadyAddresses: [{ip: 192.0.2.2}], ports: [{port: 8080}]}\n"
    )
    got = endpoints_of(state_of(text), Name("default", "web")).endpoints
    assert [(e.address, e.ready) for e in got] == [("192.0.2.1", True), ("192.0.2.2", False)][:count]


@pytest.mark.parametrize(
    ("text", "count", "total"),
    [
        (workload("Deployment", "replicas: 3"), 3, 3),
        (workload("ReplicaSet", "minReadySeconds: 1"), 1, 1),
        (workload("Deployment", "replicas: 0"), 0, 0),
        (workload("DaemonSet", "minReadySeconds: 1"), 1, None),
        (
            "---\napiVersion: v1\nkind: Node\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Node\nmetadata: {name: b}\n"
            + workload("DaemonSet", "minReadySeconds: 1"),
            2,
            2,
        ),
        (workload("Job", "parallelism: 2").replace("apps/v1", "batch/v1"), 2, 2),
    ],
)
def test_workloads_predict_their_pods(text: str, count: int, total: int | None) -> None:
    got = found(text)
    assert (len(got.endpoints), got.total, got.basis) == (count, total, "predicted")
    assert all(not endpoint.address for endpoint in got.endpoints)


def test_a_stateful_set_names_its_pods() -> None:
    text = workload("StatefulSet", "replicas: 2, serviceName: web, ordinals: {start: 5}", name="db")
    got = found(text).endpoints
    assert [(str(e.pod), e.hostname) for e in got] == [("default/db-5", "db-5"), ("default/db-6", "db-6")]
    other = found(text.replace("serviceName: web", "serviceName: other")).endpoints
    assert [e.hostname for e in other] == ["", ""]


def test_real_pods_are_not_counted_again() -> None:
    owned = pod(meta=", ownerReferences: [{kind: ReplicaSet, name: w-abc}]").replace(
        "app: web}", "app: web, pod-template-hash: abc}", 1
    )
    got = found(workload("Deployment", "replicas: 3") + owned)
    assert [(e.address, e.owner) for e in got.endpoints] == [("10.1.0.1", "Deployment w")]
    assert found(workload("Deployment", "replicas: 3") + pod()).endpoints[0].owner == "Deployment w"


def test_what_was_not_loaded_is_unknown_not_none() -> None:
    assert found("").basis == "unknown"
    assert found("---\napiVersion: v1\nkind: Pod\nmetadata: {name: x}\n").basis == "computed"
    api = endpoints_of(
        state_of("apiVersion: v1\nkind: Service\nmetadata: {name: kubernetes}\nspec: {ports: [{port: 443}]}\n"),
        Name("default", "kubernetes"),
    )
    assert api.basis == "unknown"


def test_endpoints_of_which_none_is_ready_count_as_a_controllers() -> None:
    """E12: a dump without pods and slices, while every pod is starting."""
    text = SERVICE % "" + (
        "---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\n"
        "subsets: [{notReadyAddresses: [{ip: 10.1.0.1, targetRef: {kind: Pod, name: web-1}}], ports: [{port: 8080}]}]\n"
    )
    result = endpoints_of(state_of(text), Name("default", "web"))
    assert (result.source, [(e.address, e.ready) for e in result.endpoints]) == ("Endpoints", [("10.1.0.1", False)])


STATEFUL = """
apiVersion: v1
kind: Service
metadata: {name: one}
spec: {selector: {statefulset.kubernetes.io/pod-name: %s}, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: my-db}
spec: {%sselector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: x, image: y}]}}}
"""


@pytest.mark.parametrize(
    ("pod_name", "replicas", "expected"),
    [
        ("my-db-0", "", ["my-db-0"]),
        ("my-db-1", "", []),
        ("my-db-1", "replicas: 2, ", ["my-db-1"]),
        ("my-db-0", "replicas: 0, ", []),
        ("my-db", "", []),
        ("my-0", "", []),
    ],
)
def test_a_selector_by_the_name_of_a_stateful_sets_pod(pod_name: str, replicas: str, expected: list[str]) -> None:
    """O2: the ordinal is what follows the last dash; one replica where none are said."""
    result = endpoints_of(state_of(STATEFUL % (pod_name, replicas)), Name("default", "one"))
    assert [endpoint.id for endpoint in result.endpoints] == expected
