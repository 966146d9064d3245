"""Which paths of rules a controller reads as regular expressions, and whether it takes them (controllers.md 0.2)."""

from __future__ import annotations

from collections.abc import Mapping

from svcmap.patterns import is_re2, is_readable
from svcmap.semantics.ingress import alb_conditions, contour, haproxy_ingress, kong, nginx_inc, traefik
from svcmap.semantics.ingress.known import Flavour
from svcmap.semantics.ingress.tables import RuleTarget

LEFT_OUT = ("traefik", "contour")
"""Controllers that make no rule of a pattern that they cannot read; what becomes of it at others is not known."""
OF_GO = ("traefik", "cilium", "contour")
"""Controllers whose patterns are those of RE2."""


def pattern_of(flavour: Flavour, annotations: Mapping[str, str], target: RuleTarget) -> str:
    """The regular expression that the path of a rule is; empty where it is none. Those of ingress-nginx are a matter of
    the whole host.
    """
    is_open, path = target.path_type == "ImplementationSpecific", target.path
    if target.to_default or not path:
        return ""
    match flavour:
        case "cilium" if is_open:
            return path
        case "contour" if contour.is_regex(path, target.path_type):
            return path
        case "traefik" if is_open and annotations.get(traefik.MATCHER, "").lower() == traefik.BY_PATTERN.lower():
            return path
        case "alb" if is_open and annotations.get(alb_conditions.BY_PATTERN, "").strip().lower() == "true":
            return path[1:]
        case "kong" if is_open and path.startswith(mark := kong.mark_of(annotations)):
            return path.removeprefix(mark)
        case "nginx-inc" if annotations.get(nginx_inc.PATH_REGEX, "").strip() in nginx_inc.PATTERNS:
            return path
        case "haproxy-ingress" if haproxy_ingress.kind_of(annotations, target) == "regex":
            return path
    return ""


def is_taken(flavour: Flavour, pattern: str) -> bool:
    """Whether a controller can read a regular expression, as far as svcmap can tell."""
    return is_re2(pattern) if flavour in OF_GO else is_readable(pattern)
