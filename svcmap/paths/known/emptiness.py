"""Why nothing answers behind a Service, or behind one port of it: one value, with what was probably meant (E3-E13).

The trace, the boxes of the picture (and `show` with them), the forecast and the checks read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import UNREPORTED, EndpointSet
from svcmap.model.group_kinds import ENDPOINTS, EVENT, POD
from svcmap.model.labels import format_labels
from svcmap.model.reads import reads
from svcmap.model.refs import ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.workloads import Pod
from svcmap.paths.known.events import last_warning
from svcmap.paths.known.look_ups import ITS_ENDPOINTS, endpoints_of
from svcmap.paths.known.near_miss import NearMiss, closest, edit_distance, elsewhere
from svcmap.paths.known.specs import spec_of
from svcmap.paths.known.strays import Stray, labelled_itself, stray_endpoints, without_effect
from svcmap.semantics.endpoints.selected import is_of_lost_node
from svcmap.semantics.service import has_selector

RESTS_ON = ITS_ENDPOINTS | reads(EVENT, ENDPOINTS)
Cause = Literal[
    "not-known",
    "not-reported",
    "none-ready",
    "only-while-running",
    "no-replicas",
    "no-selector",
    "refused",
    "pods-not-read",
    "without-address",
    "no-match",
]


class Emptiness(Part, frozen=True):
    """`found` is what there is instead. Where a selector finds no endpoint: `pods` match and have no address, `near`
    are labels that almost fit, `elsewhere` what fits in another namespace, `looked_at` what there is that does not fit;
    `lost_node` is one that does not exist, and all of the pods are of such. `evidence` is what the source says of the
    first pod that is not ready, and why; `stray` an object that was probably meant to be of the Service.
    """

    cause: Cause
    service: Service
    found: EndpointSet
    pods: tuple[Pod, ...] = ()
    near: NearMiss | None = None
    elsewhere: tuple[ObjectRef, str] | None = None
    looked_at: str = ""
    lost_node: str = ""
    evidence: str = ""
    stray: Stray | None = None

    @property
    def selector(self) -> str:
        return format_labels(self.service.spec.selector)

    @property
    def makers(self) -> list[str]:
        """The workloads that run no pods now (`Deployment web`)."""
        return [f"{p.workload.kind} {p.workload.name}" for p in self.found.predictions]

    @property
    def suggestion(self) -> str | None:
        """The labels that were probably meant."""
        return self.near.text if self.near else None

    @property
    def says(self) -> str:
        """The cause as a sentence."""
        endpoints = self.found.endpoints
        match self.cause:
            case "not-known":
                return f"Nothing is known of the endpoints: {self.found.source}.{self._elsewhere}"
            case "not-reported":
                several = f"{len(endpoints)} pods match; whether they are ready is not in the source."
                return several if len(endpoints) > 1 else "One pod matches; whether it is ready is not in the source."
            case "none-ready":
                reasons = ", ".join(sorted({e.reason for e in endpoints if e.reason})) or "not ready"
                several = f"{len(endpoints)} endpoints, none of them ready: {reasons}.{self.evidence}"
                return several if len(endpoints) > 1 else f"The only endpoint is not ready: {reasons}.{self.evidence}"
            case "only-while-running" | "no-replicas":
                return f"{', '.join(self.makers)} runs no pods, so the Service has no endpoints."
            case "pods-not-read":
                return f"No pod with {self.selector} has an address: no EndpointSlice has an endpoint."
            case "without-address":
                return f"Selector {self.selector}: {without_address(self)}.{self.evidence}"
            case "refused":
                return self._refused()
            case "no-match":
                return f"The selector {self.selector} matches no pod.{self._stray}"
        return f"The Service has no selector and no EndpointSlice or Endpoints: nothing will ever answer.{self._stray}"

    @property
    def _elsewhere(self) -> str:
        if self.elsewhere is None:
            return ""
        owner, namespace = self.elsewhere
        return f" {owner.kind} {owner.name} of namespace {namespace} has the labels: a Service selects none of another."

    @property
    def _stray(self) -> str:
        return f" {self.stray.says}" if self.stray else ""

    def _refused(self) -> str:
        refused = self.found.refused
        if refused is None:
            return ""
        return f"The API server refuses {refused.object.title} ({refused.field}): {refused.value} {refused.why}."

    @property
    def next(self) -> str:
        """What to do about it."""
        name = self.service.name
        if self.cause == "refused" and self.found.refused:
            return f"correct {self.found.refused.field} of {self.found.refused.object.title}"
        if self.near:
            return f"set the selector to {self.near.text}, as the nearest pods are labelled"
        if self.stray:
            return self.stray.next
        if self.cause == "not-known":
            return "load the pods or their workloads too"
        if self.found.endpoints:
            pods = [e.pod for e in self.found.endpoints if e.pod and not e.ready]
            return f"kubectl describe pod -n {pods[0].namespace} {pods[0].name}" if pods else "check what is behind it"
        if self.pods and self.cause == "without-address":
            return f"kubectl describe pod -n {self.pods[0].metadata.namespace} {self.pods[0].metadata.name}"
        if has_selector(self.service):
            return f"compare the selector with the pods: kubectl get pods -n {name.namespace} --show-labels"
        return f"create an EndpointSlice with the label kubernetes.io/service-name: {name.name}"


def emptiness(state: ClusterState, service: Service, found: EndpointSet | None = None) -> Emptiness:
    """Why no endpoint of a Service answers: whoever asks knows that none does, or reads of the causes only those that
    say that there is no endpoint. `found` are those that were asked, where a name is that of one of them.
    """
    whole = endpoints_of(state, service.name)
    if found is not None and found is not whole:
        return _emptiness(state, service, found)
    name = service.name
    return state.remember("emptiness", name, lambda: _emptiness(state, service, whole), RESTS_ON, name)


def _emptiness(state: ClusterState, service: Service, found: EndpointSet) -> Emptiness:
    cause = _cause(state, service, found)
    if found.endpoints or found.predictions or not has_selector(service):
        waiting = (state.pods.get(e.pod) for e in found.endpoints if e.pod and not e.ready)
        told = _evidence(state, waiting) if cause == "none-ready" else ""
        stray = None
        if cause == "no-selector":
            stray = without_effect(state, service) or stray_endpoints(state, service.name)
        return Emptiness(cause=cause, service=service, found=found, evidence=told, stray=stray)
    namespace, selector = service.name.namespace, service.spec.selector
    pods = tuple(state.pods_with(namespace, selector))
    return Emptiness(
        cause=cause,
        service=service,
        found=found,
        pods=pods,
        near=closest(state, namespace, selector),
        elsewhere=None if pods else elsewhere(state, namespace, selector),
        looked_at=_looked_at(state, namespace),
        lost_node=_lost_node(state, pods),
        evidence=_evidence(state, (pod for pod in pods if not pod.status.addresses)),
        stray=labelled_itself(state, namespace, selector) if cause == "no-match" else None,
    )


def _evidence(state: ClusterState, pods: Iterable[Pod | None]) -> str:
    """What an Event, a condition or a container's status says of the first pod that one is about: a sentence."""
    found = ((pod, _said_of(state, pod)) for pod in pods if pod is not None)
    return next((f" Pod {pod.name}: {said}." for pod, said in found if said), "")


def _said_of(state: ClusterState, pod: Pod) -> str:
    if (event := last_warning(state, pod.ref)) is not None:
        return event.text
    if pod.status.addresses:
        return ""  # the reason of its endpoint says the rest
    unscheduled = (c for c in pod.status.conditions if (c.type, c.status) == ("PodScheduled", "False"))
    if (condition := next(unscheduled, None)) is not None:
        return f"{condition.reason}: {condition.message}".strip(": ").rstrip(".")
    waiting = (s.state.waiting for s in pod.status.container_statuses if s.state.waiting)
    return next((f"{found.reason}: {found.message}".strip(": ").rstrip(".") for found in waiting if found.reason), "")


def _lost_node(state: ClusterState, pods: tuple[Pod, ...]) -> str:
    """The node of pods that are no endpoints since theirs do not exist (E5); empty for any other reason."""
    return pods[0].spec.node_name if pods and all(is_of_lost_node(state, pod) for pod in pods) else ""


def is_undecided(found: EndpointSet) -> bool:
    """Nothing is known of the pods; or they come and go (a CronJob), and none now says nothing of the next run."""
    return _cause_in(found) in ("not-known", "not-reported", "only-while-running")


def _cause(state: ClusterState, service: Service, found: EndpointSet) -> Cause:
    if cause := _cause_in(found):
        return cause
    if not has_selector(service):
        return "no-selector"
    namespace, selector = service.name.namespace, service.spec.selector
    if state.lacks_pods_with(namespace, selector):
        return "pods-not-read"
    return "without-address" if state.pods_with(namespace, selector) else "no-match"


def _cause_in(found: EndpointSet) -> Cause | None:
    """What the endpoints themselves say, and the workloads that are to make them; None where there is neither."""
    if found.basis == "unknown":
        return "not-known"
    if found.refused is not None and not found.endpoints:
        return "refused"
    if found.endpoints:
        unreported = all(endpoint.reason == UNREPORTED for endpoint in found.endpoints)
        return "not-reported" if unreported else "none-ready"
    if found.predictions:
        return "only-while-running" if all(p.while_running for p in found.predictions) else "no-replicas"
    return None


def _looked_at(state: ClusterState, namespace: str) -> str:
    pods = sum(pod.metadata.namespace == namespace for pod in state.pods.values())
    if pods or not state.is_read(POD):
        return f"{pods} pods"
    return f"{len(state.workloads_by_namespace.get(namespace, []))} workloads"


def without_address(empty: Emptiness) -> str:
    """Why pods that match are no endpoints, where no EndpointSlice has one of them (E4, E5, E7)."""
    pods, service = empty.pods, empty.service
    why = "finished" if all(pod.is_finished for pod in pods) else "without an address yet"
    if any(pod.status.addresses and not pod.is_finished for pod in pods):
        families = " or ".join(service.spec.ip_families or ("IPv4", "IPv6"))
        why = f"without an address of its family ({families})"
    if empty.lost_node:
        why = f"of a node that does not exist ({empty.lost_node})"
    return f"{len(pods)} pods match, all {why}" if len(pods) > 1 else f"one pod matches, {why}"


# -- one port -----------------------------------------------------------------------------------------------------


class PortGap(Part, frozen=True):
    """A Service port that no endpoint has. `named` are the names that their ports have; `declared` those of containers
    of the pods for its protocol, with their numbers (None: no pod was read); `is_of_other_protocol`: the name that is
    wanted is there with another.
    """

    port: ServicePort
    by_name: bool
    named: tuple[str, ...] = ()
    declared: Mapping[str, int] | None = None
    is_of_other_protocol: bool = False

    @property
    def rule(self) -> str:
        return "E10" if self.by_name else "E13"

    @property
    def says(self) -> str:
        if self.by_name and self.is_of_other_protocol and not self.suggestion:
            protocol = self.port.protocol
            return f"targetPort {self.port.target_port} is a container port of another protocol than {protocol}."
        if self.by_name and str(self.port.target_port).isdecimal():
            return f'targetPort "{self.port.target_port}" is text, and so the name of a port, which needs a letter.'
        if self.by_name:
            return f"targetPort {self.port.target_port} is a port name that no container of the selected pods has."
        names = ", ".join(self.named) or "none"
        port = f"{self.port.name or '(unnamed)'}/{self.port.protocol}"
        return f"No endpoint has port {port}; their ports are named: {names}."

    @property
    def suggestion(self) -> str | None:
        """The port name that was probably meant: the only one there is, one spelled alike, or the one with the name or
        number of the Service port. None where the target is no name.
        """
        wanted, declared = self.port.target_port, self.declared or {}
        if not isinstance(wanted, str):
            return None
        if len(declared) == 1:
            return next(iter(declared))
        for name, number in declared.items():
            if name == self.port.name or number == self.port.port:
                return name
        near = [name for name in declared if edit_distance(wanted, name) <= 2]
        return min(near, key=lambda name: edit_distance(wanted, name), default=None)

    @property
    def next(self) -> str:
        if self.by_name and str(self.port.target_port).isdecimal():
            return f"write targetPort: {self.port.target_port}, without quotes"
        if self.by_name and self.suggestion:
            return f"set targetPort to {self.suggestion}"
        if self.by_name and self.is_of_other_protocol:
            return "set protocol of the Service port to that of the container port"
        if self.by_name:
            return f"name a container port {self.port.target_port}, or set targetPort to one that exists"
        return "ports of a Service and its EndpointSlices are matched by name: make the names equal"


def lacks_port(port: ServicePort, found: EndpointSet) -> bool:
    """Whether there are endpoints, and none has a port of the Service."""
    return bool(found.endpoints) and not any(e.port_for(port.name, port.protocol) for e in found.endpoints)


def port_gap(state: ClusterState, port: ServicePort, found: EndpointSet) -> PortGap:
    """Why no endpoint that answers has a port (E10, E13)."""
    specs = [spec for endpoint in found.endpoints if (spec := spec_of(state, endpoint))]
    every = [p for spec in specs for c in spec.serving_containers for p in c.ports if p.name]
    return PortGap(
        port=port,
        by_name=isinstance(port.target_port, str) and found.source != "EndpointSlice",
        named=tuple(sorted({b.name or "(unnamed)" for e in found.endpoints for b in e.ports})),
        declared={p.name: p.container_port for p in every if (p.protocol or "TCP") == port.protocol} if specs else None,
        is_of_other_protocol=any(p.name == port.target_port for p in every),
    )
