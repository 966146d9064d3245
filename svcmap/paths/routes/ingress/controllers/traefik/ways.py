"""Traefik: all routers of an entry point are compared, then middlewares act (controllers.md CT)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.paths.known.unread import naming_host
from svcmap.paths.outcome import Trace, Undecided
from svcmap.paths.routes.ingress.controllers.plain import PLAIN, compared_path, has_port, note_reading, service_of
from svcmap.paths.routes.ingress.controllers.traefik.answers import read_by_traefik
from svcmap.paths.routes.ingress.controllers.traefik.entry_points import entry_point_of, off_entry_point
from svcmap.paths.routes.ingress.controllers.traefik.middlewares import off_because, through_middlewares
from svcmap.paths.routes.ingress.controllers.ways import Met, Taken
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.tables import near
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import traefik
from svcmap.semantics.ingress.path_patterns import is_taken, pattern_of

HELM_CHARTS = ("HelmChartConfig", "HelmChart")
"""Of k3s, which installs Traefik by one and has the other for whoever changes its values."""


def take(walk: Walk, candidates: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    """CT-4, CT-7: of all routers of the entry point the one with the highest priority; a path whose Service or port
    does not exist has none. A default backend is that of an Ingress without rules (CT-6).
    """
    arrival = entry_point_of(walk)
    takes_https, point, defaults = arrival.takes_https, arrival.name, arrival.defaults
    on = [
        i
        for i in candidates
        if traefik.is_on(i, walk.scheme, takes_https=takes_https, point=point, defaults=defaults) is not False
    ]
    off = next((item for item in candidates if item not in on), None)
    why, step = off_entry_point(off, walk.scheme, arrival) if off else ("", "")
    host, path = walk.request.authority, compared_path(walk, candidates)
    found: list[tuple[int, rules.RuleTarget]] = []
    dropped: list[str] = []
    for item in on:
        for target in near(walk.state, item, traefik.is_open, host, path):
            if target.is_default and item.spec.rules:
                continue
            if not (target.is_default or traefik.fits(item, target, host, path)):
                continue
            if fault := _off_because(walk, item, target, served):
                dropped.append(f"{target.text}: Traefik makes no router of it, for {fault}")
            else:
                found.append((0 if target.is_default else traefik.priority(item, target), target))
    best = max(found, key=lambda pair: pair[0], default=None)
    others = [(rank, target) for rank, target in found if best and target is not best[1]]
    lost = [f"{target.text}: a longer rule wins" for rank, target in others if best and rank < best[0]]
    equal = tuple(t.owner for rank, t in others if best and rank == best[0] and t.backend != best[1].backend)
    match = rules.Match(target=best[1] if best else None, losers=(*dropped, *lost)[: rules.NAMED], equal=equal)
    taken = Taken(on, match, left_out=why)
    if best is None and dropped:
        return taken._replace(step="mend what keeps Traefik from making a router of the rule")
    return taken._replace(step=step) if best is None and off else taken


def _off_because(walk: Walk, item: Ingress, target: rules.RuleTarget, served: rules.ServedBy) -> str:
    """CT-7, CT-A4: why a path has no router; empty where it has one."""
    service = service_of(walk, target)
    if service is not None and service.spec.type == "ExternalName":  # CT-10
        return (
            f"Service {service.name} is an ExternalName (providers.kubernetesIngress.allowExternalNameServices is off)"
        )
    if not has_port(walk, target, served):
        return "its Service, or the port, does not exist"
    if traefik.matcher_of(item, target) not in traefik.MATCHERS:
        return f"{traefik.MATCHER}, which is none of {', '.join(traefik.MATCHERS)}"
    pattern = pattern_of("traefik", item.metadata.annotations, target)
    if pattern and not is_taken("traefik", pattern):
        return f"its path {pattern!r}, which is no regular expression of Go"
    if service is not None and traefik.way_of(service) == "none":
        return f"{traefik.NATIVE} of Service {service.name}, which is headless"
    return off_because(walk.state, item, service)


def note(walk: Walk, met: Met) -> None:
    """Entry points of an Ingress that nobody here knows the ports of, and routers for every host: Traefik compares the
    priorities of all (CT-4).
    """
    note_reading(walk, met)
    for found in naming_host(walk.state, walk.request.authority):
        if found.ref.kind == "IngressRoute" and found.mention.what.startswith("*"):
            could = "may take its requests: Traefik compares the priorities of all routers"
            undecided = Undecided(object=found.ref, field=found.mention.field, could=could)
            walk.doubt(undecided, WORD, "CT-4", refuses=False)
    for custom in walk.state.custom:
        if custom.kind in HELM_CHARTS and custom.name == "traefik":
            could = "has values of its chart, which may change entry points and what they do"
            undecided = Undecided(object=custom, field="spec.valuesContent", could=could)
            walk.doubt(undecided, WORD, "CT-2", refuses=False)
        if custom.kind == "TLSOption" and custom.name == "default" and walk.scheme == "https":
            could = "is for every router that names none, and may ask clients for certificates"
            walk.doubt(Undecided(object=custom, field="spec", could=could), WORD, "CT-4", refuses=True)
    if traefik.is_on(met.item, walk.scheme, point=entry_point_of(walk).name) is None:
        field = f"metadata.annotations[{traefik.PREFIX}router.entrypoints]"
        could = "names entry points whose ports are not known"
        walk.doubt(Undecided(object=met.item.ref, field=field, could=could), WORD, "CX-3", refuses=False)


def to_service(walk: Walk, met: Met, service: Service, port: ServicePort) -> Trace | None:
    """What middlewares answer."""
    del port
    return through_middlewares(walk, met.item, service)


TRAEFIK = PLAIN._replace(looks_at=read_by_traefik, take=take, note=note, to_service=to_service)
