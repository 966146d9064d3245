"""Reading a cluster: lists against a client that only drains them, pods of a Service, slices against json."""

from __future__ import annotations

import gc
import json
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from svcmap.model.coverage import pods_with
from svcmap.model.group_kinds import ENDPOINT_SLICE
from svcmap.sources.live.api.listing import PAGE, Listing, Scope, read_page
from svcmap.sources.live.api.resources import PODS, Resource, resource_of
from svcmap.sources.live.session import AT_ONCE, Session, Target
from svcmap.sources.live.store import scope_of
from tests.bench.filled import FilledServer
from tests.bench.result import Result, milliseconds
from tests.bench.timing import compare, seconds
from tests.cluster import build

TOKEN = re.compile(rb'"continue":"([^"]*)"')
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
"""What `kubectl get` asks for."""
CROWD = pods_with("default", {"app": "crowd"})
SLICES = resource_of(ENDPOINT_SLICE)


def pages(folder: Path, plural: str) -> list[bytes]:
    """The pages of a list, as the API server would write them."""
    return [path.read_bytes() for path in sorted((folder / "json" / plural).glob("page-*.json"))]


def decoding(folder: Path) -> Iterator[Result]:
    """Slices as `read_page` takes them in, against json.loads of the same bytes."""
    bodies = pages(folder, "endpointslices")

    def ours() -> None:
        found = Listing({}, "", [])
        for body in bodies:
            read_page(body, SLICES, found)

    gc.disable()  # as while loading
    ratio, one, other = compare(seconds(ours), seconds(lambda: [json.loads(body) for body in bodies]))
    gc.enable()
    yield Result("EndpointSlices decoded / json.loads", ratio, 0.35, milliseconds(one, other))


def from_a_server(folder: Path) -> Iterator[Result]:
    """A cold load and the pods of one Service, each against the bytes alone, from a real API server."""
    if missing := build.missing("etcd", "kube-apiserver"):
        print(f"a cold load: skipped, {', '.join(missing)} not built (python -m tests.cluster.build)")
        return
    with tempfile.TemporaryDirectory() as place:
        server = FilledServer(Path(place), folder)
        try:
            server.start()
            session = Session(Target(kubeconfig=server.kubeconfig()))
            yield from _loads(session)
            session.close()
        finally:
            server.stop()


def _loads(session: Session) -> Iterator[Result]:
    def drained(accept: str | None = None) -> int:
        resources = [item._replace(accept=accept or item.accept) for item in session.resources]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(lambda resource: _drain(session, resource, Scope()), resources))

    ratio, one, other = compare(seconds(session.read), seconds(drained), rounds=7)
    size = f"{drained() / 1e6:.0f} MB"
    tables = drained(TABLE)
    yield Result(
        "bytes of a load / of `kubectl get` of the same kinds",
        drained() / tables,
        None,
        f"{size} against {tables / 1e6:.0f} MB",
    )
    yield Result("cold load of 10,000 Services / draining the lists", ratio, 2.0, f"{size}; {milliseconds(one, other)}")
    scope = scope_of(CROWD)
    ratio, one, other = compare(
        seconds(lambda: session.fetch_pods([CROWD])), seconds(lambda: _drain(session, PODS, scope))
    )
    yield Result("1,000 pods of a Service / the raw GET", ratio, 1.5, milliseconds(one, other))


def _drain(session: Session, resource: Resource, scope: Scope) -> int:
    """The bytes of a list, read by pages and dropped."""
    total, token = 0, ""
    while True:
        query = {**scope.query(resource), "limit": str(PAGE), **({"continue": token} if token else {})}
        body = session.transport.get(resource.path(scope.namespace), query, resource.accept)
        total += len(body)
        found = TOKEN.search(body[:400])
        token = found[1].decode() if found else ""
        if not token:
            return total
