"""Ingress: which class serves it, which rule a request meets, and what the rule leads to (I1-I10).

Upstream: pkg/apis/networking/validation, networking/v1beta1 conversion, the Ingress page of the documentation.
"""

from __future__ import annotations

from svcmap.semantics.ingress.backends import (
    TLSHosts,
    Way,
    backend_port,
    invalid_field,
    is_removed_api,
    is_routed,
    is_tls,
    way_to_pods,
)
from svcmap.semantics.ingress.classes import CLASS_ANNOTATION, ServedBy, controller_title, flavour, served_by
from svcmap.semantics.ingress.known import (
    COULD,
    DECIDES,
    INGRESS_NGINX,
    Controller,
    Effect,
    Flavour,
    OwnAnswers,
    by_annotation,
    controller_of,
)
from svcmap.semantics.ingress.rules import (
    NAMED,
    Match,
    host_rank,
    is_wildcard,
    match,
    path_matches,
    readable,
    takes_any_host,
    targets,
)
from svcmap.semantics.ingress.tables import HostSet, RuleTable, RuleTarget, Shortlist, host_keys, host_specificity

__all__ = [
    "CLASS_ANNOTATION",
    "COULD",
    "DECIDES",
    "INGRESS_NGINX",
    "NAMED",
    "Controller",
    "Effect",
    "Flavour",
    "HostSet",
    "Match",
    "OwnAnswers",
    "RuleTable",
    "RuleTarget",
    "ServedBy",
    "Shortlist",
    "TLSHosts",
    "Way",
    "backend_port",
    "by_annotation",
    "controller_of",
    "controller_title",
    "flavour",
    "host_keys",
    "host_rank",
    "host_specificity",
    "invalid_field",
    "is_removed_api",
    "is_routed",
    "is_tls",
    "is_wildcard",
    "match",
    "path_matches",
    "readable",
    "served_by",
    "takes_any_host",
    "targets",
    "way_to_pods",
]
