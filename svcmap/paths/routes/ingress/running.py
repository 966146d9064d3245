"""The pods of the source that run the controller of an Ingress, and the Service in front of them (CX-2, CN-3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from svcmap.model.components import (
    AWS_CONTROLLER,
    CONTOUR,
    HAPROXY,
    HAPROXY_INGRESS,
    INGRESS_NGINX,
    KONG,
    NGINX_INC,
    TRAEFIK,
)
from svcmap.model.core import Service
from svcmap.model.group_kinds import INGRESS_CLASS, POD, SERVICE, WORKLOADS
from svcmap.model.reads import reads
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import PodSpec
from svcmap.paths.known.controller_arguments import nginx_arguments
from svcmap.paths.known.look_ups import find_service
from svcmap.semantics import ingress as rules

COMPONENTS = {
    "ingress-nginx": INGRESS_NGINX,
    "NGINX Ingress Controller": NGINX_INC,
    "traefik": TRAEFIK,
    "ALB": AWS_CONTROLLER,
    "Kong": KONG,
    "HAProxy": HAPROXY,
    "haproxy-ingress": HAPROXY_INGRESS,
    "Contour": CONTOUR,
}
"""By the title of a controller: what its workload runs."""
NAME_LABEL, PART_LABEL = "app.kubernetes.io/name", "app.kubernetes.io/component"
LABELS: Mapping[str, Mapping[str, str]] = {
    "ingress-nginx": {NAME_LABEL: "ingress-nginx", PART_LABEL: "controller"},
    "NGINX Ingress Controller": {NAME_LABEL: "nginx-ingress"},
    "traefik": {NAME_LABEL: "traefik"},
    "Kong": {NAME_LABEL: "kong"},
    "HAProxy": {NAME_LABEL: "kubernetes-ingress"},
    "haproxy-ingress": {NAME_LABEL: "haproxy-ingress"},
}
"""By the title of a controller: the labels that its chart gives the pods, whatever their image is called (CX-2)."""
FRONTS = ("LoadBalancer", "NodePort")
"""Types of Services that clients outside come by; the one of a webhook is of another type."""


class Runner(NamedTuple):
    """A workload, or a pod, that runs a controller."""

    ref: ObjectRef
    labels: Mapping[str, str]
    spec: PodSpec


def runners(state: ClusterState, served: rules.ServedBy) -> Sequence[Runner]:
    """Those of the controller of a class: of ingress-nginx those whose arguments are for that class; where no image is
    known to be one, those with the labels of its chart.
    """
    title = served.by.title if served.by else ""
    if title not in COMPONENTS or served.placement == "outside":
        return ()
    key = title, served.controller, served.ingress_class

    def found() -> Sequence[Runner]:
        known = running(state, COMPONENTS[title])
        if title != "ingress-nginx" or not known:
            return known or _labelled(state, LABELS.get(title, {}))
        mine = [
            line.ref
            for line, arguments in nginx_arguments(state)
            if arguments.serves(served.controller, served.ingress_class)
        ]
        return [runner for runner in known if runner.ref in mine]

    return state.remember("runners", key, found, reads(POD, INGRESS_CLASS, *WORKLOADS))


def running(state: ClusterState, component: str) -> Sequence[Runner]:
    """The workloads whose pods run a component; of files pods too."""

    def found() -> Sequence[Runner]:
        return [runner for runner in _all(state) if any(c.component == component for c in runner.spec.containers)]

    return state.remember("running", component, found, reads(POD, *WORKLOADS))


def _labelled(state: ClusterState, labels: Mapping[str, str]) -> Sequence[Runner]:
    return [runner for runner in _all(state) if labels and labels.items() <= runner.labels.items()]


def _all(state: ClusterState) -> Iterator[Runner]:
    for workload in state.workloads:
        yield Runner(workload.ref, workload.template.metadata.labels, workload.template.spec)
    for pod in () if state.is_of_cluster else state.pods.values():
        yield Runner(pod.ref, pod.metadata.labels, pod.spec)


def is_behind(runner: Runner, service: Service) -> bool:
    """Whether a Service leads to the pods of a workload."""
    selector, is_near = service.spec.selector, service.metadata.namespace == runner.ref.namespace
    return bool(is_near and selector and selector.items() <= runner.labels.items())


def front_of(state: ClusterState, served: rules.ServedBy) -> Service | None:
    """The Service by which clients come to a controller: that with a load balancer, else that with node ports. None
    where the source has none, or several.
    """

    def found() -> Service | None:
        leading = [
            service
            for runner in runners(state, served)
            for service in state.services.values()
            if is_behind(runner, service)
        ]
        for kind in FRONTS:
            of_kind = {service.name: service for service in leading if service.spec.type == kind}
            if of_kind:
                return find_service(state, next(iter(of_kind))) if len(of_kind) == 1 else None
        return None

    key = served.by.title if served.by else "", served.controller, served.ingress_class
    return state.remember("controller_front", key, found, reads(POD, INGRESS_CLASS, SERVICE, *WORKLOADS))
