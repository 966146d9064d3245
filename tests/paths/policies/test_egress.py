"""A client's own egress policies in front of whatever hands its request on, and who sends behind that (N1, N2, K2)."""

from __future__ import annotations

from typing import Any

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests.conftest import state_of

BASE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {type: ExternalName, externalName: db.example.org}
---
apiVersion: v1
kind: Service
metadata: {name: named}
spec: {type: LoadBalancer, clusterIP: 10.96.0.7, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
status: {loadBalancer: {ingress: [{hostname: lb.example.net}]}}
---
apiVersion: v1
kind: Service
metadata: {name: edge, namespace: edge}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.9
  selector: {app: edge}
  ports: [{name: http, port: 80, targetPort: 8000}, {name: https, port: 443, targetPort: 8443}]
status: {loadBalancer: {ingress: [{ip: 203.0.113.50}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: edge, namespace: edge, labels: {app: edge}}
spec: {nodeName: n1, containers: [{name: c, image: c}]}
status: {phase: Running, podIP: 10.1.0.77, podIPs: [{ip: 10.1.0.77}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: c, image: c}]}
status: {phase: Running, podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, labels: {app: client}}
spec: {nodeName: n2, containers: [{name: c, image: c}]}
status: {phase: Running, podIP: 10.1.0.9, podIPs: [{ip: 10.1.0.9}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g}
spec: {gatewayClassName: x, listeners: [{name: h, port: 80, protocol: HTTP}]}
status: {addresses: [{type: IPAddress, value: 203.0.113.60}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec: {parentRefs: [{name: g}], hostnames: [gw.example.com], rules: [{backendRefs: [{name: web, port: 80}]}]}
"""
INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: i{meta}}}
spec: {{ingressClassName: nginx, rules: [{{host: shop.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]}}
status: {{loadBalancer: {{ingress: [{{ip: 203.0.113.50}}]}}}}
"""
POLICY = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n"
DNS = "{ports: [{port: 53, protocol: UDP}]}"


def egress(*rules: str) -> str:
    spec = f"{{podSelector: {{matchLabels: {{app: client}}}}, policyTypes: [Egress], egress: [{', '.join((DNS, *rules))}]}}"
    return POLICY.format(name="leaving", namespace="default", spec=spec)


def ask(text: str, to: str, source: str = "pod:default/client", **more: Any) -> Trace:
    return trace(state_of(text), parse_request(to, parse_vantage(source), **more))


WAYS = ["http://shop.example.com", "http://gw.example.com", "http://outside.default:80", "http://lb.example.net"]


@pytest.mark.parametrize("to", WAYS)
@pytest.mark.parametrize(
    ("rules", "cut"),
    [
        ((), True),
        (("{ports: [{port: 443}]}",), True),
        (("{}",), False),
        (("{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}",), None),
    ],
)
def test_egress_policies_hold_in_front_of_every_entry(to: str, rules: tuple[str, ...], cut: bool | None) -> None:
    found = ask(BASE + INGRESS.format(meta="") + egress(*rules), to)
    if cut and rules and "gw." in to:  # the pods behind the address may have any port
        assert found.verdict == "unknown"
    elif cut:
        assert (found.verdict, found.reason) == ("unreachable", "network-policy")
        assert found.stop is not None
        assert "isolates the client for egress" in found.stop.says
    elif cut is False:
        assert found.verdict in ("reachable", "via-load-balancer")


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        (
            "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}}], ports: [{port: 8000}]}",
            "reachable",
        ),
        (
            "{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}}], ports: [{port: 80}]}",
            "unreachable",
        ),
        ("{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}", "unreachable"),
    ],
)
def test_the_cluster_answers_for_its_own_load_balancer_so_the_pods_behind_it_count(rule: str, verdict: str) -> None:
    """K2: kube-proxy has rewritten the packets before a policy sees them."""
    assert ask(BASE + INGRESS.format(meta="") + egress(rule), "http://shop.example.com").verdict == verdict


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ("{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}", "unknown"),
        ("{to: [{podSelector: {}}]}", "unknown"),
        ("{to: [{namespaceSelector: {}}]}", "unknown"),
        ("{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}", "reachable"),
        ("{ports: [{port: 443}]}", "unknown"),
        ("{ports: [{port: 443, protocol: UDP}]}", "unreachable"),
    ],
)
def test_of_an_address_that_nobody_has_it_is_not_known_what_answers(rule: str, verdict: str) -> None:
    """The Gateway's address may be a load balancer of pods, which are not in the source, or a machine."""
    assert ask(BASE + egress(rule), "http://gw.example.com").verdict == verdict


BY_HAND = """
---
apiVersion: v1
kind: Service
metadata: {name: database}
spec: {clusterIP: 10.96.0.8, ports: [{port: 5432}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: database, labels: {kubernetes.io/service-name: database}}
addressType: IPv4
ports: [{port: 5432}]
endpoints: [{addresses: [192.0.2.8]}]
"""


@pytest.mark.parametrize(
    ("rule", "to", "reason"),
    [
        ("{to: [{ipBlock: {cidr: 192.0.2.8/32}}]}", "tcp://192.0.2.7:5432", "network-policy"),
        ("{to: [{ipBlock: {cidr: 192.0.2.7/32}}]}", "tcp://192.0.2.7:5432", "not-a-cluster-address"),
        ("{to: [{ipBlock: {cidr: 192.0.2.7/32}}]}", "tcp://192.0.2.8:5432", "network-policy"),
        ("{to: [{ipBlock: {cidr: 192.0.2.8/32}}]}", "tcp://192.0.2.8:5432", None),
    ],
)
def test_egress_policies_hold_for_an_address_that_no_object_has(rule: str, to: str, reason: str | None) -> None:
    """As packets met it (tests/cluster/test_policies.py). Whether anything answers there is not known (None)."""
    found = ask(BASE + BY_HAND + egress(rule), to)
    assert (found.verdict, found.reason) == ("unreachable" if reason else "unknown", reason)


def test_a_policy_nobody_evaluates_does_not_make_an_address_doubtful_that_no_object_has() -> None:
    """N9 is about verdicts that such a policy could change."""
    cilium = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c}\nspec: {}\n"
    found = ask(BASE + cilium + egress("{ports: [{port: 5432}]}"), "tcp://192.0.2.7:5432")
    assert (found.verdict, found.reason) == ("unreachable", "not-a-cluster-address")


@pytest.mark.parametrize(("cidr", "verdict"), [("0.0.0.0/0", "via-load-balancer"), ("192.0.2.0/24", "unknown")])
def test_the_address_of_a_host_name_is_not_known(cidr: str, verdict: str) -> None:
    rule = f"{{to: [{{ipBlock: {{cidr: {cidr}}}}}]}}"
    assert ask(BASE + egress(rule), "http://lb.example.net").verdict == verdict


def test_policies_of_kinds_nobody_evaluates_leave_it_open() -> None:
    """N9."""
    cilium = "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c}\nspec: {}\n"
    assert ask(BASE + INGRESS.format(meta="") + cilium, "http://shop.example.com").verdict == "unknown"


FROM_EDGE = (
    "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}}]}]}"
)
UPSTREAM = ', annotations: {nginx.ingress.kubernetes.io/service-upstream: "true"}'


@pytest.mark.parametrize("meta", ["", UPSTREAM])
@pytest.mark.parametrize(("namespace", "verdict"), [("edge", "reachable"), ("blog", "unreachable")])
def test_behind_a_controller_its_pods_send_whichever_way_they_dial(meta: str, namespace: str, verdict: str) -> None:
    policy = POLICY.format(name="own", namespace="default", spec=FROM_EDGE % namespace)
    assert ask(BASE + INGRESS.format(meta=meta) + policy, "http://shop.example.com", "internet").verdict == verdict


ALB = """
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec: {controller: ingress.k8s.aws/alb}
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {type: NodePort, externalTrafficPolicy: Local, clusterIP: 10.96.0.3, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: alb}
spec: {ingressClassName: alb, rules: [{host: alb.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}}]}
status: {loadBalancer: {ingress: [{hostname: alb.example.net}]}}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
"""


@pytest.mark.parametrize("source", ["192.0.2.9", "pod:default/client"])
def test_behind_a_load_balancer_outside_nobody_sees_the_client(source: str) -> None:
    """An ALB opens connections of its own to the node port: a rule for the client's labels lets nothing in."""
    spec = "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: client}}}]}]}"
    found = ask(
        BASE + ALB + POLICY.format(name="own", namespace="default", spec=spec), "http://alb.example.com", source
    )
    assert (found.verdict, found.reason) == ("unreachable", "network-policy")


@pytest.mark.parametrize(
    ("policies", "verdict", "says"),
    [
        (
            [("kube-system", "{podSelector: {}, policyTypes: [Ingress]}")],
            "unreachable",
            "isolates the DNS pods for ingress",
        ),
        (
            [
                ("kube-system", "{podSelector: {}, policyTypes: [Ingress]}"),
                ("default", "{podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{}]}"),
            ],
            "unreachable",
            "isolates the DNS pods for ingress",
        ),
        ([("default", "{podSelector: {}, policyTypes: [Egress]}")], "unreachable", "lets no UDP port 53 out"),
        (
            [("kube-system", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]}")],
            "unknown",
            "not known here",
        ),
        ([("kube-system", "{podSelector: {}, ingress: [{ports: [{port: 53, protocol: UDP}]}]}")], "reachable", ""),
    ],
)
def test_look_ups_meet_policies_on_both_sides(policies: list[tuple[str, str]], verdict: str, says: str) -> None:
    """N10, N1."""
    text = BASE + "".join(POLICY.format(name=f"p{i}", namespace=ns, spec=spec) for i, (ns, spec) in enumerate(policies))
    found = ask(text, "http://web")
    assert found.verdict == verdict
    assert says in (found.stop.says if found.stop else "")


def test_a_rule_for_the_port_of_the_service_is_a_near_miss() -> None:
    """N6: a policy sees the pod's own port."""
    spec = "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}"
    found = ask(BASE + POLICY.format(name="own", namespace="default", spec=spec), "http://10.96.0.1")
    assert found.reason == "network-policy"
    assert found.stop is not None
    assert "let in at port 80 only: a policy sees the pod's port" in found.stop.says
    other = ask(
        BASE + POLICY.format(name="own", namespace="default", spec=spec.replace("80", "9000")), "http://10.96.0.1"
    )
    assert other.stop is not None
    assert other.stop.says.endswith("It is let in at port 9000 only.")


@pytest.mark.parametrize(
    ("egress", "says"),
    [
        (
            "[{to: [{podSelector: {}}], ports: [{port: 80}]}]",
            "It may reach them at port 80 only: a policy sees the pod's port, not the Service's.",
        ),
        ("[{to: [{podSelector: {}}], ports: [{port: 9000}]}]", "It may reach them at port 9000 only."),
        (
            "[{to: [{ipBlock: {cidr: 10.96.0.0/12}}], ports: [{port: 80}]}]",
            "A rule has 10.96.0.1, the cluster IP: a policy sees the pod's address, not the Service's.",
        ),
        ("[{to: [{ipBlock: {cidr: 192.0.2.0/24}}]}]", "most plugins drop the packets."),
    ],
)
def test_a_rule_for_what_was_dialled_is_a_near_miss(egress: str, says: str) -> None:
    """N1: kube-proxy has put the pod's address and port in place of the Service's before policies look."""
    spec = f"{{podSelector: {{matchLabels: {{app: client}}}}, policyTypes: [Egress], egress: {egress}}}"
    found = ask(BASE + POLICY.format(name="own", namespace="default", spec=spec), "http://10.96.0.1")
    assert found.reason == "network-policy"
    assert found.stop is not None
    assert found.stop.says.endswith(says)
