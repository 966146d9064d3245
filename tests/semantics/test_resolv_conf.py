"""A pod's resolv.conf and its resolver's tries (upstream: pkg/kubelet/network/dns/dns_test.go TestGetPodDNS,
TestFormDNSSearchFitsLimits; glibc resolv/res_query.c)."""

from __future__ import annotations

import pytest

from svcmap.model.assumptions import HostResolvConf, KubeletAssumptions
from svcmap.model.workloads import PodDNSConfig, PodDNSConfigOption, PodSpec
from svcmap.semantics.resolv_conf import ResolvConf, resolv_conf, search_names

CLUSTER_SEARCH = ("shop.svc.cluster.local", "svc.cluster.local", "cluster.local")
HOST = HostResolvConf(nameservers=("192.0.2.53",), searches=("example.org",), options=("ndots:2", "rotate"))
KUBELET = KubeletAssumptions(cluster_dns=("10.96.0.10",), host_resolv_conf=HOST)


def conf(pod: PodSpec, kubelet: KubeletAssumptions = KUBELET) -> ResolvConf:
    return resolv_conf(pod, "shop", kubelet, "cluster.local")


@pytest.mark.parametrize(
    ("pod", "nameservers", "searches", "options"),
    [
        (PodSpec(), ("10.96.0.10",), (*CLUSTER_SEARCH, "example.org"), ("ndots:5",)),
        (PodSpec(host_network=True), HOST.nameservers, HOST.searches, HOST.options),
        (
            PodSpec(host_network=True, dns_policy="ClusterFirstWithHostNet"),
            ("10.96.0.10",),
            (*CLUSTER_SEARCH, "example.org"),
            ("ndots:5",),
        ),
        (PodSpec(dns_policy="Default"), HOST.nameservers, HOST.searches, HOST.options),
        (PodSpec(dns_policy="None"), (), (), ()),
        (
            PodSpec(dns_policy="None", dns_config=PodDNSConfig(nameservers=("192.0.2.1",), searches=("a.example",))),
            ("192.0.2.1",),
            ("a.example",),
            (),
        ),
        (
            PodSpec(
                dns_config=PodDNSConfig(
                    nameservers=(
                        "10.96.0.10",
                        "192.0.2.1",
                    ),
                    searches=(
                        "cluster.local",
                        "a.example",
                    ),
                    options=(
                        PodDNSConfigOption(name="ndots", value="2"),
                        PodDNSConfigOption(name="edns0"),
                    ),
                )
            ),
            ("10.96.0.10", "192.0.2.1"),
            (*CLUSTER_SEARCH, "example.org", "a.example"),
            ("ndots:2", "edns0"),
        ),
    ],
)
def test_what_the_kubelet_writes(
    pod: PodSpec, nameservers: tuple[str, ...], searches: tuple[str, ...], options: tuple[str, ...]
) -> None:
    found = conf(pod)
    assert (found.nameservers, found.searches, found.options) == (nameservers, searches, options)
    assert not found.truncated


def test_a_kubelet_without_cluster_dns_gives_pods_the_hosts_file() -> None:
    found = conf(PodSpec(), KubeletAssumptions(cluster_dns=(), host_resolv_conf=HOST))
    assert (found.nameservers, found.uses_cluster_dns) == (HOST.nameservers, False)


def test_no_more_than_three_name_servers() -> None:
    found = conf(
        PodSpec(
            dns_config=PodDNSConfig(
                nameservers=(
                    "192.0.2.1",
                    "192.0.2.2",
                    "192.0.2.3",
                )
            )
        )
    )
    assert (found.nameservers, found.truncated) == (("10.96.0.10", "192.0.2.1", "192.0.2.2"), True)


@pytest.mark.parametrize(
    ("added", "kept"),
    [
        ([f"s{i}.example" for i in range(40)], 32),
        (["x" * 254], 4),
        (["a" * 250 + str(i) for i in range(10)], 11),
    ],
)
def test_search_lists_are_cut(added: list[str], kept: int) -> None:
    found = conf(PodSpec(dns_config=PodDNSConfig(searches=tuple(added))))
    assert (len(found.searches), found.truncated) == (kept, True)
    assert len(" ".join(found.searches)) <= 2048


FIVE = ResolvConf(searches=CLUSTER_SEARCH, options=("ndots:5",))


@pytest.mark.parametrize(
    ("name", "resolver", "tries"),
    [
        ("web", FIVE, ["web.shop.svc.cluster.local", "web.svc.cluster.local", "web.cluster.local", "web"]),
        ("web.", FIVE, ["web"]),
        ("a.b.c.d.e.f", FIVE, ["a.b.c.d.e.f", *(f"a.b.c.d.e.f.{domain}" for domain in CLUSTER_SEARCH)]),
        ("a.b", ResolvConf(searches=("x.example.",)), ["a.b", "a.b.x.example"]),
        ("a", ResolvConf(searches=("x.example",)), ["a.x.example", "a"]),
        ("a", ResolvConf(), ["a"]),
        ("a", ResolvConf(searches=(".", "x.example")), ["a", "a.x.example"]),
    ],
)
def test_the_order_of_tries(name: str, resolver: ResolvConf, tries: list[str]) -> None:
    assert search_names(name, resolver) == tries


@pytest.mark.parametrize(
    ("options", "ndots"),
    [
        ((), 1),
        (("ndots:5",), 5),
        (("ndots:99",), 15),
        (("ndots:many",), 0),
        (("ndots",), 0),
        (("rotate", "ndots:3"), 3),
    ],
)
def test_ndots(options: tuple[str, ...], ndots: int) -> None:
    assert ResolvConf(options=options).ndots == ndots
