"""What is said of the controller of a route object: by it in Events (CX-6), and by a person in `--assume` (CX-4)."""

from __future__ import annotations

from collections.abc import Iterable

from svcmap.model.refs import ObjectRef
from svcmap.paths.known.events import last_warning
from svcmap.paths.outcome import HopKind, Undecided
from svcmap.paths.walk import Walk

BYSTANDERS = (
    *("cert-manager", "kyverno", "external-dns", "flux", "kustomize-controller", "helm-controller"),
    *("argocd", "gatekeeper", "admission"),
)
"""Beginnings of what writes into the Events of route objects, and serves none of them."""


def note_warning(walk: Walk, ref: ObjectRef, word: HopKind) -> None:
    """The last warning about an object. Whether it is about what the object is now, and what the controller serves in
    its place, an Event does not say.
    """
    event = last_warning(walk.state, ref)
    if event is None or event.reporter.startswith(BYSTANDERS):
        return
    undecided = Undecided(object=ref, field=f"Event {event.reason}", could=f"says {event.says}")
    walk.doubt(undecided, word, "CX-6", refuses=False)


def note_options(walk: Walk, ref: ObjectRef, options: Iterable[str], word: HopKind) -> None:
    """Options of `--assume` for a controller whose options are not evaluated."""
    could = f"is served by a controller whose options --assume gives ({', '.join(options)}), and they may decide"
    walk.doubt(Undecided(object=ref, field="--assume controllers", could=could), word, "CX-4", refuses=False)
