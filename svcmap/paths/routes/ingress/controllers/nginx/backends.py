"""What ingress-nginx makes of a backend: rewrites, refusals, canaries, and who stands in (CN-24 to CN-29)."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name, ObjectRef
from svcmap.paths.known.emptiness import is_undecided
from svcmap.paths.known.look_ups import endpoints_of, find_service
from svcmap.paths.outcome import Answer, Hop, Trace
from svcmap.paths.routes.backends import Rule, leg_to, through_legs
from svcmap.paths.routes.ingress.controllers.nginx.aliases import without_name
from svcmap.paths.routes.ingress.controllers.nginx.canaries import Canary
from svcmap.paths.routes.ingress.controllers.nginx.refusals import refused
from svcmap.paths.routes.ingress.controllers.nginx.settings import nginx_settings
from svcmap.paths.routes.ingress.doubts import note_of_service
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.reaching import reach_backend
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx

UNAVAILABLE = 503


def to_nginx_backend(
    walk: Walk,
    ingress: Ingress,
    served: rules.ServedBy,
    target: rules.RuleTarget,
    service: Service,
    port: ServicePort,
    canary: Canary | None,
) -> Trace:
    """A request that a rule has taken, on its way to a port of a Service."""
    annotations = ingress.metadata.annotations
    path, _, query = walk.request.path.partition("?")
    walk.proxied = replace(
        walk.proxied,
        path=nginx.rewritten(annotations, target.path or "/", path, query),
        protocol=nginx.backend_protocol(annotations),
    )
    if f"{nginx.PREFIX}rewrite-target" in annotations and walk.proxied.path not in (None, walk.request.path):
        walk.remark(f"The pod sees {walk.proxied.path} ({nginx.PREFIX}rewrite-target).")
    known = nginx_settings(walk, ingress)
    is_alias = service.spec.type == "ExternalName" and known.arguments.no_external_names
    is_ready = not is_alias and _is_ready(walk, service)
    if is_ready and (kept_out := refused(walk, ingress)):
        return kept_out
    if is_ready and canary is not None and (shared := _split(walk, ingress, served, service, port, canary, target)):
        return shared
    if not is_ready and (other := stand_in(walk, ingress, service.name)) is not None:
        service, port = other
    elif is_alias:
        return _no_alias(walk, ingress, service, known.ref)
    if (stopped := without_name(walk, ingress, service, port)) is not None:
        return stopped
    note_of_service(walk, service.ref, service.metadata.annotations, served)
    return reach_backend(walk, ingress, served, service, port)


def _no_alias(walk: Walk, ingress: Ingress, service: Service, controller: ObjectRef | None) -> Trace:
    """CN-50: a controller that looks no aliases up has no endpoint for them (controller.go, serviceEndpoints)."""
    hop = Hop(
        kind=WORD,
        object=controller or ingress.ref,
        address=service.spec.external_name,
        rule="CN-50",
        says=f"Service {service.name} is of type ExternalName, and the controller has --disable-svc-external-name: it"
        f" answers {UNAVAILABLE}.",
        next="use a Service with endpoints, or remove --disable-svc-external-name",
    )
    return walk.stop(hop, "no-endpoints", answer=Answer(status=UNAVAILABLE))


def _is_ready(walk: Walk, service: Service) -> bool:
    """Whether a Service has an endpoint, or may have one."""
    found = endpoints_of(walk.state, service.name)
    return service.spec.type == "ExternalName" or bool(found.ready) or is_undecided(found)


def stand_in(walk: Walk, ingress: Ingress, service: Name) -> tuple[Service, ServicePort] | None:
    """CN-28: who answers for a Service that has no endpoint, or does not exist, where somebody does."""
    name = nginx.stand_in(ingress)
    if name is None:
        return None
    other = find_service(walk.state, Name(ingress.metadata.namespace, name))
    if other is None or not other.spec.ports or not _is_ready(walk, other):
        return None
    says = f"{service} has no endpoint, and {nginx.PREFIX}default-backend names {other.name}, which has some."
    walk.add(Hop(kind=WORD, object=ingress.ref, address=f"→{other.spec.ports[0].port}", rule="CN-28", says=says))
    return other, other.spec.ports[0]


def _split(
    walk: Walk,
    ingress: Ingress,
    served: rules.ServedBy,
    service: Service,
    port: ServicePort,
    canary: Canary,
    target: rules.RuleTarget,
) -> Trace | None:
    """CN-29: a canary takes its share of the requests of the rule; None where it has none to take, or cannot."""
    backend = canary.target.backend.as_service
    other = find_service(walk.state, Name(canary.ingress.metadata.namespace, backend.name)) if backend else None
    other_port = rules.backend_port(other, backend, served)[0] if other and backend else None
    if not canary.share or other is None or other_port is None or not _is_ready(walk, other):
        return None  # without an endpoint of its own it is no alternative (lua/balancer.lua)
    if canary.share == 1:
        where = f"{other.name}, port {other_port.port}"
        walk.remark(f"Canary Ingress {canary.ingress.name} takes all of these requests: to {where}.")
        return reach_backend(walk, ingress, served, other, other_port)
    pairs = ((service, port, 1 - canary.share), (other, other_port, canary.share))
    legs = [
        replace(leg, share=share, status=UNAVAILABLE if leg.reason else None)
        for one, its_port, share in pairs
        for leg in [leg_to(one, its_port, endpoints_of(walk.state, one.name), "CN-29")]
    ]
    walk.backends = tuple(leg.as_backend for leg in legs)
    rule = Rule(
        word=WORD,
        by=rules.controller_title(served),
        object=ingress.ref,
        title=f"The rule {target.text} with its canary Ingress {canary.ingress.name}",
        text=target.text,
        taken="CN-29",
        split="CN-29",
        failing=UNAVAILABLE,
    )
    return through_legs(walk, rule, legs)
