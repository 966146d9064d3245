"""What becomes of a request: a trace of hops, where it ends, and what the client meets there."""

from __future__ import annotations

from typing import Literal

from svcmap.model.base import Part
from svcmap.model.core import ServicePort
from svcmap.model.coverage import PodScope
from svcmap.model.facts import Basis, Endpoint
from svcmap.model.refs import Name, ObjectRef
from svcmap.paths.asking.request import Request

HopKind = str
"""dns, client, load-balancer, node-port, service, endpoint, network-policy, pod, external-name, or a route's word."""
Verdict = Literal["reachable", "partial", "redirect", "via-load-balancer", "unreachable", "unknown"]
HopVerdict = Literal["ok", "stop", "unknown"]
Action = Literal["REJECT", "DROP"]
Reason = Literal[
    # at layer 4
    "no-endpoints",
    "no-local-endpoints",
    "source-range",
    "port-not-in-service",
    "not-routable",
    "no-address",
    "endpoint-unanswered",
    "not-a-cluster-address",
    # names
    "name-not-found",
    "name-no-data",
    "dns-failure",
    # Ingress
    "no-matching-rule",
    "no-ingress-class",
    "ingress-class-not-found",
    "service-not-found",
    "service-port-not-found",
    "resource-backend",
    "redirect",
    # Gateway API
    "backend-not-found",
    "backend-port-not-found",
    "backend-port-missing",
    "invalid-kind",
    "ref-not-permitted",
    "no-backend",
    "zero-weight",
    "no-listener",
    "no-matching-sni",
    # what serves a route
    "not-accepted",
    "gateway-class-not-found",
    "host-taken",
    "tls",
    "denied",
    "object-refused",
    "redirect-loop",
    # policies
    "network-policy",
]
"""Why a request does not get through, or (redirect) leads elsewhere (product.md, "reason")."""


class Hop(Part, frozen=True):
    """One step of a request: what it meets, whether it gets past, by which rule, and how that is known.

    `says` is one plain sentence; `next` what to do, on a stop; `needs` what would have to be read to know more. `place`
    is where among the nodes it is, `wanted` what a rule asks for that is not there, or the Service that another rule
    leads to, for who draws them.
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
    place: str = ""
    wanted: str = ""

    @property
    def policy(self) -> str:
        """What kind of policy one about policies is about."""
        return self.object.kind if self.object else "NetworkPolicy"


class Backend(Part, frozen=True):
    """A weighted backend of a route: `status` where the gateway itself answers that share."""

    service: Name
    share: float
    status: int | None = None


class Answer(Part, frozen=True):
    """What the client's connection meets where no pod answers: REJECT or DROP at layer 4, else the status, gRPC code or
    redirect of the entry.
    """

    status: int | None = None
    action: Action | None = None
    grpc_code: str | None = None
    location: str | None = None
    location_path: str | None = None


class Undecided(Part, frozen=True):
    """Something of the source that is not evaluated and could decide: the object, its field, what it could do."""

    object: ObjectRef
    field: str
    could: str

    @property
    def what(self) -> str:
        """An annotation by its own name, any other field by its path."""
        inside = self.field.removeprefix("metadata.annotations[")
        return inside.removesuffix("]") if inside != self.field else self.field


class Place(Part, frozen=True):
    """The Service a request came to, and its port. `port` is None where several backends share the requests: an
    endpoint then has only the port of its own. `skips_cluster_ip`: a proxy dials the pods itself.
    """

    service: Name | None = None
    number: int | None = None
    port: ServicePort | None = None
    skips_cluster_ip: bool = False


class Seen(Part, frozen=True):
    """Whose address the pod sees, and on which node kube-proxy acts; None where it does not apply.

    `snat`: that of a node (K10). `hairpin`: a pod reaches itself. `short_circuit`: kube-proxy answers for the load
    balancer's address inside the cluster (K2).
    """

    snat: bool | None = None
    hairpin: bool | None = None
    short_circuit: bool | None = None


class Proxied(Part, frozen=True):
    """What a proxy of layer 7 makes of a request: by which way it dials, the path and the protocol the pod sees."""

    via: str | None = None
    path: str | None = None
    protocol: str | None = None


class Trace(Part, frozen=True):
    """Where a request got to. The shape of `svcmap trace -o json` (product.md), as values of the engine.

    `endpoints` are those this client can get, `excluded` each other endpoint with why it gets nothing. `likely` is the
    verdict if nothing that is `undecided` does anything, where the verdict is unknown because of it.
    """

    request: Request
    verdict: Verdict
    hops: tuple[Hop, ...]
    reason: Reason | None = None
    likely: Verdict | None = None
    undecided: tuple[Undecided, ...] = ()
    answer: Answer = Answer()
    place: Place = Place()
    seen: Seen = Seen()
    proxied: Proxied = Proxied()
    endpoints: tuple[Endpoint, ...] = ()
    excluded: tuple[tuple[Endpoint, str], ...] = ()
    backends: tuple[Backend, ...] = ()
    assumed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    external_name: str | None = None
    resource: str | None = None
    invalid: str | None = None
    suggest: str | None = None

    @property
    def service(self) -> Name | None:
        return self.place.service

    @property
    def service_port(self) -> ServicePort | None:
        return self.place.port

    @property
    def stop(self) -> Hop | None:
        """The hop that stops traffic, or where it becomes unknown; None where all of it gets through."""
        return next((hop for hop in self.hops if hop.verdict != "ok"), None)
