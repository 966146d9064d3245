"""Who finds a load balancer, and whom it lets in (S13-S19, section 9)."""

from __future__ import annotations

import pytest

from svcmap.model.base import Metadata
from svcmap.model.core import LoadBalancerIngress, LoadBalancerStatus, Service, ServiceSpec, ServiceStatus
from svcmap.semantics.load_balancer import addresses, exposure, restricted_to, scope_of
from svcmap.semantics.service_proxy import source_allowed


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        ("203.0.113.1", "internet"),
        ("10.0.0.1", "internal"),
        ("100.64.0.1", "internal"),
        ("fd00::1", "internal"),
        ("2001:db8::1", "internet"),
        ("internal-x.elb.example.com", "internal"),
        ("x.elb.example.com", "unknown"),
    ],
)
def test_scope_of_an_address(address: str, scope: str) -> None:
    assert scope_of(address) == scope


@pytest.mark.parametrize(
    ("annotations", "scope"),
    [
        ({}, "unknown"),
        ({"service.beta.kubernetes.io/aws-load-balancer-internal": "true"}, "internal"),
        ({"service.beta.kubernetes.io/aws-load-balancer-internal": "false"}, "unknown"),
        ({"service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing"}, "internet"),
        ({"networking.gke.io/load-balancer-type": "Internal"}, "internal"),
        ({"service.beta.kubernetes.io/azure-load-balancer-internal": "True"}, "unknown"),
    ],
)
def test_exposure_by_annotation(annotations: dict[str, str], scope: str) -> None:
    service = Service(metadata=Metadata(annotations=annotations), spec=ServiceSpec(type="LoadBalancer"))
    assert exposure(service) == scope
    observed = LoadBalancerStatus(ingress=(LoadBalancerIngress(ip="203.0.113.1"),))
    seen = Service(metadata=service.metadata, spec=service.spec, status=ServiceStatus(load_balancer=observed))
    assert exposure(seen) == "internet"


@pytest.mark.parametrize(
    ("ranges", "client", "allowed"),
    [
        ([], "203.0.113.9", True),
        (["10.0.0.0/8"], "203.0.113.9", False),
        ([" 10.0.0.0/8 "], "10.1.1.1", True),
        (["10.0.0.0/8", "0.0.0.0/0"], "203.0.113.9", True),
        (["10.0.0.0/8"], "2001:db8::1", True),
    ],
)
def test_source_ranges(ranges: list[str], client: str, allowed: bool) -> None:
    assert source_allowed(ranges, client) is allowed


AWS = "service.beta.kubernetes.io/aws-load-balancer"


@pytest.mark.parametrize(
    ("provider", "annotations", "scope"),
    [
        ("aws", {}, "internet"),
        ("aws", {f"{AWS}-type": "external"}, "internal"),
        ("aws", {f"{AWS}-type": "external", f"{AWS}-internal": "false"}, "internet"),
        ("aws", {f"{AWS}-scheme": "internal"}, "internal"),
        ("gcp", {f"{AWS}-internal": "true"}, "internet"),
        ("gcp", {"cloud.google.com/load-balancer-type": "internal"}, "internal"),
        ("azure", {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}, "internal"),
        ("tencent", {"service.kubernetes.io/qcloud-loadbalancer-internal-subnetid": "subnet-1"}, "internal"),
        ("metallb", {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}, "unknown"),
        ("somebody", {}, "unknown"),
    ],
)
def test_exposure_by_provider(provider: str, annotations: dict[str, str], scope: str) -> None:
    service = Service(metadata=Metadata(annotations=annotations), spec=ServiceSpec(type="LoadBalancer"))
    assert exposure(service, provider) == scope


def test_the_class_of_the_aws_controller_and_names_of_load_balancers() -> None:
    assert (
        exposure(Service(spec=ServiceSpec(type="LoadBalancer", load_balancer_class="service.k8s.aws/nlb")))
        == "internal"
    )
    status = LoadBalancerStatus(
        ingress=(LoadBalancerIngress(hostname="internal-x.elb.example.com"), LoadBalancerIngress())
    )
    named = Service(spec=ServiceSpec(type="LoadBalancer"), status=ServiceStatus(load_balancer=status))
    assert exposure(named) == "internal"
    assert len(addresses(named)) == 1
    assert addresses(Service(status=named.status)) == []


RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"


@pytest.mark.parametrize(
    ("ranges", "annotation", "expected"),
    [
        ([], "", None),
        (["10.0.0.0/8 "], "", ["10.0.0.0/8"]),
        ([], "10.0.0.0/8, 192.0.2.0/24", ["10.0.0.0/8", "192.0.2.0/24"]),
        (["10.0.0.0/8"], "0.0.0.0/0", ["10.0.0.0/8"]),
        (["10.0.0.0/8", "0.0.0.0/0"], "", None),
        ([], " , ", None),
        (["10.0.0.0/8", "::/0"], "", ["10.0.0.0/8"]),
        (["0.0.0.0/0", "fd00::/8"], "", ["fd00::/8"]),
    ],
)
def test_who_may_come_in(ranges: list[str], annotation: str, expected: list[str] | None) -> None:
    metadata = Metadata(annotations={RANGES: annotation} if annotation else {})
    assert (
        restricted_to(Service(metadata=metadata, spec=ServiceSpec(load_balancer_source_ranges=tuple(ranges))))
        == expected
    )
