"""A request that a rule of an Ingress takes, by the controller that reads it: what a view asks for each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from svcmap.model.networking import Ingress
from svcmap.paths.routes.sample import example, example_path
from svcmap.semantics import ingress as rules
from svcmap.semantics.ingress import alb_conditions, haproxy_ingress, kong, nginx, nginx_inc, traefik
from svcmap.semantics.ingress.path_patterns import pattern_of
from svcmap.semantics.ingress.readings import WILD


class Sample(NamedTuple):
    """What a request has to have. `scheme` and `port` are empty where anything goes."""

    path: str
    method: str = "GET"
    query: str = ""
    headers: Mapping[str, str] = {}
    scheme: str = ""
    port: int = 0


def sample_of(item: Ingress, target: rules.RuleTarget, flavour: rules.Flavour, *, has_tls: bool) -> Sample:
    """For a rule of an Ingress; `has_tls`: its host is served by https."""
    annotations = item.metadata.annotations
    made = Sample(_path(item, target, flavour))
    match flavour:
        case "alb":
            asked = alb_conditions.sample(annotations, target)
            return made._replace(method=asked.method, query=asked.query, headers=asked.headers)
        case "kong":
            wanted = kong.conditions_of(annotations)
            given = {name: _value(values[0]) for name, values in wanted.headers.items() if values}
            only_tls = wanted.names or not kong.takes_http(annotations)
            made = made._replace(method=next(iter(wanted.methods), "GET"), headers=given)
            return made._replace(scheme="https") if only_tls else made
        case "haproxy-ingress":
            return made._replace(headers=haproxy_ingress.headers_of(annotations, example))
        case "nginx-inc":
            ports = nginx_inc.listens(item, "https" if has_tls else "http")
            return made._replace(port=next(iter(ports), 0))
        case "traefik":
            return made._replace(scheme=traefik.only_scheme(item))
    return made


def _value(wanted: str) -> str:
    return example(wanted.removeprefix("~*")) if wanted.startswith("~*") else wanted


def _path(item: Ingress, target: rules.RuleTarget, flavour: rules.Flavour) -> str:
    """A path that the rule takes, without a query."""
    if flavour == "nginx" and nginx.reads_regex([item]) and target.path:
        return example_path(target.path)
    if pattern := pattern_of(flavour, item.metadata.annotations, target):
        return example_path(pattern)
    if flavour == "istio" and target.path != "*":
        ending = next((ending for ending in WILD if target.path.endswith(ending)), "")
        return target.path.removesuffix(ending) or "/"
    return target.path.removesuffix("*") or "/"
