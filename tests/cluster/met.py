"""One request twice: what the packets of a real client met, and what svcmap says they would, in the same words."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec.structs import replace

from svcmap.model.assumptions import DEFAULT, ProxyAssumptions
from svcmap.model.state import ClusterState
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.known.assumptions import assumptions_of
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import parse_via, trace
from svcmap.paths.views.contract import port_of
from svcmap.sources.live.cluster import ClusterSource
from svcmap.sources.live.session import Target
from tests.cluster.control_plane import ControlPlane
from tests.cluster.dataplane import DataPlane
from tests.cluster.network import MACHINE, NODES, node_addresses, pod_addresses
from tests.cluster.objects import Json
from tests.cluster.packet_objects import PODS
from tests.cluster.policy_objects import PODS as OF_POLICIES
from tests.cluster.probe import TIMES

LATER = 4.0
CLIENTS = 6
"""That ask at the same time."""
OF_NODES = {address for node in NODES for address in node_addresses(node)}


def _names() -> dict[str, str]:
    """Address → who has it, as its echo server calls itself."""
    found = {MACHINE: "machine"}
    for plan in (*PODS, *OF_POLICIES):
        addresses = node_addresses(plan.node) if plan.host else pod_addresses(plan.node, plan.number)
        found.update(dict.fromkeys(addresses, plan.name))
    return found


NAMES = _names()


class Question(NamedTuple):
    """A request: who asks (`--from`), the URL with its port, and `--via`."""

    client: str
    to: str
    via: str | None = None

    def __str__(self) -> str:
        return f"{self.client} → {self.to}{f' via {self.via}' if self.via else ''}"

    @property
    def asked(self) -> Json:
        """The question to probe.py."""
        url = urlsplit(self.to)
        return {"protocol": url.scheme, "host": url.hostname, "port": url.port}


class Outcome(NamedTuple):
    """What becomes of a request. `action` is None where something answers, or where it depends on the host."""

    verdict: str
    action: str | None
    servers: tuple[str, ...]
    masqueraded: bool | None

    def __str__(self) -> str:
        source = {True: ", from a node's address", False: "", None: ""}[self.masqueraded]
        return " ".join([self.verdict, self.action or "", *self.servers]).strip() + source


def met(answer: Json) -> Outcome:
    """The outcome of connections. One that was refused among many that were lost is a REJECT: ICMP is rationed."""
    answers, failures = answer["answers"], answer["refused"] + answer["lost"]
    if not answers:
        action = "REJECT" if answer["refused"] else "DROP"
        return Outcome("unreachable", None if answer["error"] else action, (), None)
    servers = tuple(sorted({f"{said['name']}:{said['port']}" for said in answers}))
    sources = [said["source"] in OF_NODES for said in answers]
    return Outcome("partial" if failures else "reachable", None, servers, all(sources))


def as_svcmap_reads(control: ControlPlane) -> ClusterState:
    """The cluster as svcmap reads it now, with all pods."""
    source = ClusterSource(Target(kubeconfig=control.kubeconfig()), all_pods=True)
    try:
        return source.load()
    finally:
        source.close()


def followed(state: ClusterState, question: Question, mode: str) -> Trace:
    """svcmap's trace, with what no object tells: how kube-proxy was started."""
    request = parse_request(question.to, parse_vantage(question.client), parse_via(question.via))
    proxy = ProxyAssumptions(mode=mode, cluster_cidr="10.244.0.0/16,fd00:10:244::/48")
    return trace(state, request, replace(assumptions_of(state, DEFAULT), proxy=proxy))


def said(state: ClusterState, question: Question, mode: str) -> Outcome:
    """svcmap's answer in the same words."""
    found = followed(state, question, mode)
    servers = tuple(sorted({f"{NAMES[end.address]}:{port_of(found, end)}" for end in found.endpoints}))
    return Outcome(found.verdict, found.answer.action, servers, found.seen.snat if servers else None)


def comparable(theirs: Outcome, ours: Outcome, question: Question) -> Outcome:
    """What the packets met, without what svcmap leaves open: whether a host refuses or drops is its own affair, and
    which of the endpoints a client sticks to is chance.
    """
    if ours.verdict == theirs.verdict and ours.action is None:
        theirs = theirs._replace(action=None)
    if ours.masqueraded is False and question.client.startswith("node:"):
        theirs = theirs._replace(masqueraded=False)  # the address that a node sends from is its own anyway
    if question.to.startswith("tcp://sticky") and len(theirs.servers) == 1 and set(theirs.servers) <= set(ours.servers):
        theirs = theirs._replace(servers=ours.servers)
    return theirs


def meet(
    plane: DataPlane, state: ClusterState, questions: Iterable[Question], mode: str, times: int = TIMES
) -> dict[Question, Json]:
    """What the packets of every question met, sent so many `times`; several clients at once."""
    found = _ask(plane, list(questions), times)
    # What carries packets learns of the objects a while after it is there: what differs is asked once more.
    others = [question for question in found if not _agrees(state, question, mode, found[question])]
    if others:
        time.sleep(LATER)
    return found | _ask(plane, others, times)


def _ask(plane: DataPlane, questions: list[Question], times: int) -> dict[Question, Json]:
    def ask(client: str) -> dict[Question, Json]:
        asked = [question for question in questions if question.client == client]
        return dict(zip(asked, plane.ask(client, [item.asked | {"times": times} for item in asked]), strict=True))

    clients = dict.fromkeys(question.client for question in questions)
    with ThreadPoolExecutor(CLIENTS) as pool:
        return {question: answer for found in pool.map(ask, clients) for question, answer in found.items()}


def _agrees(state: ClusterState, question: Question, mode: str, answer: Json) -> bool:
    ours = said(state, question, mode)
    return ours == comparable(met(answer), ours, question)
