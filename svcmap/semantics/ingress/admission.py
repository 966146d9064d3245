"""What the API server refuses of an Ingress of networking.k8s.io/v1 that is still to be created (I8;
pkg/apis/networking/validation/validation.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from svcmap.model.addresses import address_of
from svcmap.model.networking import HTTPIngressPath, Ingress

SEQUENCES, ENDINGS = ("//", "/./", "/../", "%2f", "%2F"), ("/..", "/.")
"""What no path of type Exact or Prefix may have, and what it may not end with."""
LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
HOST = re.compile(rf"(\*\.)?{LABEL}(\.{LABEL})*\Z")
LONGEST = 253
"""Characters of a host."""


class Refusal(NamedTuple):
    """The field for which an object is refused, and why."""

    field: str
    why: str


def refusal(ingress: Ingress) -> Refusal | None:
    """The first one; None where the API server takes the Ingress."""
    return next(_refusals(ingress), None)


def _refusals(ingress: Ingress) -> Iterator[Refusal]:
    for index, rule in enumerate(ingress.spec.rules):
        at = f"spec.rules[{index}]"
        if rule.host and (len(rule.host) > LONGEST or address_of(rule.host) is not None or not HOST.match(rule.host)):
            yield Refusal(f"{at}.host", f"{rule.host!r} is no DNS name in lower case")
        if rule.http is not None:
            for number, path in enumerate(rule.http.paths):
                yield from _of_path(path, f"{at}.http.paths[{number}].path")


def _of_path(path: HTTPIngressPath, at: str) -> Iterator[Refusal]:
    is_typed = path.path_type in ("Exact", "Prefix")
    if not path.path.startswith("/") and (path.path or is_typed):
        yield Refusal(at, f"{path.path!r} does not begin with a slash")
    broken = next((text for text in SEQUENCES if text in path.path), "")
    broken = broken or next((text for text in ENDINGS if path.path.endswith(text)), "")
    if is_typed and broken:
        yield Refusal(at, f"{path.path!r} has {broken!r}, which no path of type {path.path_type} may have")
