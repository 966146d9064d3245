"""Gateways that are a cloud's load balancer: who finds them, and what they send to (GW-8, GW-9, GW-36)."""

from __future__ import annotations

from svcmap.model.core import Service, ServicePort
from svcmap.model.gateway import Gateway, Route, RouteRule
from svcmap.paths.known.look_ups import find_service
from svcmap.paths.known.probes import probed
from svcmap.paths.known.unread import targeting
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.gateway.attached import implementation_of
from svcmap.paths.routes.gateway.backends import target_of
from svcmap.paths.routes.gateway.entries import WORD
from svcmap.paths.routes.senders import GLOBAL
from svcmap.paths.walk import Walk
from svcmap.semantics import load_balancer
from svcmap.semantics.service import find_port

CHECKED_ELSEWHERE = "health-check-path"
AWS, GKE = "AWS Load Balancer Controller", "GKE"
WORLDWIDE = ("global-external", "gxlb")
INTERNAL = ("rilb", "internal")
"""Parts of a GKE class' name that say so."""


def note_cloud(walk: Walk, gateway: Gateway, route: Route, rule: RouteRule) -> None:
    """What the load balancer of a cloud has by its defaults and could decide."""
    known = implementation_of(walk.state, gateway)
    if known is None or known.title not in (AWS, GKE):
        return
    addresses = [item.value for item in gateway.status.addresses]
    if walk.client.far and not any(load_balancer.scope_of(item) == "internet" for item in addresses):
        _note_scheme(walk, gateway, known.title, addresses)
    for ref in rule.backend_refs:
        service = find_service(walk.state, target_of(route, ref)) if ref.kind == "Service" else None
        port = find_port(service, ref.port or 0, "TCP") if service else None
        if service is None or port is None or list(targeting(walk.state, service.ref)):
            continue  # what targets it is a doubt already
        if known.title == AWS:
            _note_targets(walk, service)
        else:
            _note_check(walk, service, port)


def sender_of(gateway: Gateway, title: str) -> str:
    """What policies know the proxy of a Gateway by: a global load balancer of GKE by its addresses (CG-9)."""
    is_global = any(part in gateway.spec.gateway_class_name for part in WORLDWIDE)
    return GLOBAL if title == GKE and is_global else title


def _note_scheme(walk: Walk, gateway: Gateway, title: str, addresses: list[str]) -> None:
    """An internal load balancer, by its class or by the default of its controller."""
    of_class = gateway.spec.gateway_class_name
    is_named = any(item and not item.startswith("internal-") for item in addresses)
    if title == GKE and any(part in of_class for part in INTERNAL):
        could = f"is {of_class}: whether the client's network leads to an internal load balancer is not known"
    elif title == AWS and not is_named:
        could = f"is {of_class}: its load balancer is internal unless a LoadBalancerConfiguration says internet-facing"
    else:
        return
    undecided = Undecided(object=gateway.ref, field="spec.gatewayClassName", could=could)
    walk.doubt(undecided, WORD, "GW-9" if title == AWS else "GW-8", refuses=True, why="")


def _note_targets(walk: Walk, service: Service) -> None:
    """GW-9: the target type of the controller is instance."""
    if service.spec.type != "ClusterIP":
        walk.assume(f"the load balancer's targets are the node ports of {service.name} (target type instance)")
        return
    could = "is ClusterIP: targets are node ports unless a TargetGroupConfiguration says ip"
    undecided = Undecided(object=service.ref, field="spec.type", could=could)
    walk.doubt(undecided, WORD, "GW-9", refuses=True, why="")


def _note_check(walk: Walk, service: Service, port: ServicePort) -> None:
    """GW-36: as CG-7, but for the probe."""
    readiness = probed(walk.state, service, port).readiness
    asked = f"GET / on port {port.target_port or port.port} of {service.name}"
    walk.assume(f"the load balancer's health check, {asked}, is answered 200")
    if readiness is not None and readiness.path not in ("", "/"):
        walk.warn(CHECKED_ELSEWHERE)
        walk.assume(f"the pods are probed at {readiness.path}: a HealthCheckPolicy would have GKE ask that")
