"""What a Corefile tells (upstream: coredns plugin/kubernetes/setup_test.go TestKubernetesParse; coredns.io/manual)."""

from __future__ import annotations

import pytest

from svcmap.model.assumptions import DNSAssumptions
from svcmap.semantics.dns.corefile import read_corefile

REVERSE = ("in-addr.arpa", "ip6.arpa")


def options(text: str) -> DNSAssumptions:
    found = read_corefile(text)
    assert found is not None
    assert found.dns is not None
    return found.dns


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
    found = read_corefile(".:53 {\n forward . 192.0.2.1\n}\n")
    assert found is not None
    assert found.dns is None
    assert read_corefile("# nothing\n\n") is None


def test_plugins_that_may_answer_differently_are_named_once() -> None:
    text = ". {\n rewrite name a b\n hosts {\n  192.0.2.1 a.example\n }\n rewrite name c d\n kubernetes a.example\n}"
    found = read_corefile(text)
    assert found is not None
    assert found.not_evaluated == ("rewrite", "hosts")
    hidden = read_corefile(". {\n kubernetes a.example {\n  noendpoints\n  labels x=y\n }\n}")
    assert hidden is not None
    assert hidden.not_evaluated == ("kubernetes noendpoints", "kubernetes labels")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            "a {\n kubernetes a {\n ttl 10\n }\n}\nb {\n kubernetes b {\n ttl 20\n }\n}\n",
            ("kubernetes (of another server block)",),
        ),
        ("a {\n kubernetes a\n}\nb {\n kubernetes b\n}\n", ()),
        ("import custom/*.server\na {\n import custom/*.override\n kubernetes a\n}\n", ("import",)),
    ],
)
def test_what_several_blocks_and_imports_may_change_is_named(text: str, named: tuple[str, ...]) -> None:
    found = read_corefile(text)
    assert found is not None
    assert found.not_evaluated == named
