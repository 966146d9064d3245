"""What the walk says at each of its stations: a title card, a card for every step, and one for how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from svcmap.paths.asking.entry import Facts
from svcmap.paths.asking.request import LAYER_7
from svcmap.paths.outcome import Hop, Trace
from svcmap.picture.details import describe
from svcmap.picture.groups import GroupBy
from svcmap.picture.lanes import PathView, Way
from svcmap.picture.look_at import look_at
from svcmap.picture.selection import Selection
from svcmap.picture.spots import Spot
from svcmap.picture.steps import Step, selection_of, verdict_of
from svcmap.reports.trace_text import ACTIONS

MOST_FACTS = 3
STATUS = {"ok": "lit", "stop": "bad", "unknown": "unk"}
PLAIN = {
    "sessionAffinity": ("", "None"),
    "internalTrafficPolicy": ("", "Cluster"),
    "nodes": ("-", ""),
    "zones": ("-", ""),
}
"""Facts that say nothing at these values."""
NAMES = {
    "client": "the client",
    "dns": "name lookup",
    "load-balancer": "load balancer",
    "node-port": "node port",
    "service": "Service",
    "endpoint": "endpoints",
    "network-policy": "policy",
    "pod": "pod",
    "external-name": "outside",
}


class Card(NamedTuple):
    """`head` names the station, `big` is short enough for large letters, `says` the one sentence; `label` and `check`
    are what to look at or to do.
    """

    head: str
    big: str
    says: str
    status: str = "lit"
    facts: Facts = ()
    label: str = ""
    check: str = ""
    spot: Spot | None = None
    address: str = ""


def cards_of(
    view: PathView, by: GroupBy, found: Trace, way: Way, steps: tuple[Step, ...], node: str = ""
) -> list[Card]:
    """Title, steps, end. `node` is the address of some node, where one is known."""
    selection = selection_of(view, by, found, way)
    told = [_step(view, by, found, way, step, selection, node) for step in steps]
    return [_title(view, found, steps), *told, _end(found, steps)]


def asked(found: Trace) -> str:
    """The request as a line: `GET https://www.example.com/pay from the internet`."""
    request = found.request
    method = f"{request.method} " if request.scheme in LAYER_7 else ""
    who = found.hops[0].address
    return f"{method}{request.to} from {f'the {who}' if who in ('internet', 'intranet', 'nodes') else who}"


def _title(view: PathView, found: Trace, steps: tuple[Step, ...]) -> Card:
    """What is asked, and who answers for its name, with which address."""
    answers = next((hop for hop in found.hops if hop.kind == "dns"), None) or (found.hops[1:2] or found.hops)[0]
    facts = (
        ("leads to", f"Service {view.name}" if found.service else "nothing"),
        ("steps", str(len(steps))),
    )
    return Card(asked(found), found.request.host.partition("/")[0], answers.says, facts=facts, address=found.request.to)


def _step(view: PathView, by: GroupBy, found: Trace, way: Way, step: Step, selection: Selection, node: str) -> Card:
    hop = _told(step)
    described = describe(view, by, step.spot, selection._replace(cursor=step.spot))
    broken = step.deciding.verdict != "ok"
    address = described.address if described and hop.kind != "network-policy" else ""
    name = step.deciding.object.name if step.deciding.object else address
    if hop.kind == "dns":
        name = found.request.host
    return Card(
        head=_head(hop, described.title if described else ""),
        big=address if address and " " not in address else name,
        says=step.says,
        status=STATUS[step.deciding.verdict],
        facts=tuple(_facts(described.facts if described else (), way, view)),
        label="next step" if broken and step.deciding.next else "if it fails here",
        check=step.deciding.next if broken and step.deciding.next else look_at(view, found, hop, node),
        spot=step.spot,
        address=address or name,
    )


def _told(step: Step) -> Hop:
    """The hop that a step is about: the one that stops traffic, else the last that is no mere client."""
    if step.deciding.verdict != "ok":
        return step.deciding
    return next((hop for hop in reversed(step.hops) if hop.kind != "client"), step.hops[-1])


def _head(hop: Hop, title: str) -> str:
    if hop.kind in ("client", "dns"):
        return NAMES[hop.kind]
    if hop.kind == "network-policy":
        return f"{hop.policy} {hop.address}"
    return title or NAMES.get(hop.kind, hop.kind)


def _facts(facts: Facts, way: Way, view: PathView) -> Iterator[tuple[str, str]]:
    """The facts that matter at a hop: nothing at its default, no cluster IP that is not used."""
    unused = (
        ("spec.clusterIP", "sessionAffinity", "internalTrafficPolicy") if way.join != "ok" or view.is_dns_only else ()
    )
    kept = [(label, text) for label, text in facts if text not in PLAIN.get(label, ()) and label not in unused]
    yield from kept[:MOST_FACTS]


def _end(found: Trace, steps: tuple[Step, ...]) -> Card:
    """The verdict, what the client gets, who answers; on a failure the cause and the next step."""
    verdict = verdict_of(found)
    answer = found.answer
    decides = next((number for number, step in enumerate(steps, 1) if step.deciding.verdict != "ok"), 0)
    where = f"at step {decides}" if decides and found.verdict != "partial" else ""
    facts: list[tuple[str, str]] = []
    if answer.status:
        facts.append(("the client gets", str(answer.status)))
    elif answer.action:
        facts.append(("the client meets", ACTIONS.get(answer.action, answer.action)))
    if found.reason:
        facts.append(("reason", found.reason))
    pods = [str(endpoint.pod or endpoint.address or endpoint.owner) for endpoint in found.endpoints]
    if pods:
        more = f" and {len(pods) - MOST_FACTS} more" if len(pods) > MOST_FACTS else ""
        facts.append(("who answers", ", ".join(pods[:MOST_FACTS]) + more))
    stop = found.stop
    return Card(
        head=asked(found),
        big=verdict.word.upper(),
        says=": ".join(part for part in (where, verdict.why) if part),
        status={"ok": "ok", "bad": "bad", "warn": "warn"}.get(verdict.status, "unk"),
        facts=tuple(facts[:MOST_FACTS]),
        label="next step" if stop is not None and stop.next else "",
        check=stop.next if stop is not None else "",
        address=found.request.to,
    )
