"""Which Ingresses NGINX Inc's controller gives a host to (controllers.md CI-3, CI-4; internal/k8s/configuration.go)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from svcmap.model.networking import Ingress
from svcmap.model.refs import Name
from svcmap.patterns import found_in
from svcmap.semantics.ingress.tables import RuleTarget

PREFIX = "nginx.org/"
MERGEABLE = f"{PREFIX}mergeable-ingress-type"
PATH_REGEX, EXACT = f"{PREFIX}path-regex", "exact"
PATTERNS = ("case_sensitive", "case_insensitive")
POLICIES = (f"{PREFIX}policies", "nginx.com/policies")
BOOLEANS = ("ssl-redirect", "redirect-to-https", "use-cluster-ip")
OF_SERVICES = ("ssl-services", "grpc-services", "websocket-services")
ON = ("1", "t", "true", "on", "yes")
TRUTHS = (*ON, "0", "f", "false", "off", "no")
DIGITS = 5
PATH = re.compile(r"/[^\s{};]*\Z")


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
    return [int(part) for part in map(str.strip, written.split(",")) if part.isdecimal() and len(part) <= DIGITS]


def policies_of(annotations: Mapping[str, str], namespace: str) -> list[Name]:
    """The Policies of an Ingress: `NAMESPACE/NAME`, or of its own namespace (CI-A11)."""
    written = next((annotations[name] for name in POLICIES if annotations.get(name, "").strip()), "")
    texts = [part.strip() for part in written.split(",") if part.strip()]
    return [Name(*text.split("/", 1)) if "/" in text else Name(namespace, text) for text in texts]


def holders(ingresses: Sequence[Ingress], host: str) -> tuple[list[Ingress], str]:
    """Those of the Ingresses with a host that get it, the oldest first, and why the next one does not (empty: all do).

    `host` is one as rules write it: wildcards are compared as text.
    """
    with_host = sorted((item for item in ingresses if host in hosts_of(item)), key=lambda item: item.age)
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


def hosts_of(ingress: Ingress) -> set[str]:
    """The hosts of its rules, in lower case."""
    return {rule.host.lower() for rule in ingress.spec.rules}


def fault(ingress: Ingress) -> str:
    """CI-5: why the controller rejects an Ingress, all of it; empty where it does not (internal/k8s/validation.go)."""
    return next(_faults(ingress), "")


def _faults(ingress: Ingress) -> Iterator[str]:
    annotations, services = ingress.metadata.annotations, _services(ingress)
    if annotations.get(MERGEABLE, "master") not in ("master", "minion"):
        yield f"{MERGEABLE} is {annotations[MERGEABLE]!r}, neither master nor minion"
    if pattern_of(ingress) not in ("", EXACT, *PATTERNS):
        yield f"{PATH_REGEX} is {pattern_of(ingress)!r}, none of {', '.join((*PATTERNS, EXACT))}"
    for key in (f"{PREFIX}{name}" for name in BOOLEANS):
        if key in annotations and annotations[key].lower() not in TRUTHS:
            yield f"{key} is {annotations[key]!r}, which is no boolean"
    named = {f"{PREFIX}rewrites": [name for name, _ in rewrites_of(annotations)]}
    for name in OF_SERVICES:
        value = annotations.get(f"{PREFIX}{name}", "")
        named[f"{PREFIX}{name}"] = [part.strip() for part in value.split(",") if part.strip()]
    for key, names in named.items():
        if unknown := next((name for name in names if name not in services), None):
            yield f"{key} names Service {unknown!r}, which no rule leads to"
    for _, path in rewrites_of(annotations):
        if not PATH.match(path):
            yield f"{PREFIX}rewrites has {path!r}, which is no path"


def rewrites_of(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The Services of `serviceName=S rewrite=/r;…`, with what is set in the place of the part of a path that fits."""
    for part in annotations.get(f"{PREFIX}rewrites", "").split(";"):
        words = dict(word.partition("=")[::2] for word in part.split())
        if words:
            yield words.get("serviceName", ""), words.get("rewrite", "")


def _services(ingress: Ingress) -> set[str]:
    paths = (path.backend for rule in ingress.spec.rules if rule.http for path in rule.http.paths)
    every = (backend.as_service for backend in (*paths, ingress.spec.default_backend) if backend is not None)
    return {backend.name for backend in every if backend is not None}
