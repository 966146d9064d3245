"""An object is what its group and kind say: what two APIs call by one name are two kinds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from svcmap.model import unread
from svcmap.model.base import Metadata
from svcmap.model.group_kinds import GATEWAY, INGRESS, NETWORK_POLICY, SERVICE, group_kind
from svcmap.model.kinds import KINDS, parse_kind, plural, tally
from svcmap.model.plugin_policies import CalicoPolicy
from svcmap.model.refs import GroupKind, Name
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from svcmap.sources.live.api.listing import Listing
from svcmap.sources.live.api.resources import Resource, resource_of
from svcmap.sources.live.store import DENIED, Store
from svcmap.sources.live.unreadable import Unreadable
from svcmap.sources.snapshot import SnapshotSource, dump
from tests.conftest import ROOT, state_of

CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.1, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{port: 8080}]
endpoints: [{addresses: [10.244.0.5], targetRef: {kind: Pod, name: web-0, namespace: shop}}]
"""
CALICO = [
    Resource(group, "v1", "networkpolicies", "NetworkPolicy", CalicoPolicy)
    for group in ("crd.projectcalico.org", "projectcalico.org")
]
REQUEST = parse_request("http://web.shop", parse_vantage("namespace:shop"))


def store_with(calico: Resource) -> Store:
    """A cluster in which Calico has a policy of its own, as its API server lists it: metadata only."""
    found, store = state_of(CLUSTER), Store("c")
    for kind, objects in found.objects.items():
        store.put(resource_of(kind), "", Listing(dict(objects), "1", []))
    store.put(resource_of(NETWORK_POLICY), "", Listing({}, "1", []))
    version = f"{calico.group}/{calico.version}"
    item = CalicoPolicy(kind=calico.kind, api_version=version, metadata=Metadata(name="deny", namespace="shop"))
    store.put(calico, "", Listing({item.name: item}, "1", []))
    return store


@pytest.mark.parametrize("calico", CALICO, ids=lambda resource: resource.group)
def test_a_policy_of_calico_is_no_network_policy(calico: Resource, tmp_path: Path) -> None:
    state = store_with(calico).state()
    assert not state.network_policies
    assert [item.ref for item in state.objects[calico.of_kind].values()] == [calico.of_kind.ref("shop", "deny")]
    found = trace(state, REQUEST)
    assert (found.verdict, found.reason) == ("unknown", None)
    file = tmp_path / "snapshot.json"
    file.write_bytes(dump(state))
    again = SnapshotSource(str(file)).load()
    assert again.objects[calico.of_kind] == state.objects[calico.of_kind]
    assert again.objects == {kind: found for kind, found in state.objects.items() if found}
    assert trace(again, REQUEST) == found


@pytest.mark.parametrize("calico", CALICO, ids=lambda resource: resource.group)
def test_a_refused_list_of_calico_leaves_network_policies_read(calico: Resource) -> None:
    store = store_with(calico)
    store.refuse(calico, "", DENIED)
    state = store.state()
    assert state.is_read(NETWORK_POLICY, "shop")
    assert not state.is_read(calico.of_kind, "shop")
    assert [issue.resource for issue in state.issues] == [f"networkpolicies.{calico.group}"]
    found = trace(state, REQUEST)
    assert found.verdict == "unknown"
    assert found.hops[-1].next == f"kubectl auth can-i list networkpolicies.{calico.group} -n shop"


def test_an_object_of_calico_that_cannot_be_read_is_no_lost_network_policy() -> None:
    unreadable = Unreadable()
    unreadable.add(CALICO[0], "", [(Name("shop", "odd"), "Expected `object`")])
    (issue,) = unreadable.issues()
    state = type(state_of(""))(state_of("").source, {}, [issue])
    assert not state.may_lack((NETWORK_POLICY,), "shop")
    assert state.may_lack((CALICO[0].of_kind,), "shop")


def test_a_snapshot_of_an_svcmap_that_mixed_them_up_is_read_as_it_was_meant(tmp_path: Path) -> None:
    state = store_with(CALICO[0]).state()
    document = json.loads(dump(state))
    document["objects"]["NetworkPolicy"] = [
        {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": {"name": "deny", "namespace": "shop"},
        }
    ]
    document["foreignPolicies"] = [["NetworkPolicy", "shop", "deny"]]
    file = tmp_path / "old.json"
    file.write_text(json.dumps(document))
    again = SnapshotSource(str(file)).load()
    assert not again.network_policies
    assert [str(ref) for ref in again.foreign_policies] == ["NetworkPolicy/shop/deny"]
    assert trace(again, REQUEST).verdict == "unknown"


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("networking.istio.io/v1", "Gateway"),
        ("serving.knative.dev/v1", "Service"),
        ("config.openshift.io/v1", "Ingress"),
        ("policies.kuma.io/v1", "NetworkPolicy"),
        ("argoproj.io/v1", "Job"),
    ],
)
def test_kinds_of_the_same_name_are_counted_with_their_group(version: str, kind: str) -> None:
    state = state_of(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n---\n{CLUSTER}")
    group = version.partition("/")[0]
    assert tally(state.skipped) == {f"{kind}.{group}": 1}
    assert tally(state.skipped, lambda found: found.title) == {f"{kind} ({group})": 1}
    assert GroupKind(group, kind) not in state.objects


def test_an_owner_of_another_api_is_not_the_workload_of_that_name() -> None:
    state = state_of(
        """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 1, template: {metadata: {labels: {app: web}}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: theirs, namespace: shop, ownerReferences: [{apiVersion: acme.io/v1, kind: Deployment, name: web}]}
spec: {replicas: 1, template: {metadata: {labels: {app: theirs}}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: ours, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web}]}
spec: {replicas: 1, template: {metadata: {labels: {app: ours}}}}
"""
    )
    from svcmap.semantics.endpoints.owners import is_owned

    assert {item.metadata.name for item in state.workloads if is_owned(state, item)} == {"ours"}


def test_a_kind_that_moved_is_what_it_is_today() -> None:
    assert group_kind("extensions/v1beta1", "Ingress") == INGRESS
    assert group_kind("gateway.networking.x-k8s.io/v1alpha1", "Gateway") == GATEWAY
    assert group_kind("v1", "Service") == SERVICE


def test_the_name_of_a_kind_is_read_back() -> None:
    for kind in (*KINDS, GroupKind("networking.istio.io", "Gateway")):
        assert parse_kind(str(kind)) == kind


def test_the_cluster_role_of_the_readme_is_what_is_read() -> None:
    blocks = (ROOT / "README.md").read_text().split("```yaml\n")[1:]
    role = next(
        r for r in (yaml.safe_load(block.split("```")[0]) for block in blocks) if r.get("kind") == "ClusterRole"
    )
    given = {
        (group, resource, *rule.get("resourceNames", ()))
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    wanted = {
        (kind.group, plural(kind.kind), *(name.name for name in known.only))
        for kind, known in KINDS.items()
        if known.live != "never"
    }
    wanted |= {(group, plural(kind)) for group, kind in (*unread.TABLE, *unread.SELECTING)}
    wanted |= {(group, plural(kind)) for group, kinds in unread.ATTACHED.items() for kind in kinds.split()}
    assert given == wanted
    assert all(rule["verbs"] == ["get", "list", "watch"] for rule in role["rules"])
