"""The questions with known answers that come with the workplace: the definition of right for the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from svcmap.expectations.questions import QUESTIONS
from svcmap.expectations.read import ExpectationFile, read_expectations
from svcmap.expectations.runner import TEXT_DEFAULTS, run
from svcmap.model.assumptions import from_options
from svcmap.model.state import ClusterState
from svcmap.paths.known.assumptions import assumptions_of
from tests.conftest import ROOT, SHARED, read
from tests.expectations.standing_count import LAYER_4, StandingCount

FILES = [*sorted(SHARED.glob("expectations/*.expect.yaml")), *sorted(SHARED.glob("notes/facts/*.expect.yaml"))]
REASON = "the shared expectations are not beside this checkout"


def state_of(file: ExpectationFile) -> ClusterState:
    return read(*(Path(path) for path in file.manifests))


@cache
def load(path: Path) -> ExpectationFile:
    return read_expectations(path, tuple(QUESTIONS))


@pytest.mark.skipif(not FILES, reason=REASON)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".expect.yaml"))
def test_every_expectation_holds(path: Path) -> None:
    results = list(run([load(path)], state_of, lambda s: assumptions_of(s, TEXT_DEFAULTS), skip=("finding",)))
    wrong = [f"{r.id}: {r.error or r.got} instead of {r.expected}" for r in results if not r.ok]
    assert not wrong, "\n".join(wrong)


def marks(file: ExpectationFile) -> Iterator[str]:
    """Ids, addresses and host names of the questions: what a special case would have to name."""
    for item in file.expectations:
        if not item.id.startswith("#"):
            yield item.id
        text = f"{item.question} {item.expect}"
        yield from re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text)
        yield from re.findall(r"\b[\w-]+(?:\.[\w-]+)*\.example\.com\b", text)


ORDINARY = {
    "10.0.0.0",
    "192.168.0.0",
    "10.96.0.10",
    "10.96.0.1",
    "203.0.113.0",
    "127.0.0.1",
    "0.0.0.0",
    "shop.example.com",
    "www.example.com",
}
"""Private networks, kubeadm's DNS address, documentation ranges and names that help texts use."""


@pytest.mark.skipif(not FILES, reason=REASON)
def test_no_expectation_is_special_cased() -> None:
    source = "\n".join(path.read_text() for path in sorted((ROOT / "svcmap").rglob("*.py")))
    found = {mark for path in FILES for mark in marks(load(path)) if mark in source}
    assert found <= ORDINARY


REAL = sorted(SHARED.glob("expectations/real/*.expect.yaml"))
KNOWN = Path(__file__).with_name("known_failures.txt")
"""Ids of real questions that are answered wrong today, a line each. It may only shrink."""
AT_MOST = 31


@pytest.mark.skipif(not REAL, reason=REASON)
def test_real_questions_fail_as_they_are_known_to() -> None:
    files = [load(path) for path in REAL]
    failing = {r.id for r in run(files, state_of, lambda s: assumptions_of(s, TEXT_DEFAULTS)) if not r.ok}
    known = set(KNOWN.read_text().splitlines())
    assert not failing - known, "answered right until now"
    assert not known - failing, f"answered right now: take them out of {KNOWN.name}"
    assert len(known) <= AT_MOST


@pytest.mark.skipif(not (FILES and REAL), reason=REASON)
def test_no_answer_about_a_route_is_certain_and_wrong(count: StandingCount) -> None:
    """The standing count: what is wrong at layer 4 is listed in known_failures.txt."""
    for path in (*FILES, *REAL):
        file = load(path)
        state = state_of(file)
        base = assumptions_of(state, TEXT_DEFAULTS)
        skip = tuple(kind for kind in QUESTIONS if kind != "trace")
        asked = [item for item in file.expectations if item.kind == "trace"]
        for item, result in zip(
            asked, run([file], state_of, lambda s: assumptions_of(s, TEXT_DEFAULTS), skip), strict=True
        ):
            if result.error is None:
                count.add(state, from_options(file.options, base), item, result)
    assert not [pair for pair in count.wrong if pair[0] != LAYER_4]
