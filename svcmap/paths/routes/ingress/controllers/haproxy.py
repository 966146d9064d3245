"""HAProxy's own controller (controllers.md CH-1 to CH-7)."""

from __future__ import annotations

from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.controllers.plain import PLAIN, has_port, merged_where, note_reading
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk


def note(walk: Walk, met: Met) -> None:
    """CH-4: of several default backends one is for everything; which one nobody has written down."""
    note_reading(walk, met)
    every = [(item.metadata.namespace, item.default_backend) for item in met.taken.main if item.default_backend]
    if met.target is not None and met.target.is_default and len({str(one) for one in every}) > 1:
        could = "is one of several default backends: which of them the controller takes is left open"
        undecided = Undecided(object=met.item.ref, field="spec.defaultBackend", could=could)
        walk.doubt(undecided, WORD, "CX-4", refuses=False)


HAPROXY = PLAIN._replace(take=merged_where(has_port), note=note)
