"""JUnit XML, for the test view of a CI system."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

import msgspec

from svcmap.console import clean
from svcmap.expectations.runner import Result


def verify_report(results: Iterable[Result]) -> str:
    """One test case for each expectation, one suite for each file."""
    by_file: dict[str, list[Result]] = {}
    for result in results:
        by_file.setdefault(result.file, []).append(result)
    failed = sum(not result.ok for found in by_file.values() for result in found)
    root = ElementTree.Element(
        "testsuites", tests=str(sum(map(len, by_file.values()))), failures=str(failed), name="svcmap verify"
    )
    for file, found in by_file.items():
        count, wrong = str(len(found)), str(sum(not result.ok for result in found))
        suite = ElementTree.SubElement(root, "testsuite", name=clean(file), tests=count, failures=wrong)
        for result in found:
            case = ElementTree.SubElement(suite, "testcase", classname=clean(file), name=clean(result.id))
            if not result.ok:
                failure = ElementTree.SubElement(case, "failure", message=clean(result.error or "differs"))
                failure.text = clean(f"expected {_text(result.expected)}\ngot      {_text(result.got)}")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
