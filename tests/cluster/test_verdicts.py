"""svcmap's judgements beside those of two engines as libraries, over clusters at random: no kernel, no packets."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from svcmap.model.state import ClusterState
from svcmap.paths.asking.parties import address_party
from svcmap.paths.policies.cluster_network_policy import SELECTED_OTHERWISE
from svcmap.paths.policies.judgement import judge
from svcmap.semantics.cluster_network_policy import EQUAL_PRIORITY
from tests.cluster import build
from tests.cluster.conftest import BUILD, needs
from tests.cluster.objects import Json
from tests.cluster.policy_cases import CLUSTER, NODES, OUTSIDE, PODS, for_cilium, for_kube_network_policies, questions
from tests.conftest import state_of

pytestmark = pytest.mark.slow
MANY = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


LEFT_OPEN = (EQUAL_PRIORITY, SELECTED_OTHERWISE)


class Engine:
    """A program that answers a case a line."""

    def __init__(self, name: str) -> None:
        needs(build.missing(*build.VERDICTS), BUILD)
        binary = str(build.component(name))
        self.asked = self.left_open = 0
        self.running = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, objects: list[Json], asked: list[Json]) -> list[str]:
        """What refuses each connection, the direction first; nothing where it passes."""
        assert self.running.stdin is not None
        assert self.running.stdout is not None
        self.running.stdin.write(json.dumps({"objects": objects, "questions": asked}) + "\n")
        self.running.stdin.flush()
        answers: list[str] = json.loads(self.running.stdout.readline())
        return answers

    def close(self) -> None:
        """And see that what was compared was mostly definite: `unknown` agrees with everything."""
        assert self.left_open < self.asked / 10, (self.left_open, self.asked)
        assert self.running.stdin is not None
        self.running.stdin.close()
        self.running.wait(10)


@pytest.fixture(scope="module")
def kube_network_policies() -> Iterator[Engine]:
    engine = Engine("verdicts")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def cilium() -> Iterator[Engine]:
    engine = Engine("cilium")
    yield engine
    engine.close()


def as_svcmap_reads(objects: list[Json]) -> ClusterState:
    return state_of(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))


def answered(state: ClusterState, question: Json) -> str:
    """`allowed`, or the direction that is refused; `unknown` where the API leaves it open, and only there."""
    source, destination = (address_party(state, question[end]) for end in ("from", "to"))
    found = judge(state, source, destination, question["port"], question["protocol"])
    if found.verdict == "unknown":
        assert found.ruling.doubt in LEFT_OPEN
    return str(found.direction) if found.verdict == "denied" else found.verdict


def leaves_egress_open(policies: list[Json]) -> bool:
    """Whether the last tier stands beside a NetworkPolicy, or two policies of a tier have the same priority: which of
    both is asked on the way out the API leaves open, and svcmap then names the way in, where that is closed for certain.
    """
    kinds = {item["kind"] for item in policies}
    places = [(item["spec"]["tier"], item["spec"]["priority"]) for item in policies if "priority" in item["spec"]]
    beside = "NetworkPolicy" in kinds and any(item["spec"].get("tier") == "Baseline" for item in policies)
    return beside or len(set(places)) < len(places)


def agree(engine: Engine, policies: list[Json], asked: list[Json]) -> None:
    objects = [*CLUSTER, *policies]
    state = as_svcmap_reads(objects)
    theirs = [answer.partition(" ")[0] or "allowed" for answer in engine.ask(objects, asked)]
    ours = [answered(state, question) for question in asked]
    differ = [
        f"{question}: svcmap {one}, the engine {real}"
        for question, one, real in zip(asked, ours, theirs, strict=True)
        if one not in (real, "unknown") and not ((one, real) == ("ingress", "egress") and leaves_egress_open(policies))
    ]
    assert differ == []
    engine.asked += len(ours)
    engine.left_open += ours.count("unknown")


@MANY
@given(for_kube_network_policies())
def test_kube_network_policies_agrees(kube_network_policies: Engine, policies: list[Json]) -> None:
    """N1-N6, N9."""
    agree(kube_network_policies, policies, questions(*PODS, *OUTSIDE, *NODES))


@MANY
@given(for_cilium())
def test_cilium_agrees(cilium: Engine, policies: list[Json]) -> None:
    agree(cilium, policies, questions(*PODS, *OUTSIDE))
