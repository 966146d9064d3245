"""What a Corefile tells (upstream: coredns plugin/kubernetes/setup_test.go TestKubernetesParse; coredns.io/manual)."""

from __future__ import annotations

import pytest

from svcmap.model.assumptions import DNSAssumptions
from svcmap.semantics.dns.corefile import read_corefile

REVERSE = ("in-addr.arpa", "ip6.arpa")


def options(text: str) -> DNSAssumptions:
    found = read_corefile(text)
    assert found is not None
    return found


KUBEADM = """
.:53 {
    errors
    health {
       lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
}
"""


def test_the_corefile_of_kubeadm() -> None:
    expected = DNSAssumptions(zones=("cluster.local", *REVERSE), ttl=30, pods="insecure", fallthrough=REVERSE)
    assert options(KUBEADM) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (".:53 {\n kubernetes corp.example\n}", {"zones": ("corp.example",)}),
        ("cluster.local:53 {\n kubernetes\n}", {"zones": ("cluster.local",)}),
        ("dns://Cluster.Local. {\n kubernetes {\n }\n}", {"zones": ("cluster.local",)}),
        ("10.0.0.0/24 {\n kubernetes\n}", {"zones": ("0.0.10.in-addr.arpa",)}),
        ("fd00::/16 {\n kubernetes\n}", {"zones": ("0.0.d.f.ip6.arpa",)}),
        (". {\n kubernetes a.example {\n fallthrough\n }\n}", {"zones": ("a.example",), "fallthrough": ("a.example",)}),
        (
            ". {\n kubernetes a.example {\n namespaces shop data # two\n ignore empty_service\n endpoint_pod_names\n }\n}",
            {
                "zones": ("a.example",),
                "namespaces": ("shop", "data"),
                "ignore_empty_service": True,
                "endpoint_pod_names": True,
            },
        ),
        (". {\n kubernetes a.example { ttl 60 }\n cache 5\n}", {"zones": ("a.example",), "ttl": 60}),
        (". {\n kubernetes a.example {\n ttl soon\n }\n}", {"zones": ("a.example",)}),
        (
            ". {\n kubernetes a.example\n}\nother.example {\n kubernetes b.example\n}",
            {"zones": ("a.example", "b.example")},
        ),
        (
            "cluster.local,\nin-addr.arpa {\n kubernetes\n}",
            {"zones": ("cluster.local", "in-addr.arpa")},
        ),
    ],
)
def test_options(text: str, expected: dict[str, object]) -> None:
    standard: dict[str, object] = {"ttl": 5, "pods": "disabled", "fallthrough": ()}
    assert options(text) == DNSAssumptions(**(standard | expected))  # type: ignore[arg-type]


def test_no_kubernetes_plugin_and_nothing_at_all() -> None:
    assert read_corefile(".:53 {\n forward . 192.0.2.1\n}\n") is None
    assert read_corefile("# nothing\n\n") is None


def test_the_plugin_may_stand_in_what_is_imported() -> None:
    inside = read_corefile("(k) {\n kubernetes corp.example\n}\n. {\n import k\n}\n")
    beside = read_corefile(". {\n import conf/*.conf\n}\n", {"a.conf": "kubernetes corp.example"})
    assert inside == beside == options(". {\n kubernetes corp.example\n}")


def test_what_imports_itself_ends() -> None:
    assert read_corefile("(k) {\n import k\n kubernetes a.example\n}\n. {\n import k\n}\n") is not None
