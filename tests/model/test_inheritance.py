"""A state that inherits answers as one that was made from nothing."""

from __future__ import annotations

import pytest

from svcmap.checks.registry import findings
from svcmap.model.coverage import Coverage
from svcmap.model.feed import Update
from svcmap.model.group_kinds import ENDPOINT_SLICE, POD
from svcmap.model.group_kinds import SERVICE as SERVICE_KIND
from svcmap.model.inheritance import INDEXES, follow_on, inherit
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.facts import endpoints_of
from svcmap.reports.text import service_row
from svcmap.sources.live.store import Changes
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
    return [*indexes[:1], rows, findings(state), state.services_by_address, state.services_by_node_port, indexes[3]]


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


def test_every_index_is_inherited_or_made_of_everything() -> None:
    """A new index of ClusterState must say what it is made of, or it is made anew with each update."""
    from functools import cached_property

    indexes = {name for name, value in vars(ClusterState).items() if isinstance(value, cached_property)}
    assert indexes - {"endpoints"} == set(INDEXES)


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
