"""From an Ingress to a Service: class, rule, backend, and how the controller reaches the pods."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from svcmap.model.addresses import canonical
from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import endpoints_of, find_service, host_rank, served_by
from svcmap.paths.outcome import Answer, Hop, Trace, Undecided
from svcmap.paths.policies.egress import cannot_leave
from svcmap.paths.routes.certificates import note_missing
from svcmap.paths.routes.front import has_certificate_in_front, reach_front
from svcmap.paths.routes.ingress.chained import come_by, in_front_of
from svcmap.paths.routes.ingress.claims import claimants, host_index, refused
from svcmap.paths.routes.ingress.controller import controller_service
from svcmap.paths.routes.ingress.controllers.registry import ways_of
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.routes.ingress.doubts import near, note_annotations
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.meant import left_out_default, literal_pattern
from svcmap.paths.routes.ingress.proxied_path import set_path
from svcmap.paths.routes.ingress.reaching import answers_of, reach_backend
from svcmap.paths.routes.ingress.running import runners
from svcmap.paths.routes.ingress.speech import note_speech
from svcmap.paths.routes.ingress.tables import table_of, with_best_rules
from svcmap.paths.routes.proxy_protocol import at_header
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb, nginx
from svcmap.semantics.ingress.alb_actions import BY_ANNOTATION

NO_CLASS = "no IngressClass seen: rules read as the API text says"
WILDCARD = "a path ending in /* is a wildcard, as GKE and ALB read it (the controller is not known)"
MISSING_IS_503 = "a missing backend answers 503, as ingress-nginx does"
NOT_FOUND = 404
NAMED_HOSTS = 3
OF_CLOUDS = ("gce", "alb")
"""Controllers whose load balancers have certificates beside those of tls sections."""


def through_ingress(walk: Walk, ingresses: Sequence[Ingress]) -> Trace:
    """A request that arrives at whatever serves these Ingresses: the rules of all of them count, and where one was
    named (`--via`) those of all that its controller merges with it.
    """
    if walk.request.via and not walk.request.via.node:
        ingresses = _with_merged(walk, ingresses)
    there = [item for item in ingresses if refused(walk.state, item) is None]
    if not there:
        return _not_there(walk, ingresses[0])
    has_arrived = walk.first_leg is not None  # by an address of the Service in front, which was asked for
    candidates = _of_one_controller(walk, sorted(there, key=lambda item: item.age))
    first = candidates[0]
    served = served_by(walk.state, first)
    if served.served is False:
        walk.add(_entry_hop(walk, first, served))
        return _unserved(walk, first, served)
    if not _is_http(walk):
        return _no_http(walk, first)
    if kept_out := _to_front(walk, first, served):
        return kept_out
    ways = ways_of(served)
    seen = ways.looks_at(walk, candidates)
    if isinstance(seen, Trace):
        return seen
    met = _meet(walk, seen, served)
    _note_unserved(walk, met)
    if not has_arrived and (stopped := _enter(walk, met)):
        return stopped
    _assume(walk, met)
    _note_class(walk, met)
    note_annotations(walk, met.item, ways.sharing(met), served)
    if (broken := _at_header(walk, met)) is not None:
        return broken
    ways.note(walk, met)
    if answered := ways.answer(walk, met):
        return answered
    if met.target is None:
        return ways.unmatched(walk, met.item) or _no_rule(walk, met)
    _warn(walk, met.item, ways.sharing(met))
    return _to_backend(walk, met, met.target)


def _to_front(walk: Walk, item: Ingress, served: rules.ServedBy) -> Trace | None:
    """The finished trace of a request whose packets do not get to the controller of an Ingress."""
    if served.placement == "outside" or walk.first_leg is not None:
        return None
    leading, specs = controller_service(walk.state, item), [runner.spec for runner in runners(walk.state, served)]
    if outer := in_front_of(walk, item, leading):
        request = replace(walk.request, via=None)
        return come_by(walk, outer, through_ingress(Walk(walk.state, request, walk.assumptions), outer))
    return reach_front(walk, _asked_address(walk, item), _port(walk), leading, specs)


def _enter(walk: Walk, met: Met) -> Trace | None:
    """The hop to the front of an Ingress; the finished trace where a policy of the client does not let it."""
    walk.add(_entry_hop(walk, met.item, served_by(walk.state, met.item)))
    by_pods = met.served.placement != "outside"
    return cannot_leave(walk, _asked_address(walk, met.item), _port(walk), by_pods=by_pods)


def _at_header(walk: Walk, met: Met) -> Trace | None:
    """CF-14: the finished trace of a request that a controller in the cluster cannot read."""
    if met.served.placement == "outside":
        return None
    return at_header(walk, ways_of(met.served).expects(walk, met), met.item.ref)


def _not_there(walk: Walk, item: Ingress) -> Trace:
    why = refused(walk.state, item)
    field = why.field if why else ""
    walk.invalid = field
    says = (
        f"The API server refuses Ingress {item.name} ({field}: {why.why if why else ''}): such an object is not there."
    )
    step = f"correct {field}"
    hop = Hop(kind=WORD, object=item.ref, address=walk.request.authority, rule="I8", says=says, next=step)
    return walk.stop(hop, "object-refused")


def _meet(walk: Walk, candidates: list[Ingress], served: rules.ServedBy) -> Met:
    """The request with the rule that takes it, and the Ingresses that have a say in it."""
    taken = ways_of(served).take(walk, candidates, served)
    of_host = with_best_rules(walk.state, taken.main or candidates, taken.server or walk.request.authority)
    target = taken.match.target
    naming = next(iter(of_host), candidates[0])
    item = next((item for item in taken.main if target and item.name == target.owner), naming)
    return Met(item, taken, of_host, served)


def _note_unserved(walk: Walk, met: Met) -> None:
    """An Ingress with a better rule for the request, which no controller serves (a solver of ACME, mostly)."""
    host, path = walk.request.authority, walk.request.path.partition("?")[0]
    mine = len(met.target.path) if met.target is not None else 0
    for item in host_index(walk.state).unserved(host):
        if any(
            rules.host_specificity(target.host, host) > 1
            and len(target.path) > mine
            and rules.path_matches(target.path, target.path_type, path)
            for target in table_of(walk.state, item).targets
        ):
            why = f"no controller serves it ({served_by(walk.state, item).reason or 'no-ingress-class'})"
            walk.assume(f"Ingress {item.name}, which has the path as well, gets no requests: {why}")


def _is_http(walk: Walk) -> bool:
    """Ingress rules are about HTTP; a bare connection counts as that on the ports HTTP has."""
    request = walk.request
    return request.protocol == "TCP" and (request.scheme != "tcp" or request.port in (0, 80, 443))


def _no_http(walk: Walk, ingress: Ingress) -> Trace:
    request = walk.request
    says = f"Ingress rules say nothing of {request.protocol} port {request.port}: it depends on the Service in front."
    address = f"{_address(ingress) or '?'}:{request.port}"
    return walk.unknown(Hop(kind="load-balancer", object=ingress.ref, address=address, rule="I9", says=says))


def _of_one_controller(walk: Walk, ingresses: Sequence[Ingress]) -> list[Ingress]:
    """The Ingresses that share a controller with the one whose rules name the host best."""
    host = walk.request.authority
    best = max(ingresses, key=lambda item: _host_rank(walk.state, item, host))
    served = served_by(walk.state, best)
    return [item for item in ingresses if served_by(walk.state, item).ingress_class == served.ingress_class]


def _with_merged(walk: Walk, named: Sequence[Ingress]) -> Sequence[Ingress]:
    """The Ingresses of the class of those that were named which take the host too."""
    wanted = {served_by(walk.state, item).ingress_class for item in named} - {""}
    merged = {item.name: item for item in named}
    for _, item in claimants(walk.state, walk.request.authority):
        if served_by(walk.state, item).ingress_class in wanted:
            merged[item.name] = item
    return list(merged.values())


def _host_rank(state: ClusterState, item: Ingress, host: str) -> int:
    return host_rank(state, item, host) * 2 - (not item.spec.rules)


def _unserved(walk: Walk, ingress: Ingress, served: rules.ServedBy) -> Trace:
    says = f"There is no IngressClass {served.ingress_class}: no controller serves this Ingress."
    if served.reason == "no-ingress-class":
        says = "The Ingress names no class and none is the default: no controller serves it."
    step = "set spec.ingressClassName; kubectl get ingressclass"
    if served.by is not None and served.by.by_annotation:
        says = (
            f"{served.by.title} goes by the annotation {rules.CLASS_ANNOTATION} alone: none serves an Ingress that has"
            f" {served.ingress_class} in spec.ingressClassName."
        )
        step = f"set {rules.CLASS_ANNOTATION} to {served.ingress_class}, and remove spec.ingressClassName"
    hop = Hop(kind=WORD, object=ingress.ref, address=walk.request.authority, rule="I7", says=says, next=step)
    return walk.stop(hop, served.reason or "no-ingress-class")


def _note_class(walk: Walk, met: Met) -> None:
    """I7: an annotation may name a class that has no object; where others are there, whether one serves it is open."""
    name, item = met.served.ingress_class, met.item
    others = [known for known in walk.state.ingress_classes if known != name]
    needs_none = met.served.by is not None and met.served.by.is_outside  # GKE and ALB go by the name alone
    if not name or met.served.controller or not others or needs_none or item.status.load_balancer.ingress:
        return
    if item.metadata.annotations.get(rules.CLASS_ANNOTATION) != name or runners(walk.state, met.served):
        return
    could = f"is {name}, which no IngressClass of the source is called: there are {', '.join(others[:NAMED_HOSTS])}"
    field = f"metadata.annotations[{rules.CLASS_ANNOTATION}]"
    walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "I7", refuses=True, why="")


def _assume(walk: Walk, met: Met) -> None:
    if met.served.is_adopted:
        title = rules.controller_title(met.served)
        walk.assume(f"the Ingress has no class, and {title} serves such ones as well, unless it is told a class")
    if not met.served.ingress_class and not met.item.status.load_balancer.ingress:
        walk.assume(NO_CLASS)
    if met.target is not None and rules.is_wildcard(met.target, rules.flavour(met.served)):
        walk.assume(WILDCARD)


def _entry_hop(walk: Walk, ingress: Ingress, served: rules.ServedBy) -> Hop:
    """The address clients connect to; with a controller in the cluster, the Service that has this address."""
    address, port = _address(ingress), _port(walk)
    front = controller_service(walk.state, ingress)
    title = rules.controller_title(served)
    if not address:
        by = f" by Service {front.name}" if front else ""
        return Hop(
            kind="load-balancer",
            object=front.ref if front else ingress.ref,
            address=f"?:{port}",
            rule="I9",
            basis="assumed",
            says=f"Clients reach {title}{by}; its address is not in the source.",
        )
    return Hop(
        kind="load-balancer",
        object=front.ref if front else ingress.ref,
        address=f"{address}:{port}",
        rule="I9",
        basis="observed",
        says=f"The address of {title}, which serves this Ingress.",
    )


def _address(ingress: Ingress) -> str:
    """The first address in the Ingress' status; empty where it has none."""
    return next((item.ip or item.hostname for item in ingress.status.load_balancer.ingress), "")


def _asked_address(walk: Walk, ingress: Ingress) -> str:
    """The address the client connects to: the one it asked for, else the first of the Ingress."""
    host = walk.request.host
    asked = any(host in (canonical(item.ip), item.hostname) for item in ingress.status.load_balancer.ingress)
    return host if asked else _address(ingress)


def _port(walk: Walk) -> int:
    return walk.request.port or (443 if walk.request.scheme == "https" else 80)


def _no_rule(walk: Walk, met: Met) -> Trace:
    losers = met.taken.match.losers
    lost = f" Not taken: {'; '.join(losers[:3])}." if losers else ""
    lost += f" {met.taken.left_out}." if met.taken.left_out else _other_hosts(walk, met)
    if rules.flavour(met.served) == "nginx" and (
        hostless := next(near(met.taken.main, nginx.normalized(walk.request.path.partition("?")[0])), None)
    ):
        says = f"Ingress {hostless.name} has a rule for every host"
        lost += f" {says}, not tried for one that Ingress {met.item.name} names."
    flavour = rules.flavour(met.served)
    literal, step = literal_pattern(walk, met.taken.main, flavour)
    extra = "".join(f" {text}" for text in (literal, left_out_default(met.taken.main, flavour)) if text)
    hop = Hop(
        kind=WORD,
        object=met.item.ref,
        address=f"{walk.request.authority}{walk.request.path}",
        rule="I4",
        says=f"No rule matches and no default backend is for this host: the controller answers 404.{lost}{extra}",
        next=step or met.taken.step,
    )
    return walk.stop(hop, "no-matching-rule", answer=Answer(status=NOT_FOUND))


def _other_hosts(walk: Walk, met: Met) -> str:
    """For which hosts the rules are, where none of them is for the one that is asked for."""
    hosts = dict.fromkeys(rule.host for item in met.taken.main for rule in item.spec.rules)
    if not hosts or any(rules.host_specificity(host, walk.request.authority) for host in hosts):
        return ""
    return f" The rules are for {', '.join(list(hosts)[:NAMED_HOSTS])}."


def _to_backend(walk: Walk, met: Met, target: rules.RuleTarget) -> Trace:
    walk.proxied = replace(walk.proxied, via="defaultBackend" if target.to_default else None)
    backend, ingress, served, ways = target.backend.as_service, met.item, met.served, ways_of(met.served)
    flavour = rules.flavour(served)
    if backend is None:
        return _resource(walk, ingress, target, flavour)
    name = Name(ingress.metadata.namespace, backend.name)
    service = find_service(walk.state, name)
    if service is None and (other := ways.stand_in(walk, ingress, name)) is not None:
        return reach_backend(walk, ingress, served, *other)
    if service is None:
        return _missing(walk, ingress, target, flavour, name)
    port, warning = rules.backend_port(service, backend, served)
    wanted = backend.port.name or str(backend.port.number or "?")
    if port is None:
        return _no_port(walk, ingress, target, flavour, service, wanted)
    if warning:
        walk.warn(warning)
    rewritten = set_path(walk, ingress, served.by, service, target) if served.by is not None else ""
    losers = met.taken.match.losers
    lost = f" Not taken: {'; '.join(losers[:3])}." if losers else ""
    leads = Hop(
        kind=WORD,
        object=ingress.ref,
        address=f"{target.text} →{wanted}",
        rule="I3",
        basis="observed",
        says=f"The rule {target.text} leads to {name} port {port.port}.{lost}{rewritten}",
    )
    if answered := ways.to_service(walk, met, service, port):
        return answered
    walk.add(leads)
    note_speech(walk, ingress, service, port, flavour)
    return ways.reach(walk, met, target, service, port)


def _warn(walk: Walk, ingress: Ingress, shares_host: Sequence[Ingress]) -> None:
    """What a person should know although traffic passes (I6, I8)."""
    if rules.is_removed_api(ingress):
        walk.warn("removed-api")
    if walk.request.scheme != "https" or has_certificate_in_front(walk):
        return
    host, flavour = walk.request.authority, rules.flavour(served_by(walk.state, ingress))
    if flavour not in OF_CLOUDS and not any(table_of(walk.state, item).tls.covers(host) for item in shares_host):
        walk.warn("tls-host-not-listed")
        return
    secrets = ((item, name) for item in shares_host for name in table_of(walk.state, item).tls.secrets_of(host))
    note_missing(walk, [Name(item.metadata.namespace, name) for item, name in secrets])


def _resource(walk: Walk, ingress: Ingress, target: rules.RuleTarget, flavour: rules.Flavour) -> Trace:
    resource = target.backend.resource
    name = f"{resource.kind}/{resource.name}" if resource else "nothing at all"
    says = f"The backend is {name}, which is no Service: not followed."
    hop = Hop(kind=WORD, object=ingress.ref, address=target.text, rule="I5", says=says)
    status = NOT_FOUND if flavour == "nginx" else None
    walk.resource = name
    return walk.stop(hop, "resource-backend", answer=Answer(status=status))


def _missing(walk: Walk, ingress: Ingress, target: rules.RuleTarget, flavour: rules.Flavour, name: Name) -> Trace:
    """I5: without the Service nginx answers 503 and Contour drops the path [impl]."""
    status = answers_of(walk, ingress).missing
    if not flavour:
        walk.assume(MISSING_IS_503)
    other = next((known for known in walk.state.services if known.name == name.name), None)
    says = f"The rule leads to Service {name}, which does not exist: the controller answers {status}."
    says += f" There is {other}: an Ingress leads to Services of its own namespace alone." if other else ""
    step = f"create Service {name}, or name one that exists"
    action = f"{alb.PREFIX}actions.{name.name}"
    if flavour == "alb" and action in ingress.metadata.annotations:
        says += f" {action} is for rules whose port is called {BY_ANNOTATION}."
        step = f"set the port of the backend to name: {BY_ANNOTATION}"
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=target.text,
        rule="I5",
        says=says,
        next=step,
    )
    return walk.stop(hop, "service-not-found", answer=Answer(status=status))


def _no_port(
    walk: Walk,
    ingress: Ingress,
    target: rules.RuleTarget,
    flavour: rules.Flavour,
    service: Service,
    wanted: str,
) -> Trace:
    has = ", ".join(_port_title(port) for port in service.spec.ports) or "none"
    walk.at_service(service, None)
    if not flavour:
        walk.assume(MISSING_IS_503)
    hop = Hop(
        kind=WORD,
        object=ingress.ref,
        address=target.text,
        rule="I5",
        says=f"The rule leads to port {wanted} of {service.name}, which has ports {has}.",
        wanted=wanted,
        next=f"set backend.service.port to one of: {has}",
    )
    meant = _meant(walk, service, wanted)
    walk.invalid, walk.suggest = rules.invalid_field(target), str(meant) if meant else None
    status = answers_of(walk, ingress).missing
    return walk.stop(hop, "service-port-not-found", answer=Answer(status=status))


def _port_title(port: ServicePort) -> str:
    """`80 (http)`; one that is no TCP port with its protocol."""
    name = f" ({port.name})" if port.name else ""
    return f"{port.port}{'' if port.protocol in ('', 'TCP') else f'/{port.protocol}'}{name}"


def _meant(walk: Walk, service: Service, wanted: str) -> int | None:
    """The Service port that leads to what was named: a target port, or the number it stands for on a pod."""
    endpoints = endpoints_of(walk.state, service.name).endpoints
    for port in service.spec.ports:
        bindings = (endpoint.port_for(port.name, port.protocol) for endpoint in endpoints)
        if str(port.target_port) == wanted or any(b and str(b.port) == wanted for b in bindings):
            return port.port
    return None
