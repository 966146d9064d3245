"""svcmap's answers about NetworkPolicies beside packets that the real kube-network-policies lets pass or drops."""

from __future__ import annotations

import pytest

from svcmap.model.state import ClusterState
from tests.cluster import build, policy_engine
from tests.cluster.agreement import Table
from tests.cluster.conftest import BUILD, needs
from tests.cluster.dataplane import DataPlane
from tests.cluster.met import Question, as_svcmap_reads, comparable, meet, met, said
from tests.cluster.network import INTERNET, MACHINE, pod_addresses
from tests.cluster.objects import Json
from tests.cluster.policy_objects import FRONT, GUARDED, LET_OUT, OUTER, PODS, SERVERS

pytestmark = pytest.mark.slow
NUMBERS = {plan.name: (plan.node, plan.number) for plan in PODS}
FRIEND, STRANGER = f"pod:{GUARDED}/friend", f"pod:{GUARDED}/stranger"
GUEST, NOBODY = f"pod:{OUTER}/guest", f"pod:{OUTER}/nobody"
OF_PORTS = ("closed", "one-port", "named-port", "range", "datagrams", "wrong-protocol", "two-rules", "two-policies")


def address(name: str, family: int = 4) -> str:
    """The address of a pod, as a URL has it."""
    four, six = pod_addresses(*NUMBERS[name])
    return four if family == 4 else f"[{six}]"


def served(name: str) -> list[str]:
    """What to ask of a server: its Service, and where its policy is about ports all of them."""
    host = f"{name}.{GUARDED}"
    more = (f"tcp://{host}:90", f"udp://{host}:5300") if name in OF_PORTS else ()
    return [f"tcp://{host}:80", *more]


TO_OPEN = (
    *(f"{protocol}://{address('open')}:{port}" for protocol, port in (("tcp", 8080), ("tcp", 9090), ("udp", 5353))),
    f"tcp://{address('open-west')}:8080",
    f"tcp://{address('open', 6)}:8080",
    f"tcp://{address('open-west', 6)}:8080",
    "tcp://by-hand.store:5432",
    f"tcp://open.{GUARDED}:80",
    f"tcp://one-port.{GUARDED}:80",
)
QUESTIONS = [
    *(Question(client, to) for client in (FRIEND, STRANGER, GUEST, NOBODY) for name in SERVERS for to in served(name)),
    *(
        Question(client, f"tcp://{address(name, family)}:8080")
        for client in (FRIEND, GUEST)
        for name in ("open", "to-friends", "to-west", "but-machine")
        for family in (4, 6)
    ),
    *(
        Question(client, f"tcp://{address(name)}:8080")
        for client in ("node:east", "node:west", MACHINE)
        for name in SERVERS
    ),
    *(Question(client, f"tcp://{front}:80") for client in (INTERNET, MACHINE) for front in FRONT.values()),
    *(Question(f"pod:{GUARDED}/{name}", to) for name in LET_OUT for to in TO_OPEN),
    *(Question(f"pod:{GUARDED}/{name}", f"tcp://{MACHINE}:5432") for name in LET_OUT if name != "to-machine"),
    Question(f"pod:{GUARDED}/closed", f"tcp://{address('closed')}:8080"),
]


@pytest.fixture(scope="module")
def guarded(dataplane: DataPlane) -> DataPlane:
    """The data plane with policies, and an engine that enforces them."""
    needs(build.missing(*build.POLICIES), BUILD)
    dataplane.use(dataplane.mode or "nftables")
    policy_engine.install(dataplane)
    return dataplane


@pytest.fixture(scope="module")
def observed(guarded: DataPlane) -> ClusterState:
    """The cluster as svcmap reads it."""
    return as_svcmap_reads(guarded.control)


@pytest.fixture(scope="module")
def packets(guarded: DataPlane, observed: ClusterState) -> dict[Question, Json]:
    return meet(guarded, observed, QUESTIONS, guarded.mode)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_policies_let_pass_what_svcmap_says(
    guarded: DataPlane, observed: ClusterState, packets: dict[Question, Json], question: Question, table: Table
) -> None:
    """N1-N7."""
    ours, theirs = said(observed, question, guarded.mode), met(packets[question])
    table.agree("NetworkPolicies, kube-network-policies", str(question), ours, comparable(theirs, ours, question))
