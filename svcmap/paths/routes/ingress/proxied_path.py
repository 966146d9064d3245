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


def set_path(walk: Walk, ingress: Ingress, by: rules.Controller, service: Service, target: rules.RuleTarget) -> str:
    """Note the path that the pod sees, where it is not the one of the request: as it was compared, or rewritten; with a
    sentence about it where an annotation makes it.
    """
    path, mark, query = walk.request.path.partition("?")
    compared = cleaned(path, by.cleaning)
    if by.cleaning in ("dots", "merged") and compared != path:
        walk.proxied = replace(walk.proxied, path=f"{compared}{mark}{query}")
    annotations, of_service = ingress.metadata.annotations, service.metadata.annotations
    made = rewrite_of(by, annotations, of_service, target, compared)
    if made is None or any(item.could == rules.COULD["rewrite"] for item in walk.noted):
        return ""  # another annotation, which nobody here works out, has its part in the path
    seen = None if (by.cleaning == "decoded" and "%" in path) or (by.is_outside and query) else made.path
    walk.proxied = replace(walk.proxied, path=None if seen is None else f"{seen}{mark}{query}")
    if seen is None:
        ref = ingress.ref if made.name in annotations else service.ref
        could = "changes the path that the pod sees, in a way that svcmap does not work out"
        walk.noted.append(Undecided(object=ref, field=f"metadata.annotations[{made.name}]", could=could))
    return f" The pod sees {walk.proxied.path} ({made.name})." if seen not in (None, path) else ""
