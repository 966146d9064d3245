"""Classes of pods by the labels that selectors mention, against matching every pod."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.connection import Direction, Party
from svcmap.model.labels import LabelSelector, LabelSelectorRequirement
from svcmap.model.refs import Name
from svcmap.paths.policies.network_policy import isolation_of
from svcmap.semantics.network_policy import selecting
from tests.conftest import state_of

KEYS, VALUES = st.sampled_from(["app", "tier", "hash", "track"]), st.sampled_from(["a", "b", ""])
LABELS = st.dictionaries(KEYS, VALUES, max_size=4)
NAMESPACES = st.sampled_from(["shop", "blog"])
PODS = st.lists(st.tuples(NAMESPACES, LABELS), max_size=12)
REQUIREMENTS = st.builds(
    lambda key, operator, values: LabelSelectorRequirement(
        key=key, operator=operator, values=values if operator in ("In", "NotIn") else []
    ),
    KEYS,
    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
    st.lists(VALUES, min_size=1, max_size=2),
)
SELECTORS = st.builds(
    lambda labels, parts: LabelSelector(match_labels=labels, match_expressions=parts),
    LABELS,
    st.lists(REQUIREMENTS, max_size=2),
)
DIRECTIONS: list[Direction] = ["ingress", "egress"]


def _document(kind: str, namespace: str, name: str, **fields: object) -> dict[str, object]:
    version = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "v1"
    metadata = {"name": name, "namespace": namespace, "labels": fields.pop("labels", {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def _as_object(selector: LabelSelector) -> dict[str, object]:
    parts = [{"key": part.key, "operator": part.operator, "values": part.values} for part in selector.match_expressions]
    return {"matchLabels": selector.match_labels, "matchExpressions": parts}


@given(PODS, LABELS, LABELS)
def test_pods_of_a_selector_agree_with_matching_every_pod(
    pods: list[tuple[str, dict[str, str]]], mentioned: dict[str, str], asked: dict[str, str]
) -> None:
    """Also where the question has a key that no selector of the source mentions."""
    documents = [_document("Pod", namespace, f"p{i}", labels=labels) for i, (namespace, labels) in enumerate(pods)]
    service = _document("Service", "shop", "web", spec={"selector": mentioned, "ports": [{"port": 80}]})
    state = state_of(yaml.safe_dump_all([*documents, service]))
    for wanted in (mentioned, asked):
        found = {str(pod.name) for pod in state.pods_with("shop", wanted)}
        assert found == {
            f"shop/p{i}"
            for i, (namespace, labels) in enumerate(pods)
            if namespace == "shop" and wanted.items() <= labels.items()
        }


@given(PODS, st.lists(st.tuples(NAMESPACES, SELECTORS), min_size=1, max_size=3), LABELS)
def test_policies_of_a_pod_agree_with_matching_every_policy(
    pods: list[tuple[str, dict[str, str]]], selectors: list[tuple[str, LabelSelector]], unheard_of: dict[str, str]
) -> None:
    """Also of a pod that is not in the source: one that a workload will make."""
    documents = [_document("Pod", namespace, f"p{i}", labels=labels) for i, (namespace, labels) in enumerate(pods)]
    documents += [
        _document(
            "NetworkPolicy", namespace, f"n{i}", spec={"podSelector": _as_object(selector), "egress": [{}] * (i % 2)}
        )
        for i, (namespace, selector) in enumerate(selectors)
    ]
    state = state_of(yaml.safe_dump_all(documents))
    isolation = isolation_of(state)
    for namespace, labels in [*pods, ("shop", unheard_of)]:
        party = Party(is_pod=True, namespace=namespace, labels=labels)
        for direction in DIRECTIONS:
            certain, possible = isolation(party, direction)
            of_namespace = [item for name, item in state.network_policies.items() if name.namespace == namespace]
            assert (list(certain), list(possible)) == selecting(of_namespace, labels, direction)


@given(PODS, st.tuples(NAMESPACES, SELECTORS))
def test_classes_of_a_selector_hold_the_pods_it_matches(
    pods: list[tuple[str, dict[str, str]]], policy: tuple[str, LabelSelector]
) -> None:
    namespace, selector = policy
    documents = [_document("Pod", place, f"p{i}", labels=labels) for i, (place, labels) in enumerate(pods)]
    documents.append(_document("NetworkPolicy", namespace, "some", spec={"podSelector": _as_object(selector)}))
    state = state_of(yaml.safe_dump_all(documents))
    found = {pod.name for item in state.label_classes.selected(namespace, selector) for pod in item.pods}
    assert found == {
        Name(namespace, f"p{i}")
        for i, (place, labels) in enumerate(pods)
        if place == namespace and selector.matches(labels)
    }
