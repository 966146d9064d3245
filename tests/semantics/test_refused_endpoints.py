"""EndpointSlices and Endpoints that the API server refuses for an address: they answer nobody (E12, E15)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

SERVICE = objects.service("{clusterIP: 10.96.0.8, ports: [{port: 5432}]}", "db")


def endpoints(*addresses: str) -> str:
    listed = ", ".join(f"{{ip: '{address}'}}" for address in addresses)
    return objects.document("Endpoints", "db", f"subsets: [{{addresses: [{listed}], ports: [{{port: 5432}}]}}]")


def endpoint_slice(address: str, address_type: str = "IPv4", name: str = "db-1") -> str:
    ports = "ports: [{port: 5432}]"
    return objects.document(
        "EndpointSlice",
        name,
        f"addressType: {address_type}\n{ports}\nendpoints: [{{addresses: ['{address}']}}]",
        "discovery.k8s.io/v1",
        meta="labels: {kubernetes.io/service-name: db}",
    )


def ask(text: str) -> Trace:
    return trace(state_of(SERVICE + text), parse_request("tcp://db.default:5432", parse_vantage("pod")))


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("192.0.2.7", ""),
        ("db.example.net", "is no IP address"),
        ("192.0.2.7:5432", "is no IP address"),
        ("127.0.0.1", "is a loopback address"),
        ("::1", "is a loopback address"),
        ("0.0.0.0", "is no address of anybody"),
        ("169.254.169.254", "is a link-local address"),
        ("fe80::1", "is a link-local address"),
        ("224.0.0.251", "is a link-local address"),
        ("239.1.1.1", ""),
    ],
)
def test_addresses_that_no_endpoint_may_have(address: str, why: str) -> None:
    is_v6 = address.count(":") > 1
    found = ask(endpoints(address))
    assert (found.reason == "no-endpoints") is bool(why)
    if why:
        assert found.stop is not None
        assert f"The API server refuses Endpoints db (subsets[0].addresses[0].ip): {address} {why}" in found.stop.says
    of_slice = ask(endpoint_slice(address, "IPv6" if is_v6 else "IPv4"))
    assert (of_slice.reason == "no-endpoints") is (bool(why) or is_v6)  # the Service has no IPv6 address


def test_one_address_refuses_the_whole_object_and_no_other() -> None:
    assert ask(endpoints("192.0.2.7", "127.0.0.1")).reason == "no-endpoints"
    both = ask(endpoint_slice("192.0.2.7") + endpoint_slice("127.0.0.1", name="db-2"))
    assert [endpoint.address for endpoint in both.endpoints] == ["192.0.2.7"]


def test_the_type_of_a_slice_is_that_of_its_addresses() -> None:
    found = ask(endpoint_slice("192.0.2.7", "IPv6"))
    assert found.stop is not None
    assert "192.0.2.7 is no IPv6 address, which addressType says" in found.stop.says
