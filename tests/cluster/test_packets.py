"""svcmap's verdicts beside real packets: kube-proxy in both of its modes, echo servers, glibc and the real CoreDNS."""

from __future__ import annotations

import pytest

from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import Vantage
from svcmap.paths.destination.dig import dig
from tests.cluster.agreement import Table
from tests.cluster.dataplane import DataPlane
from tests.cluster.met import Question, as_svcmap_reads, comparable, meet, met, said
from tests.cluster.network import INTERNET, MACHINE
from tests.cluster.objects import Json
from tests.cluster.packet_objects import EXTERNALS, NAMESPACE, VIPS

pytestmark = pytest.mark.slow
CALLER, WEST, WEB, LONE = (f"pod:{NAMESPACE}/{name}" for name in ("caller", "caller-west", "web-1", "lone"))
EAST_NODE, WEST_NODE = "192.168.60.11", "192.168.60.12"
INSIDE = [
    "web",
    "both",
    "dual",
    "six",
    "sticky",
    "near",
    "inside",
    "myself",
    "empty",
    "unready",
    "early",
    "leaving",
    "on-host",
    "node-port",
    "node-port-local",
    "node-port-empty",
    "balanced",
    "balanced-local",
    "ranged",
    "balanced-empty",
    "external",
    "external-local",
    "alias",
]
OUTSIDE_TOO = (
    *(f"tcp://{EAST_NODE}:{port}" for port in (30080, 30081, 30082, 30083, 30085, 30089)),
    *(f"tcp://{WEST_NODE}:{port}" for port in (30080, 30081, 30082, 30084, 30087)),
    *(f"tcp://{address}:80" for address in VIPS.values()),
)
QUESTIONS = [
    *(Question(CALLER, f"tcp://{name}:80") for name in INSIDE),
    *(Question(WEST, f"tcp://{name}.{NAMESPACE}:80") for name in ("web", "near", "inside", "leaving", "by-hand")),
    *(Question(WEB, f"tcp://{name}:80") for name in ("web", "near", "dual")),
    *(Question(LONE, f"tcp://{name}:80") for name in ("myself", "inside")),
    Question(CALLER, "udp://both:53"),
    Question(CALLER, "udp://web:80"),
    Question(CALLER, "tcp://web:81"),
    Question(CALLER, "tcp://headless:8080"),
    Question(CALLER, "tcp://by-hand:5432"),
    Question(CALLER, "tcp://10.244.11.21:8080"),
    Question(CALLER, "tcp://10.244.12.21:8080"),
    *(Question(client, to) for client in (CALLER, WEST, "node:east", MACHINE, INTERNET) for to in OUTSIDE_TOO),
    *(Question(client, f"tcp://{address}:80", "node:east") for client in (MACHINE, INTERNET) for address in EXTERNALS),
    *(Question(client, f"tcp://{address}:80") for client in (CALLER, "node:east") for address in EXTERNALS),
]


@pytest.fixture(scope="module", params=["nftables", "iptables"])
def mode(request: pytest.FixtureRequest, dataplane: DataPlane) -> str:
    """kube-proxy's mode, on every node."""
    found: str = request.param
    dataplane.use(found)
    return found


@pytest.fixture(scope="module")
def observed(dataplane: DataPlane) -> ClusterState:
    """The cluster as svcmap reads it."""
    return as_svcmap_reads(dataplane.control)


@pytest.fixture(scope="module")
def packets(dataplane: DataPlane, mode: str, observed: ClusterState) -> dict[Question, Json]:
    return meet(dataplane, observed, QUESTIONS, mode)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_packets_meet_what_svcmap_says(
    observed: ClusterState, packets: dict[Question, Json], mode: str, question: Question, table: Table
) -> None:
    ours, theirs = said(observed, question, mode), met(packets[question])
    table.agree(f"packets, kube-proxy {mode}", str(question), ours, comparable(theirs, ours, question))


LOOKED_UP = [
    *INSIDE,
    *("web.store", "web.store.svc", "web.store.svc.cluster.local", "web.store.svc.cluster.local.", "headless"),
    *("kubernetes.default", "kube-dns.kube-system.svc", "10-244-11-21.store.pod", "10-244-11-21.headless"),
    *("web.nowhere.svc", "nothing.store.svc.cluster.local", "web.svc.cluster.local", "kubernetes"),
]


@pytest.fixture(scope="module")
def resolved(dataplane: DataPlane, mode: str) -> dict[str, list[str]]:
    """What glibc finds in a pod, by kube-proxy's way to CoreDNS."""
    questions = [{"protocol": "tcp", "host": name, "port": 80, "times": 0} for name in LOOKED_UP]
    return {name: found["resolved"] for name, found in zip(LOOKED_UP, dataplane.ask(CALLER, questions), strict=True)}


@pytest.mark.parametrize("name", LOOKED_UP)
def test_a_pod_resolves_what_svcmap_says(
    observed: ClusterState, resolved: dict[str, list[str]], name: str, table: Table
) -> None:
    """R1-R8, D1-D19: the search list of a pod, walked by the C library."""
    pod = Vantage(kind="pod", value=f"{NAMESPACE}/caller")
    answers = [record for type_ in ("A", "AAAA") for record in dig(observed, name, type_, pod).answer.answers]
    ours = sorted({record.data for record in answers if record.type in ("A", "AAAA")})
    table.agree("DNS, glibc in a pod", f"{CALLER} resolves {name}", ours, resolved[name])
