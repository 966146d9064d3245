"""What was read, as it is told: watched pods win, needs grow old, and what was not read is not absent."""

from __future__ import annotations

import pytest

from svcmap.checks.registry import findings
from svcmap.model import group_kinds
from svcmap.model.base import Metadata
from svcmap.model.core import Service
from svcmap.model.coverage import Coverage, PodScope, pod_at, pod_named, pods_with
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod, PodStatus
from svcmap.sources.live import store as stores
from svcmap.sources.live.api.events import Change
from svcmap.sources.live.api.listing import Listing
from svcmap.sources.live.api.resources import PODS, resource_of
from svcmap.sources.live.store import Store
from tests.conftest import state_of

WEB = pods_with("shop", {"app": "web"})
NAME = Name("shop", "web-0")
SERVICES = resource_of(group_kinds.SERVICE)


def pod(address: str) -> Pod:
    status = PodStatus(phase="Running", pod_ip=address)
    return Pod(kind="Pod", metadata=Metadata(name="web-0", namespace="shop", labels={"app": "web"}), status=status)


def listing(*pods: Pod) -> Listing:
    return Listing({item.name: item for item in pods}, "1", [])


def test_what_is_watched_wins_over_what_was_read_once() -> None:
    store = Store("c")
    store.put_pods(WEB, listing(pod("10.0.0.1")))
    store.watched_pods = WEB
    store.put_pods(pod_named(NAME), listing(pod("10.0.0.1")))
    store.change_pods(WEB, [Change(pod("10.0.0.2"), gone=False)])
    found = store.state().pods[NAME]
    assert found.status.pod_ip == "10.0.0.2"
    store.change_pods(WEB, [Change(pod("10.0.0.2"), gone=True)])
    assert NAME not in store.state().pods


def test_what_an_answer_needed_is_forgotten_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store("c")
    store.put_pods(WEB, listing(pod("10.0.0.1")))
    store.put_pods(pod_named(NAME), listing(pod("10.0.0.1")))
    store.watched_pods = WEB
    monkeypatch.setattr(stores, "FRESH", -1.0)
    store.forget_pods()
    assert store.state().coverage == Coverage(pods=(WEB,))


def test_rights_that_come_back_are_believed() -> None:
    store = Store("c")
    store.refuse(PODS, "shop", "no")
    assert [issue.place for issue in store.state().issues] == ["pods in shop"]
    store.put_pods(WEB, listing())
    assert store.state().issues == ()


def test_a_first_list_and_an_unchanged_one() -> None:
    store = Store("c")
    item = Service(kind="Service", metadata=Metadata(name="web", namespace="shop"))
    store.put(SERVICES, "", Listing({item.name: item}, "1", []))
    assert store.take_changes().services is None
    store.put(SERVICES, "", Listing({item.name: item}, "2", []))
    assert not store.take_changes()
    store.change(SERVICES, "", [Change(item, gone=False)])
    assert not store.take_changes()
    store.change(SERVICES, "", [Change(item, gone=True)])
    assert store.take_changes().services == {item.name}


@pytest.mark.parametrize(
    ("read", "wanted", "has"),
    [
        (PodScope("shop"), WEB, True),
        (PodScope(), WEB, True),
        (WEB, pods_with("shop", {"app": "web", "tier": "x"}), True),
        (WEB, pods_with("shop", {"tier": "x"}), False),
        (WEB, pods_with("other", {"app": "web"}), False),
        (WEB, pod_named(NAME), False),
        (pod_named(NAME), pod_named(NAME), True),
        (pod_at("10.0.0.1"), pod_at("10.0.0.1"), True),
        (pod_at("fd00::1"), pod_at("fd00::1"), False),
    ],
)
def test_what_counts_as_read(read: PodScope, wanted: PodScope, has: bool) -> None:
    assert Coverage(pods=(read,)).has_pods(wanted) is has


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80}]}\n"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: other}
spec: {defaultBackend: {service: {name: gone, port: {number: 80}}}}
"""


def live(text: str, coverage: Coverage) -> ClusterState:
    found = state_of(text)
    return ClusterState(found.source, found.objects, coverage=coverage)


def ids(state: ClusterState) -> list[str]:
    return [finding.id for finding in findings(state)]


def test_pods_that_were_not_read_are_not_taken_for_absent() -> None:
    """A pod without an address is in no slice: whatever makes such pods may have some that only start."""
    for text in (f"{SERVICE}---{DEPLOYMENT}", SERVICE):
        assert ids(live(text, Coverage())) == ["endpoints-not-ready"]
        assert ids(live(text, Coverage(pods=(WEB,)))) == ["selector-no-match"]


def test_services_that_could_not_be_listed_are_not_taken_for_absent() -> None:
    text = f"{SERVICE}---{DEPLOYMENT}---{INGRESS}"
    assert "ingress-backend-missing" in ids(live(text, Coverage()))
    assert "ingress-backend-missing" not in ids(live(text, Coverage(partly={group_kinds.SERVICE: ("shop",)})))


def test_what_has_no_shape_one_knows_is_named_until_it_has_one() -> None:
    """Lists and watches of pods and of everything else: what depends on such an object is not known."""
    for resource, scope in ((SERVICES, "shop"), (PODS, WEB)):
        store = Store("c")
        found = Listing({}, "1", [(NAME, "no")])
        store.put_pods(scope, found) if isinstance(scope, PodScope) else store.put(resource, scope, found)
        state = store.state()
        assert [issue.place for issue in state.issues] == [f"{resource.kind}/shop/web-0"]
        assert state.is_partial
        store.take_changes()
        changes = [Change(pod("10.0.0.1") if resource == PODS else Service(metadata=pod("").metadata), gone=False)]
        if isinstance(scope, PodScope):
            store.change_pods(scope, changes)
        else:
            store.change(resource, scope, changes)
        assert (store.state().issues, store.take_changes().services) == ((), None)
        store.cannot_read(resource, scope, [(NAME, "no")])
        assert NAME in store.state().objects[resource.of_kind], "as it was before"
        store.cannot_read(resource, scope, [(NAME, "")])
        assert (store.state().issues, store.state().objects[resource.of_kind]) == ((), {})
