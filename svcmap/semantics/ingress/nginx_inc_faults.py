"""Why NGINX Inc's controller rejects an Ingress, all of it (controllers.md CI-5; internal/k8s/validation.go)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from svcmap.model.networking import Ingress, IngressBackend
from svcmap.semantics.ingress.nginx_inc import (
    EXACT,
    FROM_HTTP,
    MERGEABLE,
    OFF,
    ON,
    PATH_REGEX,
    PATTERNS,
    PORT,
    PREFIX,
    STATUS,
    STATUSES,
    TO_HTTPS,
    kind_of,
    rewrites_of,
)

BOOLEANS = (*TO_HTTPS, FROM_HTTP, f"{PREFIX}use-cluster-ip")
PORTS = (f"{PREFIX}listen-ports", f"{PREFIX}listen-ports-ssl")
OF_SERVICES = ("ssl-services", "grpc-services", "websocket-services")
PATH = re.compile(r"/[^\s{};]*")
OF_CONFIGURATION = (f"{PREFIX}location-snippets", f"{PREFIX}server-snippets")
APP_ROOT, ROOT = f"{PREFIX}app-root", re.compile(r"/[^\s{};$|^<>\\\"#\[\]~]*[^\s{};$|^<>\\\"#\[\]~/]\Z")


def fault(ingress: Ingress) -> str:
    """The first reason that no argument of the controller changes; empty where there is none."""
    return next(_faults(ingress), "")


def is_without_host(ingress: Ingress) -> bool:
    """Whether a rule is for every host, which it rejects unless it is told to take such."""
    return any(not rule.host for rule in ingress.spec.rules)


def snippet_of(ingress: Ingress) -> str:
    """An annotation with a piece of configuration, which it rejects unless it is told to take such; empty: none."""
    return next((key for key in ingress.metadata.annotations if key in OF_CONFIGURATION), "")


def _faults(ingress: Ingress) -> Iterator[str]:
    yield from _of_values(ingress)
    yield from _of_services(ingress)
    yield from _of_spec(ingress)
    yield from _of_rules(ingress)


def _of_values(ingress: Ingress) -> Iterator[str]:
    annotations = ingress.metadata.annotations
    if annotations.get(MERGEABLE, "master") not in ("master", "minion"):
        yield f"{MERGEABLE} is {annotations[MERGEABLE]!r}, neither master nor minion"
    if annotations.get(PATH_REGEX, EXACT) not in (EXACT, *PATTERNS):
        yield f"{PATH_REGEX} is {annotations[PATH_REGEX]!r}, none of {', '.join((*PATTERNS, EXACT))}"
    for key in BOOLEANS:
        if key in annotations and annotations[key] not in (*ON, *OFF):
            yield f"{key} is {annotations[key]!r}, which is no boolean"
    for key in PORTS:
        if key in annotations and not all(map(PORT.match, annotations[key].split(","))):
            yield f"{key} is {annotations[key]!r}, which is no list of ports"
    if annotations.get(STATUS, STATUSES[0]) not in STATUSES:
        yield f"{STATUS} is {annotations[STATUS]!r}, none of {', '.join(STATUSES)}"
    root = annotations.get(APP_ROOT)
    if root is not None and (not ROOT.match(root) or root.startswith("//") or "../" in root):
        yield f"{APP_ROOT} is {root!r}, which is no path that it takes"


def _of_services(ingress: Ingress) -> Iterator[str]:
    annotations, services = ingress.metadata.annotations, _services(ingress)
    rewrites = list(rewrites_of(annotations))
    if any(not path for _, path in rewrites):
        yield f"{PREFIX}rewrites is {annotations[f'{PREFIX}rewrites']!r}, and not serviceName=SERVICE rewrite=/PATH"
    named = {f"{PREFIX}rewrites": [name for name, _ in rewrites]}
    for name in OF_SERVICES:
        value = annotations.get(f"{PREFIX}{name}", "")
        named[f"{PREFIX}{name}"] = value.split(",") if value else []
    for key, names in named.items():
        if (unknown := next((name for name in names if name not in services), None)) is not None:
            yield f"{key} names Service {unknown!r}, which no rule leads to"


def _of_spec(ingress: Ingress) -> Iterator[str]:
    kind, rules = kind_of(ingress), ingress.spec.rules
    if kind and len(rules) != 1:
        yield f"it is a {kind} with {len(rules)} rules, and not one"
    has_paths = any(rule.http is not None and rule.http.paths for rule in rules)
    if kind == "master" and has_paths:
        yield "it is a master, and has paths"
    if kind == "minion" and not has_paths:
        yield "it is a minion, and has no paths"
    if kind == "minion" and ingress.spec.tls:
        yield "it is a minion, and has a tls section: that is for its master"


def _of_rules(ingress: Ingress) -> Iterator[str]:
    rules = ingress.spec.rules
    hosts = [rule.host for rule in rules if rule.host]
    if not rules:
        yield "it has no rules"
    if twice := next((host for host in hosts if hosts.count(host) > 1), ""):
        yield f"two of its rules are for {twice}"
    paths = [path for rule in rules if rule.http for path in rule.http.paths]
    backends = [path.backend for path in paths] + [ingress.spec.default_backend or IngressBackend()]
    if any(backend.resource for backend in backends):
        yield "a backend of it is a resource, and no Service"
    is_pattern = ingress.metadata.annotations.get(PATH_REGEX) in PATTERNS
    for path in paths:
        if path.path and not is_pattern and not PATH.fullmatch(path.path):
            yield f"path {path.path!r} has signs that it takes in no path"


def _services(ingress: Ingress) -> set[str]:
    paths = (path.backend for rule in ingress.spec.rules if rule.http for path in rule.http.paths)
    every = (backend.as_service for backend in (*paths, ingress.spec.default_backend) if backend is not None)
    return {backend.name for backend in every if backend is not None}
