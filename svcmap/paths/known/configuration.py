"""How components are configured, as far as the objects of a state say, each with the object that says it (D1, K11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from svcmap.model.assumptions import Assumptions, DNSAssumptions, KubeletAssumptions, ProxyAssumptions
from svcmap.model.components import KUBE_PROXY
from svcmap.model.config_maps import COREFILE, CUSTOM
from svcmap.model.core import ConfigMap
from svcmap.model.group_kinds import CONFIG_MAP, NODE, SERVICE, WORKLOADS
from svcmap.model.reads import reads
from svcmap.model.refs import Name, ObjectRef
from svcmap.model.state import ClusterState
from svcmap.model.well_known import is_cluster_dns
from svcmap.paths.known.command_lines import command_lines
from svcmap.semantics import component_config as components
from svcmap.semantics.dns import ServerBlock, server_blocks
from svcmap.semantics.dns.blocks import DNS_PORT, at_port, is_balanced
from svcmap.semantics.dns.corefile import options_of
from svcmap.semantics.dns.names import is_below

RESTS_ON = reads(CONFIG_MAP, NODE, *WORKLOADS)


class Proxy(NamedTuple):
    """How kube-proxy is configured, and where that is written."""

    says: ProxyAssumptions
    ref: ObjectRef


class Kubelet(NamedTuple):
    """How the kubelets are configured, and where that is written."""

    says: KubeletAssumptions
    ref: ObjectRef


def proxy_configuration(state: ClusterState) -> Proxy | None:
    """The first that is found: a file in a ConfigMap, flags, what k3s hands on; None where no object says."""
    return state.remember("proxy_configuration", None, lambda: next(_proxies(state), None), RESTS_ON)


def kubelet_configuration(state: ClusterState) -> Kubelet | None:
    """The first that is found: kubeadm's ConfigMap, or what k3s is started with; None where no object says."""
    return state.remember("kubelet_configuration", None, lambda: next(_kubelets(state), None), RESTS_ON)


def _proxies(state: ClusterState) -> Iterator[Proxy]:
    for item in _config_maps(state):
        for document in components.documents([*item.data.values()], components.PROXY):
            yield Proxy(components.proxy_of(document), item.ref)
    for line in command_lines(state, KUBE_PROXY):
        if (found := components.proxy_of_flags(line.words)) is not None:
            yield Proxy(found, line.ref)
    of_nodes = [(components.proxy_of_k3s(words), ref) for words, ref in _node_args(state)]
    if of_nodes and of_nodes[0][0] is not None and all(found == of_nodes[0][0] for found, _ in of_nodes):
        yield Proxy(of_nodes[0][0], of_nodes[0][1])


def _kubelets(state: ClusterState) -> Iterator[Kubelet]:
    for item in _config_maps(state):
        for document in components.documents([*item.data.values()], components.KUBELET):
            if (found := components.kubelet_of(document)) is not None:
                yield Kubelet(found, item.ref)
    for words, ref in _node_args(state):
        if (found := components.kubelet_of_k3s(words)) is not None:  # servers say it, for their agents too
            yield Kubelet(found, ref)


def _node_args(state: ClusterState) -> list[tuple[list[str], ObjectRef]]:
    """The command lines of k3s, of the nodes that show them."""
    found = ((components.node_args(node.metadata.annotations), node.ref) for node in state.nodes.values())
    return [pair for pair in found if pair[0]]


def _config_maps(state: ClusterState) -> list[ConfigMap]:
    """Those of kube-system: what another namespace has may be of another cluster."""
    found = state.all(CONFIG_MAP, ConfigMap).values()
    return sorted((item for item in found if item.metadata.namespace == "kube-system"), key=lambda item: item.name)


class DNS(NamedTuple):
    """How the cluster's DNS is configured: the server blocks, what the kubernetes plugin is told (None: there is none),
    where that is written, and the files that stand beside it. `is_read`: CoreDNS takes the Corefile; one that it does
    not take leaves it with what it had before.
    """

    blocks: Sequence[ServerBlock]
    options: DNSAssumptions | None
    ref: ObjectRef
    files: Mapping[str, str]
    is_read: bool = True


def dns_configuration(state: ClusterState) -> DNS | None:
    """The Corefile of the cluster's DNS; None where no object has it."""
    return state.remember("dns_configuration", None, lambda: _dns(state), reads(CONFIG_MAP, SERVICE))


def _dns(state: ClusterState) -> DNS | None:
    found = _corefile(state)
    if found is None:
        return None
    blocks = at_port(_blocks(state, found), _dns_port(state))
    is_read = is_balanced(found.data[COREFILE])
    return DNS(blocks, options_of(blocks), found.ref, found.data, is_read) if blocks or not is_read else None


def _dns_port(state: ClusterState) -> int:
    """The port of the DNS pods, to which the Service of the cluster's DNS leads; 53 where nobody says its number."""
    services = sorted((item for item in state.services.values() if is_cluster_dns(item)), key=lambda item: item.name)
    ports = (port.target_port for item in services for port in item.spec.ports if port.port == DNS_PORT)
    return next((port for port in ports if isinstance(port, int)), DNS_PORT)


def _blocks(state: ClusterState, item: ConfigMap) -> list[ServerBlock]:
    """The server blocks of a ConfigMap, with what its Corefile imports of it and of the one that may be added to it."""
    custom = state.all(CONFIG_MAP, ConfigMap).get(Name(item.metadata.namespace, CUSTOM))
    files = {key: text for key, text in item.data.items() if key != COREFILE} | (custom.data if custom else {})
    return server_blocks(item.data[COREFILE], files)


def _corefile(state: ClusterState) -> ConfigMap | None:
    """The ConfigMap with the Corefile that pods' names are asked of: that of kubeadm's name, else one in the namespace
    of a Service that is the cluster's DNS, with a kubernetes plugin before others (a cache on each node has none).
    """
    every = state.all(CONFIG_MAP, ConfigMap).values()
    maps = sorted((item for item in every if COREFILE in item.data), key=lambda item: item.name)
    known = next((item for item in maps if item.name == Name("kube-system", "coredns")), None)
    if known is not None:
        return known
    homes = {"kube-system", *(s.metadata.namespace for s in state.services.values() if is_cluster_dns(s))}
    mine = [item for item in maps if item.metadata.namespace in homes]
    return next((item for item in mine if options_of(_blocks(state, item)) is not None), None)


def stub_domain(state: ClusterState, host: str) -> str:
    """Where the Corefile sends the names of a domain that it has a server block of its own for; empty for none."""
    known = dns_configuration(state)
    for block in known.blocks if known else ():
        zone = next((zone for zone in block.zones if zone != "." and is_below(host, zone)), "")
        targets = [word for plugin in block.named("forward") for word in plugin.args[1:]]
        if known is not None and zone and targets and not block.named("kubernetes"):
            return f"The Corefile in {known.ref} sends names of {zone} to {', '.join(targets)}, which decides."
    return ""


def unserved_domain(state: ClusterState, assumptions: Assumptions) -> tuple[str, str]:
    """R2: that the search list of pods ends in a domain which the cluster's DNS does not serve, as a sentence, and what
    to do about it; both empty where it does.
    """
    domain, zone, kubelet = assumptions.cluster_domain, assumptions.dns.zone, kubelet_configuration(state)
    if domain == zone or kubelet is None or domain != kubelet.says.cluster_domain:
        return "", ""
    says = f"Pods search {domain} (clusterDomain of {kubelet.ref}), and the cluster's DNS serves {zone}."
    return says, f"set clusterDomain to {zone}, or have the kubernetes plugin of the Corefile serve {domain}"
