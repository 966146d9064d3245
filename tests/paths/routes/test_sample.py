"""The sample request of a rule with a regular expression is one that the expression takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.paths.routes.sample import example, example_path

PATHS = [
    (r"/api/v[0-9]+/.*", "/api/v1/"),
    (r"/(cart|basket)/[^/]+", "/cart/a"),
    (r"^/item/\d{2,4}$", "/item/11"),
    (r"/[\w-]+", "/a"),
    (r".*", "/"),
    (r".+/stock", "/a/stock"),
    (r"/[^a-z]", "/1"),
    (r"/\D\S", "/aa"),
    (r"/(?:x|y)?z", "/z"),
    (r"(?i)/Shop", "/Shop"),
]


@pytest.mark.parametrize(("pattern", "path"), PATHS)
def test_the_sample_path(pattern: str, path: str) -> None:
    assert example_path(pattern) == path
    assert re.fullmatch(pattern, path)


@pytest.mark.parametrize("pattern", ["/(", "/(?=a)", "[", "/a(?!)", "no-slash"])
def test_no_sample_leaves_the_pattern(pattern: str) -> None:
    assert example_path(pattern) == pattern


def test_a_value_is_not_taken_for_a_path() -> None:
    assert example("(?!a).+") == "(?!a).+"  # `/a` would fit, `a` does not, and a header has no slash in front


PIECES = st.sampled_from(["a", ".", r"\d+", "[x-z]?", "(p|q)*", "[^/]{2}", r"\w", "-"])


@given(st.lists(PIECES, min_size=1, max_size=8).map("".join))
def test_every_sample_is_taken(pattern: str) -> None:
    assert re.fullmatch(pattern, example(pattern))
