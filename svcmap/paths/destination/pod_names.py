"""Why DNS has no name for one pod of a Service: names of pods are below the Service that they, or their StatefulSet,
name, and below no other (D7, D8; Kubernetes documentation, "DNS for Services and Pods").
"""

from __future__ import annotations

from typing import NamedTuple

from svcmap.model.core import Service
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod, Workload


class Why(NamedTuple):
    """A sentence without its end, and what to do."""

    says: str
    next: str


def why_unnamed(state: ClusterState, name: str, service: Service | None) -> Why | None:
    """Why a Service that there is has no such name of a pod (`db-0.db…`); None where nothing tells."""
    if service is None:
        return None
    label, home = name.partition(".")[0].lower(), service.metadata.namespace
    if (owner := _stateful_set(state, home, label)) is not None:
        return _of_stateful_set(state, owner, label, service)
    pod = state.pods.get(Name(home, label)) or _called(state, home, label)
    return _of_pod(state, pod, service) if pod is not None else None


def no_such_pod(state: ClusterState, host: str, own: str) -> Why | None:
    """Why nothing has a name that was meant to be one of a pod, below a Service that there is, or that pods say they
    have their names below; `own` is the namespace of who asks.
    """
    labels = host.rstrip(".").lower().split(".")
    namespace = labels[2] if len(labels) > 2 else own
    if len(labels) < 2:
        return None
    if (service := state.services.get(Name(namespace, labels[1]))) is not None:
        return why_unnamed(state, host, service)
    sets = (w for w in state.workloads_by_namespace.get(namespace, ()) if w.kind == "StatefulSet")
    owner = next((w for w in sets if w.spec.service_name == labels[1]), None)
    pod = _called(state, namespace, labels[0], labels[1]) if owner is None else None
    if owner is None and pod is None:
        return None
    who, field = (str(owner.ref.own_name), "serviceName") if owner else (str(pod.name if pod else ""), "subdomain")
    kind = "StatefulSet" if owner else "Pod"
    says = f"{kind} {who} has its names below Service {namespace}/{labels[1]} ({field}), which does not exist"
    return Why(says, f"create the headless Service {labels[1]} in {namespace}")


def _stateful_set(state: ClusterState, namespace: str, label: str) -> Workload | None:
    """The StatefulSet whose pod a label is the name of."""
    every = state.workloads_by_namespace.get(namespace, ())
    return next((w for w in every if w.kind == "StatefulSet" and label.rpartition("-")[0] == w.metadata.name), None)


def _called(state: ClusterState, namespace: str, host_name: str, below: str = "") -> Pod | None:
    """The pod with a host name, and a subdomain where one is given."""
    for pod in state.pods.values():
        if pod.metadata.namespace == namespace and pod.spec.hostname == host_name and below in ("", pod.spec.subdomain):
            return pod
    return None


def _of_stateful_set(state: ClusterState, owner: Workload, label: str, service: Service) -> Why | None:
    governing, name = owner.spec.service_name, owner.metadata.name
    if governing == service.metadata.name:
        return None
    if not governing:
        why = f"StatefulSet {name} names no Service (serviceName), so that its pods have no names of their own"
        return Why(why, f"set serviceName of StatefulSet {name} to a headless Service: it has to be made anew for that")
    why = f"StatefulSet {name} has the names of its pods below {governing} (serviceName)"
    if Name(service.metadata.namespace, governing) in state.services:
        return Why(why, f"ask for {label}.{governing}")
    return Why(f"{why}, a Service that does not exist", f"create the headless Service {governing}")


def _of_pod(state: ClusterState, pod: Pod, service: Service) -> Why | None:
    host_name, below = pod.spec.hostname, pod.spec.subdomain
    if below == service.metadata.name and host_name:
        return None
    if not below or not host_name:
        lacks = " and ".join(part for part, value in (("hostname", host_name), ("subdomain", below)) if not value)
        why = f"pod {pod.name} has no {lacks}: without both it has no name of its own"
        return Why(why, "ask for the Service, or run the pods in a StatefulSet")
    why = f"pod {pod.name} has its name below {below} (subdomain)"
    if Name(service.metadata.namespace, below) in state.services:
        return Why(why, f"ask for {host_name}.{below}")
    return Why(f"{why}, a Service that does not exist", f"name the headless Service {below}, or set subdomain to it")
