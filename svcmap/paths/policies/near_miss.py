"""Peers of NetworkPolicies that a connection nearly fits: all of one fits but for one thing (N4, N8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from svcmap.model.connection import Direction, Party
from svcmap.model.labels import NAMESPACE_NAME, LabelSelector, SomeLabels, fits_namespace, format_labels
from svcmap.model.networking import NetworkPolicy, NetworkPolicyPeer
from svcmap.semantics.network_policy import rules_of


def near_peers(policies: Iterable[NetworkPolicy], direction: Direction, party: Party) -> Iterator[str]:
    """Why a peer of a rule does not fit a party that it was probably meant for, a sentence each; who fits a peer is
    kept out by something else.
    """
    for policy in policies:
        for index, (peers, _) in enumerate(rules_of(policy, direction)):
            for peer in peers:
                if why := _lack(peer, policy.metadata.namespace, party):
                    yield f"{direction.capitalize()} rule {index + 1} of {policy.metadata.name} {why}."


def _lack(peer: NetworkPolicyPeer, namespace: str, party: Party) -> str:
    if peer.ip_block is not None or isinstance(party.labels, SomeLabels) or party.labels is None:
        return ""
    pods, namespaces = peer.pod_selector, peer.namespace_selector
    fits_pods = pods is None or pods.matches(party.labels)
    if not party.is_pod:
        what = _meant(peer, party) if fits_pods else ""
        return f"names {what}, but {party.title} is on the host network: policies see its node" if what else ""
    if fits_pods and pods is not None and namespaces is None and party.namespace != namespace:
        return f"has its labels, but without a namespaceSelector means pods of namespace {namespace} only"
    if fits_pods and namespaces is not None and party.is_in(namespaces) is False:
        return _lacking(namespaces, party.namespace_labels, f"namespace {party.namespace}", party.namespace)
    is_in = party.is_in(namespaces) if namespaces is not None else party.namespace == namespace
    return _lacking(pods, party.labels, party.title) if is_in and pods is not None else ""


def _meant(peer: NetworkPolicyPeer, party: Party) -> str:
    """By what a peer whose pod selector fits a pod of the host network means it (N8); empty where it does not."""
    namespaces, home = peer.namespace_selector, party.pod.namespace if party.pod else party.namespace
    if namespaces is not None and not fits_namespace(namespaces, home, party.namespace_labels):
        return ""
    if peer.pod_selector is not None and _is_telling(peer.pod_selector):
        return "its labels"
    if namespaces is None:
        return ""
    return "its namespace" if _is_telling(namespaces) else "every namespace"


def _is_telling(selector: LabelSelector) -> bool:
    """Whether it is about some pods rather than about all of them."""
    return bool(selector.match_labels or selector.match_expressions)


def _lacking(selector: LabelSelector, labels: Mapping[str, str] | None, whose: str, name: str = "") -> str:
    """The one label for which a selector does not match. `name` is that of a namespace, whose label every one has."""
    if (
        labels is None
        or isinstance(labels, SomeLabels)
        or not all(item.matches(labels) for item in selector.match_expressions)
    ):
        return ""
    wrong = {key: value for key, value in selector.match_labels.items() if labels.get(key) != value}
    if len(wrong) != 1:
        return ""
    (key,) = wrong
    has = f"which has {format_labels({key: labels[key]})}" if key in labels else "which has no such label"
    hint = f"; it has {NAMESPACE_NAME}={name}" if name and key != NAMESPACE_NAME else ""
    return f"asks for {format_labels(wrong)} of {whose}, {has}{hint}"
