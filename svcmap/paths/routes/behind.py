"""Which Services are behind which: a change of the one in front of a proxy is a change of the ways of all behind it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from svcmap.model.addresses import canonical
from svcmap.model.group_kinds import CONFIG_MAP, INGRESS_CLASS, POD, SERVICE, WORKLOADS
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.routes.kinds import ROUTE_KINDS

OF_ROUTES = tuple(kind for route in ROUTE_KINDS for kind in (*route.object_kinds, *route.other_kinds))
RESTS_ON = reads(CONFIG_MAP, SERVICE, INGRESS_CLASS, POD, *WORKLOADS, *OF_ROUTES)


def with_those_behind(state: ClusterState, services: AbstractSet[Name] | None) -> AbstractSet[Name] | None:
    """Some Services, and those whose requests come through proxies behind one of them, or go on through such proxies
    to one; None stands for all.
    """
    if services is None:
        return None
    behind: Mapping[Name, set[Name]] = state.remember("behind", None, lambda: _behind(state), RESTS_ON)
    return set(services).union(*(behind.get(name, ()) for name in services))


def _behind(state: ClusterState) -> Mapping[Name, set[Name]]:
    found: dict[Name, set[Name]] = {}
    for kind in ROUTE_KINDS:
        for address, service in kind.served(state):
            for _, front in state.services_by_address.get(canonical(address), ()):
                found.setdefault(Name(*front), set()).add(service)
        for name, service in kind.led_by(state):
            found.setdefault(name, set()).add(service)
        for front, service in kind.passes_to(state):
            found.setdefault(service, set()).add(front)
            found.setdefault(front, set()).add(service)
    return found
