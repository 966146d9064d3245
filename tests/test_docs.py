"""The pages of docs: the help as one page, and every code that svcmap prints."""

from __future__ import annotations

import re
import sys
from typing import get_args

import pytest

from svcmap.checks.registry import CHECKS
from svcmap.paths.outcome import Reason
from tests.conftest import ROOT
from tests.manual import PAGE, page

CODES = (ROOT / "docs" / "codes.md").read_text()
RULE = re.compile(r"\"([SEKDRNIG][0-9]{1,2}|(?:C[A-Z]|GW)-[0-9]{1,2})\"")


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="argparse writes its help in another way since 3.13")
def test_the_page_of_the_commands_is_their_help() -> None:
    assert PAGE.read_text() == page(), "python -m tests.manual writes it"


def test_every_rule_that_the_engine_names_is_explained() -> None:
    sources = "\n".join(path.read_text() for path in sorted((ROOT / "svcmap").rglob("*.py")))
    missing = {rule for rule in RULE.findall(sources) if f"\n| {rule} | " not in CODES}
    assert not missing


def test_every_reason_and_every_check_is_explained_and_nothing_else() -> None:
    for word in (*get_args(Reason), *(check.id for check in CHECKS)):
        assert f"\n| `{word}` | " in CODES, word
    written = set(re.findall(r"^\| `([a-z-]+)` \|", CODES, re.MULTILINE))
    assert written == {*get_args(Reason), *(check.id for check in CHECKS)}
