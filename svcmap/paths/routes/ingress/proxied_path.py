"""The path that a pod is asked for, behind a controller other than ingress-nginx."""

from __future__ import annotations

from msgspec.structs import replace

from svcmap.clean_paths import cleaned
from svcmap.model.core import Service
from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Undecided
from svcmap.paths.walk import Walk
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress.rewrites import rewrite_of


def set_path(walk: Walk, ingress: Ingress, by: rules.Controller, service: Service, target: rules.RuleTarget) -> None:
    """Note the path that the pod sees, where it is not the one of the request: as it was compared, or rewritten."""
    path, mark, query = walk.request.path.partition("?")
    compared = cleaned(path, by.cleaning)
    if by.cleaning in ("dots", "merged") and compared != path:
        walk.proxied = replace(walk.proxied, path=f"{compared}{mark}{query}")
    annotations, of_service = ingress.metadata.annotations, service.metadata.annotations
    made = rewrite_of(by, annotations, of_service, target, compared)
    if made is None:
        return
    walk.proxied = replace(walk.proxied, path=None if made.path is None else f"{made.path}{mark}{query}")
    if made.path is None:
        ref = ingress.ref if made.names[0] in annotations else service.ref
        could = "changes the path that the pod sees, in a way that svcmap does not work out"
        walk.noted.append(Undecided(object=ref, field=f"metadata.annotations[{made.names[0]}]", could=could))
