"""policy.networking.k8s.io: ClusterNetworkPolicy, and AdminNetworkPolicy and BaselineAdminNetworkPolicy before it."""

from __future__ import annotations

import msgspec

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.connection import INWARD, OUTWARD, Direction
from svcmap.model.labels import LabelSelector

TIERS = ("Admin", "Baseline")


class Namespaces(LabelSelector, frozen=True):
    """A selector of namespaces. The first versions of v1alpha1 had fields of their own in its place."""

    namespace_selector: LabelSelector | None = None
    same_labels: tuple[str, ...] = ()
    not_same_labels: tuple[str, ...] = ()
    not_self: bool | str | None = None

    @property
    def is_readable(self) -> bool:
        return self.namespace_selector is None and self.not_self is None and not self.same_labels + self.not_same_labels


class NamespacedPod(Part, frozen=True):
    namespace_selector: LabelSelector = LabelSelector()
    pod_selector: LabelSelector = LabelSelector()


class Subject(Part, frozen=True):
    """The pods a policy is about: those of some namespaces, or some of them. Exactly one field is set."""

    namespaces: Namespaces | None = None
    pods: NamespacedPod | None = None

    @property
    def is_readable(self) -> bool:
        return (self.namespaces is None) is not (self.pods is None)


class Peer(Part, frozen=True):
    """Exactly one field is set; the last three of `to` only."""

    namespaces: Namespaces | None = None
    pods: NamespacedPod | None = None
    nodes: LabelSelector | None = None
    networks: tuple[str, ...] = ()
    domain_names: tuple[str, ...] = ()

    def is_readable(self, direction: Direction) -> bool:
        """Whether one field of it is set, and this version of the API has it in that direction."""
        of_both = [self.namespaces, self.pods]
        outward = [self.nodes, self.networks or None, self.domain_names or None]
        given = [field for field in (*of_both, *outward) if field is not None]
        if len(given) != 1 or (direction == INWARD and given[0] not in of_both):
            return False
        return self.namespaces is None or self.namespaces.is_readable


class PortRange(Part, frozen=True):
    """From `start` to `end`, both included; `protocol` in v1alpha1 only."""

    protocol: str = ""
    start: int = 0
    end: int = 0


class DestinationPort(Part, frozen=True):
    number: int = 0
    range: PortRange | None = None


class ProtocolMatch(Part, frozen=True):
    destination_port: DestinationPort | None = None


class PolicyProtocol(Part, frozen=True):
    """An item of `protocols` (ClusterNetworkPolicy): exactly one field is set."""

    tcp: ProtocolMatch | None = None
    udp: ProtocolMatch | None = None
    sctp: ProtocolMatch | None = None
    destination_named_port: str = ""


class PortNumber(Part, frozen=True):
    protocol: str = ""
    port: int = 0


class PolicyPort(Part, frozen=True):
    """An item of `ports` (v1alpha1): exactly one field is set."""

    port_number: PortNumber | None = None
    port_range: PortRange | None = None
    named_port: str = ""


class PolicyRule(Part, frozen=True):
    """`action` is Accept (v1alpha1: Allow), Deny or Pass."""

    name: str = ""
    action: str = ""
    from_: tuple[Peer, ...] = msgspec.field(default=(), name="from")
    to: tuple[Peer, ...] = ()
    protocols: tuple[PolicyProtocol, ...] = ()
    ports: tuple[PolicyPort, ...] = ()

    def peers(self, direction: Direction) -> tuple[Peer, ...]:
        """Whom a rule of a direction is about."""
        return self.to if direction == OUTWARD else self.from_


class ClusterNetworkPolicySpec(Part, frozen=True):
    """`tier` is Admin or Baseline; the older kinds are of one tier each. Of less `priority` comes first."""

    tier: str = ""
    priority: int | None = None
    subject: Subject = Subject()
    ingress: tuple[PolicyRule, ...] = ()
    egress: tuple[PolicyRule, ...] = ()


class ClusterNetworkPolicy(KubernetesObject, frozen=True):
    """Of any of the three kinds."""

    spec: ClusterNetworkPolicySpec = ClusterNetworkPolicySpec()

    @property
    def is_older(self) -> bool:
        """Of v1alpha1: an AdminNetworkPolicy or the BaselineAdminNetworkPolicy."""
        return self.kind != "ClusterNetworkPolicy"

    @property
    def tier(self) -> str:
        """Admin or Baseline."""
        return {"AdminNetworkPolicy": "Admin", "BaselineAdminNetworkPolicy": "Baseline"}.get(self.kind, self.spec.tier)

    @property
    def priority(self) -> int:
        """Of a policy without one, which the API refuses, before all others; the baseline of v1alpha1 needs none."""
        return -1 if self.spec.priority is None else self.spec.priority

    @property
    def is_accepted(self) -> bool:
        """Whether the API takes what stands above the rules."""
        if self.kind == "BaselineAdminNetworkPolicy":
            return self.metadata.name == "default" and self.spec.subject.is_readable
        in_range = self.spec.priority is not None and 0 <= self.spec.priority <= 1000
        return in_range and self.tier in TIERS and self.spec.subject.is_readable

    def rules(self, direction: Direction) -> tuple[PolicyRule, ...]:
        return self.spec.egress if direction == OUTWARD else self.spec.ingress
