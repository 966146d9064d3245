"""Which Ingresses a controller looks at, as far as its arguments say (controllers.md CX-4)."""

from __future__ import annotations

from svcmap.model.components import BY_LABEL, PASSED, WATCHED, flag, watches
from svcmap.model.networking import Ingress
from svcmap.paths.known.command_lines import command_lines
from svcmap.paths.known.look_ups import served_by
from svcmap.paths.outcome import Hop, Trace, Undecided
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.routes.ingress.running import COMPONENTS
from svcmap.paths.walk import Walk


def watched(walk: Walk, candidates: list[Ingress]) -> Trace | list[Ingress]:
    """Those of some Ingresses whose namespaces the arguments of their controller have in view; the finished trace where
    it looks at none of them.
    """
    by = served_by(walk.state, candidates[0]).by
    if by is None or by.title not in COMPONENTS:
        return candidates
    lines = command_lines(walk.state, COMPONENTS[by.title])
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
