"""svcmap's answers about NetworkPolicies beside packets that the real kube-network-policies lets pass or drops."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from svcmap.model.state import ClusterState
from tests.cluster import build, policy_engine
from tests.cluster.agreement import Table
from tests.cluster.conftest import BUILD, needs
from tests.cluster.dataplane import DataPlane
from tests.cluster.met import Question, as_svcmap_reads, comparable, followed, meet, met, said
from tests.cluster.network import INTERNET, MACHINE, NODES, pod_addresses
from tests.cluster.objects import Json
from tests.cluster.policy_objects import FRONT, GUARDED, LET_OUT, OUTER, PODS, SERVERS, WALLED

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
FEW = 6
"""Connections for a question: of two endpoints both are seen, but for one time in thirty, and then it is asked again.
More of them at once than the engine can judge would be lost for no reason of a policy's.
"""
NUMBERS = {plan.name: (plan.node, plan.number) for plan in PODS}
FRIEND, STRANGER = f"pod:{GUARDED}/friend", f"pod:{GUARDED}/stranger"
GUEST, NOBODY = f"pod:{OUTER}/guest", f"pod:{OUTER}/nobody"
OF_PORTS = (
    *("closed", "one-port", "named-port", "upper-range", "lower-range", "two-ports", "all-datagrams", "datagrams"),
    *("wrong-protocol", "two-rules", "two-policies"),
)
OWN_NODE = "tcp://192.168.60.12:7070"
"""A port of the node on which the pods of the west run: on-host listens there."""


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
    *(Question(f"pod:{GUARDED}/{name}", f"tcp://{INTERNET}:5432") for name in LET_OUT),
    *(
        Question(f"pod:{GUARDED}/{name}", f"tcp://{address('renumbered')}:{port}")
        for name in LET_OUT
        for port in (8080, 9090)
    ),
    *(Question(client, f"tcp://{address(name)}:5353") for client in (FRIEND, NOBODY) for name in OF_PORTS),
    *(Question(client, OWN_NODE) for client in (STRANGER, f"pod:{GUARDED}/prisoner")),
    *(Question(client, f"tcp://{address('walled')}:8080") for client in (FRIEND, NOBODY, "node:west", "node:east")),
    *(Question(f"pod:{WALLED}/walled", to) for to in (f"tcp://{address('open')}:8080", f"tcp://open.{GUARDED}:80")),
    Question(f"pod:{GUARDED}/closed", f"tcp://{address('closed')}:8080"),
]


@pytest.fixture(scope="module")
def guarded(dataplane: DataPlane) -> Iterator[DataPlane]:
    """The data plane with policies, and an engine that enforces them."""
    needs(build.missing(*build.POLICIES), BUILD)
    needs(policy_engine.missing(dataplane), "a kernel with CONFIG_NETFILTER_XT_TARGET_NFQUEUE")
    dataplane.use("nftables")
    dataplane.run("internet", sys.executable, "-I", str(HERE / "echo.py"), "internet", "tcp:5432")
    policy_engine.install(dataplane)
    yield dataplane
    policy_engine.remove(dataplane)


@pytest.fixture(scope="module")
def observed(guarded: DataPlane) -> ClusterState:
    """The cluster as svcmap reads it."""
    return as_svcmap_reads(guarded.control)


@pytest.fixture(scope="module")
def packets(guarded: DataPlane, observed: ClusterState) -> dict[Question, Json]:
    found = meet(guarded, observed, QUESTIONS, guarded.mode, FEW)
    # A few connections may all meet one of two pods: where some get through, many tell which pods there are.
    some = [question for question in QUESTIONS if found[question]["answers"]]
    unmet = [q for q in some if len(said(observed, q, guarded.mode).servers) > len(met(found[q]).servers)]
    return {**found, **meet(guarded, observed, unmet, guarded.mode)}


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_policies_let_pass_what_svcmap_says(
    guarded: DataPlane, observed: ClusterState, packets: dict[Question, Json], question: Question, table: Table
) -> None:
    """N1-N7, but for what depends on a node's own address (K10)."""
    ours, theirs = said(observed, question, guarded.mode), met(packets[question])
    table.agree("NetworkPolicies, kube-network-policies", str(question), ours, comparable(theirs, ours, question))


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_what_a_policy_forbids_is_lost_and_not_refused(
    guarded: DataPlane, observed: ClusterState, packets: dict[Question, Json], question: Question
) -> None:
    """A REJECT, a port nobody listens on or a name without an address would not show what the policy does."""
    found, answer = followed(observed, question, guarded.mode), packets[question]
    if found.reason != "network-policy":
        assert found.verdict == "reachable"
        return
    assert found.stop is not None
    asked_for_a_name = found.stop.rule == "N10"
    assert (bool(answer["error"]), answer["refused"], bool(answer["lost"])) == (
        asked_for_a_name,
        0,
        not asked_for_a_name,
    )


def test_the_internet_answers_whom_no_policy_holds_back(guarded: DataPlane, observed: ClusterState) -> None:
    question = Question(FRIEND, f"tcp://{INTERNET}:5432")
    assert met(guarded.ask(FRIEND, [question.asked])[0]).servers == ("internet:5432",)
    assert followed(observed, question, guarded.mode).reason == "not-a-cluster-address"


@pytest.mark.parametrize("node", NODES)
def test_the_engine_judged_every_packet(guarded: DataPlane, packets: dict[Question, Json], node: str) -> None:
    assert packets
    assert policy_engine.dropped(guarded, node) == 0
