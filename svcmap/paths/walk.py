"""The result of following a request, and the notebook it is written in on the way."""

from __future__ import annotations

from typing import Literal

import msgspec

from svcmap.model.assumptions import Assumptions
from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.coverage import PodScope, pods_with
from svcmap.model.facts import Basis, Endpoint
from svcmap.model.group_kinds import (
    ENDPOINT_SLICE,
    ENDPOINTS,
    GATEWAY,
    INGRESS_CLASS,
    LISTENER_SETS,
    NETWORK_POLICY,
    POD,
    REFERENCE_GRANT,
    SERVICE,
    WORKLOADS,
)
from svcmap.model.refs import GroupKind, Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.paths.asking.client import Client, resolve
from svcmap.paths.asking.request import Request

HopKind = Literal[
    "dns",
    "client",
    "load-balancer",
    "ingress",
    "gateway",
    "node-port",
    "service",
    "endpoint",
    "network-policy",
    "pod",
    "external-name",
]
Verdict = Literal["reachable", "partial", "redirect", "via-load-balancer", "unreachable", "unknown"]
HopVerdict = Literal["ok", "stop", "unknown"]


class Hop(Part, frozen=True):
    """One step of a request: what it meets, whether it gets past, by which rule, and how that is known.

    `says` is one plain sentence; `next` what to do, on a stop; `needs` what would have to be read to know more.
    """

    kind: HopKind
    says: str
    object: ObjectRef | None = None
    address: str = ""
    verdict: HopVerdict = "ok"
    rule: str = ""
    basis: Basis = "computed"
    next: str = ""
    needs: tuple[str | PodScope, ...] = ()


class Backend(Part, frozen=True):
    """A weighted backend of a route: `status` where the gateway itself answers that share."""

    service: Name
    share: float
    status: int | None = None


class Trace(Part, frozen=True):
    """Where a request got to. The shape of `svcmap trace -o json` (product.md), as values of the engine.

    `endpoints` are those this client can get, `excluded` each other endpoint with why it gets nothing.
    `service_port` is None where several backends share the requests; an endpoint then has only the port of its own.
    """

    request: Request
    verdict: Verdict
    hops: tuple[Hop, ...]
    reason: str | None = None
    action: str | None = None
    status: int | None = None
    service: Name | None = None
    port: int | None = None
    endpoints: tuple[Endpoint, ...] = ()
    excluded: tuple[tuple[Endpoint, str], ...] = ()
    service_port: ServicePort | None = None
    backends: tuple[Backend, ...] = ()
    assumed: tuple[str, ...] = ()
    snat: bool | None = None
    hairpin: bool | None = None
    short_circuit: bool | None = None
    via: str | None = None
    backend_path: str | None = None
    backend_protocol: str | None = None
    location: str | None = None
    location_path: str | None = None
    grpc_code: str | None = None
    external_name: str | None = None
    resource: str | None = None
    warnings: tuple[str, ...] = ()
    invalid: str | None = None
    suggest: str | None = None
    skips_cluster_ip: bool = False

    @property
    def stop(self) -> Hop | None:
        """The hop that stops traffic, or where it becomes unknown; None where all of it gets through."""
        return next((hop for hop in self.hops if hop.verdict != "ok"), None)


ANYTHING: tuple[GroupKind, ...] = ()
PODS = (POD, ENDPOINT_SLICE, ENDPOINTS, *WORKLOADS)
ABSENT: dict[str, tuple[GroupKind, ...]] = {
    "name-not-found": ANYTHING,
    "name-no-data": (SERVICE, *PODS),
    "not-a-cluster-address": ANYTHING,
    "no-matching-rule": ANYTHING,
    "no-matching-sni": ANYTHING,
    "no-listener": (GATEWAY, *LISTENER_SETS),
    "no-endpoints": PODS,
    "no-local-endpoints": PODS,
    "service-not-found": (SERVICE,),
    "backend-not-found": (SERVICE,),
    "ref-not-permitted": (REFERENCE_GRANT,),
    "no-ingress-class": (INGRESS_CLASS,),
    "ingress-class-not-found": (INGRESS_CLASS,),
    "network-policy": (NETWORK_POLICY,),
}
"""Stops that rest on something not being there, and the kinds it would be of: what was not read is never "none"."""
NEAR = ("no-endpoints", "no-local-endpoints", "network-policy")
"""Those whose missing objects would be in the namespace of the object at which traffic stops."""
PROVEN = frozenset(
    {
        *("port-not-in-service", "service-port-not-found", "backend-port-not-found", "backend-port-missing"),
        *("invalid-kind", "resource-backend", "no-backend", "zero-weight", "no-address", "not-routable"),
        *("source-range", "endpoint-unanswered", "port-not-declared"),
    }
)
"""Stops that what was read proves by itself, whatever else there may be."""


class Walk:
    """A trace in the making: steps add hops, and one of them ends it."""

    def __init__(self, state: ClusterState, request: Request, assumptions: Assumptions) -> None:
        self.state, self.request, self.assumptions = state, request, assumptions
        self.client: Client = resolve(state, request.vantage)
        self.hops: list[Hop] = []
        self.assumed: list[str] = []
        self.warnings: list[str] = []
        self.facts: dict[str, object] = {}
        self.arrival: str | None = None
        """The node whose own address was asked for."""

    def hand_over(self, sender: Client) -> None:
        """From here on another party sends: a controller opens a connection of its own."""
        self.client = sender

    def add(self, hop: Hop) -> None:
        self.hops.append(hop)

    def assume(self, text: str) -> None:
        if text not in self.assumed:
            self.assumed.append(text)

    def assume_mode(self) -> None:
        """Note that the answer depends on the mode of kube-proxy."""
        self.assume(f"kube-proxy runs in {self.assumptions.proxy.mode} mode (--assume: proxy.mode)")

    def at_service(self, service: Service, port: ServicePort | None) -> None:
        """Note the Service a request arrives at; the last one noted is the one the trace names."""
        self.facts |= {"service": service.name, "port": port.port if port else None, "service_port": port}

    def warn(self, *warnings: str) -> None:
        """Note what a person should know although traffic passes."""
        self.warnings += (warning for warning in warnings if warning not in self.warnings)

    def note(self, **facts: object) -> None:
        """Set further fields of the trace."""
        self.facts |= facts

    def end(self, verdict: Verdict, **facts: object) -> Trace:
        """The finished trace."""
        fields = {**self.facts, **facts}
        made = Trace(
            request=self.request,
            verdict=verdict,
            hops=tuple(self.hops),
            assumed=tuple(self.assumed),
            warnings=tuple(self.warnings),
        )
        return msgspec.structs.replace(made, **fields)

    def stop(self, hop: Hop, reason: str, *, lacks: tuple[GroupKind, ...] | None = None, **facts: object) -> Trace:
        """The finished trace of a request that stops at `hop`. `lacks` are the kinds whose absence it rests on, where
        that is not a matter of the reason alone.
        """
        namespace = hop.object.namespace if hop.object and reason in NEAR else ""
        kinds = lacks if lacks is not None else ABSENT.get(reason)
        if kinds is not None and self.state.may_lack(kinds, namespace):
            says = f"{hop.says} Part of the source could not be read: what is missing may be there."
            return self.unknown(msgspec.structs.replace(hop, says=says), **facts)
        self.add(msgspec.structs.replace(hop, verdict="stop"))
        return self.end("unreachable", reason=reason, **facts)

    def unknown(self, hop: Hop, **facts: object) -> Trace:
        """The finished trace of a request of which nobody can tell what becomes of it at `hop`."""
        needs = hop.needs or self._unread_pods()
        self.add(msgspec.structs.replace(hop, verdict="unknown", basis="unknown", needs=needs))
        return self.end("unknown", **facts)

    def _unread_pods(self) -> tuple[PodScope, ...]:
        """The pods of the Service a request has come to, where they were not read."""
        name = self.facts.get("service")
        service = self.state.services.get(name) if isinstance(name, Name) else None
        if service is None or not service.spec.selector:
            return ()
        wanted = pods_with(service.metadata.namespace, service.spec.selector)
        return (wanted,) if self.state.lacks_pods(wanted) else ()
