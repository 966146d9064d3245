"""Which Ingresses take a host or have an address: looked up, for a cluster has thousands of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from svcmap.model.addresses import canonical
from svcmap.model.group_kinds import INGRESS
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import SERVING, host_rank, hosts_of, served_by, takes_any_host
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.admission import Refusal, meant_host, refusal

Numbered = tuple[int, Ingress]


class HostIndex:
    """Ingresses by the hosts of their rules, those that nobody serves apart (`unserved`). Apart as well are those that
    take hosts which no rule names: by a default backend, a pattern, or in Contour's way by a wildcard.
    """

    def __init__(self, state: ClusterState) -> None:
        self._served: dict[str, list[Numbered]] = {}
        self._unserved: dict[str, list[Numbered]] = {}
        self._of_any_host: list[Numbered] = []
        self.first_served: Ingress | None = None
        """The first of the source whose controller may answer for hosts that nobody claims."""
        self.may_be_anywhere: list[Ingress] = []
        """Those that take every host, and whose address is not known."""
        for index, item in enumerate(state.ingresses.values()):
            self._add(state, index, item)

    def _add(self, state: ClusterState, index: int, item: Ingress) -> None:
        served = served_by(state, item)
        by_host = self._unserved if served.served is False else self._served
        for host in hosts_of(state, item).hosts:
            by_host.setdefault(host, []).append((index, item))
        if served.served is False:
            return
        self.first_served = self.first_served or item
        takes_any = takes_any_host(state, item)
        if takes_any or rules.flavour(served) == "contour" or hosts_of(state, item).patterns:
            self._of_any_host.append((index, item))
        if not item.status.load_balancer.ingress and (takes_any or "" in hosts_of(state, item).hosts):
            self.may_be_anywhere.append(item)

    def near(self, host: str) -> list[Ingress]:
        """The Ingresses that may take a host, in the order of the source."""
        return _in_order((*_named(self._served, host), *self._of_any_host))

    def too_short(self, host: str) -> str:
        """A sentence about a wildcard that would have a host, if it stood for more than one label."""
        for key in rules.host_keys(host, deep=True):
            if key.startswith("*.") and key in self._served:
                return f"Ingress {self._served[key][0][1].name} has {key}, which stands for one label alone."
        return ""

    def unserved(self, host: str) -> list[Ingress]:
        """The Ingresses with a rule that may name a host and no controller, in the order of the source."""
        return _in_order(_named(self._unserved, host))


def _named(by_host: Mapping[str, list[Numbered]], host: str) -> Iterable[Numbered]:
    return (pair for key in rules.host_keys(host, deep=True) for pair in by_host.get(key, ()))


def _in_order(pairs: Iterable[Numbered]) -> list[Ingress]:
    found = dict(pairs)
    return [found[index] for index in sorted(found)]


def host_index(state: ClusterState) -> HostIndex:
    """The index of a state, made once and in one pass."""
    found: HostIndex = state.remember("ingress_hosts", None, lambda: HostIndex(state), SERVING)
    return found


def claimants(state: ClusterState, host: str) -> list[tuple[int, Ingress]]:
    """The Ingresses that take a host at all, each with how specific its claim is."""
    return [(rank, item) for item in host_index(state).near(host) if (rank := host_rank(state, item, host))]


def refused(state: ClusterState, item: Ingress) -> Refusal | None:
    """Why the API server takes no such Ingress; None where it does, or has."""
    if state.is_of_cluster or item.metadata.uid or rules.is_removed_api(item):
        return None
    return state.remember("ingress_refusal", item.name, lambda: refusal(item), reads(INGRESS))


def meant_for(state: ClusterState, host: str) -> list[Ingress]:
    """Ingresses that the API server refuses, with a host that was probably meant to be this one, or every one."""

    def found() -> list[tuple[str, Ingress]]:
        mine = (item for item in state.ingresses.values() if refused(state, item))
        return [(meant_host(rule.host), item) for item in mine for rule in item.spec.rules if rule.host]

    named = state.remember("hosts_that_are_refused", None, found, reads(INGRESS))
    return list({item.name: item for meant, item in named if meant in (host.lower(), "*")}.values())


def at_address(state: ClusterState, address: str) -> Sequence[Ingress]:
    """The Ingresses that are served and have an address in their status."""

    def index() -> Mapping[str, list[Ingress]]:
        found: dict[str, list[Ingress]] = {}
        for item in state.ingresses.values():
            if served_by(state, item).served is not False:
                for key in dict.fromkeys(_addresses(item)):
                    found.setdefault(key, []).append(item)
        return found

    return state.remember("ingress_addresses", None, index, SERVING).get(address, ())


def _addresses(item: Ingress) -> Iterable[str]:
    for place in item.status.load_balancer.ingress:
        yield from (text for text in (canonical(place.ip), place.hostname) if text)
