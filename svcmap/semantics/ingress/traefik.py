"""How Traefik reads Ingresses: entry points, and which router takes a request (controllers.md CT-3 to CT-15)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from svcmap.model.core import Service
from svcmap.model.networking import Ingress
from svcmap.patterns import search
from svcmap.semantics.ingress.tables import RuleTarget, host_specificity

PREFIX = "traefik.ingress.kubernetes.io/"
NUMBER = re.compile(r"-?[0-9]{1,18}\Z")
ENTRY_POINTS = {"web": "http", "websecure": "https"}
"""Those of the chart, by what they speak."""
MATCHER = f"{PREFIX}router.pathmatcher"
BY_PATTERN = "PathRegexp"
MATCHERS = ("Path", "PathPrefix", BY_PATTERN)
TRUE = ("1", "t", "T", "true", "TRUE", "True")
NATIVE, BY_NODE_PORT = f"{PREFIX}service.nativelb", f"{PREFIX}service.nodeportlb"


def is_on(
    ingress: Ingress, scheme: str, *, takes_https: bool = True, point: str = "", defaults: Sequence[str] = ()
) -> bool | None:
    """Whether a request by http or https meets the routers of an Ingress; None where other entry points decide.

    By the chart's defaults a router is on both; `router.tls` makes it one for https alone. Where the entry point of
    https has no `http.tls` (`takes_https`), only such a router is on it (CT-15). `point` is the entry point that takes
    the request, in lower case, where that is known, `defaults` are those of routers that name none (none: all).
    """
    has_tls = is_for_tls(ingress)
    if (scheme == "http" and has_tls) or (scheme == "https" and not has_tls and not takes_https):
        return False
    names = entry_points_of(ingress)
    if not names:
        return not defaults or not point or point in defaults
    if point:
        return point in names
    if scheme in (ENTRY_POINTS.get(name) for name in names):
        return True
    return False if all(name in ENTRY_POINTS for name in names) else None


def is_for_tls(ingress: Ingress) -> bool:
    """Whether the routers of an Ingress are for https alone: by `router.tls`, empty or true, or anything below it
    (CT-15; label `allowEmpty` in pkg/config of traefik/paerser).
    """
    annotations = ingress.metadata.annotations
    if any(name.startswith(f"{PREFIX}router.tls.") for name in annotations):
        return True
    written = annotations.get(f"{PREFIX}router.tls")
    return written is not None and written.strip().lower() in ("", "true")


def fault(ingress: Ingress) -> str:
    """Why Traefik skips an Ingress, all of it: an annotation that cannot be read; empty where it does not."""
    written = ingress.metadata.annotations.get(f"{PREFIX}router.priority", "0")
    return "" if NUMBER.match(written) else f"{PREFIX}router.priority is {written!r}, which is no whole number"


def entry_points_of(ingress: Ingress) -> list[str]:
    """The entry points that the routers of an Ingress are on alone, in lower case (CT-14)."""
    written = ingress.metadata.annotations.get(f"{PREFIX}router.entrypoints", "").lower()
    return [name.strip() for name in written.split(",") if name.strip()]


def only_scheme(ingress: Ingress) -> str:
    """`https` or `http` where the routers of an Ingress are for that alone, by the chart's entry points; else empty."""
    if is_for_tls(ingress):
        return "https"
    schemes = {ENTRY_POINTS.get(name, "") for name in entry_points_of(ingress)}
    return next(iter(schemes)) if len(schemes) == 1 else ""


def matcher_of(ingress: Ingress, target: RuleTarget) -> str:
    """The matcher of the path of a rule: an annotation says it where the pathType leaves it open (CT-3)."""
    written = ingress.metadata.annotations.get(MATCHER, "")
    if written and target.path_type == "ImplementationSpecific":
        forms = {form: name for name in MATCHERS for form in (name, name.lower(), name.upper(), name.capitalize())}
        return forms.get(written, written)
    return "Path" if target.path_type == "Exact" else "PathPrefix"


def fits(ingress: Ingress, target: RuleTarget, host: str, path: str) -> bool:
    """CT-3, CT-5: Exact byte by byte, everything else by characters, PathRegexp wherever it is found; a wildcard host
    stands for one label.
    """
    if not host_specificity(target.host, host):
        return False
    match matcher_of(ingress, target):
        case "Path":
            return path == target.path
        case _ if matcher_of(ingress, target) == BY_PATTERN:
            found = search(target.path, path)
            return found is not None and found.is_there
    return path.startswith(target.path or "/")


def is_open(ingress: Ingress, target: RuleTarget) -> bool:
    """Whether the path of a rule is a regular expression."""
    return matcher_of(ingress, target) not in MATCHERS[:2]


def way_of(service: Service) -> str:
    """CT-11: `cluster-ip` or `node-port` where an annotation of the Service says so, else empty; `none` where that
    cannot be.
    """
    annotations = service.metadata.annotations
    if annotations.get(NATIVE) in TRUE:
        return "none" if service.spec.cluster_ip == "None" else "cluster-ip"
    if annotations.get(BY_NODE_PORT) in TRUE:
        return "node-port" if service.spec.type in ("NodePort", "LoadBalancer") else ""
    return ""


def priority(ingress: Ingress, target: RuleTarget) -> int:
    """CT-4: router.priority, else the length of the rule's text; hosts are not chosen first."""
    written = ingress.metadata.annotations.get(f"{PREFIX}router.priority", "")
    if NUMBER.match(written):
        return int(written)
    matcher = matcher_of(ingress, target)
    host = f"Host(`{target.host}`) && " if target.host else ""
    return len(f"{host}{matcher}(`{target.path or '/'}`)")
