"""Whole answers of the rules, every field of them, as they stand in a snapshot that is read when it changes.

The tables beside this file ask one thing at a time; here a sentence, a rule id or a field that goes missing shows.
"""

from __future__ import annotations

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from svcmap.model.assumptions import DNSAssumptions
from svcmap.model.refs import Name
from svcmap.model.state import ClusterState
from svcmap.paths.known.look_ups import ask_dns, find_service
from svcmap.paths.policies.judgement import judge
from svcmap.semantics.endpoints import endpoint_set, orphaned
from svcmap.semantics.ingress import RuleTable, match, served_by, targets
from svcmap.semantics.service_proxy import Choice, choose, choose_anywhere, choose_ready
from svcmap.semantics.validation import validate_service
from tests.conftest import state_of
from tests.paths.policies.test_network_policies import ANYBODY, DB, NODE_1, OTHER, OUTSIDE, WEB, guarded
from tests.semantics.test_dns_server import SERVER, TEXT, UPSTREAM
from tests.semantics.test_service_proxy import PORT, endpoint
from tests.semantics.test_validation import REFUSED, WARNED, service

ZONES = ("Cluster.Local", "in-addr.arpa", "ip6.arpa")


def rendered(value: object) -> str:
    """One value as a line of JSON, what is empty left out."""

    def full(item: object) -> bool:
        return item not in ("", None, [], {}, False)

    def built(item: object) -> object:
        if isinstance(item, msgspec.Struct):
            return {field.encode_name: built(getattr(item, field.name)) for field in msgspec.structs.fields(item)}
        if isinstance(item, dict):
            return {key: built(part) for key, part in item.items()}
        if type(item) is list:
            return [built(part) for part in item]
        return tuple(map(built, item)) if type(item) is tuple else item

    def plain(item: object) -> object:
        if isinstance(item, dict):
            return {key: plain(part) for key, part in item.items() if full(part)}
        return [plain(part) for part in item] if isinstance(item, list) else item

    return msgspec.json.encode(plain(built(value))).decode()


MORE = """
---
apiVersion: v1
kind: Service
metadata: {name: plain, namespace: shop}
spec: {clusterIP: 10.96.0.40, clusterIPs: [10.96.0.40, 'fd00:96::40'], ports: [{name: http, port: 80}, {name: tls, port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: later, namespace: shop}
spec: {selector: {app: later}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: shop}
spec: {clusterIP: None, selector: {app: later}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: nobody, namespace: shop}
spec: {clusterIP: None, selector: {app: nobody}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: later, namespace: shop}
spec: {replicas: 2, selector: {matchLabels: {app: later}}, template: {metadata: {labels: {app: later}}, spec: {containers: [{name: x, image: y}]}}}
"""
NAMES = [
    "plain.shop.svc.cluster.local",
    "_http._tcp.plain.shop.svc.cluster.local",
    "_none._tcp.plain.shop.svc.cluster.local",
    "later.shop.svc.cluster.local",
    "headless.shop.svc.cluster.local",
    "_http._tcp.headless.shop.svc.cluster.local",
    "nobody.shop.svc.cluster.local",
    "a.nobody.shop.svc.cluster.local",
    "six.shop.svc.cluster.local",
    "a.shop.svc.cluster.local",
    "_p._tcp.a.shop.svc.cluster.local",
    "x.a.shop.svc.cluster.local",
    "pool.shop.svc.cluster.local",
    "self.shop.svc.cluster.local",
    "shared.shop.svc.cluster.local",
    "nothing.shop.svc.cluster.local",
    "shop.svc.cluster.local",
    "10-1-0-7.shop.pod.cluster.local",
    "cluster.local",
    "dns-version.cluster.local",
    "db.example.org",
    "53.0.1.10.in-addr.arpa",
    "53.0.96.10.in-addr.arpa",
    "40.0.96.10.in-addr.arpa",
    "9.9.9.9.in-addr.arpa",
]
TYPES = ["A", "AAAA", "SRV", "CNAME", "TXT", "PTR", "NS", "SOA", "MX"]


@pytest.mark.parametrize("type_", TYPES)
def test_dns_answers(type_: str, snapshot: SnapshotAssertion) -> None:
    state = state_of(TEXT + MORE)
    options = DNSAssumptions(zones=ZONES, ttl=30, pods="verified")
    lines = [f"{name} {rendered(ask_dns(state, name, type_, options, UPSTREAM, SERVER))}" for name in NAMES]
    assert "\n".join(lines) == snapshot


def test_what_the_server_says_of_a_service(snapshot: SnapshotAssertion) -> None:
    specs = [spec for spec, _ in (*REFUSED, *WARNED)]
    lines = [
        f"{spec}\n" + "".join(f"  {rendered(said)}\n" for said in validate_service(service(spec))) for spec in specs
    ]
    assert "".join(lines) == snapshot


WORKLOADS = """
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {topology.kubernetes.io/zone: z1}}
---
apiVersion: v1
kind: Node
metadata: {name: n2, labels: {topology.kubernetes.io/zone: z2}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}], trafficDistribution: PreferSameNode}
---
apiVersion: v1
kind: Pod
metadata: {name: web-1, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web}]}
spec: {nodeName: n1, hostname: one, subdomain: web, containers: [{name: x, image: y, ports: [{name: http, containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}, {ip: 'fd00::1'}], conditions: [{type: Ready, status: "True"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-2, labels: {app: web}}
spec: {nodeName: n2, containers: [{name: x, image: y, ports: [{name: http, containerPort: 9090}]}]}
status: {phase: Running, podIP: 10.1.0.2, podIPs: [{ip: 10.1.0.2}], conditions: [{type: Ready, status: "False"}]}
---
apiVersion: v1
kind: Service
metadata: {name: sliced}
spec: {clusterIP: 10.96.0.5, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: sliced-b, labels: {kubernetes.io/service-name: sliced, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.1.0.1], nodeName: n1, hostname: one, targetRef: {kind: Pod, name: web-1}}
- {addresses: []}
- {addresses: [10.1.0.2], deprecatedTopology: {kubernetes.io/hostname: n2}, conditions: {ready: false, serving: true, terminating: true}, targetRef: {kind: Pod, name: web-2, namespace: default}}
- {addresses: [192.0.2.9, 192.0.2.10], zone: z9, hints: {forZones: [{name: z1}], forNodes: [{name: n1}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: sliced-a, labels: {kubernetes.io/service-name: sliced}}
addressType: IPv4
ports: [{name: metrics, port: 9100}, {name: none}]
endpoints:
- {addresses: [10.1.0.1], nodeName: n1, targetRef: {kind: Pod, name: web-1}}
- {addresses: [192.0.2.11]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: lost, labels: {kubernetes.io/service-name: gone}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.1.0.9]}]
---
apiVersion: v1
kind: Service
metadata: {name: legacy}
spec: {clusterIP: 10.96.0.6, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: legacy}
subsets:
- addresses: [{ip: 10.1.0.1, hostname: one, nodeName: n1, targetRef: {kind: Pod, name: web-1}}, {ip: 192.0.2.20}, {ip: ''}]
  notReadyAddresses: [{ip: 10.1.0.2, nodeName: n2, targetRef: {kind: Pod, name: web-2, namespace: default}}]
  ports: [{name: http, port: 8080}, {name: none, port: 0}]
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: pg, port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {serviceName: db, replicas: 2, ordinals: {start: 3}, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: x, image: y}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: db-first}
spec: {selector: {app: db, apps.kubernetes.io/pod-index: "3"}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: db-named}
spec: {selector: {statefulset.kubernetes.io/pod-name: db-4, apps.kubernetes.io/pod-index: "4"}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: db-odd}
spec: {selector: {statefulset.kubernetes.io/pod-name: db-4, apps.kubernetes.io/pod-index: "3"}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: other-set}
spec: {selector: {statefulset.kubernetes.io/pod-name: cache-4}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: agent}
spec: {selector: {app: agent}, ports: [{port: 9100}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec: {selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: {hostname: h, subdomain: agent, containers: [{name: x, image: y}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: work}
spec: {selector: {app: work}, ports: [{port: 80}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: none}
spec: {parallelism: 0, template: {metadata: {labels: {app: work}}, spec: {containers: [{name: x, image: y}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: two}
spec: {parallelism: 2, template: {metadata: {labels: {app: work}}, spec: {containers: [{name: x, image: y}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec: {schedule: "@daily", jobTemplate: {spec: {template: {metadata: {labels: {app: work}}, spec: {containers: [{name: x, image: y}]}}}}}
---
apiVersion: v1
kind: Service
metadata: {name: kubernetes}
spec: {clusterIP: 10.96.0.1, ports: [{port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: db.example.org}
"""


def _service_lines(state: ClusterState) -> list[str]:
    lines = []
    for name in sorted(state.services):
        found = find_service(state, name)
        assert found is not None
        result = endpoint_set(state, found)
        lines.append(f"{name.name} {result.source} {result.basis} {rendered(result.predictions)}")
        lines += [f"  {rendered(item)}" for item in result.endpoints]
    return lines


def test_endpoints_of_every_source(snapshot: SnapshotAssertion) -> None:
    state = state_of(WORKLOADS)
    gone = orphaned(state, Name("default", "gone"))
    lines = [*_service_lines(state), "gone", *(f"  {rendered(item)}" for item in gone.endpoints)]
    assert "\n".join(lines) == snapshot
    assert gone.source == "EndpointSlice"
    assert orphaned(state, Name("default", "never")).endpoints == ()


POLICIES = [
    "{podSelector: {}}",
    "{podSelector: {}, policyTypes: [Egress]}",
    "{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}, {from: [{podSelector: {}}]}]}",
    "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}",
    "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: data}}}]}], egress: [{ports: [{port: 443}]}]}",
]


def test_judgements(snapshot: SnapshotAssertion) -> None:
    lines = []
    for spec in POLICIES:
        for source in (DB, OTHER, OUTSIDE, NODE_1, ANYBODY, WEB):
            for target in (WEB, DB):
                found = judge(guarded(spec), source, target, 80, "TCP")
                allowed = [(policy.metadata.name, index) for policy, index in found.ruling.rules]
                names = [policy.metadata.name for policy in found.policies]
                lines.append(
                    f"{spec} {source.title} → {target.title}: {found.verdict} {found.direction} {names} {allowed} "
                    f"{bool(found.ruling.assumes)} {found.exempt}"
                )
    assert "\n".join(lines) == snapshot


INGRESSES = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: one, annotations: {kubernetes.io/ingress.class: old}}
spec:
  defaultBackend: {service: {name: fallback, port: {number: 80}}}
  rules:
  - host: a.example.org
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: root, port: {number: 80}}}}, {path: /x/*, backend: {service: {name: star, port: {number: 80}}}}, {path: /cart, pathType: Exact, backend: {service: {name: cart, port: {number: 80}}}}]}
  - host: "*.example.org"
    http: {paths: [{path: /wild, pathType: Prefix, backend: {service: {name: wild, port: {number: 80}}}}]}
  - host: bare.example.org
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: two}
spec: {backend: {serviceName: fallback, servicePort: 80}}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: b, creationTimestamp: "2024-01-02T00:00:00Z", annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: a, creationTimestamp: "2024-01-03T00:00:00Z", annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: example.com/a}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: c, creationTimestamp: "2024-01-01T00:00:00Z", annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
spec: {controller: example.com/c}
"""
REQUESTS = [
    ("a.example.org", "/"),
    ("a.example.org", "/cart"),
    ("a.example.org", "/x/y"),
    ("b.example.org", "/wild/1"),
    ("b.example.org", "/other"),
    ("bare.example.org", "/"),
    ("c.d.example.org", "/"),
    ("A.example.org.", "/cart/"),
]


def test_ingress_rules(snapshot: SnapshotAssertion) -> None:
    state = state_of(INGRESSES)
    lines = []
    for item in state.ingresses.values():
        lines.append(f"{item.name} {rendered(served_by(item, state.ingress_classes))}")
        lines.append(f"{item.name} {rendered(served_by(item, {}))}")
        lines += [f"  {rendered(target)}" for target in targets(item)]
        for host, path in REQUESTS:
            found = match(RuleTable(targets(item)), host, path)
            backend = found.target.backend.as_service if found.target else None
            lines.append(f"  {host}{path} → {backend.name if backend else None} {found.losers} {found.slash_added}")
    assert "\n".join(lines) == snapshot


def _choice(found: Choice) -> str:
    chosen = [item.id for item in found.eligible]
    excluded = [(item.id, why) for item, why in found.excluded]
    return f"{chosen} {excluded} {found.rule} {found.action} {found.reason} {found.fallback}"


def test_choices_of_kube_proxy(snapshot: SnapshotAssertion) -> None:
    sets = {
        "ready": [endpoint("a", "n1"), endpoint("b", "n2"), endpoint("c", "n2", ready=False)],
        "draining": [
            endpoint("a", "n1", ready=False, terminating=True),
            endpoint("b", "n2", ready=False, serving=False),
        ],
        "hinted": [endpoint("a", "n1", zones=("z1",)), endpoint("b", "n2", zones=("z2",))],
        "by node": [endpoint("a", "n1", nodes=("n1",)), endpoint("b", "n2", nodes=("n2",))],
        "half hinted": [endpoint("a", "n1", zones=("z1",)), endpoint("b", "n2")],
        "other port": [endpoint("a", "n1", port="q")],
        "none": [],
    }
    lines = []
    for what, endpoints in sets.items():
        for policy in ("Cluster", "Local"):
            for node, zone in (("n1", "z1"), ("n3", "z2"), (None, "")):
                found = choose(endpoints, PORT, policy, node, zone)
                lines.append(f"{what} {policy} {node}: {_choice(found)}")
            anywhere = choose_anywhere(endpoints, PORT, policy, [("n1", "z1"), ("n3", "z1")])
            lines.append(f"{what} {policy} anywhere: {_choice(anywhere)}")
        lines.append(f"{what} by a reader of slices: {_choice(choose_ready(endpoints, PORT))}")
    assert "\n".join(lines) == snapshot
