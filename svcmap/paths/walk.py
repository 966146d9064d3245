"""The notebook in which a request is followed: steps add hops to it, and one of them ends it."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

from msgspec.structs import replace

from svcmap.model.assumptions import Assumptions
from svcmap.model.core import Service, ServicePort
from svcmap.model.coverage import PodScope, pods_with
from svcmap.model.facts import Endpoint
from svcmap.model.group_kinds import (
    ENDPOINT_SLICE,
    ENDPOINTS,
    GATEWAY,
    GATEWAY_CLASS,
    INGRESS_CLASS,
    LISTENER_SETS,
    POD,
    REFERENCE_GRANT,
    SERVICE,
    WORKLOADS,
)
from svcmap.model.refs import GroupKind
from svcmap.model.state import ClusterState
from svcmap.paths.asking.client import Client, resolve
from svcmap.paths.asking.request import Request
from svcmap.paths.known.configuration import proxy_configuration
from svcmap.paths.known.look_ups import refused_field
from svcmap.paths.outcome import Answer, Backend, Hop, HopKind, Place, Proxied, Reason, Seen, Trace, Undecided, Verdict

NOTHING = Answer()
PASSING: tuple[Verdict, ...] = ("reachable", "partial", "via-load-balancer")
ANYTHING: tuple[GroupKind, ...] = ()
PODS = (POD, ENDPOINT_SLICE, ENDPOINTS, *WORKLOADS)
ABSENT: dict[Reason, tuple[GroupKind, ...]] = {
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
    "gateway-class-not-found": (GATEWAY_CLASS,),
    "network-policy": ANYTHING,  # whoever stops there says which policies could let it pass
}
"""Stops that rest on something not being there, and the kinds it would be of: what was not read is never "none"."""
NEAR = ("no-endpoints", "no-local-endpoints")
"""Those whose missing objects would be in the namespace of the object at which traffic stops."""
PROVEN: frozenset[Reason] = frozenset(
    {
        *("port-not-in-service", "service-port-not-found", "backend-port-not-found", "backend-port-missing"),
        *("invalid-kind", "resource-backend", "no-backend", "zero-weight", "no-address", "not-routable", "dns-failure"),
        *("source-range", "endpoint-unanswered", "not-accepted", "host-taken", "tls", "denied", "redirect-loop"),
        "object-refused",
    }
)
"""Stops that what was read proves by itself, whatever else there may be."""


class Doubt(NamedTuple):
    """Something of the source that nobody evaluates and that could decide, with the hop that says so. What only
    `refuses` changes nothing about a request that does not get through anyway, or that is redirected before it.
    """

    undecided: Undecided
    hop: Hop
    refuses: bool


class Walk:
    """A trace in the making. What is known of its end is written into the parts of it, the last one counts."""

    def __init__(self, state: ClusterState, request: Request, assumptions: Assumptions) -> None:
        self.state, self.request, self.assumptions = state, request, assumptions
        self.client: Client = resolve(state, request.vantage)
        self.hops: list[Hop] = []
        self.assumed: list[str] = []
        self.warnings: list[str] = []
        self.doubts: list[Doubt] = []
        self.noted: list[Undecided] = []
        """What is not evaluated and changes no verdict: the path that a pod sees."""
        self.arrival: str | None = None
        """The node whose own address was asked for."""
        self.place, self.seen, self.proxied = Place(), Seen(), Proxied()
        self.first_leg: Trace | None = None
        """How the packets of a request got to the proxy that reads the rules, where that is known."""
        self.is_direct = False
        """Whether they met no load balancer: kube-proxy answered for it, or another address was asked for."""
        self.front: Service | None = None
        """The Service in front of that proxy."""
        self.tells_client = False
        """Whether PROXY protocol brings the client's address to it."""
        self.scheme, self.tls_ended = request.scheme, ""
        """What the proxy is spoken to, and what has ended TLS before it."""
        self.tells_scheme: bool | None = None
        """Whether what has ended TLS says so in X-Forwarded-Proto; None: nobody here knows."""
        self.is_proxied = False
        """Whether another proxy of layer 7 has sent the request on, from an address of its own."""
        self.excluded: tuple[tuple[Endpoint, str], ...] = ()
        self.backends: tuple[Backend, ...] = ()
        self.external_name: str | None = None
        self.resource: str | None = None
        self.invalid: str | None = None
        self.suggest: str | None = None

    def beside(self) -> Walk:
        """The same notebook for one of several ways that share the requests: what is noted stands here too, and who
        sends and where it arrives is its own.
        """
        return copy(self)

    def hand_over(self, sender: Client) -> None:
        """From here on another party sends: a controller opens a connection of its own."""
        self.client = sender

    def add(self, hop: Hop) -> None:
        self.hops.append(hop)

    def assume(self, text: str) -> None:
        if text not in self.assumed:
            self.assumed.append(text)

    def assume_mode(self) -> None:
        """Note that the answer depends on the mode of kube-proxy, where no object says it."""
        if (known := proxy_configuration(self.state)) is not None and known.says.mode == self.assumptions.proxy.mode:
            return
        self.assume(f"kube-proxy runs in {self.assumptions.proxy.mode} mode (--assume: proxy.mode)")

    def warn(self, *warnings: str) -> None:
        """Note what a person should know although traffic passes."""
        self.warnings += (warning for warning in warnings if warning not in self.warnings)

    def remark(self, text: str) -> None:
        """Add a sentence to what the last hop says that is not about a doubt."""
        doubts = {id(doubt.hop) for doubt in self.doubts}
        index = next(i for i in reversed(range(len(self.hops))) if id(self.hops[i]) not in doubts)
        self.hops[index] = replace(self.hops[index], says=f"{self.hops[index].says} {text}")

    def doubt(
        self,
        undecided: Undecided,
        kind: HopKind,
        rule: str,
        *,
        refuses: bool,
        why: str = ": svcmap does not evaluate it",
    ) -> None:
        """Note what is not evaluated and could decide: the verdict then is unknown, whatever becomes of the request."""
        if any(doubt.undecided == undecided for doubt in self.doubts):
            return
        ref = undecided.object
        says = f"{undecided.what} of {ref} {undecided.could}{why}."
        step = f"{ref.kubectl('get')} -o yaml"
        where = f"{self.request.authority}{self.request.path}"
        hop = Hop(
            kind=kind, object=ref, address=where, rule=rule, basis="unknown", verdict="unknown", says=says, next=step
        )
        self.doubts.append(Doubt(undecided, hop, refuses))
        self.add(hop)

    def at_service(self, service: Service, port: ServicePort | None) -> None:
        """Note the Service a request arrives at; the last one noted is the one the trace names."""
        number = port.port if port else None
        self.invalid = self.invalid or refused_field(self.state, service.name)
        self.place = replace(self.place, service=service.name, number=number, port=port)

    def end(
        self,
        verdict: Verdict,
        *,
        reason: Reason | None = None,
        answer: Answer = NOTHING,
        endpoints: tuple[Endpoint, ...] = (),
    ) -> Trace:
        """The finished trace. Of what a proxy answers only the part arrives whose packets get to it."""
        if verdict == "reachable" and self.first_leg is not None and self.first_leg.verdict == "partial":
            verdict, reason = "partial", self.first_leg.reason
        deciding = [doubt for doubt in self.doubts if verdict in PASSING or not doubt.refuses]
        idle = {id(doubt.hop) for doubt in self.doubts if doubt not in deciding}
        likely = verdict if deciding and verdict != "unknown" else None
        return Trace(
            request=self.request,
            verdict="unknown" if deciding else verdict,
            likely=likely,
            undecided=(*self.noted, *(doubt.undecided for doubt in deciding)),
            hops=tuple(hop for hop in self.hops if id(hop) not in idle),
            reason=reason,
            answer=answer,
            place=self.place,
            seen=self.seen,
            proxied=self.proxied,
            endpoints=endpoints,
            excluded=self.excluded,
            backends=self.backends,
            assumed=tuple(self.assumed),
            warnings=tuple(self.warnings),
            external_name=self.external_name,
            resource=self.resource,
            invalid=self.invalid,
            suggest=self.suggest,
        )

    def stop(
        self,
        hop: Hop,
        reason: Reason,
        *,
        answer: Answer = NOTHING,
        lacks: tuple[GroupKind, ...] | None = None,
        within: str = "",
    ) -> Trace:
        """The finished trace of a request that stops at `hop`. `lacks` are the kinds whose absence it rests on (in the
        namespace `within`), where that is not a matter of the reason alone.
        """
        namespace = within or (hop.object.namespace if hop.object and reason in NEAR else "")
        kinds = lacks if lacks is not None else ABSENT.get(reason)
        if kinds is not None and self.state.may_lack(kinds, namespace):
            says = f"{hop.says} Part of the source could not be read: what is missing may be there."
            return self.unknown(replace(hop, says=says), answer=answer)
        self.add(replace(hop, verdict="stop"))
        return self.end("unreachable", reason=reason, answer=answer)

    def unknown(self, hop: Hop, *, answer: Answer = NOTHING, endpoints: tuple[Endpoint, ...] = ()) -> Trace:
        """The finished trace of a request of which nobody can tell what becomes of it at `hop`."""
        needs = hop.needs or self._unread_pods()
        self.add(replace(hop, verdict="unknown", basis="unknown", needs=needs))
        return self.end("unknown", answer=answer, endpoints=endpoints)

    def _unread_pods(self) -> tuple[PodScope, ...]:
        """The pods of the Service a request has come to, where they were not read."""
        service = self.state.services.get(self.place.service) if self.place.service else None
        if service is None or not service.spec.selector:
            return ()
        wanted = pods_with(service.metadata.namespace, service.spec.selector)
        return (wanted,) if self.state.lacks_pods(wanted) else ()
