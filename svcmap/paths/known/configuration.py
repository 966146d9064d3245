"""How components are configured, as far as the objects of a state say, each with the object that says it (D1, K11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from svcmap.model.assumptions import DNSAssumptions, KubeletAssumptions, ProxyAssumptions
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
from svcmap.semantics.dns.corefile import read_corefile

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
    for node in state.nodes.values():
        if (found := components.proxy_of_k3s(components.node_args(node.metadata.annotations))) is not None:
            yield Proxy(found, node.ref)


def _kubelets(state: ClusterState) -> Iterator[Kubelet]:
    for item in _config_maps(state):
        for document in components.documents([*item.data.values()], components.KUBELET):
            if (found := components.kubelet_of(document)) is not None:
                yield Kubelet(found, item.ref)
    for node in state.nodes.values():
        if (found := components.kubelet_of_k3s(components.node_args(node.metadata.annotations))) is not None:
            yield Kubelet(found, node.ref)


def _config_maps(state: ClusterState) -> list[ConfigMap]:
    """Those of kube-system first: what another namespace has may be of another cluster."""
    found = state.all(CONFIG_MAP, ConfigMap).values()
    return sorted(found, key=lambda item: (item.metadata.namespace != "kube-system", item.name))


class DNS(NamedTuple):
    """How the cluster's DNS is configured: the server blocks, what the kubernetes plugin is told (None: there is none),
    and where that is written.
    """

    blocks: Sequence[ServerBlock]
    options: DNSAssumptions | None
    ref: ObjectRef


def dns_configuration(state: ClusterState) -> DNS | None:
    """The Corefile of the cluster's DNS; None where no object has it."""
    return state.remember("dns_configuration", None, lambda: _dns(state), reads(CONFIG_MAP, SERVICE))


def _dns(state: ClusterState) -> DNS | None:
    found = _corefile(state)
    read = read_corefile(found.data[COREFILE]) if found else None
    if found is None or read is None:
        return None
    custom = state.all(CONFIG_MAP, ConfigMap).get(Name(found.metadata.namespace, CUSTOM))
    files: Mapping[str, str] = custom.data if custom else {}
    return DNS(server_blocks(found.data[COREFILE], files), read.dns, found.ref)


def _corefile(state: ClusterState) -> ConfigMap | None:
    """The ConfigMap with the Corefile that pods' names are asked of: that of kubeadm's name, else one in the namespace
    of a Service that is the cluster's DNS, with a kubernetes plugin before others (a cache on each node has none).
    """
    maps = [item for item in _config_maps(state) if COREFILE in item.data]
    known = next((item for item in maps if item.name == Name("kube-system", "coredns")), None)
    if known is not None:
        return known
    homes = {"kube-system", *(s.metadata.namespace for s in state.services.values() if is_cluster_dns(s))}
    mine = [item for item in maps if item.metadata.namespace in homes]
    texts = {item.name: read_corefile(item.data[COREFILE]) for item in mine}
    return next((item for item in mine if (read := texts[item.name]) and read.dns), None)
