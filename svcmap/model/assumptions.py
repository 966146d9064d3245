"""How components are configured where no object says so: the `options:` of product.md, with its defaults."""

from __future__ import annotations

from svcmap.model.base import Part


class DNSAssumptions(Part, frozen=True):
    """CoreDNS' kubernetes plugin (D1). `ttl` in seconds; `namespaces` empty means all."""

    zones: tuple[str, ...] = ("cluster.local",)
    ttl: int = 5
    pods: str = "disabled"
    namespaces: tuple[str, ...] = ()
    ignore_empty_service: bool = False
    endpoint_pod_names: bool = False


class ProxyAssumptions(Part, frozen=True):
    """kube-proxy: `mode` is iptables or nftables; pods are recognised as pods unless a test says otherwise."""

    mode: str = "iptables"


class Assumptions(Part, frozen=True):
    dns: DNSAssumptions = DNSAssumptions()
    proxy: ProxyAssumptions = ProxyAssumptions()


KUBEADM_DNS = DNSAssumptions(zones=("cluster.local", "in-addr.arpa", "ip6.arpa"), ttl=30, pods="insecure")
"""What kubeadm and most distributions install (D1); used where no Corefile is in the source."""

DEFAULT = Assumptions(dns=KUBEADM_DNS)
