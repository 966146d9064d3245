"""What was probably meant for a Service, and is not its own (E1, E3): Endpoints of another name, EndpointSlices without
its label, workloads that have its labels themselves and give their pods others, a selector that is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import NamedTuple

from svcmap.model.core import EndpointSlice, Service
from svcmap.model.group_kinds import ENDPOINT_SLICE, SERVICE
from svcmap.model.labels import format_labels, has_labels
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.near_miss import edit_distance

LABEL = "kubernetes.io/service-name"


class Stray(NamedTuple):
    """A sentence about it, and what would make it the Service's own; `name` is that of Endpoints."""

    says: str
    next: str
    name: str = ""


def without_effect(state: ClusterState, service: Service) -> Stray | None:
    """What a Service has in the place of a selector, and what does nothing as it stands there: the name of another host
    without the type for it, a selector that is none where the API looks for it (with the line of its file).
    """
    if service.spec.external_name and not service.alias:
        kind = service.spec.type or "ClusterIP"
        says = f"externalName {service.spec.external_name} counts for nothing where type is {kind}."
        return Stray(says, "set spec.type to ExternalName")
    named = (issue for issue in state.issues if issue.object == f"Service/{service.name}")
    found = next((issue for issue in named if "selector" in issue.reason), None)
    if found is None:
        return None
    place = f"{PurePath(found.file or '').name}:{found.line}"
    says = found.reason.removeprefix(f"{found.object}: ")
    return Stray(f"{place}: {says}.", f"correct {place}: spec.selector maps labels to their values")


def stray_endpoints(state: ClusterState, name: Name) -> Stray | None:
    """Endpoints, or an EndpointSlice, of the namespace that no Service has: the only one, or one of a similar name."""
    orphans = [n.name for n in state.endpoints if n.namespace == name.namespace and n not in state.services]
    if (orphan := _like(orphans, name.name)) is not None:
        says = f"Endpoints {orphan} belong to no Service; should they have this one's name?"
        return Stray(says, f"rename Endpoints {orphan} to {name.name}", orphan)
    free = _free_slices(state).get(name.namespace, {})
    if (found := _like(list(free), name.name)) is None:
        return None
    has = f"the label {LABEL}: {free[found]}, and there is no such Service" if free[found] else f"no label {LABEL}"
    return Stray(f"EndpointSlice {found} has {has}.", f"give EndpointSlice {found} the label {LABEL}: {name.name}")


def _free_slices(state: ClusterState) -> Mapping[str, Mapping[str, str]]:
    """By namespace and name: the Service that an EndpointSlice of files names, and that is not there, or nothing. Those
    of a cluster come and go with their Services.
    """

    def index() -> Mapping[str, Mapping[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for name, item in state.all(ENDPOINT_SLICE, EndpointSlice).items():
            if Name(name.namespace, item.service_name) not in state.services:
                found.setdefault(name.namespace, {})[name.name] = item.service_name
        return found

    return {} if state.is_of_cluster else state.remember("free_slices", None, index, reads(ENDPOINT_SLICE, SERVICE))


def _like(names: list[str], wanted: str) -> str | None:
    if len(names) == 1:
        return names[0]
    return next((name for name in names if edit_distance(name, wanted) <= 3 or name.startswith(f"{wanted}-")), None)


def labelled_itself(state: ClusterState, namespace: str, selector: Mapping[str, str]) -> Stray | None:
    """A workload that has the labels of a selector, and whose pods have others."""
    for item in state.workloads_by_namespace.get(namespace, ()):
        if has_labels(item.metadata.labels, selector):
            has = format_labels(item.template.metadata.labels) or "no labels"
            who = f"{item.kind} {item.metadata.name}"
            says = f"{who} has them itself, and gives its pods {has} (spec.template.metadata.labels)."
            return Stray(says, f"give the pods of {who} the labels: spec.template.metadata.labels")
    return None
