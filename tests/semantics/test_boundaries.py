"""The last value that still passes and the first that does not, where a rule has a number or a tie in it."""

from __future__ import annotations

import pytest

from svcmap.model.refs import Name
from svcmap.semantics.dns.corefile import read_corefile
from svcmap.semantics.endpoints.owners import has_pods, is_owned
from svcmap.semantics.gateway import hostname_matches, match_rules
from svcmap.semantics.gateway.attach import host_rank
from svcmap.semantics.ingress import is_tls, served_by
from svcmap.semantics.service import affinity_timeout
from tests.conftest import state_of
from tests.semantics.test_validation import PORTS, said, service

AFFINITY = "sessionAffinity: ClientIP"


EDGES: list[tuple[str, list[str]]] = [
    ("ports: [{port: 1}]", []),
    ("ports: [{port: 65535}]", []),
    ("ports: [{port: 80, targetPort: 1}]", []),
    ("ports: [{port: 80, targetPort: 65535}]", []),
    ("ports: [{port: 80, targetPort: 0}]", []),
    ("ports: [{name: a, port: 80}, {name: b, port: 80, protocol: TCP}]", ["spec.ports[1]"]),
    (f"{PORTS}, selector: {{app: {'a' * 63}}}", []),
    (f"{PORTS}, {AFFINITY}, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: 1}}}}", []),
    (
        f"{PORTS}, {AFFINITY}, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: 0}}}}",
        ["spec.sessionAffinityConfig.clientIP.timeoutSeconds"],
    ),
    (f"type: ExternalName, externalName: {'.'.join(['a' * 62] * 4)}.b", []),
    (f"type: ExternalName, externalName: {'.'.join(['a' * 62] * 4)}.bc", ["spec.externalName"]),
    ("type: NodePort, ports: [{port: 80, nodePort: 30000}]", []),
    ("type: NodePort, ports: [{port: 80, nodePort: 32767}]", []),
    ("type: NodePort, ports: [{port: 80, nodePort: 32768}]", ["spec.ports[0].nodePort"]),
    ("type: NodePort, ports: [{port: 80, nodePort: 29999}]", ["spec.ports[0].nodePort"]),
    (
        "type: NodePort, ports: [{name: a, port: 53, nodePort: 30053}, {name: b, port: 54, protocol: UDP, nodePort: 30053}]",
        ["spec.ports[1].nodePort"],
    ),
    ("type: NodePort, ports: [{name: a, port: 1}, {name: b, port: 2, nodePort: 80}]", ["spec.ports[1].nodePort"]),
]


@pytest.mark.parametrize(("spec", "fields"), EDGES)
def test_what_the_server_still_takes(spec: str, fields: list[str]) -> None:
    assert [field for _, field in said(service(spec))] == fields


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        (PORTS, None),
        (f"{PORTS}, {AFFINITY}", 10800),
        (f"{PORTS}, {AFFINITY}, sessionAffinityConfig: {{}}", 10800),
        (f"{PORTS}, {AFFINITY}, sessionAffinityConfig: {{clientIP: {{timeoutSeconds: 60}}}}", 60),
    ],
)
def test_how_long_a_client_stays(spec: str, seconds: int | None) -> None:
    assert affinity_timeout(service(spec)) == seconds


def test_the_most_exact_host_name_comes_first() -> None:
    """G5: exact before wildcard before none, the longer before the shorter; here the last first."""
    names = ["", "*.com", "*.example.com", "a.com", "a.example.com"]
    shuffled = [names[index] for index in (3, 1, 4, 0, 2)]
    assert sorted(shuffled, key=host_rank) == names


@pytest.mark.parametrize(
    ("pattern", "host", "fits"),
    [
        ("*.a.com", ".a.com", False),
        ("*.a.com", "x.a.com.", True),
        ("*.a.com", "xa.com", False),
        ("a.com", "a.com.", True),
        ("a.com", ".a.com", False),
    ],
)
def test_edges_of_host_names(pattern: str, host: str, fits: bool) -> None:
    assert hostname_matches(pattern, host) is fits


ROUTE = "apiVersion: gateway.networking.k8s.io/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{rules: [{rules}]}}\n---\n"


def _rule_taken(rules: list[str], path: str, kind: str = "HTTPRoute") -> int:
    route = state_of(ROUTE.format(kind=kind, name="r", rules=", ".join(rules))).routes[0]
    return match_rules([(route, [""])], "h.example", path, "GET", {"a": "1", "b": "2"})[0].rule_index


@pytest.mark.parametrize(
    ("rules", "path", "taken"),
    [
        (["{matches: [{headers: [{name: a, value: '1'}]}]}"] * 2, "/", 0),
        (
            [
                "{matches: [{headers: [{name: a, value: '1'}]}]}",
                "{matches: [{headers: [{name: a, value: '1'}, {name: b, value: '2'}]}]}",
            ],
            "/",
            1,
        ),
        (["{}", "{matches: [{queryParams: [{name: q, value: 'a=b'}]}]}"], "/?q=a=b", 1),
        (["{}", "{matches: [{queryParams: [{name: q, value: ''}]}]}"], "/?q", 1),
        (["{matches: [{path: {value: /a}}]}", "{matches: [{path: {value: /a/}, method: GET}]}"], "/a/b", 1),
    ],
)
def test_ties_between_rules(rules: list[str], path: str, taken: int) -> None:
    assert _rule_taken(rules, path) == taken


def test_a_grpc_method_may_have_slashes_only_once() -> None:
    rules = ["{matches: [{method: {service: a.B}}]}", "{matches: [{method: {service: a.B, method: C}}]}"]
    assert _rule_taken(rules, "/a.B/C", "GRPCRoute") == 1
    assert _rule_taken(rules, "/a.B/C/D", "GRPCRoute") == 0


def test_of_two_routes_alike_the_one_given_first_wins() -> None:
    """The caller gives the oldest first (G5)."""
    text = "".join(ROUTE.format(kind="HTTPRoute", name=name, rules="{}") for name in ("older", "newer"))
    older, newer = state_of(text).routes
    found = match_rules([(older, [""]), (newer, [""])], "h.example", "/", "GET", {})
    assert [item.route.metadata.name for item in found] == ["older", "newer"]


INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: i}}\nspec: {{tls: {tls}, defaultBackend: {{service: {{name: d, port: {{number: 1}}}}}}}}\n"


@pytest.mark.parametrize(
    ("tls", "host", "served", "by_name"),
    [
        ("[{hosts: [Shop.example.org]}]", "shop.example.org", True, True),
        ("[{hosts: ['*.example.org']}]", "shop.example.org", True, True),
        ("[{hosts: ['*.example.org']}]", "a.shop.example.org", False, False),
        ("[{secretName: s}]", "shop.example.org", True, False),
        ("[]", "shop.example.org", False, False),
    ],
)
def test_hosts_served_over_tls(tls: str, host: str, served: bool, by_name: bool) -> None:
    item = state_of(INGRESS.format(tls=tls)).ingresses[Name("default", "i")]
    assert (is_tls(item, host), is_tls(item, host, exact=True)) == (served, by_name)


CLASS = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {{name: {name}, creationTimestamp: '{age}', annotations: {{ingressclass.kubernetes.io/is-default-class: 'true'}}}}\nspec: {{controller: example.com/x}}\n"


@pytest.mark.parametrize(
    ("classes", "taken"),
    [
        ([("a", "2024-01-01T00:00:00Z"), ("b", "2024-01-02T00:00:00Z")], "b"),
        ([("b", "2024-01-02T00:00:00Z"), ("a", "2024-01-01T00:00:00Z")], "b"),
        ([("b", "2024-01-01T00:00:00Z"), ("a", "2024-01-01T00:00:00Z")], "a"),
    ],
)
def test_of_two_default_classes_the_newest_then_the_first_by_name(classes: list[tuple[str, str]], taken: str) -> None:
    """I7 (upstream: plugin/pkg/admission/network/defaultingressclass)."""
    text = INGRESS.format(tls="[]") + "".join(CLASS.format(name=name, age=age) for name, age in classes)
    state = state_of(text)
    assert served_by(state.ingresses[Name("default", "i")], state.ingress_classes).ingress_class == taken


@pytest.mark.parametrize(
    ("block", "zones"),
    [
        ("10.0.0.0/8", ("10.in-addr.arpa",)),
        ("10.96.0.0/16", ("96.10.in-addr.arpa",)),
        ("10.96.0.0/15", ("96.10.in-addr.arpa", "97.10.in-addr.arpa")),
        ("192.0.2.128/25", tuple(f"{last}.2.0.192.in-addr.arpa" for last in range(128, 256))),
        ("0.0.0.0/0", ("in-addr.arpa",)),
        ("fd00::/8", ("d.f.ip6.arpa",)),
        ("dns://Cluster.Local:1053", ("cluster.local",)),
        ("cluster.local.", ("cluster.local",)),
    ],
)
def test_zones_of_a_server_block(block: str, zones: tuple[str, ...]) -> None:
    """A CIDR stands for its reverse zones (upstream: coredns plugin/pkg/cidr)."""
    found = read_corefile(f"{block} {{\n  kubernetes\n}}\n")
    assert found is not None
    assert found.zones == zones


def test_a_second_block_begins_where_the_first_ends() -> None:
    found = read_corefile("a.example {\n  kubernetes a.example {\n    ttl 7\n  }\n}\nb.example {\n  hosts {\n  }\n}\n")
    assert found is not None
    assert (found.zones, found.ttl) == (("a.example",), 7)


WORKLOADS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: shop, ownerReferences: [{kind: Deployment, name: web}]}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: lost-1, namespace: shop, ownerReferences: [{kind: Deployment, name: lost}]}
spec: {selector: {matchLabels: {app: lost}}, template: {metadata: {labels: {app: lost}}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, namespace: blog, ownerReferences: [{kind: Deployment, name: web}]}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: shop, labels: {app: web, track: canary}}
---
apiVersion: v1
kind: Pod
metadata: {name: owned, namespace: shop, labels: {app: lost}, ownerReferences: [{kind: ReplicaSet, name: lost-1}]}
"""


def test_whose_owner_stands_for_it_and_whose_pods_are_there() -> None:
    state = state_of(WORKLOADS)
    found = {str(item.name): item for item in state.workloads if item.kind == "ReplicaSet"}
    assert [name for name, item in found.items() if is_owned(state, item)] == ["shop/web-1"]
    pods = list(state.pods.values())
    assert [name for name, item in found.items() if has_pods(item, pods)] == ["shop/web-1"]
