"""`svcmap verify FILE …`: expectation files against a source, for CI."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from svcmap.commands.assumptions import given_or_found
from svcmap.commands.sources import exit_code, is_given, source_of, tell
from svcmap.console import ExitCode
from svcmap.errors import UsageError
from svcmap.expectations.questions import QUESTIONS
from svcmap.expectations.read import ExpectationFile, read_expectations
from svcmap.expectations.runner import TEXT_DEFAULTS, Result
from svcmap.expectations.runner import run as run_files
from svcmap.model.state import ClusterState
from svcmap.sources.manifests import ManifestSource


def run(options: Namespace) -> ExitCode:
    """Ask every question and print what differs. Each file is read once, and so is each source."""
    if unknown := [kind for kind in options.skip if kind not in QUESTIONS]:
        raise UsageError(f"--skip {unknown[0]}: a kind of question is one of {', '.join(QUESTIONS)}")
    files = [read_expectations(Path(path), tuple(QUESTIONS)) for path in options.expectations]
    sources = _Sources(options)
    results = list(
        run_files(
            files,
            sources.state_of,
            lambda state: given_or_found(options, state, TEXT_DEFAULTS),
            options.skip,
        )
    )
    _print(options.output, results)
    for state in sources.read.values():
        tell(state)
    if any(not result.ok for result in results):
        return ExitCode.PROBLEM
    return max((exit_code(state) for state in sources.read.values()), default=ExitCode.OK)


class _Sources:
    """What the questions are asked of: the source of the command line, else each file's own manifests."""

    def __init__(self, options: Namespace) -> None:
        self.options = options
        self.read: dict[tuple[str, ...], ClusterState] = {}

    def state_of(self, file: ExpectationFile) -> ClusterState:
        given = is_given(self.options)
        if not given and not file.manifests:
            raise UsageError(f"{file.file} names no manifests: give a source with -f")
        key = () if given else file.manifests
        if key not in self.read:
            source = (
                source_of(self.options, all_pods=True)
                if given
                else ManifestSource(file.manifests, self.options.namespace)
            )
            self.read[key] = source.load()
        return self.read[key]


def _print(output: str, results: list[Result]) -> None:
    match output:
        case "json":
            from svcmap.reports import json_v1

            sys.stdout.write(json_v1.render(json_v1.verify_report(results)))
        case "junit":
            from svcmap.reports import junit

            sys.stdout.write(junit.verify_report(results))
        case _:
            from svcmap.reports import verify_text

            sys.stdout.write(verify_text.verify_report(results))
