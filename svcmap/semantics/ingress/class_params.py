"""IngressClassParams of the AWS controller: what they say goes before the annotations of Ingresses (CA-2)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec.structs import replace

from svcmap.model.controller_objects import IngressClassParams
from svcmap.model.networking import Ingress
from svcmap.semantics.ingress.alb import PREFIX

UNREAD = ("prefix_lists_ids", "wafv2_acl_arn", "wafv2_acl_name")
"""Fields of what is outside the cluster, and may refuse clients."""


def as_annotations(params: IngressClassParams) -> Mapping[str, str]:
    """The annotations that would say the same."""
    spec = params.spec
    listeners = json.dumps([{item.protocol: item.port} for item in spec.listeners])
    found = {
        "group.name": spec.group.name,
        "scheme": spec.scheme,
        "certificate-arn": ",".join(spec.certificate_arn),
        "ssl-redirect": spec.ssl_redirect_port,
        "target-type": spec.target_type,
        "listen-ports": listeners if spec.listeners else "",
    }
    return {f"{PREFIX}{name}": value for name, value in found.items() if value}


def merged(ingress: Ingress, params: IngressClassParams) -> Ingress:
    """An Ingress as the controller takes it."""
    annotations = {**ingress.metadata.annotations, **as_annotations(params)}
    if params.spec.inbound_cidrs:  # the list of the class counts alone, and is named as its own
        annotations.pop(f"{PREFIX}inbound-cidrs", None)
    return replace(ingress, metadata=replace(ingress.metadata, annotations=annotations))
