"""One request to an edge: what a client got, and what svcmap says of it, in the same words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import parse_via, trace
from svcmap.sources.manifests import ManifestSource
from svcmap.sources.snapshot import SnapshotSource
from tests.cluster.agreement import Table
from tests.cluster.edges.asking import Answer, Request
from tests.cluster.objects import Json

ROOT = Path(__file__).parents[3]
PATIENCE = 240
OK = 200


class Case(NamedTuple):
    """What is compared, the objects for it, and the requests. `opaque`: svcmap may say unknown."""

    about: str
    objects: list[Json]
    requests: list[Request]
    opaque: bool = False


class Outcome(NamedTuple):
    """What becomes of a request: a status with who answered and the path it saw, or where the client is sent."""

    statuses: tuple[int | None, ...]
    servers: tuple[str, ...] = ()
    path: str | None = None
    location: str | None = None

    def __str__(self) -> str:
        return " ".join(str(part) for part in (*self.statuses, *self.servers, self.path, self.location) if part)


class Met(NamedTuple):
    """An edge that was asked: the cluster as svcmap saved it, its pods by address, the answers by case and request."""

    state: ClusterState
    pods: Mapping[str, str]
    answers: Sequence[Sequence[Sequence[Answer]]]


def meet(edge: str, place: Path) -> Met:
    """Run the script of an edge. Raises RuntimeError with the end of what it said."""
    command = [sys.executable, "-m", f"tests.cluster.edges.{edge}", str(place)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False, env=os.environ
    )
    if done.returncode:
        raise RuntimeError(f"{edge}: {done.stderr[-4000:]}")
    return read(place)


def read(place: Path) -> Met:
    """What a script has left in a folder."""
    found = json.loads((place / "answers.json").read_text())
    answers = [[[Answer(**answer) for answer in said] for said in case] for case in found["answers"]]
    files = place / "objects.json"
    source = ManifestSource([str(files)]) if files.exists() else SnapshotSource(str(place / "snapshot.json"))
    return Met(source.load(), found["pods"], answers)


def theirs(answers: Sequence[Answer], pods: Mapping[str, str]) -> Outcome:
    """The outcome of one request, or of the same one many times."""
    servers = {pods[answer.server] for answer in answers if answer.server}
    paths = {answer.path for answer in answers if answer.path}
    locations = {answer.location for answer in answers if answer.location}
    statuses = sorted({answer.status for answer in answers}, key=str)
    return Outcome(tuple(statuses), tuple(sorted(servers)), next(iter(paths), None), next(iter(locations), None))


def followed(state: ClusterState, request: Request, via: str | None = None) -> Trace:
    """svcmap's trace of a request."""
    headers = dict(request.headers)
    return trace(
        state,
        parse_request(request.url, parse_vantage(request.source), parse_via(via), request.method, headers),
    )


def ours(found: Trace, request: Request, pods: Mapping[str, str]) -> Outcome:
    """The same of svcmap's trace. The path that a server sees is that of the request, but for a rewrite."""
    if found.verdict not in ("reachable", "partial"):
        return Outcome((found.answer.status,), location=found.answer.location)
    _, _, rest = request.url.partition("://")
    servers = {pods[end.address] for end in found.endpoints}
    path = found.proxied.path or f"/{rest.partition('/')[2]}"
    failing = {backend.status for backend in found.backends if backend.share and backend.status}
    return Outcome((OK, *sorted(failing)), tuple(sorted(servers)), path)


def compare(met: Met, case: Case, at: tuple[int, int], about: str, table: Table, via: str | None = None) -> None:
    """Fail where svcmap is certain of another answer than the client got, or leaves open what it should know."""
    request = case.requests[at[1]]
    found = followed(met.state, request, via)
    real = theirs(met.answers[at[0]][at[1]], met.pods)
    question = f"{case.about}: {request}"
    if found.verdict == "unknown":
        assert found.undecided, "unknown names what decides"
        assert case.opaque, question
        table.leave_open(about, question, ", ".join(item.field for item in found.undecided), real)
        return
    mine = ours(found, request, met.pods)
    table.agree(about, question, mine, comparable(mine, real, request, is_denied=found.reason == "denied"))


def comparable(mine: Outcome, real: Outcome, request: Request, *, is_denied: bool) -> Outcome:
    """What was met, without what svcmap leaves open: a status that depends on a Secret nobody read, and which of the
    servers one request meets.
    """
    if is_denied and mine.statuses == (None,) and not real.servers and set(real.statuses) <= {400, 401, 403, 503}:
        return real._replace(statuses=mine.statuses)
    if not request.shared and real.servers and set(real.servers) <= set(mine.servers):
        return real._replace(servers=mine.servers)
    return real


def asked(cases: Sequence[Case]) -> list[tuple[int, int]]:
    """Every request of some cases, as the numbers of the case and of the request."""
    return [(at, number) for at, case in enumerate(cases) for number in range(len(case.requests))]


def name_of(cases: Sequence[Case], at: tuple[int, int]) -> str:
    """What a test of a request is called."""
    case = cases[at[0]]
    return f"{case.about}: {case.requests[at[1]]}"
