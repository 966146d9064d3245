"""How components are configured where no object says so: the `options:` of product.md, with its defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

import msgspec

from svcmap.errors import UsageError
from svcmap.model.controllers import CALLED, is_called

GLIBC, MUSL = "glibc", "musl"


class _Options(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A part of `options:`. A key nobody knows is an error: a misspelled assumption would change nothing, silently."""


class DNSAssumptions(_Options, frozen=True):
    """CoreDNS' kubernetes plugin (D1). `ttl` in seconds; `namespaces` empty means all; `fallthrough` lists zones."""

    zones: tuple[str, ...] = ("cluster.local",)
    ttl: int = 5
    pods: str = "disabled"
    namespaces: tuple[str, ...] = ()
    ignore_empty_service: bool = False
    endpoint_pod_names: bool = False
    fallthrough: tuple[str, ...] = ()

    @property
    def zone(self) -> str:
        """The zone Services are named in: the first that is no reverse zone."""
        return next((zone for zone in self.zones if not zone.endswith(".arpa")), "cluster.local")


class ProxyAssumptions(_Options, frozen=True):
    """kube-proxy. `mode` is iptables, nftables or ipvs; `node_port_addresses` CIDRs or "primary", empty: the mode's
    default; `masquerade_all`: the node puts its own address on whatever goes to a cluster IP.

    `cluster_cidr` is one or two CIDRs, comma separated, by which kube-proxy knows pods; None: it knows all of them
    (the default); "" turns the local detector off (K7, K10).
    """

    mode: str = "iptables"
    cluster_cidr: str | None = msgspec.field(default=None, name="clusterCIDR")
    node_port_addresses: tuple[str, ...] = ()
    masquerade_all: bool = False
    strict_arp: bool = msgspec.field(default=False, name="strictARP")


class HostResolvConf(_Options, frozen=True):
    """The resolv.conf of the nodes."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class KubeletAssumptions(_Options, frozen=True):
    """kubelet flags that make a pod's resolv.conf (R1-R3)."""

    cluster_dns: tuple[str, ...] = msgspec.field(default=("10.96.0.10",), name="clusterDNS")
    cluster_domain: str = ""
    host_resolv_conf: HostResolvConf = HostResolvConf()


class Assumptions(_Options, frozen=True):
    """Everything svcmap takes for granted about a cluster's components. `libc` is that of clients (R4); `controllers`
    has options of Ingress controllers by their names.
    """

    dns: DNSAssumptions = DNSAssumptions()
    proxy: ProxyAssumptions = ProxyAssumptions()
    kubelet: KubeletAssumptions = KubeletAssumptions()
    libc: str = GLIBC
    controllers: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def options_of(self, controller: str) -> dict[str, str]:
        """The options that are given of a controller, by its title."""
        return {
            key: value for name, options in self.controllers if is_called(name, controller) for key, value in options
        }

    @property
    def cluster_domain(self) -> str:
        """The domain of the pods' search list: the kubelet's flag, else the zone of the cluster's DNS."""
        return self.kubelet.cluster_domain or self.dns.zone


KUBEADM_DNS = DNSAssumptions(
    zones=("cluster.local", "in-addr.arpa", "ip6.arpa"),
    ttl=30,
    pods="insecure",
    fallthrough=("in-addr.arpa", "ip6.arpa"),
)
"""What kubeadm and most distributions install (D1); used where no Corefile is in the source."""

DEFAULT = Assumptions(dns=KUBEADM_DNS)

PARTS = ("dns", "proxy", "kubelet")
MODES = ("iptables", "nftables", "ipvs")
MAX_TTL = 3600
"""CoreDNS' limit (plugin/kubernetes/setup.go)."""
POD_MODES = ("disabled", "insecure", "verified")


def from_options(options: Mapping[str, Any] | None, base: Assumptions, fill: Assumptions | None = None) -> Assumptions:
    """Assumptions from the plain data of `options:` or `--assume`.

    A part (dns, proxy, kubelet) that is not given is that of `base`; a key that a given part leaves out is that of
    `fill`, by default the text's. Raises UsageError for an unknown key or a value that cannot be.
    """
    if options is None:
        return base
    given = _convert(options)
    _check("proxy.mode", given.proxy.mode, MODES)
    _check("dns.pods", given.dns.pods, POD_MODES)
    _check("libc", given.libc, (GLIBC, MUSL))
    _check_values(given)
    if fill is not None:
        filled: dict[str, Any] = {
            part: {**msgspec.to_builtins(getattr(fill, part)), **_map(options.get(part))} for part in PARTS
        }
        filled |= {key: options[key] for key in options if key not in PARTS}
        given = _convert(filled)
    dns = given.dns if "dns" in options else _in_domain(base.dns, given.kubelet.cluster_domain)
    return Assumptions(
        dns=dns,
        proxy=given.proxy if "proxy" in options else base.proxy,
        kubelet=given.kubelet if "kubelet" in options else base.kubelet,
        libc=given.libc if "libc" in options else base.libc,
        controllers=given.controllers if "controllers" in options else base.controllers,
    )


def _check_values(given: Assumptions) -> None:
    """Values that no component would start with. Raises UsageError."""
    if not given.dns.zones:
        raise UsageError("options: dns.zones: name a zone, as cluster.local")
    if not 0 <= given.dns.ttl <= MAX_TTL:
        raise UsageError(f"options: dns.ttl: {given.dns.ttl} is not between 0 and {MAX_TTL} seconds")
    for address in given.kubelet.cluster_dns:
        if not _is(ip_address, address):
            raise UsageError(f"options: kubelet.clusterDNS: {address} is no IP address")
    for cidr in (given.proxy.cluster_cidr or "").split(","):
        if cidr.strip() and not _is(ip_network, cidr.strip()):
            raise UsageError(f"options: proxy.clusterCIDR: {cidr.strip()} is no CIDR")
    for cidr in given.proxy.node_port_addresses:
        if cidr != "primary" and not _is(ip_network, cidr):
            raise UsageError(f"options: proxy.nodePortAddresses: {cidr} is neither a CIDR nor primary")


def _is(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _convert(options: Mapping[str, Any]) -> Assumptions:
    try:
        return msgspec.convert(_with_tuples(options), Assumptions)
    except msgspec.ValidationError as error:
        raise UsageError(f"options: {_explain(str(error))}") from None


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _in_domain(dns: DNSAssumptions, domain: str) -> DNSAssumptions:
    """DNS options that say nothing of zones serve the domain that the kubelet is told."""
    if not domain or domain in dns.zones:
        return dns
    zones = tuple(domain if zone == dns.zone else zone for zone in dns.zones)
    return msgspec.structs.replace(dns, zones=zones)


def _with_tuples(options: Mapping[str, Any]) -> dict[str, Any]:
    """`fallthrough: true` means every zone, and an explicit null cluster CIDR is no local detector. Options of
    controllers are text, whatever YAML made of them.
    """
    made = {key: dict(value) if isinstance(value, dict) else value for key, value in options.items()}
    dns, proxy = made.get("dns"), made.get("proxy")
    if "controllers" in made:
        made["controllers"] = list(_controllers(made["controllers"]))
    if isinstance(dns, dict) and isinstance(dns.get("fallthrough"), bool):
        zones = dns.get("zones", ["cluster.local"])
        dns["fallthrough"] = zones if dns["fallthrough"] else []
    if isinstance(proxy, dict):
        if "clusterCIDR" in proxy and proxy["clusterCIDR"] is None:
            proxy["clusterCIDR"] = ""
        if isinstance(proxy.get("nodePortAddresses"), str):
            proxy["nodePortAddresses"] = [proxy["nodePortAddresses"]]
        proxy = {key: value for key, value in proxy.items() if value is not None}
        made["proxy"] = proxy
    return made


def _controllers(value: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Raises UsageError for what is no `{NAME: {OPTION: value}}`, or a name that is none of a controller."""
    for name, options in _mapping("controllers", value).items():
        if str(name) not in CALLED:
            raise UsageError(f"options: controllers: {name} is none of {', '.join(CALLED)}")
        where = f"controllers.{name}"
        yield str(name), [(str(key), _text(f"{where}.{key}", it)) for key, it in _mapping(where, options).items()]


def _mapping(where: str, value: Any) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"options: {where}: expected a mapping, got {value!r}")
    return value


def _text(where: str, value: Any) -> str:
    """`true` as a ConfigMap or a flag has it, a list with commas."""
    if isinstance(value, list):
        return ",".join(_text(where, item) for item in value)
    if isinstance(value, dict) or value is None:
        raise UsageError(f"options: {where}: expected a text, number, true, false or a list of these")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _explain(message: str) -> str:
    """`Object contains unknown field `tll` - at `$.dns`` → `dns: there is no key tll`."""
    what, _, where = message.partition(" - at `$")
    where = where.rstrip("`").lstrip(".")
    unknown = what.partition("unknown field `")[2].rstrip("`")
    says = f"there is no key {unknown}" if unknown else what[0].lower() + what[1:].replace("`", "")
    return f"{where}: {says}" if where else says


def _check(key: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"options: {key} is one of {', '.join(allowed)}, not {value}")
