"""What GKE's load balancer answers by itself: at its front end, and for a backend of it (CG-7, CG-8, CG-A2, CG-A7)."""

from __future__ import annotations

from svcmap.model.controller_objects import BackendConfig, FrontendConfig, HealthCheck
from svcmap.model.core import Service, ServicePort
from svcmap.model.group_kinds import BACKEND_CONFIG, FRONTEND_CONFIG
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.paths.known.probes import probed
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.redirects import to_https
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress import gke

FOUND, BAD_GATEWAY = 302, 502
CHECKED_ELSEWHERE = "health-check-path"


def at_front_end(walk: Walk, ingress: Ingress) -> Trace | None:
    """The finished trace of a request that no backend gets: https without a certificate, http that is sent to it."""
    host, has_certificate = walk.request.authority, gke.has_certificate(ingress)
    if walk.client.far and gke.is_internal(ingress):
        field = f"metadata.annotations[{gke.CLASS_ANNOTATION}]"
        could = "is gce-internal: whether the client's network leads to an internal load balancer is not known"
        walk.doubt(Undecided(object=ingress.ref, field=field, could=could), WORD, "CG-1", refuses=False)
    if walk.scheme == "https" and not has_certificate:
        says = "The load balancer has no certificate, and so no https listener."
        step = f"name a Secret in spec.tls, or a certificate in {' or '.join(gke.CERTIFICATES)}"
        address = f"{host}:{walk.request.port or 443}"
        hop = Hop(kind="load-balancer", object=ingress.ref, address=address, rule="CG-8", says=says, next=step)
        return walk.stop(hop, "no-listener")
    if walk.scheme == "https":
        _note_managed(walk, ingress)
    name = ingress.metadata.annotations.get(gke.FRONTEND, "").strip()
    if not name or walk.scheme != "http":
        return None
    found = walk.state.all(FRONTEND_CONFIG, FrontendConfig).get(Name(ingress.metadata.namespace, name))
    redirect = found.spec.redirect_to_https if found else None
    status = gke.CODES.get(redirect.response_code_name or "MOVED_PERMANENTLY_DEFAULT", 0) if redirect else 0
    if found is None or (redirect and redirect.enabled and not (status and has_certificate)):
        could = f"names FrontendConfig {name}, which is not in the source"
        if redirect is not None:
            lacking = f"{redirect.response_code_name} is no status of one" if not status else "there is no certificate"
            could = f"names FrontendConfig {name}, which redirects to https, and {lacking}"
        undecided = Undecided(object=ingress.ref, field=f"metadata.annotations[{gke.FRONTEND}]", could=could)
        walk.doubt(undecided, WORD, "CG-A2", refuses=False)
    elif redirect and redirect.enabled:
        says = f"FrontendConfig {name} sends http to https ({status})."
        return to_https(walk, ingress, status, f"https://{host}{walk.request.path}", says)
    return None


def _note_managed(walk: Walk, ingress: Ingress) -> None:
    """CG-A3: a certificate that Google manages is one as soon as it is Active."""
    if ingress.spec.tls or not (names := gke.managed_certificates(ingress)):
        return
    there = {item.name: item for item in walk.state.custom if item.kind == "ManagedCertificate"}
    seen = next((there[name] for name in names if name in there), None)
    if seen is None:
        walk.assume(f"ManagedCertificate {', '.join(names)} is Active: it is not in the source")
        return
    could = "says whether there is a certificate: until it is Active there is none"
    walk.doubt(Undecided(object=seen, field="status.certificateStatus", could=could), WORD, "CG-A3", refuses=True)


def through_backend_config(walk: Walk, ingress: Ingress, service: Service, port: ServicePort) -> Trace | None:
    """The finished trace of a request that a BackendConfig keeps from the pods, or the health check of the balancer."""
    known = gke.backend_config_of(service, port)
    annotation, name = known or ("", "")
    found = walk.state.all(BACKEND_CONFIG, BackendConfig).get(Name(service.metadata.namespace, name))
    check = found.spec.health_check if found else None
    if unhealthy := gke.is_unhealthy(ingress, service, port):
        says = f"The load balancer reports backend {unhealthy} UNHEALTHY: it answers {BAD_GATEWAY}."
        step = f"have {_checked(walk, service, port, check)} answer 200"
        hop = Hop(kind=WORD, object=ingress.ref, address=f"{port.port}", rule="CG-7", says=says, next=step)
        return walk.stop(hop, "no-endpoints", answer=Answer(status=BAD_GATEWAY))
    if known is not None and found is None:
        could = f"names BackendConfig {name}, which is not in the source" if name else "is no JSON object of names"
        undecided = Undecided(object=service.ref, field=f"metadata.annotations[{annotation}]", could=could)
        walk.doubt(undecided, WORD, "CG-A7", refuses=False)
        return None
    if found is None:
        _note_check(walk, ingress, service, port, None)
        return None
    if found.spec.security_policy.name:
        could = f"has Cloud Armor judge requests by {found.spec.security_policy.name}"
        undecided = Undecided(object=found.ref, field="spec.securityPolicy", could=could)
        walk.doubt(undecided, WORD, "CG-A7", refuses=True)
    if found.spec.iap.enabled:
        return _signed_in(walk, found)
    _note_check(walk, ingress, service, port, check)
    return None


def _signed_in(walk: Walk, config: BackendConfig) -> Trace | None:
    if any(key.lower() in ("authorization", "proxy-authorization", "cookie") for key in walk.request.headers):
        undecided = Undecided(object=config.ref, field="spec.iap", could="may refuse who signs in")
        walk.doubt(undecided, WORD, "CG-A7", refuses=True)
        return None
    says = f"{config.ref} has Identity-Aware Proxy on: who has not signed in is sent to do so ({FOUND})."
    walk.add(Hop(kind=WORD, object=config.ref, address=walk.request.authority, rule="CG-A7", says=says))
    return walk.end("redirect", reason="redirect", answer=Answer(status=FOUND))


def _checked(walk: Walk, service: Service, port: ServicePort, check: HealthCheck | None) -> str:
    """The request of the health check: that of a BackendConfig, of a readiness probe at the very port, else for `/`."""
    found = probed(walk.state, service, port)
    path = found.readiness.path if found.readiness and found.at_port else ""
    at, asked = port.target_port or port.port, (check.request_path if check else "") or path or "/"
    return f"GET {asked} on port {(check.port if check else 0) or at}"


def _note_check(walk: Walk, ingress: Ingress, service: Service, port: ServicePort, check: HealthCheck | None) -> None:
    """CG-7: without a BackendConfig the check is that of the readiness probe at the port, else for `/`."""
    found = probed(walk.state, service, port)
    own = check is not None and bool(check.request_path or check.port)
    if (found.at_port and not own) or ingress.metadata.annotations.get(gke.STATUS):
        return
    asked = _checked(walk, service, port, check)
    walk.assume(f"the load balancer's health check, {asked} of {service.name}, is answered 200")
    if found.readiness is not None and not own:
        walk.warn(CHECKED_ELSEWHERE)
        walk.remark(
            f"Its pods are probed at {found.readiness.path or '/'} of port {found.readiness.port}, but GKE asks"
            f" {asked}: set healthCheck in a BackendConfig ({gke.BACKEND[0]})."
        )
