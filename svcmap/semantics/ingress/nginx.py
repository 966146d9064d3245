"""What ingress-nginx makes of its annotations (nginx: internal/ingress/controller, rootfs/etc/nginx/template)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from posixpath import normpath
from urllib.parse import unquote

from svcmap.model.networking import Ingress
from svcmap.patterns import matched_groups

PREFIX = "nginx.ingress.kubernetes.io/"
USE_REGEX = f"{PREFIX}use-regex"
REWRITE_TARGET = f"{PREFIX}rewrite-target"
BACKEND_PROTOCOL = f"{PREFIX}backend-protocol"
SSL_REDIRECT = f"{PREFIX}ssl-redirect"
FORCE_SSL_REDIRECT = f"{PREFIX}force-ssl-redirect"
CANARY = f"{PREFIX}canary"
CANARY_HEADER = f"{PREFIX}canary-by-header"
CANARY_VALUE = f"{PREFIX}canary-by-header-value"
GROUP = re.compile(r"\$(\d)")


def reads_regex(ingresses: Iterable[Ingress]) -> bool:
    """Whether all paths of a host are regular expressions: one Ingress of the host asks for it, or rewrites."""
    return any(
        item.metadata.annotations.get(USE_REGEX) == "true" or item.metadata.annotations.get(REWRITE_TARGET)
        for item in ingresses
    )


def normalized(path: str) -> str:
    """The path that locations are compared with: decoded, without `.`, `..` and double slashes (nginx, `location`)."""
    if "%" not in path and "//" not in path and "/." not in path:
        return path
    plain = re.sub("/+", "/", unquote(path))
    made = normpath(plain)
    return made if made.endswith("/") or not plain.endswith(("/", "/.", "/..")) else f"{made}/"


def regex_matches(pattern: str, path: str) -> bool:
    """A location `~* ^path`: anchored at its start only, case-insensitive."""
    return matched_groups(pattern, path, ignore_case=True) is not None


def location_rank(path: str, path_type: str, *, regex: bool) -> tuple[int, int, str]:
    """The order in which nginx tries locations: `=` first, then the longest; regular expressions as the controller
    sorts them, longest first and equals from behind in the alphabet (nginx: internal/ingress/controller, getServers).
    """
    if regex:
        return 0, len(path), path
    if path_type == "Prefix":  # written as the location `/foo/`, beside `= /foo`
        path = path.rstrip("/") + "/"
    return int(path_type == "Exact"), len(path), path


def rewritten(annotations: Mapping[str, str], pattern: str, path: str) -> str | None:
    """The path that the pod sees under rewrite-target, `$1` being the first group of the rule's path; None without."""
    target = annotations.get(REWRITE_TARGET)
    groups = matched_groups(pattern, path, ignore_case=True) if target else None
    if not target or groups is None:
        return None

    def group(mark: re.Match[str]) -> str:
        index = int(mark[1]) - 1
        return (groups[index] or "") if 0 <= index < len(groups) else ""

    made = GROUP.sub(group, target)
    return made if made.startswith("/") else f"/{made}"


def backend_protocol(annotations: Mapping[str, str]) -> str | None:
    """How the controller speaks to the pods, where an annotation says so."""
    return annotations.get(BACKEND_PROTOCOL, "").upper() or None


def redirects_to_https(annotations: Mapping[str, str], *, has_tls: bool) -> bool:
    """A host with TLS answers plain http with 308, unless ssl-redirect is off; with force-ssl-redirect any host."""
    if annotations.get(FORCE_SSL_REDIRECT) == "true":
        return True
    return has_tls and annotations.get(SSL_REDIRECT) != "false"


def is_canary(ingress: Ingress) -> bool:
    """A canary Ingress takes requests from another one; it has no host of its own."""
    return ingress.metadata.annotations.get(CANARY) == "true"


def takes_by_header(ingress: Ingress, headers: Mapping[str, str]) -> bool:
    """Whether a header sends a request to a canary for sure."""
    annotations = ingress.metadata.annotations
    wanted = annotations.get(CANARY_HEADER, "").lower()
    given = {name.lower(): value for name, value in headers.items()}.get(wanted)
    return bool(wanted) and given is not None and given == (annotations.get(CANARY_VALUE) or "always")
