"""YAML as Kubernetes reads it: types of scalars, documents, duplicates, merge keys, and what is refused."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcmap.exact_yaml import Chunk, YamlError, excerpt, load, locate, scalar, split_documents

NUMBER_SPELLING = {"18446744073709551616"}
"""2^64 is a float in Go's JSON; the exact integer says the same."""


def values(text: str) -> list[Any]:
    return [document.value for chunk in split_documents(text) for document in load(chunk.text, chunk.line)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Off", False),
        ("y", True),
        ("N", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("0777", 511),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("007", 7),
        ("0800", 800),
        ("1e3", 1000),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1),
        ("1.10", 1.1),
        ("-0", 0),
        ("+1", 1),
        ("12:30:45", "12:30:45"),
        ("2024-01-02", "2024-01-02"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("0o8", "0o8"),
        ("1e400", "1e400"),
        ("nothing", "nothing"),
        ("yesterday", "yesterday"),
    ],
)
def test_scalars_are_typed_as_go_yaml_types_them(text: str, value: object) -> None:
    got = scalar(text)
    assert got == value
    assert type(got) is type(value)


def test_truth_table_of_sigs_yaml(shared: Callable[[str], Path]) -> None:
    cases = json.loads(shared("reference/yaml-as-kubernetes-reads-it.json").read_text())["cases"]
    wrong = []
    for case in cases:
        try:
            got = (values(case["yaml"]) or [None])[0]
            failed = False
        except YamlError:
            got, failed = None, True
        if failed != bool(case.get("error")) or (not failed and got != case["json"]):
            wrong.append(case["name"])
    assert set(wrong) <= NUMBER_SPELLING


@given(st.integers(min_value=-(2**63), max_value=2**64 - 1))
def test_any_decimal_integer_is_itself(number: int) -> None:
    assert scalar(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_float_keeps_its_value(number: float) -> None:
    assert math.isclose(float(scalar(repr(number))), number, rel_tol=1e-15)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
def test_a_quoted_text_is_that_text(text: str) -> None:
    assert values("k: " + json.dumps(text)) == [{"k": text}]


@given(st.lists(st.sampled_from(["a: 1\n", "# only a comment\n", "- x\n", "{b: 2}\n"]), max_size=6))
def test_documents_are_split_at_their_lines(bodies: list[str]) -> None:
    text = "---\n".join(bodies)
    for chunk in split_documents(text):
        assert text.split("\n")[chunk.line - 1 :][: chunk.text.count("\n")] == chunk.text.split("\n")[:-1]
    assert [v for v in values(text) if v is not None] == [
        {"a: 1\n": {"a": 1}, "- x\n": ["x"], "{b: 2}\n": {"b": 2}}[body] for body in bodies if not body.startswith("#")
    ]


def test_a_separator_may_carry_a_comment_but_no_content() -> None:
    assert list(split_documents("a: 1\n--- # next\nb: 2\n")) == [Chunk("a: 1\n", 1), Chunk("b: 2\n", 3)]
    assert values("--- {a: 1}\n--- {b: 2}\n") == [{"a": 1}, {"b": 2}]


def test_duplicate_keys_name_both_lines_and_the_last_one_counts() -> None:
    (document,) = load("a: 1\nb:\n  c: 1\n  c: 2\n", first_line=10)
    assert document.value == {"a": 1, "b": {"c": 2}}
    (duplicate,) = document.duplicates
    assert (duplicate.key, duplicate.first_line, duplicate.line, duplicate.column) == ("c", 12, 13, 3)


def test_merge_keys_give_only_what_is_missing() -> None:
    assert values("base: &x {p: 1, q: 2}\nmore: {<<: *x, q: 3}\n")[0]["more"] == {"p": 1, "q": 3}
    assert values("a: &a {p: 1}\nb: &b {p: 2, q: 2}\nc: {<<: [*a, *b]}\n")[0]["c"] == {"p": 1, "q": 2}


def test_keys_become_text() -> None:
    assert values("1: a\ntrue: b\nyes: c\n") == [{"1": "a", "true": "c"}]


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("a: *nobody\n", "undefined alias", 1),
        ("a: 1\nb: {c: !!python/object:os.system x}\n", "not allowed", 2),
        ("a: .inf\n", "no place in JSON", 1),
        ("? [a]\n: 1\n", "cannot be a key", 1),
        ("~: a\n", "null cannot be a key", 1),
        ("a: &x\n  b: *x\n", "contains it", 1),
        ("a: b\0c\n", "control characters", 1),
        ("a:\n\tb: 1\n", "cannot start any token", 2),
    ],
)
def test_what_is_refused_names_its_line(text: str, says: str, line: int) -> None:
    with pytest.raises(YamlError, match=says) as caught:
        values(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: [2001:db8::]", ["2001:db8::"]),
        ("a: [2001:db8::, x:]", ["2001:db8::", "x:"]),
        ('a: {b: [x:], "c": [1], d: "::]"} # x:]', {"b": ["x:"], "c": [1], "d": "::]"}),
        ("a: [{x:}, {y:,z: 1}]", [{"x:": None}, {"y:": None, "z": 1}]),
    ],
)
def test_a_flow_scalar_may_end_in_a_colon_as_go_yaml_has_it(text: str, value: object) -> None:
    document = load(f"first: 1\n{text}\nlast: x:]\n")[0]
    assert document.value == {"first": 1, "a": value, "last": "x:]"}
    mark = locate(f"first: 1\n{text}\n", 1, 0, ("a",))
    assert mark is not None
    assert (mark.line, mark.column) == (2, 1)


@pytest.mark.parametrize("text", ["a: [::1]", "a: [b:{}]", "a: [x:", "a: [\ufdd0, b:]"])
def test_other_colons_are_refused_as_before(text: str) -> None:
    with pytest.raises(YamlError):
        load(text)


def test_a_field_is_located_by_its_path() -> None:
    text = "spec:\n  ports:\n  - port: 80\n    targetPort: 0o17\n"
    mark = locate(text, 5, 0, ("spec", "ports", 0, "targetPort"))
    assert mark is not None
    assert (mark.line, mark.column, mark.source) == (8, 5, "0o17")
    assert locate(text, 5, 0, ("spec", "nothing", "here")) == (5, 1, None)
    assert locate(text, 5, 3, ()) is None


def test_an_excerpt_is_the_text_of_one_item() -> None:
    text = "items:\n- kind: A\n  x: 1\n- kind: B\n"
    assert excerpt(text, 1, 0, ("items", 0)) == "kind: A\nx: 1"


HOSTILE = {
    "alias bomb": 'chr(10).join(["a0: &a0 [x,x,x,x,x,x,x,x,x]"] + [f"a{i}: &a{i} [" + ",".join([f"*a{i-1}"]*9) + "]" for i in range(1, 12)])',
    "recursion": '"a: &a [*a]"',
    "flow nesting": '"[" * 100_000',
    "closed flow nesting": '"[" * 30_000 + "]" * 30_000',
    "flow mappings": '"{a: " * 30_000',
    "compact sequences": '"- " * 40_000',
    "compact keys": '"? " * 40_000',
    "huge scalar": '"a: " + "x" * 8_000_000',
    "huge integer": '"a: " + "9" * 1_000_000',
    "unsafe tag": '"a: !!python/object/apply:os.system [true]"',
    "nul bytes": '"a: " + chr(0) * 1000',
    "many anchors": 'chr(10).join(f"k{i}: &x{i} v" for i in range(20_000))',
}
LIMITED = """
import resource, sys, time
sys.path.insert(0, {root!r})
resource.setrlimit(resource.RLIMIT_AS, (200 * 2**20, 200 * 2**20))
resource.setrlimit(resource.RLIMIT_CPU, (4, 4))
from svcmap.sources.base import Gathering
from svcmap.sources.manifests import read_text
gathering = Gathering()
data = ({text}).encode()
read_text("hostile.yaml", data, gathering)
read_text("good.yaml", b"apiVersion: v1\\nkind: Service\\nmetadata: {{name: after}}\\n", gathering)
print(len(gathering.issues), len(next(iter(gathering.objects.values()), {{}})))
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_ends_in_an_issue_within_its_limits(name: str) -> None:
    root = str(Path(__file__).parent.parent)
    program = LIMITED.format(root=root, text=HOSTILE[name])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    issues, services = map(int, done.stdout.split())
    assert services == 1
    assert issues >= 1
