"""A state that inherits answers as one that was made from nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from svcmap.checks import registry
from svcmap.checks.check import Check
from svcmap.checks.finding import Finding
from svcmap.checks.registry import findings, findings_elsewhere
from svcmap.model.base import KubernetesObject
from svcmap.model.coverage import Coverage
from svcmap.model.feed import Update
from svcmap.model.group_kinds import ENDPOINT_SLICE, NODE, POD
from svcmap.model.group_kinds import SERVICE as SERVICE_KIND
from svcmap.model.inheritance import INDEXES, follow_on, inherit
from svcmap.model.kinds import KINDS
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of
from svcmap.paths.views.whereabouts import address_book
from svcmap.picture.lanes import path_view
from svcmap.reports import json_v1
from svcmap.reports.list_text import service_row
from svcmap.sources.live.api.events import Change
from svcmap.sources.live.api.listing import Listing
from svcmap.sources.live.api.resources import resource_of
from svcmap.sources.live.store import Changes, Store
from tests.conftest import state_of

SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{clusterIP: {ip}, selector: {{app: {app}}}, ports: [{{port: 80, nodePort: {node_port}}}]}}
"""
SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}, namespace: shop, labels: {{kubernetes.io/service-name: {service}}}}}
addressType: IPv4
ports: [{{port: 8080}}]
endpoints: [{{addresses: [10.244.0.{last}], conditions: {{ready: {ready}}}}}]
"""


def made(*texts: str) -> ClusterState:
    return state_of("\n---\n".join(texts))


def web(ip: str = "10.96.0.1", app: str = "web", node_port: int = 30001, name: str = "web") -> str:
    return SERVICE.format(name=name, ip=ip, app=app, node_port=node_port)


def part(name: str = "web-1", service: str = "web", last: int = 1, ready: str = "true") -> str:
    return SLICE.format(name=name, service=service, last=last, ready=ready)


LOOSE = part("loose", '""', 7)
START = [web(), web("10.96.0.2", "cart", 30002, "cart"), part(), part("cart-1", "cart", 2), LOOSE]
CHANGES = {
    "an address": [web("10.96.0.9"), *START[1:]],
    "an address that another one had": [web("10.96.0.2"), web("10.96.0.3", "cart", 30002, "cart"), *START[2:]],
    "a node port": [web(node_port=30009), *START[1:]],
    "a selector": [web(app="other"), *START[1:]],
    "a Service is gone": START[1:],
    "a Service is new": [*START, web("10.96.0.5", "new", 30005, "new")],
    "a slice is new": [*START, part("web-2", last=3)],
    "a slice is gone": [*START[:2], *START[3:]],
    "a slice is another Service's": [*START[:2], part(service="cart"), *START[3:]],
    "a slice takes the place of another": [*START[:2], part("web-9", last=9), *START[3:]],
    "a slice gets a label": [*START[:4], part("loose", "web", 7)],
    "a slice without a label gives way to one with": [*START[:4], part("web-8", "web", 7)],
    "not ready": [*START[:2], part(ready="false"), *START[3:]],
    "nothing": START,
}


def live(state: ClusterState) -> ClusterState:
    return ClusterState(state.source, state.objects, coverage=Coverage(all_pods=True))


def seen(state: ClusterState) -> list[object]:
    """What a person sees of it: indexes and rows."""
    indexes = [getattr(state, name) for name in INDEXES]
    rows = [service_row(state, name) for name in sorted(state.services)]
    return [
        state.services,
        rows,
        findings(state),
        state.services_by_address,
        state.services_by_node_port,
        state.slices_by_service,
        len(indexes),
    ]


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_inherited_is_what_would_be_worked_out(what: str) -> None:
    before = live(made(*START))
    seen(before)
    after, fresh = live(made(*CHANGES[what])), live(made(*CHANGES[what]))
    changes = Changes()
    for kind in (SERVICE_KIND, ENDPOINT_SLICE):
        changes.add_all(kind, dict(before.objects.get(kind, {})), dict(after.objects.get(kind, {})))
    assert changes.services is not None
    inherit(after, before, changes.kinds, changes.services)
    found, wanted = seen(after), seen(fresh)
    assert [sorted_lists(item) for item in found] == [sorted_lists(item) for item in wanted]


def sorted_lists(item: object) -> object:
    """Indexes whose order nobody relies on; an empty list is none."""
    if not isinstance(item, dict):
        return item
    return {key: sorted(map(str, value)) if isinstance(value, tuple) else value for key, value in item.items() if value}


def test_an_older_state_is_as_it_was() -> None:
    """Indexes are handed on and changed: who still has an older state gets its own again."""
    first = live(made(*START))
    seen(first)
    second, third = live(made(*START)), live(made(*CHANGES["not ready"]))
    inherit(second, first, {POD}, set())
    inherit(third, second, {ENDPOINT_SLICE}, {Name("shop", "web")})
    assert seen(first) == seen(second) == seen(live(made(*START)))
    assert seen(third) == seen(live(made(*CHANGES["not ready"])))


def test_every_table_of_a_state_says_what_it_is_made_of() -> None:
    """A new one that does not would be made anew with each update."""
    from functools import cached_property

    tables = {name for name, value in vars(ClusterState).items() if isinstance(value, cached_property)}
    assert tables == set(INDEXES)
    assert all(table.rests_on.parts for table in INDEXES.values())


def test_what_is_not_concerned_is_taken_over() -> None:
    before = live(made(*START))
    kept = endpoints_of(before, Name("shop", "cart"))
    after = live(made(*CHANGES["not ready"]))
    inherit(after, before, {ENDPOINT_SLICE}, {Name("shop", "web")})
    assert endpoints_of(after, Name("shop", "cart")) is kept
    assert not endpoints_of(after, Name("shop", "web")).usable


def test_an_update_about_another_state_is_taken_as_it_is() -> None:
    """A state that was fetched in between already has what the update is about, and indexes without it."""
    told, between, after = (
        live(made(*texts)) for texts in (START, CHANGES["a slice is new"], CHANGES["a slice is new"])
    )
    seen(told), seen(between)
    update = Update(after, frozenset({ENDPOINT_SLICE}), frozenset({Name("shop", "web")}), base=told)
    assert "slices_by_service" not in vars(follow_on(update, between))
    assert "slices_by_service" in vars(follow_on(update, told))


# -- any change of one object ---------------------------------------------------------------------------------------

LIVE_KINDS = [kind for kind, known in KINDS.items() if known.live in ("always", "optional")]


def answers(state: ClusterState) -> list[object]:
    """All that svcmap says of a state, as it says it."""
    of_services = [json_v1.service(state, name) for name in sorted(state.services)]
    views = [path_view(state, name) for name in sorted(state.services)]
    ways = [view.ways if view else None for view in views]
    elsewhere = [finding.message for finding in findings_elsewhere(state)]
    return [
        json_v1.service_list(state, sorted(state.services)),
        of_services,
        ways,
        elsewhere,
        sorted(map(str, address_book(state))),
    ]


def store_of(state: ClusterState) -> Store:
    """A live store with the objects of a state."""
    store = Store("c")
    for kind in LIVE_KINDS:
        store.put(resource_of(kind), "", Listing(dict(state.objects.get(kind, {})), "1", []))
    store.put_all_pods(Listing(dict(state.pods), "1", []))
    store.take_changes()
    return store


def mutated(item: KubernetesObject, how: str, other: KubernetesObject) -> Change:
    """A change of one object: gone, new under another name or in another namespace, or with something of another one."""
    metadata = item.metadata
    match how:
        case "gone":
            return Change(item, gone=True)
        case "renamed":
            metadata = replace(metadata, name=f"{metadata.name}-new")
        case "elsewhere" if metadata.namespace:
            metadata = replace(metadata, namespace="brand-new")
        case "labels":
            metadata = replace(metadata, labels=dict(other.metadata.labels))
        case "annotations" if metadata.__struct_fields__ == other.metadata.__struct_fields__:
            metadata = replace(metadata, annotations=dict(other.metadata.annotations))
        case "contents":
            fields = [name for name in item.__struct_fields__ if name not in ("metadata", "kind", "api_version")]
            return Change(replace(item, **{name: getattr(other, name) for name in fields}), gone=False)
    return Change(replace(item, metadata=metadata), gone=False)


MUTATIONS = ["gone", "renamed", "elsewhere", "labels", "annotations", "contents"]


@pytest.fixture(scope="module")
def rich(demo: ClusterState) -> ClusterState:
    more = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: plain, namespace: shop}
spec: {parentRefs: [{name: public, namespace: edge}], rules: [{backendRefs: [{name: cart, port: 80}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: grant, namespace: data}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}], to: [{group: "", kind: Service}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: other}
spec: {controller: example.com/other}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: set, namespace: brand}
spec: {serviceName: gone, replicas: 1, template: {metadata: {labels: {app: web}}}}
"""
    both = state_of(more)
    objects = {
        kind: {**demo.objects.get(kind, {}), **both.objects.get(kind, {})} for kind in {*demo.objects, *both.objects}
    }
    return ClusterState(demo.source, objects)


@settings(max_examples=150)
@given(st.data())
def test_after_any_change_of_one_object_an_heir_answers_as_a_fresh_state(
    rich: ClusterState, data: st.DataObject
) -> None:
    store = store_of(rich)
    before = store.state()
    answers(before)
    kind = data.draw(st.sampled_from([kind for kind in LIVE_KINDS if rich.objects.get(kind)]))
    names = st.sampled_from(sorted(rich.objects[kind]))
    item, other = (rich.objects[kind][data.draw(names)] for _ in range(2))
    store.change(resource_of(kind), "", [mutated(item, data.draw(st.sampled_from(MUTATIONS)), other)])
    changes, after = store.take_changes(), store.state()
    heir = inherit(after, before, changes.kinds, changes.services)
    assert answers(heir) == answers(ClusterState(after.source, after.objects, after.issues, coverage=after.coverage))


def test_a_check_of_the_state_is_asked_again_when_only_what_it_reads_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(state: ClusterState) -> Iterator[Finding]:
        for name in state.nodes:
            yield Finding(id="node", severity="info", object=NODE.ref("", name), message=name, next="")

    nodes = Check(id="node", title="", explain="", severity="info", about="state", run=check, reads=reads(NODE))
    monkeypatch.setattr(registry, "CHECKS", (*registry.CHECKS, nodes))
    node = "apiVersion: v1\nkind: Node\nmetadata: {{name: {}}}"
    before, after = live(made(*START, node.format("a"))), live(made(*START, node.format("b")))
    assert [item.message for item in findings_elsewhere(before)] == ["a"]
    inherit(after, before, {NODE}, None)
    assert [item.message for item in findings_elsewhere(after)] == ["b"]
