"""Which pods a policy of Cilium selects (Cilium documentation, "Endpoint Selector"; pkg/policy/api, pkg/labels).

Three values: true, false, and None where labels decide that are not known, or that Cilium makes itself.
"""

from __future__ import annotations

from svcmap.model.labels import Labels, LabelSelector, LabelSelectorRequirement
from svcmap.model.plugin_policies import CiliumPolicy, CiliumRule

SOURCES = ("k8s:", "any:")
"""Where a label of a pod may be said to come from; without one it is from anywhere."""
OF_NAMESPACE = "io.kubernetes.pod.namespace"
LABELS_OF_NAMESPACE = "io.cilium.k8s.namespace.labels."
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
ITS_OWN = ("io.cilium.", "reserved:", "cidr:", "fqdn:", "container:", "unspec:")


def selects_pod(policy: CiliumPolicy, namespace: str, labels: Labels, of_namespace: Labels) -> bool | None:
    """Whether a policy selects a pod by its labels and those of its namespace; None for either where not known.

    An empty `namespace` is one nobody knows.
    """
    own = policy.metadata.namespace
    if own and namespace and own != namespace:
        return False
    found = [_rule_selects(rule, namespace, labels, of_namespace) for rule in policy.rules] or [None]
    return True if True in found else None if None in found else False


def selects_nodes(policy: CiliumPolicy) -> bool:
    """Whether a policy is about nodes at all; which of them, their labels in Cilium decide."""
    return any(rule.node_selector is not None for rule in policy.rules)


def _rule_selects(rule: CiliumRule, namespace: str, labels: Labels, of_namespace: Labels) -> bool | None:
    if rule.endpoint_selector is None:
        return False if rule.node_selector is not None else None
    parts = [_fits(part, namespace, labels, of_namespace) for part in _requirements(rule.endpoint_selector)]
    return False if False in parts else None if None in parts else True


def _requirements(selector: LabelSelector) -> list[LabelSelectorRequirement]:
    pairs = selector.match_labels.items()
    return [
        *(LabelSelectorRequirement(key=key, operator="In", values=[value]) for key, value in pairs),
        *selector.match_expressions,
    ]


def _fits(part: LabelSelectorRequirement, namespace: str, labels: Labels, of_namespace: Labels) -> bool | None:
    """One requirement, on the labels that its key is one of."""
    key = next((part.key.removeprefix(source) for source in SOURCES if part.key.startswith(source)), part.key)
    known = labels
    if key == OF_NAMESPACE:
        known = {key: namespace} if namespace else None
    elif key.startswith(LABELS_OF_NAMESPACE):
        known, key = of_namespace, key.removeprefix(LABELS_OF_NAMESPACE)
    elif key.startswith(ITS_OWN):
        known = None
    if part.operator not in OPERATORS:
        return None
    return LabelSelectorRequirement(key=key, operator=part.operator, values=part.values).may_match(known)
