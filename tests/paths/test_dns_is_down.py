"""A client whose name server does not answer: its Service has no endpoint, or nothing has its address (R1, R2)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.destination.dig import dig
from svcmap.paths.known.assumptions import settled
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

POD = parse_vantage("pod:other/client")
WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web", namespace="till")
BASE = WEB + objects.pod("web-0", "10.1.0.8", namespace="till")
BASE += objects.pod("client", "10.1.0.9", labels="{app: c}", namespace="other")
DNS = objects.service(
    "{clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}, ports: [{port: 53, protocol: UDP}]}",
    "kube-dns",
    namespace="kube-system",
)
LABELS = "{k8s-app: kube-dns}"
NONE = objects.workload("Deployment", "replicas: 0", "coredns", labels=LABELS, namespace="kube-system")
OTHER = objects.pod("coredns-x", "10.1.0.53", labels="{k8s-app: coredns}", namespace="kube-system")
WAITING = objects.pod("coredns-x", "", labels=LABELS, namespace="kube-system", phase="Pending", ready="False")
EMPTY = """---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kube-dns-x, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}
addressType: IPv4
ports: []
endpoints: []
"""
KUBELET = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: kubelet-config, namespace: kube-system}
data:
  kubelet: "{kind: KubeletConfiguration, apiVersion: kubelet.config.k8s.io/v1beta1, clusterDNS: [ADDRESS]}"
"""


def ask(text: str) -> Trace:
    return trace(state_of(BASE + DNS + text), parse_request("http://web.till/", POD))


@pytest.mark.parametrize("text", [NONE, OTHER, WAITING, EMPTY], ids=["no-replicas", "no-match", "pending", "slice"])
def test_no_name_resolves_where_the_dns_has_no_endpoint(text: str) -> None:
    found, state = ask(text), state_of(BASE + DNS + text)
    assert (found.verdict, found.reason) == ("unreachable", "dns-failure")
    answer = dig(state, "web.till", None, POD, settled(state)).answer
    assert (answer.rcode, "has no endpoint that answers" in answer.note) == ("", True)


def test_files_without_its_pods_say_nothing_of_them() -> None:
    assert ask("").verdict == "reachable"
    assert ask(objects.pod("other", "10.1.0.54", labels="{app: o}", namespace="kube-system")).verdict == "reachable"


@pytest.mark.parametrize(
    ("address", "verdict"), [("10.96.0.10", "reachable"), ("10.100.0.10", "unknown"), ("169.254.20.10", "reachable")]
)
def test_the_address_of_the_kubelets_has_to_be_somebodys(address: str, verdict: str) -> None:
    running = objects.pod("coredns-x", "10.1.0.53", labels=LABELS, namespace="kube-system")
    found = ask(running + KUBELET.replace("ADDRESS", address))
    assert found.verdict == verdict
    if verdict == "unknown":
        assert found.stop is not None
        assert "ConfigMap/kube-system/kubelet-config" in found.stop.says
        assert found.stop.next.startswith("set clusterDNS to 10.96.0.10")


@pytest.mark.parametrize(
    ("target", "reason", "step"),
    [
        ("web", "name-not-found", "set externalName to a host name"),
        ("web.till", "name-not-found", "set externalName to web.till.svc.cluster.local"),
        ("web.till.svc.cluster.local", None, ""),
        ("db.example.net", None, ""),
    ],
)
def test_nobody_searches_for_the_target_of_an_alias(target: str, reason: str | None, step: str) -> None:
    """D11: it is asked for as it is."""
    alias = objects.service(f"{{type: ExternalName, externalName: {target}}}", "db", namespace="other")
    found = trace(state_of(BASE + alias), parse_request("http://db/", POD))
    assert found.reason == reason
    assert found.stop is None or found.stop.next == step


def test_a_namespace_called_like_a_domain_does_not_own_it() -> None:
    google = objects.service("{clusterIP: 10.96.0.9, ports: [{port: 443}]}", "google", namespace="com")
    found = trace(state_of(BASE + google), parse_request("https://www.google.com/", POD))
    assert (found.verdict, found.reason) == ("unknown", None)


def configured(*lines: str) -> str:
    text = "".join(f"\n        {line}" for line in lines)
    return objects.document(
        "ConfigMap",
        "coredns",
        f"data:\n  Corefile: |\n    .:53 {{\n        kubernetes cluster.local{text}\n    }}",
        namespace="kube-system",
    )


@pytest.mark.parametrize(
    ("target", "looped"),
    [
        ("10.96.0.10", True),
        ("dns://10.96.0.10:53", True),
        ("127.0.0.1", True),
        ("[::1]:53", True),
        ("127.0.0.1:5353", False),
        ("10.96.0.11", False),
        ("/etc/resolv.conf", False),
    ],
)
def test_a_server_that_forwards_to_itself_ends_where_it_has_the_plugin_loop(target: str, looped: bool) -> None:
    """D10b: plugin/loop."""
    found = ask(configured("loop", f"forward . {target}"))
    assert found.verdict == ("unknown" if looped else "reachable")
    assert ask(configured(f"forward . {target}")).verdict == "reachable"
    down = ask(configured("loop", f"forward . {target}") + NONE)
    assert down.reason == "dns-failure"
    assert down.stop is not None
    assert ("it forwards to itself" in down.stop.says) is looped


def test_a_stub_domain_is_named() -> None:
    """The server block of a zone says who is asked for its names."""
    text = "data:\n  Corefile: |\n    .:53 {\n        kubernetes cluster.local\n        forward . 192.0.2.53\n    }\n"
    text += "    corp.example:53 {\n        forward . 192.0.2.99\n    }"
    state = state_of(BASE + DNS + objects.document("ConfigMap", "coredns", text, namespace="kube-system"))
    found = trace(state, parse_request("http://db.corp.example/", POD))
    assert found.verdict == "unknown"
    assert "sends names of corp.example to 192.0.2.99, which decides." in found.hops[-1].says
    other = trace(state, parse_request("http://db.other.example/", POD))
    assert "sends names" not in other.hops[-1].says
