"""Label selectors against a matcher by brute force (N4)."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from svcmap.model.labels import LabelSelector, LabelSelectorRequirement, SomeLabels

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


@given(LABELS, LABELS, st.lists(REQUIREMENTS, max_size=3))
def test_what_some_labels_settle_no_other_label_changes(
    some: dict[str, str], wanted: dict[str, str], terms: list[LabelSelectorRequirement]
) -> None:
    """An answer by some labels is that of every object with these among its labels."""
    selector = LabelSelector(match_labels=wanted, match_expressions=terms)
    found = selector.may_match(SomeLabels(some))
    for others in product([None, "1", "2", "3"], repeat=3):
        more = {key: value for key, value in zip("abc", others, strict=True) if value}
        assert found in (None, selector.matches({**more, **some}))
    assert selector.may_match(some) is selector.matches(some)
    assert selector.may_match(None) is selector.may_match(SomeLabels())


def test_labels_that_are_known_settle_what_is_about_them() -> None:
    web = SomeLabels(app="web")
    assert LabelSelector().may_match(web) is True
    assert LabelSelector(match_labels={"app": "web"}).may_match(web) is True
    assert LabelSelector(match_labels={"app": "api", "tier": "x"}).may_match(web) is False
    assert LabelSelector(match_labels={"app": "web", "tier": "x"}).may_match(web) is None
