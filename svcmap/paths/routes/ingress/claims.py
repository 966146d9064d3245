"""Which Ingresses take a host or have an address: looked up, for a cluster has thousands of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from svcmap.model.addresses import canonical
from svcmap.model.group_kinds import INGRESS, INGRESS_CLASS
from svcmap.model.networking import Ingress
from svcmap.model.reads import reads
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import host_rank, hosts_of, served_by, takes_any_host
from svcmap.semantics import ingress as rules

RESTS_ON = reads(INGRESS, INGRESS_CLASS)


class HostIndex:
    """The Ingresses that are served, by the hosts of their rules. Those that take hosts which no rule names are apart:
    by a default backend, or in Contour's way by a wildcard.
    """

    def __init__(self, state: ClusterState) -> None:
        self._by_host: dict[str, list[tuple[int, Ingress]]] = {}
        self._of_any_host: list[tuple[int, Ingress]] = []
        for index, item in enumerate(state.ingresses.values()):
            served = served_by(state, item)
            if served.served is False:
                continue
            for host in hosts_of(state, item).hosts:
                self._by_host.setdefault(host, []).append((index, item))
            if takes_any_host(state, item) or rules.flavour(served) == "contour":
                self._of_any_host.append((index, item))

    def near(self, host: str) -> list[Ingress]:
        """The Ingresses that may take a host, in the order of the source."""
        named = (self._by_host.get(key, ()) for key in rules.host_keys(host))
        found = {index: item for pairs in (*named, self._of_any_host) for index, item in pairs}
        return [found[index] for index in sorted(found)]


def claimants(state: ClusterState, host: str) -> tuple[int, list[Ingress]]:
    """How specific the best claim on a host is (0: there is none), and the Ingresses that take it at all."""
    index: HostIndex = state.remember("ingress_hosts", None, lambda: HostIndex(state), RESTS_ON)
    ranked = [(rank, item) for item in index.near(host) if (rank := host_rank(state, item, host))]
    return max((rank for rank, _ in ranked), default=0), [item for _, item in ranked]


def at_address(state: ClusterState, address: str) -> Sequence[Ingress]:
    """The Ingresses that are served and have an address in their status."""

    def index() -> Mapping[str, list[Ingress]]:
        found: dict[str, list[Ingress]] = {}
        for item in state.ingresses.values():
            if served_by(state, item).served is not False:
                for key in dict.fromkeys(_addresses(item)):
                    found.setdefault(key, []).append(item)
        return found

    return state.remember("ingress_addresses", None, index, RESTS_ON).get(address, ())


def _addresses(item: Ingress) -> Iterable[str]:
    for place in item.status.load_balancer.ingress:
        yield from (text for text in (canonical(place.ip), place.hostname) if text)
