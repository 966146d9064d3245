"""Every field of the model has the name the API gives it: compared with the official client, where it has the kind."""

from __future__ import annotations

import typing
from types import UnionType
from typing import Any

import msgspec
import pytest
from kubernetes.client import models

from svcmap.model import core, networking, workloads
from svcmap.model.base import Metadata, Part

CLIENT: dict[type[Part], type] = {
    Metadata: models.V1ObjectMeta,
    core.Service: models.V1Service,
    core.ServiceSpec: models.V1ServiceSpec,
    core.ServicePort: models.V1ServicePort,
    core.LoadBalancerIngress: models.V1LoadBalancerIngress,
    core.Endpoints: models.V1Endpoints,
    core.EndpointSubset: models.V1EndpointSubset,
    core.EndpointAddress: models.V1EndpointAddress,
    core.EndpointSlice: models.V1EndpointSlice,
    core.EndpointConditions: models.V1EndpointConditions,
    core.EndpointHints: models.V1EndpointHints,
    core.NodeSpec: models.V1NodeSpec,
    core.NodeStatus: models.V1NodeStatus,
    workloads.PodSpec: models.V1PodSpec,
    workloads.PodStatus: models.V1PodStatus,
    workloads.Container: models.V1Container,
    workloads.ContainerPort: models.V1ContainerPort,
    workloads.ContainerStatus: models.V1ContainerStatus,
    networking.IngressRule: models.V1IngressRule,
    networking.IngressTLS: models.V1IngressTLS,
    networking.HTTPIngressPath: models.V1HTTPIngressPath,
    networking.IPBlock: models.V1IPBlock,
    networking.NetworkPolicySpec: models.V1NetworkPolicySpec,
    networking.NetworkPolicyPeer: models.V1NetworkPolicyPeer,
    networking.NetworkPolicyPort: models.V1NetworkPolicyPort,
    networking.NetworkPolicyIngressRule: models.V1NetworkPolicyIngressRule,
}

DERIVED: dict[type[Part], tuple[str, ...]] = {workloads.Container: ("readsVariables", "onLoopback")}
"""Fields that are made as an object is read, of what is then forgotten."""


@pytest.mark.parametrize("part", CLIENT, ids=lambda part: part.__name__)
def test_names_are_the_clients(part: type[Part]) -> None:
    known = set(CLIENT[part].attribute_map.values())  # type: ignore[attr-defined]
    unknown = {field.encode_name for field in msgspec.structs.fields(part)} - known
    assert unknown <= {"kind", "apiVersion", *DERIVED.get(part, ())}


def parts(part: type[Part], seen: set[type[Part]]) -> None:
    """Every struct below one."""
    if part in seen:
        return
    seen.add(part)
    for field in msgspec.structs.fields(part):
        stack: list[Any] = [field.type]
        while stack:
            item = stack.pop()
            if isinstance(item, type) and issubclass(item, Part):
                parts(item, seen)
            elif isinstance(item, UnionType) or typing.get_origin(item):
                stack.extend(typing.get_args(item))


def test_every_part_has_defaults_for_all_its_fields() -> None:
    from svcmap.model.kinds import KINDS

    seen: set[type[Part]] = set()
    for kind in KINDS.values():
        parts(kind.type, seen)
    assert len(seen) > 60
    for part in seen:
        assert msgspec.convert({}, part) == part()
