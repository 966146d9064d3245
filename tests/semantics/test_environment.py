"""Service variables, as the kubelet writes them (upstream: pkg/kubelet/envvars)."""

from __future__ import annotations

import pytest

from svcmap.model.base import Metadata
from svcmap.model.core import Service, ServicePort, ServiceSpec
from svcmap.semantics.environment import service_variables


def test_service_variables_in_the_order_of_the_kubelet() -> None:
    spec = ServiceSpec(
        cluster_ip="fd00::1",
        ports=(ServicePort(name="p-1", port=80, protocol="TCP"), ServicePort(port=53, protocol="UDP")),
    )
    found = service_variables(Service(metadata=Metadata(name="my-db"), spec=spec))
    assert list(found.items()) == [
        ("MY_DB_SERVICE_HOST", "fd00::1"),
        ("MY_DB_SERVICE_PORT", "80"),
        ("MY_DB_SERVICE_PORT_P_1", "80"),
        ("MY_DB_PORT", "tcp://[fd00::1]:80"),
        ("MY_DB_PORT_80_TCP", "tcp://[fd00::1]:80"),
        ("MY_DB_PORT_80_TCP_PROTO", "tcp"),
        ("MY_DB_PORT_80_TCP_PORT", "80"),
        ("MY_DB_PORT_80_TCP_ADDR", "fd00::1"),
        ("MY_DB_PORT_53_UDP", "udp://[fd00::1]:53"),
        ("MY_DB_PORT_53_UDP_PROTO", "udp"),
        ("MY_DB_PORT_53_UDP_PORT", "53"),
        ("MY_DB_PORT_53_UDP_ADDR", "fd00::1"),
    ]


@pytest.mark.parametrize("ip", ["", "None"])
def test_no_cluster_ip_no_variables(ip: str) -> None:
    assert service_variables(Service(spec=ServiceSpec(cluster_ip=ip, ports=(ServicePort(port=1),)))) == {}
