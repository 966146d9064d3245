"""CoreDNS as it is configured: plugins in the order of plugin.cfg, and what each leaves to the next (D10b)."""

from __future__ import annotations

import json

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.destination.dig import dig
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.configuration import dns_configuration
from svcmap.paths.known.look_ups import ask_dns
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics.dns import server_blocks
from svcmap.semantics.dns.blocks import at_port, block_for
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web", namespace="shop")
BASE = WEB + objects.pod("web-0", "10.1.0.8", namespace="shop")
NAME = "web.shop.svc.cluster.local"
KUBERNETES = "kubernetes cluster.local in-addr.arpa {\n fallthrough in-addr.arpa\n ttl 30\n}"


def corefile(*directives: str, key: str = ".:53", name: str = "coredns") -> str:
    inside = "\n".join(directives)
    text = f"{key} {{\n{inside}\n}}".replace("\n", "\n    ")
    return f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: kube-system}}\ndata:\n  Corefile: |\n    {text}\n"


def asked(*directives: str, name: str = NAME, type_: str = "A") -> tuple[str, list[str], str]:
    found = dig(state_of(BASE + corefile(*directives)), name, type_).answer
    return found.rcode, [f"{record.ttl} {record.data}" for record in found.answers], found.note


def follow(*directives: str, host: str = "web") -> Trace:
    state = state_of(BASE + corefile(*directives))
    return trace(state, parse_request(f"http://{host}/", parse_vantage("pod:shop/web-0")))


FOUND = ("NOERROR", ["30 10.96.0.8"])
HOSTS = "hosts {\n 192.0.2.7 web.shop.svc.cluster.local legacy.example\n ttl 99\n%s}"


@pytest.mark.parametrize(
    ("directives", "name", "expected"),
    [
        ((KUBERNETES,), NAME, FOUND),
        ((KUBERNETES, "cache 10"), NAME, ("NOERROR", ["10 10.96.0.8"])),
        ((KUBERNETES.replace("ttl 30", "ttl 0"), "cache"), NAME, ("NOERROR", ["5 10.96.0.8"])),
        ((KUBERNETES, HOSTS % ""), NAME, ("NOERROR", ["99 192.0.2.7"])),
        ((KUBERNETES, HOSTS % ""), "other.shop.svc.cluster.local", ("SERVFAIL", [])),
        ((KUBERNETES, HOSTS % "fallthrough\n"), "api.shop.svc.cluster.local", ("NXDOMAIN", [])),
        ((KUBERNETES, HOSTS % "fallthrough corp.example\n"), NAME.replace("web", "x"), ("SERVFAIL", [])),
        ((KUBERNETES, "hosts /etc/own {\n fallthrough\n}"), NAME, ("", [])),
        ((KUBERNETES, "hosts /etc/hosts corp.example"), NAME, FOUND),
        ((KUBERNETES,), "www.example.org", ("SERVFAIL", [])),
        ((KUBERNETES, "forward . /etc/resolv.conf"), "www.example.org", ("", [])),
        ((KUBERNETES, "forward corp.example 192.0.2.1"), "www.example.org", ("SERVFAIL", [])),
        ((KUBERNETES, "forward . 192.0.2.1 {\n except example.org\n}"), "www.example.org", ("SERVFAIL", [])),
        (("forward . 192.0.2.1",), NAME, ("", [])),
        ((KUBERNETES, "file db.cluster cluster.local"), NAME, FOUND),
        ((KUBERNETES, "k8s_external corp.example"), NAME, FOUND),
        ((KUBERNETES, "k8s_external corp.example"), "web.corp.example", ("", [])),
        ((KUBERNETES.replace("ttl 30", "ttl 30\n noendpoints"),), NAME, FOUND),
        ((KUBERNETES.replace("ttl 30", "labels app=gone"),), NAME, ("NXDOMAIN", [])),
        ((KUBERNETES.replace("ttl 30", "ttl 30\n labels !gone"),), NAME, FOUND),
        ((KUBERNETES.replace("ttl 30", "labels app in ("),), NAME, ("", [])),
        ((KUBERNETES.replace("ttl 30", "namespace_labels team=a"),), NAME, ("", [])),
        ((KUBERNETES, "acl {\n block\n}"), NAME, ("", [])),
        (("rewrite name old.example web.shop.svc.cluster.local", KUBERNETES), "old.example", FOUND),
        (("rewrite name suffix .old.example. .svc.cluster.local.", KUBERNETES), "web.shop.old.example", FOUND),
        (("rewrite name prefix my- web", KUBERNETES), "my-.shop.svc.cluster.local", FOUND),
        (("rewrite name substring alt.dom shop.svc.cluster.local", KUBERNETES), "web.alt.dom", FOUND),
        (("rewrite name regex (.*)\\.old\\.example {1}.shop.svc.cluster.local", KUBERNETES), "web.old.example", FOUND),
        (
            ("rewrite stop {\n name regex (.*)\\.old\\. {1}.shop.svc.cluster.local.\n answer name a b\n}", KUBERNETES),
            "web.old",
            FOUND,
        ),
        (
            (
                "rewrite continue name a.example b.example",
                "rewrite name b.example web.shop.svc.cluster.local",
                KUBERNETES,
            ),
            "a.example",
            FOUND,
        ),
        (
            ("rewrite name a.example b.example", "rewrite name b.example web.shop.svc.cluster.local", KUBERNETES),
            "a.example",
            ("SERVFAIL", []),
        ),
        (("rewrite type ANY A", KUBERNETES), NAME, FOUND),
        (("rewrite type A AAAA", KUBERNETES), NAME, ("", [])),
        (("rewrite class IN CH", KUBERNETES), NAME, ("", [])),
        (("rewrite ttl regex .* 9", KUBERNETES), NAME, ("", [])),
        (("rewrite ttl exact a.example 9", KUBERNETES), NAME, FOUND),
        (("rewrite rcode suffix .cluster.local NXDOMAIN NOERROR", KUBERNETES), NAME, ("", [])),
        (("rewrite cname exact a.example b.example", KUBERNETES), NAME, ("", [])),
        (("view pods {\n expr incidr(client_ip(), '10.0.0.0/8')\n}", KUBERNETES), NAME, ("", [])),
        (("hosts {\n {$ADDRESS} x.example\n}", KUBERNETES), NAME, ("", [])),
        (
            ('template IN A corp.example {\n answer "{{ .Name }} 60 IN A 192.0.2.9"\n}', KUBERNETES),
            "x.corp.example",
            ("NOERROR", ["60 192.0.2.9"]),
        ),
        (
            ('template IN A corp.example {\n answer "{{ .Group.a }} 60 IN A 192.0.2.9"\n}', KUBERNETES),
            "x.corp.example",
            ("", []),
        ),
        (("template ANY ANY corp.example {\n rcode NXDOMAIN\n}", KUBERNETES), "x.corp.example", ("NXDOMAIN", [])),
        (
            ("template ANY ANY corp.example {\n match ^a\n rcode NXDOMAIN\n}", KUBERNETES, "forward . 192.0.2.1"),
            "x.corp.example",
            ("SERVFAIL", []),
        ),
    ],
)
def test_the_first_plugin_that_answers_decides(
    directives: tuple[str, ...], name: str, expected: tuple[str, list[str]]
) -> None:
    assert asked(*directives, name=name)[:2] == expected


def test_a_plugin_that_decides_is_named_in_every_view() -> None:
    name = "kubernetes (namespace_labels)"
    hidden = KUBERNETES.replace("ttl 30", "namespace_labels team=a")
    assert name in asked(hidden)[2]
    found = follow(hidden)
    assert found.verdict == "unknown"
    assert name in found.hops[-1].says
    assert [str(item.object) for item in found.undecided] == ["ConfigMap/kube-system/coredns"]


@pytest.mark.parametrize("option", ["namespaces prod", "labels app=gone"])
def test_what_hides_a_service_is_named(option: str) -> None:
    found = follow(KUBERNETES.replace("ttl 30", option))
    assert (found.verdict, found.reason) == ("unreachable", "name-not-found")
    says = found.stop.says if found.stop else ""
    assert option in says
    assert "Service shop/web exists" in says


@pytest.mark.parametrize(("labels", "verdict"), [("{team: a}", "reachable"), ("{team: b}", "unreachable")])
def test_namespaces_are_served_by_their_labels(labels: str, verdict: str) -> None:
    text = BASE + objects.namespace("shop", labels) + corefile(KUBERNETES.replace("ttl 30", "namespace_labels team=a"))
    assert trace(state_of(text), parse_request("http://web/", parse_vantage("pod:shop/web-0"))).verdict == verdict


def test_without_endpoints_a_headless_service_has_no_name() -> None:
    headless = WEB.replace("10.96.0.8", "None") + objects.pod("web-0", "10.1.0.8", namespace="shop")
    state = state_of(headless + corefile(KUBERNETES.replace("ttl 30", "noendpoints")))
    found = trace(state, parse_request("http://web/", parse_vantage("pod:shop/web-0")))
    assert (found.verdict, found.reason) == ("unreachable", "name-not-found")
    assert "noendpoints" in (found.stop.says if found.stop else "")


def test_a_resolver_goes_on_after_servfail() -> None:
    """R4: and finds nothing where every name is SERVFAIL."""
    found = follow(KUBERNETES, "hosts {\n 192.0.2.7 legacy.example\n}")
    assert (found.verdict, found.reason) == ("unreachable", "dns-failure")
    assert found.stop is not None
    assert "SERVFAIL" in found.stop.says


def test_an_alias_needs_somebody_who_asks_outside() -> None:
    alias = objects.service("{type: ExternalName, externalName: www.example.org}", "out", namespace="shop")
    for directives, verdict in (((KUBERNETES,), "unreachable"), ((KUBERNETES, "forward . 192.0.2.1"), "reachable")):
        state = state_of(BASE + alias + corefile(*directives))
        found = trace(state, parse_request("https://out/", parse_vantage("pod:shop/web-0")))
        assert found.verdict == verdict


TWO = """
(common) {
    errors
    cache 30
}
corp.example:53 {  # a stub domain
    import common
    forward . 192.0.2.1
}
.:53, example.org {
    import common
    kubernetes cluster.local { ttl 9 }
    import custom/*.override
}
import custom/*.server
"""


def test_blocks_are_chosen_by_the_longest_zone() -> None:
    blocks = server_blocks(
        TWO, {"a.override": "forward . 192.0.2.2", "b.server": "b.example {\n hosts\n}", "c.txt": "x"}
    )
    assert [block.zones for block in blocks] == [("corp.example",), (".", "example.org"), ("b.example",)]
    assert [[plugin.name for plugin in block.plugins] for block in blocks] == [
        ["errors", "cache", "forward"],
        ["errors", "cache", "kubernetes", "forward"],
        ["hosts"],
    ]
    chosen = block_for(blocks, "www.corp.example")
    assert chosen is blocks[0]
    assert block_for(blocks, "elsewhere.test") is blocks[1]
    assert block_for(blocks[:1], "elsewhere.test") is None


def test_a_name_of_no_server_is_refused() -> None:
    state = state_of(BASE + corefile(KUBERNETES, key="cluster.local:53"))
    assert dig(state, "www.example.org").answer.rcode == "REFUSED"


def test_the_corefile_is_that_of_the_cluster_s_dns() -> None:
    """Not that of a cache on each node, and not that of another server in some namespace."""
    local = corefile("forward . 10.96.0.10", key="cluster.local:53", name="node-local-dns")
    rke2 = corefile(KUBERNETES.replace("cluster.local", "prod.corp"), name="rke2-coredns-rke2-coredns")
    elsewhere = rke2.replace("namespace: kube-system", "namespace: apps")
    found = dns_configuration(state_of(local + rke2))
    assert found is not None
    assert found.ref.name == "rke2-coredns-rke2-coredns"
    assert dns_configuration(state_of(elsewhere)) is None
    service = objects.service(
        "{clusterIP: 10.96.0.10, ports: [{port: 53, protocol: UDP}]}",
        "x",
        namespace="apps",
        meta="labels: {k8s-app: kube-dns}",
    )
    assert dns_configuration(state_of(elsewhere + service)) is not None


@pytest.mark.parametrize(
    ("directives", "name", "expected"),
    [
        (("rewrite name suffix .old.example .svc.cluster.local", KUBERNETES), "web.shop.old.example", FOUND),
        (("rewrite name substring OLD.dom shop.svc.cluster.local", KUBERNETES), "web.old.dom", FOUND),
        (
            ('rewrite name regex "(.*)\\.old\\.example\\.$" {1}.shop.svc.cluster.local', KUBERNETES),
            "web.old.example",
            FOUND,
        ),
        (("rewrite name regex (?i)a(?-i)b c", KUBERNETES), NAME, FOUND),
        (("rewrite name regex (?=a) c", KUBERNETES), NAME, ("", [])),
        ((KUBERNETES, "forward example.org. 192.0.2.1"), "www.example.org", ("", [])),
        ((KUBERNETES, "forward . 192.0.2.1 {\n except example.org.\n}"), "www.example.org", ("SERVFAIL", [])),
        (
            (KUBERNETES.replace("fallthrough in-addr.arpa", "fallthrough"), "file x.db cluster.local"),
            "no.shop.svc.cluster.local",
            ("", []),
        ),
        ((KUBERNETES, "fanout . 192.0.2.1"), "www.example.org", ("", [])),
        ((KUBERNETES, "fanout . 192.0.2.1"), NAME, FOUND),
        ((KUBERNETES, "import extra/*.conf"), "www.example.org", ("", [])),
        ((KUBERNETES, "import custom/*.override"), "www.example.org", ("SERVFAIL", [])),
        (
            (KUBERNETES, "hosts {\n 192.0.2.7 legacy.example\n ttl 60s\n}"),
            "legacy.example",
            ("NOERROR", ["3600 192.0.2.7"]),
        ),
        ((KUBERNETES, "multicluster clusterset.local"), NAME, FOUND),
        ((KUBERNETES, "multicluster clusterset.local"), "web.clusterset.local", ("", [])),
    ],
)
def test_odd_directives(directives: tuple[str, ...], name: str, expected: tuple[str, list[str]]) -> None:
    assert asked(*directives, name=name)[:2] == expected


K3S = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  NodeHosts: |
    192.0.2.11 n1
  Corefile: |
    .:53 {
        errors
        health
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
          pods insecure
          fallthrough in-addr.arpa ip6.arpa
        }
        hosts /etc/coredns/NodeHosts {
          ttl 60
          reload 15s
          fallthrough
        }
        prometheus :9153
        cache 30
        loop
        reload
        loadbalance
        import /etc/coredns/custom/*.override
        forward . /etc/resolv.conf
    }
    import /etc/coredns/custom/*.server
"""


def test_what_stands_beside_the_corefile_is_read_as_its_files() -> None:
    """k3s has the names of its nodes there."""
    state = state_of(BASE + K3S)
    assert dig(state, NAME).answer.rcode == "NOERROR"
    assert [str(record) for record in dig(state, "n1").answer.answers] == ["n1. 30 IN A 192.0.2.11"]
    assert trace(state, parse_request("http://web/", parse_vantage("pod:shop/web-0"))).verdict == "reachable"


@pytest.mark.parametrize(
    ("text", "port", "zones"),
    [
        (".:53 {\n whoami\n}\ncluster.local:5353 {\n erratic\n}", 53, [(".",)]),
        (".:53 {\n whoami\n}\ncluster.local:5353 {\n erratic\n}", 5353, [("cluster.local",)]),
        (".:53 {\n whoami\n}\ncluster.local:5353 {\n erratic\n}", 1053, [(".",), ("cluster.local",)]),
        (". {\n whoami\n}\ncluster.local:53 a.example:54 {\n erratic\n}", 53, [(".",), ("cluster.local",)]),
        (". {\n whoami\n}\ncluster.local:54 {\n erratic\n}", 54, [("cluster.local",)]),
        ("tls://.:853 {\n erratic\n}\ndns://.:53 https://.:443 {\n whoami\n}", 53, [(".",)]),
        ("10.0.0.0/8:53 {\n whoami\n}", 53, [("10.in-addr.arpa",)]),
    ],
)
def test_the_servers_of_other_ports_are_not_asked(text: str, port: int, zones: list[tuple[str, ...]]) -> None:
    """coredns.io/manual/configuration: each key is a server of its own, by protocol and port."""
    assert [block.zones for block in at_port(server_blocks(text), port)] == zones


@pytest.mark.parametrize(
    "text",
    [
        f".:53 {{\n {KUBERNETES}\n",
        f".:53 {{\n {KUBERNETES}\n}}\n}}",
        ".:53 {\n hosts {\n 192.0.2.7 a.example\n kubernetes cluster.local\n}",
    ],
)
def test_a_corefile_that_coredns_does_not_take_says_nothing(text: str) -> None:
    config = objects.document(
        "ConfigMap", "coredns", f"data: {{Corefile: {json.dumps(text)}}}", namespace="kube-system"
    )
    state = state_of(BASE + config)
    answer = dig(state, NAME, "A").answer
    assert (answer.rcode, answer.basis, "is not closed" in answer.note) == ("", "unknown", True)
    found = trace(state, parse_request("http://web/", parse_vantage("pod:shop/web-0")))
    assert found.verdict == "unknown"
    assert "is not closed" in found.hops[-1].says


@pytest.mark.parametrize(("target", "rcode"), [("53", "NOERROR"), ("5353", "REFUSED"), ("dns", "NOERROR")])
def test_the_port_of_the_dns_pods_chooses_the_server(target: str, rcode: str) -> None:
    """OpenShift's pods listen at 5353."""
    text = f".:53 {{\n {KUBERNETES}\n}}\nexample.org:5353 {{\n whoami\n}}"
    config = objects.document(
        "ConfigMap", "coredns", f"data: {{Corefile: {json.dumps(text)}}}", namespace="kube-system"
    )
    ports = f"[{{port: 53, protocol: UDP, targetPort: {target}}}]"
    spec = f"{{clusterIP: 10.96.0.10, selector: {{k8s-app: kube-dns}}, ports: {ports}}}"
    state = state_of(config + objects.service(spec, "kube-dns", namespace="kube-system"))
    assert ask_dns(state, "kube-dns.kube-system.svc.cluster.local", "A", settled(state).dns).rcode == rcode
