"""Which Ingresses a controller looks at, as far as its arguments say (controllers.md CX-4)."""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.components import BY_LABEL, CLASSES, PASSED, WATCHED, flag, split, watches
from svcmap.model.networking import Ingress
from svcmap.paths.known.command_lines import CommandLine, command_lines
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.running import COMPONENTS
from svcmap.paths.walk import Walk

BY_NAME = {"NGINX Ingress Controller": "nginx", "Kong": "kong", "Contour": "contour"}
"""Controllers that go by the name of a class, and the one that they serve if they are told no other."""


def watched(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """Those of some Ingresses whose namespaces the arguments of their controller have in view; the finished trace where
    it looks at none of them.
    """
    by = served_by(walk.state, candidates[0]).by
    if by is None or by.title not in COMPONENTS:
        return candidates
    lines = command_lines(walk.state, COMPONENTS[by.title])
    _note_class(walk, candidates[0], by.title, lines)
    if by.title == "Contour":  # its image is that of other programs, too
        lines = [line for line in lines if any(word.lstrip("-").startswith(WATCHED) for word in line.words)]
    for line in lines:
        if labels := flag(line.words, BY_LABEL):
            could = f"is {labels}: whether namespace {candidates[0].metadata.namespace} has the label decides"
            undecided = Undecided(object=line.ref, field=f"--{BY_LABEL}", could=could)
            walk.doubt(undecided, WORD, "CX-4", refuses=True)
    kept = [i for i in candidates if not lines or any(watches(line.words, i.metadata.namespace) for line in lines)]
    if kept:
        return kept
    first, line = candidates[0], lines[0]
    namespace = first.metadata.namespace
    says = f"{line.ref} looks at Ingresses of other namespaces alone: {by.title} does not see those of {namespace}."
    step = f"move the Ingress, or change {' or '.join(f'--{name}' for name in (*WATCHED, PASSED))}"
    hop = Hop(kind=WORD, object=first.ref, address=walk.request.authority, rule="CX-4", says=says, next=step)
    return walk.stop(hop, "not-accepted")


def _note_class(walk: Walk, item: Ingress, title: str, lines: Sequence[CommandLine]) -> None:
    """CI-1, CK-1, CC-1: controllers that go by the name of the class, and not by the value of its object."""
    usual, served = BY_NAME.get(title), served_by(walk.state, item)
    name = served.ingress_class
    if usual is None or not name or served.is_adopted or item.status.load_balancer.ingress:
        return
    told = [(line, [*split(flag(line.words, *CLASSES))]) for line in lines]
    told = [(line, names) for line, names in told if names or title != "Contour"]
    if any(name in (names or [usual]) for _, names in told):
        return
    if not told and name == usual:
        return
    if not told:
        walk.assume(f"{title} is told that {name} is its class (--{CLASSES[0]}): of itself it serves {usual}")
        return
    line, names = told[0]
    could = f"makes this controller serve {', '.join(names or [usual])}, not {name}: no other one is in the source"
    walk.doubt(Undecided(object=line.ref, field=f"--{CLASSES[0]}", could=could), WORD, "CX-2", refuses=True)
