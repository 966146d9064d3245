"""How kube-proxy and the kubelet are configured: their documents, their flags, and what k3s is started with.

Upstream: kubernetes.io/docs/reference/config-api (kubeproxy.config.k8s.io/v1alpha1, kubelet.config.k8s.io/v1beta1),
cmd/kube-proxy/app; docs.k3s.io/cli/server. A file takes the place of flags.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from svcmap.exact_yaml import YamlError, load
from svcmap.model.assumptions import MODES, KubeletAssumptions, ProxyAssumptions
from svcmap.model.components import flag, is_on, split

PROXY, KUBELET = "KubeProxyConfiguration", "KubeletConfiguration"
NODE_ARGS = ("k3s.io/node-args", "rke2.io/node-args")
"""Annotations of a Node: the command line of k3s, as a list in JSON."""
CLUSTER_CIDR = ("", "ClusterCIDR")
"""The ways of knowing pods that look at their addresses; all others know every pod of the node."""


def documents(texts: Sequence[str], kind: str) -> Iterator[Mapping[str, Any]]:
    """The documents of a kind in some texts; a text that is no YAML has none."""
    for text in texts:
        try:
            found = load(text)
        except YamlError:
            continue
        yield from (d.value for d in found if isinstance(d.value, dict) and d.value.get("kind") == kind)


def proxy_of(document: Mapping[str, Any]) -> ProxyAssumptions:
    """What a KubeProxyConfiguration says. Without clusterCIDR it may be an excerpt: pods are then taken for known."""
    iptables = document.get("iptables")
    cidr = document.get("clusterCIDR")
    by_address = (document.get("detectLocalMode") or "") in CLUSTER_CIDR
    return ProxyAssumptions(
        mode=_mode(document.get("mode")),
        cluster_cidr=str(cidr) if cidr is not None and by_address else None,
        node_port_addresses=_texts(document.get("nodePortAddresses")),
        masquerade_all=isinstance(iptables, Mapping) and iptables.get("masqueradeAll") is True,
    )


def proxy_of_flags(words: Sequence[str]) -> ProxyAssumptions | None:
    """What the command line of kube-proxy says; None where it says nothing, or names a file."""
    names = ("proxy-mode", "cluster-cidr", "nodeport-addresses", "masquerade-all", "detect-local-mode")
    if flag(words, "config") is not None or all(flag(words, name) is None for name in names):
        return None
    by_address = (flag(words, "detect-local-mode") or "") in CLUSTER_CIDR
    return ProxyAssumptions(
        mode=_mode(flag(words, "proxy-mode")),
        cluster_cidr=flag(words, "cluster-cidr") if by_address else None,
        node_port_addresses=tuple(split(flag(words, "nodeport-addresses"))),
        masquerade_all=is_on(words, "masquerade-all"),
    )


def proxy_of_k3s(words: Sequence[str]) -> ProxyAssumptions | None:
    """What k3s hands on to the kube-proxy that it runs itself: `--kube-proxy-arg=proxy-mode=ipvs`."""
    given = [f"--{value}" for name, value in _pairs(words) if name == "kube-proxy-arg"]
    return proxy_of_flags(given)


def kubelet_of(document: Mapping[str, Any]) -> KubeletAssumptions | None:
    """What a KubeletConfiguration says of DNS; None where that is nothing."""
    servers, domain = _texts(document.get("clusterDNS")), str(document.get("clusterDomain") or "")
    if not servers and not domain:
        return None
    return KubeletAssumptions(cluster_dns=servers, cluster_domain=domain)


def kubelet_of_k3s(words: Sequence[str]) -> KubeletAssumptions | None:
    """`--cluster-dns` and `--cluster-domain` of k3s."""
    servers = tuple(split(flag(words, "cluster-dns")))
    domain = flag(words, "cluster-domain") or ""
    return kubelet_of({"clusterDNS": servers, "clusterDomain": domain})


def node_args(annotations: Mapping[str, str]) -> list[str]:
    """The command line of k3s on a node; empty where it does not say."""
    written = next((annotations[name] for name in NODE_ARGS if name in annotations), "[]")
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return []
    return [str(word) for word in found] if isinstance(found, list) else []


def disabled_of_k3s(nodes: Iterable[Sequence[str]]) -> set[str]:
    """The components that k3s is told to leave out (`--disable`), by the command lines of its nodes."""
    values = (value for words in nodes for name, value in _pairs(words) if name == "disable")
    return {part.strip() for value in values for part in value.split(",")}


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Flags with their values, in the order in which they are given."""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name.startswith("-"):
            following = words[index + 1] if index + 1 < len(words) else ""
            yield name.lstrip("-"), value if equals else following


def _texts(value: object) -> tuple[str, ...]:
    """A list of texts; what is none says nothing."""
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()


def _mode(text: object) -> str:
    """The mode of kube-proxy; on Linux iptables where none is named."""
    return str(text) if text in MODES else MODES[0]
