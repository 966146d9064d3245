"""Ingresses of a state, arranged for looking up: one may have thousands of rules, and each of them is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from svcmap.model.group_kinds import INGRESS, SERVICE
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import SERVING, find_service, hosts_of, served_by
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb_actions, nginx_servers


class IngressTable:
    """One Ingress: its targets as they are written and by their Services, its hosts and those of its tls section."""

    def __init__(self, item: Ingress) -> None:
        self.targets = tuple(rules.targets(item))
        self.tls = rules.TLSHosts(item)
        self.hosts = rules.HostSet(rule.host for rule in item.spec.rules if rule.host)
        self.by_backend: dict[str, list[tuple[int, rules.RuleTarget]]] = {}
        for index, target in enumerate(self.targets):
            for name in dict.fromkeys(backend.name for backend in alb_actions.backends_of(item, target)):
                self.by_backend.setdefault(name, []).append((index, target))

    def target_at(self, field: tuple[str | int, ...]) -> rules.RuleTarget | None:
        """The target written at a place of the Ingress."""
        return next((target for target in self.targets if target.field == field), None)


def naming(state: ClusterState, service: Name) -> Sequence[Ingress]:
    """The Ingresses that name a Service, in a rule or as the default backend."""

    def index() -> Mapping[Name, list[Ingress]]:
        found: dict[Name, dict[Name, Ingress]] = {}
        for item in state.ingresses.values():
            for name in backends_of(state, item):
                found.setdefault(name, {})[item.name] = item
        return {name: list(items.values()) for name, items in found.items()}

    return state.remember("ingresses_by_backend", None, index, reads(INGRESS)).get(service, ())


def table_of(state: ClusterState, item: Ingress) -> IngressTable:
    """The table of an Ingress, made once for a state."""
    return state.remember("ingress_table", item.name, lambda: IngressTable(item), reads(INGRESS))


def near(
    state: ClusterState,
    item: Ingress,
    is_open: Callable[[Ingress, rules.RuleTarget], bool],
    host: str,
    path: str,
) -> Sequence[rules.RuleTarget]:
    """Those targets of an Ingress that may take a request, as they are written (`Shortlist`)."""

    def made() -> rules.Shortlist:
        return rules.Shortlist(table_of(state, item).targets, partial(is_open, item))

    return state.remember("shortlist", item.name, made, SERVING).near(host, path)


def backends_of(state: ClusterState, item: Ingress) -> list[Name]:
    """The Services that an Ingress leads to, each once."""
    return [Name(item.metadata.namespace, name) for name in table_of(state, item).by_backend]


def own_rules(state: ClusterState, item: Ingress, flavour: rules.Flavour) -> rules.RuleTable:
    """The rules of one Ingress by host, as its controller reads them, whatever becomes of their backends."""
    made = partial(_own_rules, state, item, flavour)
    return state.remember("own_rules", item.name, made, SERVING)


def _own_rules(state: ClusterState, item: Ingress, flavour: rules.Flavour) -> rules.RuleTable:
    return rules.RuleTable(rules.readable(table_of(state, item).targets, flavour))


def merged_rules(
    state: ClusterState,
    items: Sequence[Ingress],
    flavour: rules.Flavour,
    *,
    routed_only: bool = False,
) -> rules.RuleTable:
    """The rules of Ingresses that one controller merges, by host; `routed_only` those of which Contour makes routes."""

    def merge() -> rules.RuleTable:
        written = (target for item in items for target in table_of(state, item).targets)
        read = rules.readable(written, flavour, lambda target: is_routed(state, target))
        by = served_by(state, items[0]).by if items else None
        kept = (target for target in read if not routed_only or is_routed(state, target))
        return rules.RuleTable(kept, deep=bool(by and by.deep_wildcards))

    key = tuple(item.name for item in items), flavour, routed_only
    return state.remember("merged_rules", key, merge, SERVING | reads(SERVICE))


def locations_of(state: ClusterState, items: Sequence[Ingress], ingress_class: str) -> rules.RuleTable:
    """The locations that ingress-nginx makes of some Ingresses of a class, given in its order."""

    def made() -> rules.RuleTable:
        return rules.RuleTable(nginx_servers.locations(items, upstreams_of(state, ingress_class)))

    key = tuple(item.name for item in items)
    return state.remember("locations", key, made, SERVING)


def upstreams_of(state: ClusterState, ingress_class: str) -> nginx_servers.Upstreams:
    """The upstreams of all Ingresses of a class of ingress-nginx."""

    def made() -> nginx_servers.Upstreams:
        mine = (item for item in state.ingresses.values() if served_by(state, item).ingress_class == ingress_class)
        return nginx_servers.Upstreams(nginx_servers.in_order(mine))

    return state.remember("upstreams", ingress_class, made, SERVING)


def canaries_by_upstream(
    state: ClusterState, ingress_class: str
) -> Mapping[nginx_servers.Upstream | None, Sequence[tuple[Ingress, rules.RuleTarget]]]:
    """The canaries of a class of ingress-nginx, in its order, by the upstreams that they join (CN-24, CN-29)."""

    def made() -> Mapping[nginx_servers.Upstream | None, Sequence[tuple[Ingress, rules.RuleTarget]]]:
        mine = (item for item in state.ingresses.values() if served_by(state, item).ingress_class == ingress_class)
        return nginx_servers.joining(nginx_servers.in_order(mine))

    return state.remember("canaries", ingress_class, made, SERVING)


def is_routed(state: ClusterState, target: rules.RuleTarget) -> bool:
    """Whether Contour makes a route of a target: its Service and port can be used."""
    backend = target.backend.as_service
    service = find_service(state, Name(target.owner.namespace, backend.name)) if backend else None
    return rules.is_routed(service, backend)


def with_best_rules(state: ClusterState, items: Sequence[Ingress], host: str) -> list[Ingress]:
    """Those of some Ingresses whose rules name a host best: together they make its server (nginx)."""
    ranks = {item.name: hosts_of(state, item).specificity(host) for item in items}
    best = max(ranks.values(), default=0)
    return [item for item in items if best and ranks[item.name] == best]
