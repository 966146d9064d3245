"""What the API server refuses of an Ingress of networking.k8s.io/v1 that is still to be created (I8;
pkg/apis/networking/validation/validation.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from svcmap.model.addresses import address_of
from svcmap.model.networking import HTTPIngressPath, Ingress, IngressBackend

SEQUENCES, ENDINGS = ("//", "/./", "/../", "%2f", "%2F"), ("/..", "/.")
"""What no path of type Exact or Prefix may have, and what it may not end with."""
LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
HOST = re.compile(rf"(\*\.)?{LABEL}(\.{LABEL})*\Z")
TYPES = ("Exact", "Prefix", "ImplementationSpecific")
LONGEST = 253
"""Characters of a host."""


class Refusal(NamedTuple):
    """The field for which an object is refused, and why."""

    field: str
    why: str


def refusal(ingress: Ingress) -> Refusal | None:
    """The first one; None where the API server takes the Ingress."""
    return next(_refusals(ingress), None)


def meant_host(host: str) -> str:
    """The host that one was meant to be which the API server refuses: without scheme, port and path, in lower case."""
    return host.rpartition("://")[2].partition("/")[0].partition(":")[0].strip().lower()


def _refusals(ingress: Ingress) -> Iterator[Refusal]:
    if ingress.spec.default_backend is not None:
        yield from _of_backend(ingress.spec.default_backend, "spec.defaultBackend")
    for index, entry in enumerate(ingress.spec.tls):
        for number, host in enumerate(entry.hosts):
            if not HOST.match(host):
                yield Refusal(f"spec.tls[{index}].hosts[{number}]", f"{host!r} is no DNS name in lower case")
    for index, rule in enumerate(ingress.spec.rules):
        at = f"spec.rules[{index}]"
        if rule.host and (len(rule.host) > LONGEST or address_of(rule.host) is not None or not HOST.match(rule.host)):
            yield Refusal(f"{at}.host", f"{rule.host!r} is no DNS name in lower case")
        if rule.http is not None:
            if not rule.http.paths:
                yield Refusal(f"{at}.http.paths", "has no path")
            for number, path in enumerate(rule.http.paths):
                yield from _of_path(path, f"{at}.http.paths[{number}]")


def _of_path(path: HTTPIngressPath, where: str) -> Iterator[Refusal]:
    at, is_typed = f"{where}.path", path.path_type in TYPES[:2]
    if path.path_type not in TYPES:
        why = f"{path.path_type!r} is none of {', '.join(TYPES)}" if path.path_type else "has to be given"
        yield Refusal(f"{where}.pathType", why)
    if not path.path.startswith("/") and (path.path or is_typed):
        yield Refusal(at, f"{path.path!r} does not begin with a slash")
    broken = next((text for text in SEQUENCES if text in path.path), "")
    broken = broken or next((text for text in ENDINGS if path.path.endswith(text)), "")
    if is_typed and broken:
        yield Refusal(at, f"{path.path!r} has {broken!r}, which no path of type {path.path_type} may have")
    yield from _of_backend(path.backend, f"{where}.backend")


def _of_backend(backend: IngressBackend, at: str) -> Iterator[Refusal]:
    """Of v1: a Service or a resource, and not the fields of v1beta1."""
    service, resource = backend.service, backend.resource
    if service is None and backend.service_name:
        yield Refusal(f"{at}.serviceName", "is a field of v1beta1, and service.name that of v1")
    elif (service is None) == (resource is None):
        yield Refusal(at, "has to be either a service or a resource")
    elif service is not None and not service.name:
        yield Refusal(f"{at}.service.name", "has to be given")
    elif service is not None and bool(service.port.name) == bool(service.port.number):
        yield Refusal(f"{at}.service.port", "has to be either a name or a number")
