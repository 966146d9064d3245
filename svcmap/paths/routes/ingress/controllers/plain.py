"""A controller that does what the text of the API says, and what those of others share with it (I1 to I6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from svcmap.clean_paths import cleaned, is_clean
from svcmap.model.core import Service, ServicePort
from svcmap.model.group_kinds import INGRESS, INGRESS_CLASS
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import find_service, served_by
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.routes.ingress.annotated import annotated_answer, refused_by_annotation
from svcmap.paths.routes.ingress.controllers.watching import watched
from svcmap.paths.routes.ingress.controllers.ways import Met, Taken, Ways
from svcmap.paths.routes.ingress.doubts import note_of_service
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.reaching import answers_of, reach_backend
from svcmap.paths.routes.ingress.redirects import sent_to_https
from svcmap.paths.routes.ingress.tables import merged_rules, table_of
from svcmap.paths.routes.proxy_protocol import Expected
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.path_patterns import LEFT_OUT, is_taken, pattern_of

TakeRule = Callable[[Walk, Sequence[Ingress], rules.ServedBy], Taken]
ORDERED = ("nginx", "alb", "nginx-inc", "gce", "")
"""Controllers that say which of two equal rules they take; of one that is not known the older Ingress goes first."""


def merged(walk: Walk, main: Sequence[Ingress], served: rules.ServedBy) -> Taken:
    """The rule that fits best of all Ingresses, as the flavour of their controller has it."""
    flavour, path = rules.flavour(served), compared_path(walk, main)
    return Taken(main, rules.match(merged_rules(walk.state, main, flavour), walk.request.authority, path, flavour))


def merged_where(is_kept: Callable[[Walk, rules.RuleTarget, rules.ServedBy], bool]) -> TakeRule:
    """As `merged`, of a controller that leaves some rules out: others take what such a one would have taken."""

    def take(walk: Walk, main: Sequence[Ingress], served: rules.ServedBy) -> Taken:
        taken, flavour = merged(walk, main, served), rules.flavour(served)
        lost = taken.match.target
        if lost is None or is_kept(walk, lost, served):
            return taken
        written = (target for item in main for target in table_of(walk.state, item).targets)
        table = rules.RuleTable(rules.readable((t for t in written if is_kept(walk, t, served)), flavour))
        found = rules.match(table, walk.request.authority, compared_path(walk, main), flavour)
        why = f"{lost.text}: its Service or port does not exist, so the controller leaves the rule out"
        return taken if found.target is None else taken._replace(match=replace(found, losers=(why, *found.losers)))

    return take


def compared_path(walk: Walk, ingresses: Sequence[Ingress]) -> str:
    """The path of the request as the controller of some Ingresses compares it with rules."""
    by = served_by(walk.state, ingresses[0]).by if ingresses else None
    return cleaned(walk.request.path.partition("?")[0], by.cleaning if by else "unknown")


def service_of(walk: Walk, target: rules.RuleTarget) -> Service | None:
    """The Service that a rule leads to."""
    backend = target.backend.as_service
    return find_service(walk.state, Name(target.owner.namespace, backend.name)) if backend else None


def has_port(walk: Walk, target: rules.RuleTarget, served: rules.ServedBy) -> bool:
    """Whether a rule leads to a Service and port that there are."""
    service, backend = service_of(walk, target), target.backend.as_service
    return service is not None and backend is not None and rules.backend_port(service, backend, served)[0] is not None


def note_reading(walk: Walk, met: Met) -> None:
    """Rules of a controller that reads some of them in its own way, which svcmap does not know (controllers.md 0.2)."""
    controller, served = rules.controller_of(met.served.controller, met.served.ingress_class), met.served
    _note_rivals(walk, met)
    _note_patterns(walk, met)
    if (
        controller is not None
        and controller.cleaning == "unknown"
        and not is_clean(walk.request.path.partition("?")[0])
    ):
        could = f"are compared with a path that {controller.title} may clean first, in its own way"
        walk.doubt(Undecided(object=met.item.ref, field="spec.rules", could=could), WORD, "CX-4", refuses=False)
    if controller is not None and controller.is_closed:
        could = f"is {served.controller} ({controller.title}), whose ways are its own"
        undecided = Undecided(object=INGRESS_CLASS.ref("", served.ingress_class), field="spec.controller", could=could)
        walk.doubt(undecided, WORD, "CX-4", refuses=False)
    elif controller is not None and not rules.flavour(served):
        _note_own_way(walk, met, controller)
    elif controller is None and served.controller:
        walk.assume(f"controller {served.controller} is not known: it reads rules as the API text says")
    elif controller is None and served.ingress_class:
        where = f"IngressClass {served.ingress_class} is not in the source"
        walk.assume(f"{where}: its rules are read as the API text says")


def note_upgrade(walk: Walk, met: Met, annotation: str, named: str) -> None:
    """CC-9, CI-12: a WebSocket gets through where an annotation lists what the rule leads to, or its path."""
    listed = {part.strip() for part in met.item.metadata.annotations.get(annotation, "").split(",")}
    if met.target is not None and named not in listed and any(key.lower() == "upgrade" for key in walk.request.headers):
        could = f"does not list {named}: no Upgrade (WebSocket) is passed on to it"
        undecided = Undecided(object=met.item.ref, field=f"metadata.annotations[{annotation}]", could=could)
        walk.doubt(undecided, WORD, "CX-4", refuses=True, why="")


def _note_rivals(walk: Walk, met: Met) -> None:
    equal, target = met.taken.match.equal, met.target
    if equal and target is not None and rules.flavour(met.served) not in ORDERED:
        rivals = ", ".join(map(str, dict.fromkeys(equal)))
        could = f"has a rule as good as one of {rivals}: which of them is taken is left open"
        undecided = Undecided(object=INGRESS.ref(*target.owner), field="spec.rules", could=could)
        walk.doubt(undecided, WORD, "CX-4", refuses=False)


def _note_patterns(walk: Walk, met: Met) -> None:
    """Regular expressions for the host that cannot be read here: what their controller makes of them nobody knows."""
    flavour, host = rules.flavour(met.served), walk.request.authority
    for item in met.taken.main if flavour not in LEFT_OUT else ():
        for target, pattern in _unreadable(walk.state, item, flavour):
            if rules.host_specificity(target.host, host):
                could = f"has {pattern!r}, which cannot be read as a regular expression"
                field = ".".join(map(str, target.field))
                walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "CX-4", refuses=False)


def _unreadable(state: ClusterState, item: Ingress, flavour: rules.Flavour) -> Sequence[tuple[rules.RuleTarget, str]]:
    """The rules of an Ingress with such a pattern: looked for once, as it may have thousands of them."""

    def look() -> list[tuple[rules.RuleTarget, str]]:
        annotations = item.metadata.annotations
        found = ((t, pattern_of(flavour, annotations, t)) for t in table_of(state, item).targets)
        return [(target, pattern) for target, pattern in found if pattern and not is_taken(flavour, pattern)]

    return state.remember("unreadable_patterns", (item.name, flavour), look, reads(INGRESS))


def _note_own_way(walk: Walk, met: Met, controller: rules.Controller) -> None:
    host, target = walk.request.authority, met.target
    every = (target for one in met.taken.main for target in table_of(walk.state, one).targets)
    written = [target for target in every if target.is_default or rules.host_specificity(target.host, host)]
    odd = next((target for target in written if target.path_type == "ImplementationSpecific"), None)
    best = max((rules.host_specificity(target.host, host) for target in written), default=0)
    others = [t for t in written if t.is_default or not t.host or rules.host_specificity(t.host, host) < best]
    what = ""
    if odd is not None:
        what = f"path {odd.path or '/'} of type ImplementationSpecific"
    elif others and (target is None or target.to_default):
        what = "whether rules of wider hosts, and default backends, take what no rule of the host does"
    if what:
        could = f"is read by {controller.title} in its own way: {what}"
        undecided = Undecided(object=met.item.ref, field="spec.rules", could=could)
        walk.doubt(undecided, WORD, "CX-4", refuses=False)


def answer(walk: Walk, met: Met) -> Trace | None:
    """Lists and passwords, redirects to https and elsewhere; then who is refused TLS."""
    return by_annotations(walk, met) or without_tls(walk, met)


def by_annotations(walk: Walk, met: Met, also: Sequence[Ingress] = ()) -> Trace | None:
    """What annotations of the Ingress whose rule takes the request answer. `also` are others whose lists count."""
    if met.target is None:
        return None
    by = answers_of(walk, met.item)
    first = by.own.refuses_first or bool(also)
    refused = refused_by_annotation(walk, met.item, by, also) if first else None
    return refused or sent_to_https(walk, met.item, by) or annotated_answer(walk, met.item, by)


def without_tls(walk: Walk, met: Met) -> Trace | None:
    """CI-9, CC-8, CY-6, CS-4: controllers that take https for the hosts of tls sections alone."""
    by, host = met.served.by, walk.request.authority
    if by is None or not by.needs_tls or walk.scheme != "https":
        return None
    if any(table_of(walk.state, item).tls.covers(host) for item in met.main):
        return None
    hop = Hop(
        kind=WORD,
        object=met.item.ref,
        address=f"{host}:{walk.request.port or 443}",
        rule="I6",
        says=f"No tls section has {host}, and {by.title} takes https for hosts of tls sections only: TLS fails.",
        next="add the host to spec.tls, with a Secret",
    )
    return walk.stop(hop, "tls")


def reach(walk: Walk, met: Met, target: rules.RuleTarget, service: Service, port: ServicePort) -> Trace:
    """The pods of a port, as the controller dials them."""
    del target
    note_of_service(walk, service.ref, service.metadata.annotations, met.served)
    return reach_backend(walk, met.item, met.served, service, port)


def without_external_names(status: int) -> Callable[[Walk, Met, Service, ServicePort], Trace | None]:
    """Controllers that by default send nothing to a Service of type ExternalName (CI-11, CC-7)."""

    def refused(walk: Walk, met: Met, service: Service, port: ServicePort) -> Trace | None:
        del port
        if service.spec.type != "ExternalName":
            return None
        title = answers_of(walk, met.item).title
        walk.assume(f"{title} has its default settings: it does not resolve Services of type ExternalName")
        hop = Hop(
            kind=WORD,
            object=met.item.ref,
            address=service.spec.external_name,
            rule="I5",
            says=f"Service {service.name} is an ExternalName, to which {title} sends nothing unless it is told to.",
            next="use a Service with endpoints, or turn such Services on in the controller",
        )
        return walk.stop(hop, "no-endpoints", answer=Answer(status=status))

    return refused


PLAIN = Ways(
    looks_at=watched,
    take=merged,
    note=note_reading,
    sharing=lambda met: [met.item],
    answer=answer,
    unmatched=lambda _walk, _ingress: None,
    stand_in=lambda _walk, _ingress, _name: None,
    to_service=lambda _walk, _met, _service, _port: None,
    reach=reach,
    expects=lambda _walk, _met: Expected(),
)
"""One that is not known, or of which nothing else is."""
