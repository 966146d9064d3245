"""svcmap's answers about Ingresses and Gateway API beside those of the real Contour and the real Envoy."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request
from svcmap.paths.trace import parse_via, trace
from svcmap.paths.views.contract import port_of
from tests.cluster import build, contour
from tests.cluster.agreement import Table
from tests.cluster.conftest import BUILD, needs
from tests.cluster.dataplane import DataPlane
from tests.cluster.edge_objects import ELSEWHERE, GATEWAY_NAME, GATEWAYS, INGRESSES, OTHER
from tests.cluster.filling import create
from tests.cluster.met import NAMES, as_svcmap_reads
from tests.cluster.objects import Json

pytestmark = pytest.mark.slow


class Request(NamedTuple):
    """A request to the edge."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        more = [f"{name}: {value}" for name, value in self.headers]
        return " ".join([*([] if self.method == "GET" else [self.method]), self.url, *more])


class Reply(NamedTuple):
    """What a client gets: a status with the servers that gave it, the path they were asked, or where it is sent."""

    statuses: tuple[int, ...]
    servers: tuple[str, ...]
    path: str | None = None
    location: str | None = None

    def __str__(self) -> str:
        return " ".join(str(part) for part in (*self.statuses, *self.servers, self.path, self.location) if part)


def at(host: str, *paths: str) -> list[Request]:
    return [Request(f"http://{host}{path}") for path in paths]


INGRESS_REQUESTS = [
    *at("shop.example.com", "/", "/cart", "/api", "/api/", "/api/x", "/apis", "/api/v2", "/api/v2/x", "/api/v22"),
    *at("shop.example.com", "/pay", "/pay/", "/pay/x", "/named", "/empty", "/empty/x", "/manual", "/headless", "/six"),
    *at("shop.example.com", "/own", "/owner", "/API"),
    *at("shop.example.com", "/slash", "/slash/", "/slash/x", "/slashed", "/re/7", "/re/7/x", "/re/1/longer", "/re/1"),
    *at(
        "shop.example.com",
        "/tail",
        "/tail/",
        "/tail/x",
        "/tailor",
        "/missing",
        "/missing/x",
        "/no-port",
        "/cart?a=/pay",
    ),
    *at("shop.example.com", "//api", "/x/../api/v2", "/%61pi", "/x/%2e%2e/pay", "/api%2Fv2", "/pay/."),
    *at("SHOP.example.com", "/pay"),
    *at("x.example.org", "/", "/x"),
    *at("exact.example.org", "/", "/x"),
    *at("a.b.example.org", "/", "/any"),
    *at("example.org", "/"),
    *at("narrow.example.com", "/only", "/only/", "/other", "/"),
    *at("gone.example.com", "/", "/any"),
    *at("half-gone.example.com", "/x", "/other"),
    *at("a.gone.test", "/"),
    *at("a.b.gone.test", "/"),
    *at("wrong-port.example.com", "/"),
    *at("leaving.example.com", "/"),
    *at("away.example.com", "/"),
    *at("unserved.example.com", "/"),
    *at("nobody.example.com", "/", "/x", "/any", "/anyone", "/any/x"),
]
CANARY = (("x-canary", "yes"),)
GATEWAY_REQUESTS = [
    *at(
        "gw.example.com", "/v1", "/v1/", "/v1/x", "/v1/only", "/v1/only/x", "/v12", "/", "/q", "/q?beta=1", "/q?beta=2"
    ),
    *at("gw.example.com", "/re/7", "/re/x", "/re/7/x", "/empty", "/weights", "/zero", "/gone", "/port", "/foreign"),
    *at("gw.example.com", "/granted", "/nothing", "/V1"),
    Request("http://gw.example.com/v1", headers=CANARY),
    Request("http://gw.example.com/v1/only", headers=CANARY),
    Request("http://gw.example.com/v1", headers=(("x-canary", "no"),)),
    Request("http://gw.example.com/v1", "POST"),
    Request("http://gw.example.com/v1", "POST", CANARY),
    *at("filters.example.com", "/moved", "/moved/x", "/old", "/old/x", "/older", "/"),
    *at("a.wild.example.com", "/"),
    *at("tame.wild.example.com", "/x", "/"),
    *at("order.example.com", "/half-gone", "/rex/prefix/that/is/longer/x", "/order"),
    Request("http://order.example.com/order", "POST", CANARY),
    *at("a.b.wild.example.com", "/"),
    *at("wild.example.com", "/"),
    *at("stranger.example.com", "/"),
    *at("x.alt.test", "/"),
    *at("nobody.example.com", "/"),
    *(Request(f"http://{host}:81/") for host in ("x.alt.test", "x.other.test", "gw.example.com", "y.alt.test")),
]


@pytest.fixture(scope="module")
def edge(dataplane: DataPlane) -> DataPlane:
    """The data plane with both kinds of edge."""
    needs(build.missing(*build.INGRESS), BUILD)
    needs([] if contour.envoy() else ["envoy"], "pip install -e '.[dev]'")
    dataplane.use(dataplane.mode or "nftables")
    contour.install(dataplane)
    dataplane.control.call("POST", "/api/v1/namespaces", {"metadata": {"name": OTHER}})
    for item in (*ELSEWHERE, *INGRESSES, *GATEWAYS):
        create(dataplane.control, item)
    contour.run(dataplane, contour.INGRESS, "--ingress-class-name=contour")
    configured = contour.configuration(dataplane.place, GATEWAY_NAME)
    contour.run(dataplane, contour.GATEWAY, "--ingress-class-name=none", f"--config-path={configured}")
    contour.wait(dataplane, contour.INGRESS, "shop.example.com")
    contour.wait(dataplane, contour.GATEWAY, "a.wild.example.com")
    return dataplane


@pytest.fixture(scope="module")
def observed(edge: DataPlane) -> ClusterState:
    """The cluster as svcmap reads it, with what Contour has written into the objects' status."""
    return as_svcmap_reads(edge.control)


class Edge(NamedTuple):
    """One of the two: how to reach it, and the `--via` that means it to svcmap."""

    against: str
    entry: contour.Entry
    via: str | None = None

    def __str__(self) -> str:
        return self.against.partition(",")[0]


INGRESS = Edge("Ingress, Contour and Envoy", contour.INGRESS)
"""I1-I9, as Contour does them."""
GATEWAY = Edge("Gateway API, Contour and Envoy", contour.GATEWAY, f"gateway:{GATEWAY_NAME}")
"""G1-G12."""
ASKED = [(INGRESS, request) for request in INGRESS_REQUESTS] + [(GATEWAY, request) for request in GATEWAY_REQUESTS]


def answered(plane: DataPlane, entry: contour.Entry, requests: list[Request]) -> dict[Request, Reply]:
    """What a client of the internet gets."""
    answers = plane.ask("internet", [asked(entry, item) for item in requests])
    for index, request in enumerate(requests):
        if answers[index]["refused"]:  # while Envoy takes a new configuration it may refuse a connection: once more
            answers[index] = plane.ask("internet", [asked(entry, request)])[0]
    return dict(zip(requests, map(reply, answers), strict=True))


def asked(entry: contour.Entry, request: Request) -> Json:
    url = urlsplit(request.url)
    return {
        "protocol": "http",
        "address": entry.address,
        "host": url.netloc,
        "port": url.port or 80,
        "path": f"{url.path}?{url.query}" if url.query else url.path,
        "method": request.method,
        "headers": dict(request.headers),
    }


def reply(answer: Json) -> Reply:
    answers = answer["answers"]
    assert not answer["refused"] + answer["lost"], answer
    servers = sorted({f"{said['name']}:{said['port']}" for said in answers if "name" in said})
    paths = {said.get("path") for said in answers}
    locations = {said["location"] for said in answers}
    assert len(paths) == len(locations) == 1
    return Reply(tuple(sorted({said["status"] for said in answers})), tuple(servers), paths.pop(), locations.pop())


def ours(state: ClusterState, request: Request, via: str | None = None) -> Reply:
    """svcmap's answer in the same words. The path that a server sees is that of the request, but for a rewrite."""
    url = urlsplit(request.url)
    found = trace(
        state, parse_request(request.url, via=parse_via(via), method=request.method, headers=dict(request.headers))
    )
    if found.verdict != "reachable":
        return Reply((found.answer.status,) if found.answer.status else (), (), None, found.answer.location)
    servers = tuple(sorted({f"{NAMES[end.address]}:{port_of(found, end)}" for end in found.endpoints}))
    path = f"{url.path}?{url.query}" if url.query else url.path
    return Reply((200,), servers, found.proxied.path or path)


@pytest.fixture(scope="module")
def replies(edge: DataPlane) -> dict[Edge, dict[Request, Reply]]:
    return {
        side: answered(edge, side.entry, [request for asked_of, request in ASKED if asked_of == side])
        for side in (INGRESS, GATEWAY)
    }


@pytest.mark.parametrize(("side", "request_"), ASKED, ids=str)
def test_the_edge_leads_where_svcmap_says(
    observed: ClusterState, replies: dict[Edge, dict[Request, Reply]], side: Edge, request_: Request, table: Table
) -> None:
    found, theirs = ours(observed, request_, side.via), replies[side][request_]
    table.agree(side.against, str(request_), found, theirs)


@pytest.mark.parametrize("host", ["proxied.example.com", "both.example.com"])
def test_a_host_of_an_object_that_is_only_named_is_unknown(
    edge: DataPlane, observed: ClusterState, host: str, table: Table
) -> None:
    """Contour serves it, and from the Ingress of the host alone nobody could tell which Service."""
    request = at(host, "/")[0]
    theirs = answered(edge, INGRESS.entry, [request])[request]
    found = trace(observed, parse_request(request.url))
    assert (found.verdict, theirs.statuses) == ("unknown", (200,))
    assert "HTTPProxy" in {item.object.kind for item in found.undecided}
    table.leave_open("HTTPProxy, Contour", str(request), str(found.undecided[0].object), theirs)
