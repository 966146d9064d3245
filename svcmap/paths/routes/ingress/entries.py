"""The rules of Ingresses that lead to a Service, as entries: each with a request that this very rule answers."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from svcmap.model.core import Service
from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.asking.entry import Box, Entry, Facts, port_key
from svcmap.paths.asking.request import ANY_HOST, INTERNET, Request, Via
from svcmap.paths.known.class_params import as_served
from svcmap.paths.known.look_ups import served_by, takes_any_host
from svcmap.paths.routes.ingress.controller import controller_service
from svcmap.paths.routes.ingress.samples import sample_of
from svcmap.paths.routes.ingress.tables import naming, own_rules, table_of
from svcmap.semantics import ingress as ingress_rules
from svcmap.semantics.ingress import alb, alb_actions, nginx

WORD = "ingress"


def entries_of(state: ClusterState, service: Service) -> Iterator[Entry]:
    """Every path of an Ingress that names the Service, and a default backend where it is one of its own."""
    for item in naming(state, service.name):
        for index, target in table_of(state, item).by_backend.get(service.metadata.name, ()):
            if not _stands_in(state, item, target) and not _is_covered(state, item, target):
                yield _entry(state, service, item, index, target)


def _entry(state: ClusterState, service: Service, item: Ingress, index: int, target: ingress_rules.RuleTarget) -> Entry:
    served, front = served_by(state, item), controller_service(state, item)
    address = next((place.ip or place.hostname for place in item.status.load_balancer.ingress), "")
    backends = (b for b in alb_actions.backends_of(item, target) if b.name == service.metadata.name)
    ports = (ingress_rules.backend_port(service, backend, served)[0] for backend in backends)
    port = next((port for port in ports if port), None)
    request = _rule_request(state, item, target)
    if alb_actions.has_action(item, target):
        request = replace(request, prefer=service.name)
    title = ingress_rules.controller_title(served)
    facts: Facts = (
        ("ingressClassName", served.ingress_class or "none"),
        ("rule", f"{target.text} -> {service.metadata.name}"),
        ("TLS", "yes" if request.scheme == "https" else "no"),
    )
    fronted = ("Service", str(front.name) if front else "not in the source")
    edge = Box(kind=f"LB of {title}", facts=(fronted, ("ingressClassName", served.ingress_class)))
    proxy: Box | None = Box(kind=f"Ingress {item.metadata.name}", facts=facts)
    if served.placement == "outside":  # a load balancer that reads the rules itself
        edge = Box(kind=f"{title} · Ingress {item.metadata.name}", facts=(*facts, ("address", address or "?")))
        proxy = None
    return Entry(
        id=f"ing.{item.metadata.name}.{index}",
        kind=WORD,
        title=WORD,
        requests=((port_key(port) if port else "", request),),
        address=address,
        host=target.host,
        rule=target.text,
        object=item.ref,
        front=front.ref if front else None,
        field=target.field,
        edge=edge,
        proxy=proxy,
        is_served=served.served is not False,
        found="rule matches",
    )


def _stands_in(state: ClusterState, item: Ingress, target: ingress_rules.RuleTarget) -> bool:
    """A default backend for the hosts of rules that all lead to it already (I4): it is drawn as these rules."""
    return target.is_default and not takes_any_host(state, item) and not any(rule.http for rule in item.spec.rules)


def _is_covered(state: ClusterState, item: Ingress, target: ingress_rules.RuleTarget) -> bool:
    """A default backend that no request is left for, because rules for every path lead where it does."""
    if not target.is_default or takes_any_host(state, item):
        return False
    others = [other for other in table_of(state, item).targets if not other.is_default]
    whole = [other for other in others if other.path in ("", "/") and other.path_type != "Exact"]
    hosts = {rule.host for rule in item.spec.rules}
    return bool(hosts) and hosts == {o.host for o in whole} and all(o.backend == target.backend for o in whole)


def _rule_request(state: ClusterState, item: Ingress, target: ingress_rules.RuleTarget) -> Request:
    """A request that this very rule answers, where there is one: a path that no better rule takes."""
    flavour = ingress_rules.flavour(served_by(state, item))
    rules = own_rules(state, item, flavour)
    hosts = [target.host.replace("*.", "any.", 1) or ANY_HOST]
    if target.is_default:  # nginx keeps it to the hosts of the Ingress (I4)
        hosts += [rule.host.replace("*.", "any.", 1) for rule in item.spec.rules if rule.host]
    regex = flavour == "nginx" and nginx.reads_regex([item])
    stem = sample_of(item, target, flavour, has_tls=False).path
    tries = [(host, path) for host in hosts for path in (stem, f"{stem.rstrip('/')}/...")]
    taken = (t for t in tries if ingress_rules.match(rules, *t, flavour, regex=regex).target == target)
    host, path = next(taken, tries[0])
    has_tls = (
        alb.listens(as_served(state, item), "https", 443)
        if flavour == "alb"
        else table_of(state, item).tls.covers(host)
    )
    asks = sample_of(item, target, flavour, has_tls=bool(has_tls))
    scheme = asks.scheme or ("https" if has_tls else "http")
    port = asks.port or (443 if scheme == "https" else 80)
    shown = host if host != ANY_HOST else "*"
    backend = target.backend.as_service
    path += f"?{asks.query}" if asks.query else ""
    is_canary = flavour == "nginx" and nginx.is_canary(item) and backend is not None
    return Request(
        to=f"{scheme}://{shown}{f':{asks.port}' if asks.port else ''}{path}",
        scheme=scheme,
        host=host,
        port=port,
        path=path,
        vantage=INTERNET,
        via=Via(kind=WORD, name=item.name),
        method=asks.method,
        headers=nginx.header_of(item) if is_canary else dict(asks.headers),
        prefer=Name(item.metadata.namespace, backend.name) if is_canary and backend else None,
    )
