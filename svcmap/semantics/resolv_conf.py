"""A pod's resolv.conf and what its resolver tries for a name (R1-R5).

Upstream: pkg/kubelet/network/dns/dns.go; glibc's res_query.c and musl's lookup_name.c for the order of tries. Which
libc a pod has is not in the API: where nobody says, glibc is assumed (R4 [impl]).
"""

from __future__ import annotations

from collections.abc import Iterable

from svcmap.model.assumptions import GLIBC, MUSL, HostResolvConf, KubeletAssumptions
from svcmap.model.base import Part
from svcmap.model.workloads import PodDNSConfig, PodSpec

MAX_NAMESERVERS = 3
MAX_SEARCHES = 32
MAX_SEARCH_CHARACTERS = 2048
MAX_DOMAIN_LENGTH = 253
MAX_NDOTS = 15
DEFAULT_NDOTS = 1
"""resolv.conf(5): what holds where no option says otherwise."""


class ResolvConf(Part, frozen=True):
    """The lines of a resolv.conf. `truncated`: the kubelet had to leave something out (R3)."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    truncated: bool = False
    uses_cluster_dns: bool = False

    @property
    def ndots(self) -> int:
        """The option ndots, at most 15, 1 by default; what is no number counts as 0 (glibc's atoi)."""
        for option in self.options:
            name, _, value = option.partition(":")
            if name == "ndots":
                return min(int(value), MAX_NDOTS) if value.isdecimal() else 0
        return DEFAULT_NDOTS


def resolv_conf(pod: PodSpec, namespace: str, kubelet: KubeletAssumptions, domain: str) -> ResolvConf:
    """The resolv.conf of a pod; `domain` is the cluster domain (R1-R3)."""
    host = kubelet.host_resolv_conf
    policy = pod.dns_policy or "ClusterFirst"
    cluster = policy == "ClusterFirstWithHostNet" or (policy == "ClusterFirst" and not pod.host_network)
    uses_cluster = cluster and bool(kubelet.cluster_dns)
    if policy == "None":
        base = ResolvConf()
    elif uses_cluster:
        searches = (f"{namespace}.svc.{domain}", f"svc.{domain}", domain, *host.searches)
        base = ResolvConf(nameservers=kubelet.cluster_dns, searches=_unique(searches), options=("ndots:5",))
    else:
        base = _of_host(host)
    return _fit(_with_config(base, pod.dns_config), uses_cluster)


def _of_host(host: HostResolvConf) -> ResolvConf:
    return ResolvConf(nameservers=host.nameservers, searches=host.searches, options=host.options)


def _with_config(base: ResolvConf, config: PodDNSConfig | None) -> ResolvConf:
    """R3: name servers and searches are added, options override by name."""
    if config is None:
        return base
    options = dict(_split(option) for option in base.options)
    options |= {option.name: option.value or "" for option in config.options}
    return ResolvConf(
        nameservers=_unique((*base.nameservers, *config.nameservers)),
        searches=_unique((*base.searches, *config.searches)),
        options=tuple(f"{name}:{value}" if value else name for name, value in options.items()),
    )


def _split(option: str) -> tuple[str, str]:
    name, _, value = option.partition(":")
    return name, value


def _fit(conf: ResolvConf, uses_cluster_dns: bool) -> ResolvConf:
    """R3: the list is cut to 32 domains, then over-long ones are dropped, then the line is cut to 2048 characters."""
    nameservers = conf.nameservers[:MAX_NAMESERVERS]
    searches = [s for s in conf.searches[:MAX_SEARCHES] if len(s) <= MAX_DOMAIN_LENGTH]
    while len(" ".join(searches)) > MAX_SEARCH_CHARACTERS:
        searches.pop()
    return ResolvConf(
        nameservers=nameservers,
        searches=tuple(searches),
        options=conf.options,
        truncated=len(nameservers) < len(conf.nameservers) or len(searches) < len(conf.searches),
        uses_cluster_dns=uses_cluster_dns,
    )


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def search_names(name: str, conf: ResolvConf, libc: str = GLIBC) -> list[str]:
    """The names a resolver asks for in turn, without final dots (R4).

    A final dot is absolute only; with as many dots as ndots the name itself comes first, else last. musl then asks for
    the name itself and nothing else.
    """
    if name.endswith("."):
        return [name.rstrip(".")]
    searched = [f"{name}.{domain.rstrip('.')}" if domain != "." else name for domain in conf.searches]
    if libc == MUSL and name.count(".") >= conf.ndots:
        return [name]
    tries = [name, *searched] if name.count(".") >= conf.ndots else [*searched, name]
    return list(dict.fromkeys(tries))


def goes_on(rcode: str, *, has_data: bool, libc: str = GLIBC) -> bool:
    """Whether a resolver asks for the next name after an answer (R4). glibc stops at records alone; musl goes on after
    NXDOMAIN alone.
    """
    return not has_data and (libc != MUSL or rcode == "NXDOMAIN")
