"""`mentions`: what must stand in the words of an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from svcmap.errors import SourceError
from svcmap.expectations.questions import QUESTIONS
from svcmap.expectations.read import read_expectations
from svcmap.expectations.runner import TEXT_DEFAULTS, Result, run
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.9, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", "web")
LOST = objects.pod("api-0", "10.1.0.9", labels="{app: api}")


def asked(tmp_path: Path, question: str, expect: str) -> Result:
    file = tmp_path / "a.expect.yaml"
    file.write_text(f"expectations:\n- {question}\n  expect: {expect}\n")
    state = state_of(WEB + LOST)
    (found,) = run([read_expectations(file, tuple(QUESTIONS))], lambda _: state, lambda _: TEXT_DEFAULTS)
    return found


TRACE = "trace: {to: http://web.default.svc.cluster.local, from: 'namespace:default'}"


@pytest.mark.parametrize(
    ("question", "text", "is_said"),
    [
        (TRACE, "App=Web", True),
        (TRACE, "Service/default/web", True),
        (TRACE, "selector-no-match", True),
        (TRACE, "web.default.svc.cluster.local.", False),
        (TRACE, "auth-url", False),
        ("service: {service: default/web}", "selector-no-match", True),
        ("service: {service: default/web}", "default/web ", False),
        ("dns: {name: web.default.svc.cluster.local}", "10.96.0.9", True),
    ],
)
def test_a_text_stands_in_the_answer_or_in_a_finding_it_meets(
    question: str, text: str, is_said: bool, tmp_path: Path
) -> None:
    found = asked(tmp_path, question, f"{{mentions: ['{text}']}}")
    assert found.error is None
    assert found.ok is is_said
    assert is_said or found.got == {"mentions": []}


def test_what_is_no_list_of_texts_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="mentions must be a list of texts"):
        asked(tmp_path, TRACE, "{mentions: web}")
