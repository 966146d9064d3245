"""Label selectors against a matcher by brute force (N4)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.labels import LabelSelector, LabelSelectorRequirement

KEYS, VALUES = st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"])
LABELS = st.dictionaries(KEYS, VALUES)
REQUIREMENTS = st.builds(
    LabelSelectorRequirement,
    key=KEYS,
    operator=st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
    values=st.lists(VALUES, max_size=2),
)


@given(LABELS, LABELS, st.lists(REQUIREMENTS, max_size=3))
def test_selectors_agree_with_brute_force(
    labels: dict[str, str], wanted: dict[str, str], terms: list[LabelSelectorRequirement]
) -> None:
    def holds(term: LabelSelectorRequirement) -> bool:
        present = term.key in labels
        inside = present and labels[term.key] in term.values
        return {"In": inside, "NotIn": not inside, "Exists": present, "DoesNotExist": not present}[term.operator]

    expected = all(pair in labels.items() for pair in wanted.items()) and all(holds(term) for term in terms)
    assert LabelSelector(match_labels=wanted, match_expressions=terms).matches(labels) is expected
