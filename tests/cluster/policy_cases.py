"""Clusters of pods, namespaces and policies of every kind, at random: what the engines are asked about."""

from __future__ import annotations

from itertools import product

from hypothesis import strategies as st

from tests.cluster.objects import Json

NAMESPACES = {"shop": {"team": "shop"}, "data": {"team": "data", "tier": "back"}, "bare": {}}
PODS = {
    "10.244.1.1": ("shop", "web", {"app": "web"}),
    "10.244.1.2": ("shop", "db", {"app": "db", "tier": "back"}),
    "10.244.2.1": ("data", "web", {"app": "web"}),
    "10.244.2.2": ("data", "plain", {}),
    "10.244.3.1": ("bare", "job", {"app": "job"}),
}
"""Address → namespace, name and labels."""
OUTSIDE = ("203.0.113.9", "198.51.100.7")
NODES = {"192.168.60.12": ("west", {"zone": "b"}), "192.168.60.11": ("east", {"zone": "a"})}
PORTS = [
    {"name": "http", "containerPort": 80, "protocol": "TCP"},
    {"name": "dns", "containerPort": 53, "protocol": "UDP"},
]
ASKED = (("TCP", 80), ("TCP", 443), ("UDP", 53), ("SCTP", 80))


def _object(version: str, kind: str, name: str, spec: Json, namespace: str = "") -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _cluster() -> list[Json]:
    labelled = {name: {**labels, "kubernetes.io/metadata.name": name} for name, labels in NAMESPACES.items()}
    found: list[Json] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in labelled.items()
    ]
    for address, (namespace, name, labels) in PODS.items():
        pod = _object("v1", "Pod", name, {"containers": [{"name": "c", "ports": PORTS}]}, namespace)
        pod["metadata"]["labels"] = labels
        pod["status"] = {"podIP": address, "podIPs": [{"ip": address}], "phase": "Running"}
        found.append(pod)
    for address, (name, labels) in NODES.items():
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
        found.append({**node, "status": {"addresses": [{"type": "InternalIP", "address": address}]}})
    return found


CLUSTER = _cluster()
SELECTORS = st.sampled_from(
    [
        {},
        {"matchLabels": {"app": "web"}},
        {"matchLabels": {"app": "db", "tier": "back"}},
        {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web", "job"]}]},
        {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
    ]
)
OF_NAMESPACES = st.sampled_from(
    [
        {},
        {"matchLabels": {"team": "shop"}},
        {"matchLabels": {"kubernetes.io/metadata.name": "bare"}},
        {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]},
        {"matchExpressions": [{"key": "team", "operator": "In", "values": ["data", "none"]}]},
    ]
)
BLOCKS = ["203.0.113.0/24", "203.0.113.8/29", "198.51.100.7/32"]
OF_EVERYTHING = [*BLOCKS, "0.0.0.0/0", "10.244.2.0/24"]
"""Of these Cilium means machines outside only."""
NUMBERS = st.sampled_from([80, 443, 53])
PROTOCOLS = st.sampled_from(["TCP", "UDP", "SCTP"])
DIRECTIONS = ("ingress", "egress")


def _some(items: st.SearchStrategy[Json], most: int = 2) -> st.SearchStrategy[list[Json]]:
    return st.lists(items, min_size=1, max_size=most)


def _without_nothing(**fields: object) -> Json:
    return {key: value for key, value in fields.items() if value is not None}


# -- NetworkPolicy ------------------------------------------------------------------------------------------------


def _np_peers(blocks: list[str]) -> st.SearchStrategy[Json]:
    block = st.builds(lambda cidr: {"ipBlock": {"cidr": cidr}}, st.sampled_from(blocks))
    exempting = st.just({"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.8/29"]}})
    return st.one_of(
        st.builds(lambda pods: {"podSelector": pods}, SELECTORS),
        st.builds(lambda spaces: {"namespaceSelector": spaces}, OF_NAMESPACES),
        st.builds(lambda pods, spaces: {"podSelector": pods, "namespaceSelector": spaces}, SELECTORS, OF_NAMESPACES),
        block,
        exempting,
    )


NP_PORTS = st.one_of(
    st.builds(lambda protocol, port: {"protocol": protocol, "port": port}, PROTOCOLS, NUMBERS),
    st.builds(lambda protocol: {"protocol": protocol}, PROTOCOLS),
    st.just({"protocol": "TCP", "port": 80, "endPort": 443}),
)
NAMED = st.sampled_from([{"protocol": "TCP", "port": "http"}, {"protocol": "TCP", "port": "dns"}])


def network_policies(name: str, blocks: list[str]) -> st.SearchStrategy[Json]:
    """A NetworkPolicy of either direction or both."""

    def rules(direction: str) -> st.SearchStrategy[list[Json]]:
        end = "from" if direction == "ingress" else "to"
        ports = _some(NP_PORTS | NAMED if direction == "ingress" else NP_PORTS)
        rule = st.builds(
            lambda peers, ports: _without_nothing(**{end: peers, "ports": ports}),
            st.none() | _some(_np_peers(blocks)),
            st.none() | ports,
        )
        return st.lists(rule, max_size=2)

    def policy(namespace: str, selector: Json, types: list[str], inward: list[Json], outward: list[Json]) -> Json:
        spec: Json = {"podSelector": selector, "policyTypes": [item.title() for item in types]}
        # Of a direction that is none of its types Cilium does not leave the rules alone.
        both = zip(DIRECTIONS, (inward, outward), strict=True)
        spec |= {direction: rules for direction, rules in both if rules and direction in types}
        return _object("networking.k8s.io/v1", "NetworkPolicy", name, spec, namespace)

    types = st.sampled_from([["ingress"], ["egress"], ["ingress", "egress"]])
    return st.builds(policy, st.sampled_from(sorted(NAMESPACES)), SELECTORS, types, rules("ingress"), rules("egress"))


# -- the kinds of administrators ----------------------------------------------------------------------------------

BY_POD = st.one_of(
    st.builds(lambda spaces: {"namespaces": spaces}, OF_NAMESPACES),
    st.builds(
        lambda spaces, pods: {"pods": {"namespaceSelector": spaces, "podSelector": pods}}, OF_NAMESPACES, SELECTORS
    ),
)
NODE_PEERS: st.SearchStrategy[Json] = st.sampled_from([{"nodes": {}}, {"nodes": {"matchLabels": {"zone": "b"}}}])


def _matches(protocol: str, port: int | None, end: int | None) -> Json:
    where = {"number": port} if end is None else {"range": {"start": port, "end": end}}
    return {protocol.lower(): {"destinationPort": where} if port else {}}


CNP_PROTOCOLS = st.one_of(
    st.builds(_matches, PROTOCOLS, NUMBERS, st.none()),
    st.just(_matches("TCP", 79, 442)),
    st.just({"destinationNamedPort": "http"}),
)
ANP_PORTS = st.one_of(
    st.builds(lambda protocol, port: {"portNumber": {"protocol": protocol, "port": port}}, PROTOCOLS, NUMBERS),
    st.just({"portRange": {"protocol": "TCP", "start": 79, "end": 442}}),
)


def _admin_rules(
    direction: str, actions: list[str], field: str, ports: st.SearchStrategy[Json], beyond: st.SearchStrategy[Json]
) -> st.SearchStrategy[list[Json]]:
    end = "from" if direction == "ingress" else "to"
    peers = BY_POD if direction == "ingress" else BY_POD | beyond
    rule = st.builds(
        lambda action, peers, ports: _without_nothing(**{"action": action, end: peers, field: ports}),
        st.sampled_from(actions),
        _some(peers),
        st.none() | _some(ports),
    )
    return st.lists(rule, max_size=3)


def _is_refused(rule: Json) -> bool:
    """No name of a port for what has none: the API server has a rule against it."""
    named = any("destinationNamedPort" in item for item in rule.get("protocols", []))
    return named and any("networks" in peer or "nodes" in peer for peer in rule.get("to", []))


def cluster_network_policies(number: int, blocks: list[str], *, nodes: bool) -> st.SearchStrategy[Json]:
    """The one of a number; now and then it has the priority of the one before."""
    networks = st.builds(lambda cidr: {"networks": [cidr]}, st.sampled_from(blocks))
    beyond = networks | NODE_PEERS if nodes else networks

    def policy(tier: str, priority: int, subject: Json, inward: list[Json], outward: list[Json]) -> Json:
        kept = [rule for rule in outward if not _is_refused(rule)]
        spec: Json = {"tier": tier, "priority": priority, "subject": subject, "ingress": inward, "egress": kept}
        version = "policy.networking.k8s.io/v1alpha2"
        return _object(version, "ClusterNetworkPolicy", f"c{number}", spec)

    actions = ["Accept", "Deny", "Pass"]
    return st.builds(
        policy,
        st.sampled_from(["Admin", "Baseline"]),
        st.sampled_from([number, number, number, max(0, number - 1)]),
        BY_POD,
        _admin_rules("ingress", actions, "protocols", CNP_PROTOCOLS, beyond),
        _admin_rules("egress", actions, "protocols", CNP_PROTOCOLS, beyond),
    )


def older_policies(priority: int | None, blocks: list[str]) -> st.SearchStrategy[Json]:
    """An AdminNetworkPolicy; without a priority the BaselineAdminNetworkPolicy.

    Without names of ports, which kube-network-policies compares with no port, and without nodes, which it takes for the
    pods on them.
    """
    networks = st.builds(lambda cidr: {"networks": [cidr]}, st.sampled_from(blocks))
    actions = ["Allow", "Deny"] if priority is None else ["Allow", "Deny", "Pass"]
    kind = "BaselineAdminNetworkPolicy" if priority is None else "AdminNetworkPolicy"
    name = "default" if priority is None else f"a{priority}"

    def policy(subject: Json, inward: list[Json], outward: list[Json]) -> Json:
        spec = _without_nothing(priority=priority, subject=subject, ingress=inward, egress=outward)
        return _object("policy.networking.k8s.io/v1alpha1", kind, name, spec)

    return st.builds(
        policy,
        BY_POD,
        _admin_rules("ingress", actions, "ports", ANP_PORTS, networks),
        _admin_rules("egress", actions, "ports", ANP_PORTS, networks),
    )


# -- cases --------------------------------------------------------------------------------------------------------


def questions(*ends: str) -> list[Json]:
    """Every pair with a pod at one end at least: of a node only what it is sent, of its own pods it is always heard."""
    pairs = [(one, other) for one, other in product([*PODS, *OUTSIDE], ends) if one != other]
    return [
        {"from": one, "to": other, "protocol": protocol, "port": port}
        for one, other in pairs
        if one in PODS or other in PODS
        for protocol, port in ASKED
    ]


def _accepts_by_default(policy: Json) -> bool:
    spec = policy["spec"]
    is_accepting = any(rule["action"] == "Accept" for direction in DIRECTIONS for rule in spec[direction])
    return spec["tier"] == "Baseline" and is_accepting


@st.composite
def for_kube_network_policies(draw: st.DrawFn) -> list[Json]:
    policies = [draw(network_policies(f"n{i}", OF_EVERYTHING)) for i in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()):
        count = draw(st.integers(1, 3))
        policies += [draw(cluster_network_policies(i, OF_EVERYTHING, nodes=True)) for i in range(count)]
    else:
        policies += [draw(older_policies(i, OF_EVERYTHING)) for i in range(draw(st.integers(0, 2)))]
        policies += [draw(older_policies(None, OF_EVERYTHING)) for _ in range(draw(st.integers(0, 1)))]
    return policies


@st.composite
def for_cilium(draw: st.DrawFn) -> list[Json]:
    """Without what Cilium reads in its own way: blocks that hold pods or nodes (N5); the baseline tier, which it asks before
    a NetworkPolicy's isolation is the last word; labels that a namespace does not have, as no machine outside has them.
    And without names of other pods' ports, which its agent finds where this program does not look.
    """
    isolating = [draw(network_policies(f"n{i}", BLOCKS)) for i in range(draw(st.integers(0, 3)))]
    policies = [draw(cluster_network_policies(i, BLOCKS, nodes=False)) for i in range(draw(st.integers(0, 3)))]
    policies = [
        policy
        for policy in policies
        if "DoesNotExist" not in str(policy) and "destinationNamedPort" not in str(policy["spec"]["egress"])
    ]
    if not isolating or draw(st.booleans()):
        return policies
    return [*isolating, *(policy for policy in policies if not _accepts_by_default(policy))]
