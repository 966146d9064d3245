"""What proxies make of a path first; Contour, Envoy Gateway, Istio and ingress-nginx are asked in tests/cluster."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.clean_paths import cleaned, is_clean


@pytest.mark.parametrize(
    ("path", "dots", "merged", "decoded"),
    [
        ("/a/b/", "/a/b/", "/a/b/", "/a/b/"),
        ("//a", "//a", "/a", "/a"),
        ("/x/../a", "/a", "/a", "/a"),
        ("/x/%2e%2E/a", "/a", "/a", "/a"),
        ("/%61", "/a", "/a", "/a"),
        ("/a%2Fb", "/a%2Fb", "/a%2Fb", "/a/b"),
        ("/a/.", "/a/", "/a/", "/a/"),
        ("/a/..", "/", "/", "/"),
        ("/../..", "/", "/", "/"),
        ("/a b%20c", "/a b%20c", "/a b%20c", "/a b c"),
    ],
)
def test_paths_are_cleaned_in_three_ways(path: str, dots: str, merged: str, decoded: str) -> None:
    assert (cleaned(path, "dots"), cleaned(path, "merged"), cleaned(path, "decoded")) == (dots, merged, decoded)
    assert cleaned(path, "unknown") == path


@given(st.lists(st.sampled_from(["a", ".", "..", "", "%2e", "%41", "%2F"]), max_size=6))
def test_cleaning_is_done_once_for_all(segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    for made in (cleaned(path, "merged"), cleaned(path, "dots")):
        assert made.startswith("/")
        assert cleaned(made, "merged") == cleaned(path, "merged")


@given(st.text("ab/", max_size=6))
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    path = f"/{text}"
    if is_clean(path):
        assert cleaned(path, "merged") == cleaned(path, "dots") == cleaned(path, "decoded") == path
