"""Endpoints in groups, as a person counts them: by workload, node, zone or pod."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from msgspec.structs import replace

from svcmap.model.base import Part
from svcmap.model.core import Service
from svcmap.model.facts import UNREPORTED, Endpoint, EndpointSet
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.emptiness import Emptiness, emptiness, without_address
from svcmap.paths.known.gone import dead_endpoints
from svcmap.semantics import service_proxy

GroupBy = Literal["workload", "node", "zone", "pod"]
GROUPINGS: tuple[GroupBy, ...] = ("workload", "node", "zone", "pod")
Status = Literal["ok", "warn", "bad", "unk"]
EndpointState = Literal["ready", "notready", "terminating", "pending", "external", "expected", "unreported", "dns-only"]
WORKING: tuple[EndpointState, ...] = ("ready", "external", "expected")
NO_GROUP = "-"


class Group(Part, frozen=True):
    """Endpoints that belong together. `total` None: a workload does not say how many (a DaemonSet without nodes).

    `made_by` is what stands behind a group by workload, `short` its title without the kind. `exceptions` counts what
    is not working by (state, reason), the most frequent first; `lines` is the text of a box that has no endpoints to
    show.
    """

    id: str
    title: str
    members: tuple[Endpoint, ...] = ()
    working: int = 0
    total: int | None = 0
    status: Status = "ok"
    made_by: ObjectRef | None = None
    short: str = ""
    exceptions: tuple[tuple[EndpointState, str, int], ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def is_external(self) -> bool:
        return bool(self.members) and state_of(self.members[0]) == "external"

    @property
    def is_expected(self) -> bool:
        return bool(self.members) and state_of(self.members[0]) == "expected"


UNANSWERED = "nobody is there"
"""Of an endpoint that kube-proxy sends to in vain."""


def state_of(endpoint: Endpoint) -> EndpointState:
    """What a person would call the state of an endpoint; `external` stands outside the cluster, `expected` unseen."""
    if endpoint.basis == "predicted":
        return "expected"
    if endpoint.terminating:
        return "terminating"
    if endpoint.gone:
        return "notready"
    if not endpoint.ready:
        if endpoint.reason == UNREPORTED:
            return "unreported"
        return "pending" if endpoint.reason == "Pending" else "notready"
    if not endpoint.for_proxy:
        return "dns-only"
    return "ready" if endpoint.pod else "external"


def tally(service: Service, found: EndpointSet) -> str:
    """`2/3` ready of all, `◇3` expected, `?` not known, `dns` for an alias that has no endpoints."""
    if service.spec.type == "ExternalName":
        return "dns"
    if found.basis == "unknown":
        return "?"
    if found.basis == "predicted":
        return f"◇{'?' if found.total is None else found.total}"
    if found.endpoints and all(endpoint.reason == UNREPORTED for endpoint in found.endpoints):
        return f"?/{len(found.endpoints)}"
    return f"{len(found.usable)}/{len(found.endpoints)}"


def group_endpoints(state: ClusterState, service: Service, found: EndpointSet, by: GroupBy) -> tuple[Group, ...]:
    """The groups of a Service's endpoints, worked out once for a state. Never empty: without endpoints one says why."""
    return state.remember("groups", (service.name, by), lambda: tuple(_groups(state, service, found, by)))


def _groups(state: ClusterState, service: Service, found: EndpointSet, by: GroupBy) -> list[Group]:
    if service.spec.type == "ExternalName":
        name = service.spec.external_name.rstrip(".")
        outside = Endpoint(address=name, owner="outside the cluster", id=name)
        return [Group(id="outside", title="outside the cluster", members=(outside,), working=1, total=1)]
    if not found.endpoints:
        return [_empty(emptiness(state, service, found))]
    buckets: dict[str, list[Endpoint]] = {}
    for endpoint in found.endpoints:
        buckets.setdefault(_key(endpoint, by), []).append(endpoint)
    counts = {p.workload.title: p.count for p in found.predictions}
    dead = dead_endpoints(state, found.ready, is_rewritten=service_proxy.is_served(service))
    lost = frozenset(map(id, dead.endpoints)) if dead else frozenset[int]()
    groups = [_group(key, members, counts.get(key, len(members)), lost) for key, members in buckets.items()]
    return [_by_maker(group) for group in groups] if by == "workload" else groups


def _by_maker(group: Group) -> Group:
    maker = group.members[0].made_by
    return replace(group, made_by=maker, short=group.title.removeprefix(f"{maker.kind} ")) if maker else group


def _key(endpoint: Endpoint, by: GroupBy) -> str:
    match by:
        case "node":
            return endpoint.node or "node not known"
        case "zone":
            return endpoint.zone or "zone not known"
        case "pod":
            return endpoint.id
    return endpoint.owner


def _group(key: str, members: list[Endpoint], total: int | None, lost: frozenset[int]) -> Group:
    """`lost` are the identities of those that cannot answer, ready or not."""
    counts = Counter(_told(e, is_lost=id(e) in lost) for e in members)
    working = sum(count for (state, _), count in counts.items() if state in WORKING)
    exceptions = tuple((s, reason, count) for (s, reason), count in counts.most_common() if s not in WORKING)
    # Pods that terminate and still serve get the connections when no other is left (K3).
    some = working or any(e.terminating and e.serving and e.for_proxy and id(e) not in lost for e in members)
    status: Status = "ok" if working == len(members) else "warn" if some else "bad"
    if all(state == "unreported" for state, _ in counts):
        status = "unk"
    return Group(
        id=key, title=key, members=tuple(members), working=working, total=total, status=status, exceptions=exceptions
    )


def _told(endpoint: Endpoint, *, is_lost: bool) -> tuple[EndpointState, str]:
    return ("notready", endpoint.reason or UNANSWERED) if is_lost else (state_of(endpoint), endpoint.reason)


def _empty(empty: Emptiness) -> Group:
    """The box of a Service without endpoints: the reason is written in it."""
    selector = f"selector {empty.selector}"
    match empty.cause:
        case "not-known":
            return Group(id=NO_GROUP, title="endpoints not known", status="unk", lines=(empty.found.source,))
        case "only-while-running":
            lines = (*empty.makers, "has pods only while it runs")
            return Group(id=NO_GROUP, title="no endpoints now", status="unk", lines=lines)
        case "no-replicas":
            lines = (*empty.makers, "has replicas: 0")
        case "pods-not-read":
            lines = (selector, "no EndpointSlice has an endpoint")
        case "without-address":
            lines = (selector, without_address(empty))
        case "no-match":
            meant = (f"did you mean {empty.suggestion}?",) if empty.near else ()
            lines = (selector, f"matches 0 of {empty.looked_at}", *meant)
        case _:
            lines = ("no selector, and no", "EndpointSlice or Endpoints")
    return Group(id=NO_GROUP, title="no endpoints", status="bad", lines=lines)
