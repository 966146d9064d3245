"""What rules that take no request were probably meant to: patterns that are read as they are written, defaults that a
controller leaves out (semantics.md 10.35).
"""

from __future__ import annotations

from collections.abc import Sequence

from svcmap.model.networking import Ingress
from svcmap.paths.routes.ingress.tables import table_of
from svcmap.paths.walk import Walk
from svcmap.patterns import matched_groups
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import nginx
from svcmap.semantics.ingress.path_patterns import pattern_of

SIGNS = frozenset("*+?()[]|$\\")
"""What a path has that was meant as a pattern."""
TO_READ = {
    "nginx": f"set {nginx.USE_REGEX}: 'true'",
    "nginx-inc": "set nginx.org/path-regex: case_sensitive",
    "traefik": "set traefik.ingress.kubernetes.io/router.pathmatcher: PathRegexp, with pathType ImplementationSpecific",
    "kong": "begin the path with /~",
    "haproxy-ingress": "set haproxy-ingress.github.io/path-type: regex",
}
"""By the flavour of a controller: what makes it read a path as a regular expression."""


def literal_pattern(walk: Walk, ingresses: Sequence[Ingress], flavour: rules.Flavour) -> tuple[str, str]:
    """A path for the host that is read as it is written, and as a pattern would take the request: a sentence, and what
    to do. Both are empty where there is none.
    """
    host, path = walk.request.authority, walk.request.path.partition("?")[0]
    for item in ingresses:
        for target in table_of(walk.state, item).targets:
            if target.is_default or not rules.host_specificity(target.host, host) or not SIGNS & set(target.path):
                continue
            if pattern_of(flavour, item.metadata.annotations, target) or _nginx_reads(flavour, item):
                continue
            if target.path.endswith("/*") and path.startswith(target.path[:-1]):
                return _said(target, item), f"write {target.path[:-1]} with pathType Prefix"
            if matched_groups(target.path, path) is not None:
                return _said(target, item), TO_READ.get(flavour, "write a prefix: paths are no patterns here")
    return "", ""


def _nginx_reads(flavour: rules.Flavour, item: Ingress) -> bool:
    """Whether ingress-nginx reads the paths of an Ingress as patterns."""
    return flavour == "nginx" and nginx.reads_regex([item])


def _said(target: rules.RuleTarget, item: Ingress) -> str:
    return f"Path {target.path} of Ingress {item.name} is read as it is written, not as a pattern."


def left_out_default(ingresses: Sequence[Ingress], flavour: rules.Flavour) -> str:
    """CT-6: a default backend beside rules, which Traefik leaves out; a sentence, or nothing."""
    item = next((i for i in ingresses if i.spec.default_backend is not None and i.spec.rules), None)
    return (
        f"Traefik takes no defaultBackend beside rules: that of Ingress {item.name} has no effect."
        if (item is not None and flavour == "traefik")
        else ""
    )
