"""Snippets of ingress-nginx: whether they are in force, by its release and its ConfigMap (CN-33, CN-34, CN-45)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svcmap.model.networking import Ingress
from svcmap.paths.outcome import Undecided
from svcmap.paths.routes.ingress.controllers.nginx.release import Release, release_of
from svcmap.paths.routes.ingress.controllers.nginx.settings import Known, nginx_settings
from svcmap.paths.routes.ingress.controllers.ways import Met
from svcmap.paths.routes.ingress.entries import WORD
from svcmap.paths.walk import Walk
from svcmap.semantics.ingress import nginx

OF_RULE = ("configuration-snippet", "auth-snippet")
OF_HOST = ("server-snippet", "stream-snippet")
OFF_SINCE, RISKY_SINCE = (1, 9, 0), (1, 12, 0)
"""The releases since which allow-snippet-annotations is false, and annotations-risk-level is High, by default."""
ALLOW, LEVEL, CRITICAL = "allow-snippet-annotations", "annotations-risk-level", "Critical"


def note_snippets(walk: Walk, met: Met, sharing: Sequence[Ingress]) -> None:
    """What snippets of the Ingress whose rule takes a request could do to it, and of others of its host."""
    release = release_of(walk, met.item)
    for item, key in _snippets(met.item, sharing):
        known = nginx_settings(walk, item)
        if (why := _off_because(known, release)) is not None:
            walk.assume(f"{key} of Ingress {item.name} does nothing: {why}")
            continue
        could = _could(known, release)
        field = f"metadata.annotations[{nginx.PREFIX}{key}]"
        walk.doubt(Undecided(object=item.ref, field=field, could=could), WORD, "CN-34", refuses=False)


def _snippets(item: Ingress, sharing: Sequence[Ingress]) -> Iterator[tuple[Ingress, str]]:
    for other in dict.fromkeys((item.name, *(shared.name for shared in sharing))):
        mine = next(one for one in (item, *sharing) if one.name == other)
        for key in (*OF_RULE, *OF_HOST) if mine.name == item.name else OF_HOST:
            if mine.metadata.annotations.get(f"{nginx.PREFIX}{key}", "").strip():
                yield mine, key


def _is_risky(known: Known, release: Release | None) -> bool | None:
    """Whether the controller takes no Ingress with an annotation of that risk; None where that is not known."""
    level = known.settings.risk
    if level:
        return level != CRITICAL
    if release is not None and release < RISKY_SINCE:
        return False
    return True if release is not None and known.is_read else None


def _off_because(known: Known, release: Release | None) -> str | None:
    """Why snippets are dropped; None where they may be in force, or may cost the whole Ingress."""
    if _is_risky(known, release) is not False:
        return None
    if known.settings.snippets:
        return f"{ALLOW} of {known.settings.where} is false" if known.settings.snippets != "true" else None
    if known.is_read and release is not None and release >= OFF_SINCE:
        return f"{ALLOW} is false by default since 1.9"
    return None


def _could(known: Known, release: Release | None) -> str:
    if _is_risky(known, release):
        level = known.settings.risk or "High"
        held = "the controller ignores the whole Ingress, or keeps its last"
        return f"is of more risk than {LEVEL} ({level}) allows: {held}"
    if known.settings.snippets == "true":
        return f"may do anything to the request, as {ALLOW} is true"
    return f"may do anything to the request, where {ALLOW} is true (it is false by default since 1.9)"
