"""Which Ingresses NGINX Inc's controller gives a host to (controllers.md CI-3, CI-4; internal/k8s/configuration.go)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.patterns import found_in
from svcmap.semantics.ingress.tables import RuleTarget, host_keys

PREFIX = "nginx.org/"
MERGEABLE = f"{PREFIX}mergeable-ingress-type"
PATH_REGEX, EXACT = f"{PREFIX}path-regex", "exact"
PATTERNS = ("case_sensitive", "case_insensitive")
POLICIES = (f"{PREFIX}policies", "nginx.com/policies")
ON = ("1", "t", "T", "true", "TRUE", "True")
OFF = ("0", "f", "F", "false", "FALSE", "False")
"""What Go's strconv.ParseBool takes."""
TO_HTTPS, FROM_HTTP = (f"{PREFIX}ssl-redirect", "ingress.kubernetes.io/ssl-redirect"), f"{PREFIX}redirect-to-https"
STATUS, STATUSES = f"{PREFIX}http-redirect-code", ("301", "302", "307", "308")
REWRITE = re.compile(r"serviceName=([^=\s]*) rewrite=(/[^\s{};$=]*)\Z")
HTTPS, PORT = 443, re.compile(r"0*[1-9][0-9]{0,4}\Z")


def kind_of(ingress: Ingress) -> str:
    """`master`, `minion`, or empty for an Ingress that shares its hosts with no other."""
    return ingress.metadata.annotations.get(MERGEABLE, "")


def pattern_of(ingress: Ingress) -> str:
    """CI-7: how its paths are read: case_sensitive, case_insensitive, exact; empty for prefixes."""
    return ingress.metadata.annotations.get(PATH_REGEX, "").strip()


def by_pattern(written: Iterable[tuple[Ingress, RuleTarget]], path: str) -> RuleTarget | None:
    """CI-7: of rules of one host, in the order they are written, the one that nginx takes before plain prefixes: an
    exact path, else the first regular expression that fits (`getPathRegex` in template_helper.go).
    """
    rules = [(item, target) for item, target in written if not target.to_default]
    for item, target in rules:
        if path == target.path and (
            pattern_of(item) == EXACT or (target.path_type == "Exact" and not pattern_of(item))
        ):
            return target
    for item, target in rules:
        kind = pattern_of(item)
        if kind in PATTERNS and found_in(f"^{target.path}", path, ignore_case=kind == PATTERNS[1]):
            return target
    return None


def listens(ingress: Ingress, scheme: str) -> list[int]:
    """The ports at which the hosts of an Ingress are served (CI-A8); none where those of the controller are."""
    written = ingress.metadata.annotations.get(f"{PREFIX}listen-ports{'-ssl' if scheme == 'https' else ''}", "")
    return [int(part) for part in written.split(",") if PORT.match(part)]


def policies_of(annotations: Mapping[str, str], namespace: str) -> list[Name]:
    """The Policies of an Ingress: `NAMESPACE/NAME`, or of its own namespace (CI-A11)."""
    written = next((annotations[name] for name in POLICIES if annotations.get(name, "").strip()), "")
    texts = [part.strip() for part in written.split(",") if part.strip()]
    return [Name(*text.split("/", 1)) if "/" in text else Name(namespace, text) for text in texts]


def holders(ingresses: Iterable[Ingress], host: str) -> tuple[list[Ingress], str]:
    """Those of the Ingresses with a host that get it, the oldest first, and why the next one does not (empty: all do).

    `host` is one as their rules write it: wildcards are compared as text.
    """
    with_host = sorted(ingresses, key=lambda item: item.age)
    alone = [item for item in with_host if kind_of(item) != "minion"]
    minions = [item for item in with_host if kind_of(item) == "minion"]
    owner = alone[0] if alone else None
    if owner is None:
        return [], "".join(
            f"Ingress {item.name} is a minion ({MERGEABLE}), and no master has exactly its host {host}"
            for item in minions[:1]
        )
    if kind_of(owner) == "master":
        lost = f"Ingress {alone[1].name} lost {host} to the older master {owner.name}" if len(alone) > 1 else ""
        return [owner, *minions], lost
    others = [item for item in with_host if item is not owner]
    return [owner], f"Ingress {others[0].name} lost {host} to the older {owner.name}" if others else ""


def host_of(written: AbstractSet[str], host: str) -> str:
    """The host of some rules, as they write it, that takes one that is asked for; empty where none does (CI-8)."""
    return next((key for key in host_keys(host, deep=True) if key in written), "")


def has_tls(ingress: Ingress, written: str) -> bool:
    """CI-9: whether a tls section has a host as the rules write it: wildcards stand for no other name."""
    return bool(written) and any(name.lower() == written for entry in ingress.spec.tls for name in entry.hosts)


def https_port(ingress: Ingress) -> int:
    """CI-10: the port to which http is sent; 0 where `ssl-redirect` turns that off."""
    annotations = ingress.metadata.annotations
    said = next((annotations[name] for name in TO_HTTPS if name in annotations), "")
    return 0 if said in OFF else next(iter(listens(ingress, "https")), HTTPS)


def redirect_status(ingress: Ingress) -> int:
    """The status of redirects to https: 301 where nothing says another one."""
    return int(ingress.metadata.annotations.get(STATUS, STATUSES[0]))


def rewrites_of(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The Services of `serviceName=S rewrite=/r;…`, with what is set in the place of the part of a path that fits; both
    are empty where a part cannot be read.
    """
    written = annotations.get(f"{PREFIX}rewrites", "")
    for part in written.split(";") if written else ():
        found = REWRITE.match(part.strip())
        yield (found[1], found[2]) if found else ("", "")
