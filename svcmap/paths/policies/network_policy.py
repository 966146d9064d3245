"""NetworkPolicies of a state: what isolates a pod, and what is said of it (N1-N8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from svcmap.model.connection import INWARD, MASQUERADED, OUTWARD, Direction, OneWay, Party, Ruling
from svcmap.model.group_kinds import NETWORK_POLICY, POD
from svcmap.model.label_classes import Projection
from svcmap.model.labels import SomeLabels
from svcmap.model.networking import NetworkPolicy
from svcmap.model.reads import SELECTORS, reads
from svcmap.model.state import ClusterState
from svcmap.paths.policies.engine import Told
from svcmap.paths.policies.near_miss import near_peers
from svcmap.semantics import network_policy
from svcmap.semantics.network_policy import Isolation, isolates, names_address, ports_open_to, selecting

Policies = tuple[Sequence[NetworkPolicy], Sequence[NetworkPolicy]]
NONE: Policies = ((), ())
ISOLATING = reads(POD, SELECTORS, NETWORK_POLICY)


class NetworkPolicies:
    """The tier between those of administrators: whom one isolates, only their rules let anything through to."""

    kinds = (NETWORK_POLICY,)
    rule_id = "N2"

    def touches(self, state: ClusterState, party: Party, direction: Direction) -> bool:
        return any(isolation_of(state)(party, direction))

    def rule(self, state: ClusterState, asked: OneWay) -> Ruling:
        return network_policy.rule(isolation_of(state), asked)

    def tell(self, ruling: Ruling, told: Told) -> tuple[str, str]:
        policies = [policy for policy in ruling.policies if isinstance(policy, NetworkPolicy)]
        names = ", ".join(policy.metadata.name for policy in policies[:3])
        if told.of_names and not told.is_undecided:
            return _of_names(names, told)
        many = len(policies) > 1
        more = f" and {len(policies) - 3} more" if len(policies) > 3 else ""
        who = f"Network {'policies' if many else 'policy'} {names}{more} of namespace {policies[0].metadata.namespace}"
        what = f"{who} isolate{'' if many else 's'} {told.subject} for {told.direction}"
        step = _next(policies[0], told)
        if told.is_undecided:
            if ruling.doubt == MASQUERADED:
                return f"{what}; {told.masqueraded}.", step
            doubt = f"whether a rule lets {told.from_whom} pass depends on labels or addresses not known here."
            return f"{what}; {doubt}", step
        says = f"{what}, and no rule lets {told.from_whom} reach {told.whom}; most plugins drop the packets."
        return says + _almost(policies, told), step


def _of_names(names: str, told: Told) -> tuple[str, str]:
    many = "," in names
    lead = f"Network polic{'ies' if many else 'y'} {names} isolate{'' if many else 's'} {told.subject}"
    lead += f" for {told.direction}"
    port = told.meant.port
    if told.direction == INWARD:
        step = f"allow ingress to the DNS pods on port {port}, UDP and TCP, from every namespace"
        return f"{lead} and lets no UDP port {port} in from this client.", step
    step = f"allow egress to {told.servers} on port {port}, UDP and TCP"
    return f"{lead} and lets no UDP port {port} out to {told.servers}: no name resolves.", step


def isolation_of(state: ClusterState) -> Isolation:
    """What isolates a pod, by every NetworkPolicy that was read."""

    def isolation(party: Party, direction: Direction) -> Policies:
        namespace = party.namespace
        policies = state.network_policies_by_namespace.get(namespace)
        if not policies or not party.is_pod or party.anywhere:
            return NONE
        if party.labels is not None and not isinstance(party.labels, SomeLabels):
            key = namespace, direction
            classes = state.remember("isolation", key, lambda: _isolated(state, namespace, direction), ISOLATING)
            if (found := classes.get(state.label_classes.projection(party.labels))) is not None:
                return found, ()
        return selecting(policies, party.labels, direction)

    return isolation


def _isolated(
    state: ClusterState, namespace: str, direction: Direction
) -> Mapping[Projection, Sequence[NetworkPolicy]]:
    """The policies that isolate the pods of a namespace in one direction, by what selectors see of the pods' labels."""
    classes = state.label_classes
    found: dict[Projection, list[NetworkPolicy]] = {item.projection: [] for item in classes.of(namespace)}
    for policy in state.network_policies_by_namespace[namespace]:
        if isolates(policy, direction):
            for item in classes.selected(namespace, policy.spec.pod_selector):
                found[item.projection].append(policy)
    return found


def _almost(policies: Sequence[NetworkPolicy], told: Told) -> str:
    """A rule that was meant for the connection: it fits but for the port (N1), for a label or the namespace (N4), or it
    has the address that was dialled.
    """
    is_out = told.direction == OUTWARD
    peer = told.meant.receiver if is_out else told.seen_as or told.sender
    dialled = next((a for a in told.meant.addresses if is_out and names_address(policies, a)), "")
    if dialled:
        return f" A rule has {dialled}, the cluster IP: a policy sees the pod's address, not the Service's."
    ports = ports_open_to(policies, told.direction, peer, told.protocol) if peer else []
    if ports:
        near_miss = ": a policy sees the pod's port, not the Service's" if str(told.meant.port) in ports else ""
        return f" It {'may reach them' if is_out else 'is let in'} at port {', '.join(ports)} only{near_miss}."
    on_host = told.sender if not is_out and not told.sender.is_pod and told.sender.labels else None
    meant = on_host or peer
    if meant is not None and (nearly := next(near_peers(policies, told.direction, meant), "")):
        return f" {nearly}"
    return ""


def _next(policy: NetworkPolicy, told: Told) -> str:
    namespace, name = policy.metadata.namespace, policy.metadata.name
    if told.direction == INWARD and told.seen_as is not None:
        # The pods never see the client (K10), so a rule for its address would change nothing.
        return (
            f"add an ingress rule for the nodes to {name}; at a node port externalTrafficPolicy Local keeps the client"
        )
    what = "an egress rule" if told.direction == OUTWARD else f"an ingress rule for {told.sender.title}"
    return f"add {what}: kubectl describe networkpolicy -n {namespace} {name}"


NETWORK_POLICIES = NetworkPolicies()
