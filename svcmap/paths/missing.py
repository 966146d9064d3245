"""Services that do not exist and are asked for: what hangs in the air, as if it were a Service without anything."""

from __future__ import annotations

from collections.abc import Mapping

from svcmap.model.base import KubernetesObject, Metadata
from svcmap.model.core import Service
from svcmap.model.group_kinds import SERVICE
from svcmap.model.kinds import KINDS
from svcmap.model.networking import Ingress
from svcmap.model.reads import NAMES, reads
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.routes.ingress.tables import backends_of
from svcmap.paths.routes.kinds import ROUTE_KINDS

MISSING = "does not exist"
"""How such a Service is shown."""
ROUTES = tuple(kind for route in ROUTE_KINDS for kind in route.object_kinds if kind in KINDS)


def missing_services(state: ClusterState) -> Mapping[Name, tuple[ObjectRef, ...]]:
    """The Services that routes lead to and that do not exist, with the objects that ask for them. Where Services could
    not be read, none is known to be missing.
    """
    return state.remember("missing_services", None, lambda: _missing(state), reads(NAMES, *ROUTES))


def _missing(state: ClusterState) -> Mapping[Name, tuple[ObjectRef, ...]]:
    found: dict[Name, dict[ObjectRef, None]] = {}
    for kind in ROUTES:
        services = KINDS[kind].services
        for item in state.all(kind, KubernetesObject).values() if services else ():
            names = backends_of(state, item) if isinstance(item, Ingress) else services(item) if services else ()
            for name in names:
                if name.name and name not in state.services and state.is_read(SERVICE, name.namespace):
                    found.setdefault(name, {})[item.ref] = None
    return {name: tuple(asking) for name, asking in sorted(found.items())}


def service_or_missing(state: ClusterState, name: Name) -> Service | None:
    """A Service with its defaults, or one without anything for one that is asked for; None for any other name."""
    found = find_service(state, name)
    if found is None and name in missing_services(state):
        return Service(kind="Service", api_version="v1", metadata=Metadata(name=name.name, namespace=name.namespace))
    return found


def is_named(state: ClusterState, name: Name) -> bool:
    """Whether there is such a Service, or something asks for it."""
    return name in state.services or name in missing_services(state)


def is_expected_elsewhere(state: ClusterState, name: Name) -> bool:
    """Whether files hold no Service of a namespace at all: its folder is another one, and nothing is broken by that."""
    return not state.is_of_cluster and not any(known.namespace == name.namespace for known in state.services)


def askers(state: ClusterState, name: Name) -> list[str]:
    """What asks for a missing Service, as people call it: `Ingress shop`."""
    return [f"{ref.kind} {ref.name}" for ref in missing_services(state).get(name, ())]
