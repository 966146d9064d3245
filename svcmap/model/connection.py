"""A connection as network policies see it: the parties at its ends, and what policies can say of a direction of it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal, NamedTuple

from svcmap.model.addresses import block_of, contains
from svcmap.model.base import KubernetesObject, Part
from svcmap.model.labels import Labels, LabelSelector, fits_namespace
from svcmap.model.refs import Name
from svcmap.model.workloads import PodSpec

Direction = Literal["egress", "ingress"]
OUTWARD: Direction = "egress"
INWARD: Direction = "ingress"


def opposite(direction: Direction) -> Direction:
    return INWARD if direction == OUTWARD else OUTWARD


class Party(Part, frozen=True):
    """One end of a connection, as a policy sees it.

    `is_pod` is false for nodes, hostNetwork pods (N8) and machines outside. `labels` None is a pod whose labels are not
    known, SomeLabels one of which only some are; `namespace_labels` None is a namespace whose object was not read.
    `addresses` are empty where they are not known; `public` then says that the address is one of the internet, and
    `family` of which family the connection is (empty: not known either). `spec` resolves named ports. `anywhere` is a
    pod of which not even the namespace is known, only that it is not `apart_from`; one that `may_be_host` may be on the
    host network. Parties that are `alike` (not None) differ in name and address only.
    """

    title: str = ""
    is_pod: bool = False
    pod: Name | None = None
    namespace: str = ""
    labels: Labels = None
    namespace_labels: Labels = {}
    addresses: tuple[str, ...] = ()
    family: str = ""
    node: str = ""
    spec: PodSpec | None = None
    public: bool = False
    anywhere: bool = False
    apart_from: str = ""
    may_be_host: bool = False
    alike: Hashable = None

    def is_in(self, selector: LabelSelector) -> bool | None:
        """Whether it is a pod of the namespaces that a selector matches."""
        if not self.is_pod:
            return False
        if self.anywhere:
            return selector.may_match(None)
        return fits_namespace(selector, self.namespace, self.namespace_labels)

    def has_address_in(self, cidr: str, except_: Sequence[str] = ()) -> bool | None:
        """N5: whether an address of it is in the CIDR and in none of the exceptions; never in a CIDR that is none."""
        network = block_of(cidr)
        exceptions = [net for text in except_ if (net := block_of(text)) is not None]
        if network is None or (self.family and self.family != f"IPv{network.version}"):
            return False
        if self.addresses:
            return any(contains(network, ip) and not any(contains(e, ip) for e in exceptions) for ip in self.addresses)
        if self.public and not network.is_global and network.prefixlen:
            return False
        if self.is_pod and (network.is_link_local or network.is_loopback or network.is_multicast):
            return False  # whatever address it has
        blocking = [e for e in exceptions if not (self.public and e.is_private)]
        return True if network.prefixlen == 0 and not blocking else None

    def names_port(self, name: str, port: int | None, protocol: str) -> bool | None:
        """N6: whether a port of it is called so, by a container of the pod; what is no pod has no names for ports."""
        if not self.is_pod:
            return False
        if self.spec is None or port is None:
            return None
        return any(
            declared.name == name and declared.container_port == port and (declared.protocol or "TCP") == protocol
            for container in self.spec.containers
            for declared in container.ports
        )


class OneWay(NamedTuple):
    """One direction of a connection: the party whose policies are asked, and the other. `port` is the destination's;
    None: not known.
    """

    direction: Direction
    subject: Party
    peer: Party
    port: int | None
    protocol: str

    @property
    def destination(self) -> Party:
        return self.peer if self.direction == OUTWARD else self.subject


Outcome = Literal["allow", "deny", "next"]
"""`next`: it is not for these policies to say, those that come after them are asked."""
NEXT: frozenset[Outcome] = frozenset({"next"})


MASQUERADED = "masqueraded on the pod's own node"
"""Why more than one outcome is possible where the node of a pod puts its own address on packets for it (K10)."""


class Ruling(Part, frozen=True):
    """What the policies of one kind say of one direction of a connection.

    `outcomes` are those that are possible by what is known: one of them is certain. `policies` are those whose word it
    is, `rules` those of their rules that let it pass. `about` is the rule (policy, index in that direction) that a
    sentence is about, and `doubt` why more than one outcome is possible, where it is not that labels or addresses are
    not known: what both mean is the engine's. `assumes` is what it rests on and implementations differ in.
    """

    outcomes: frozenset[Outcome] = NEXT
    policies: tuple[KubernetesObject, ...] = ()
    rules: tuple[tuple[KubernetesObject, int], ...] = ()
    about: tuple[KubernetesObject, int] | None = None
    doubt: str = ""
    assumes: str = ""

    def then(self, other: Ruling) -> Ruling:
        """What is said together with those that come after it: they are asked where it may be left to them."""
        if "next" not in self.outcomes:
            return self
        if self.outcomes == NEXT:
            return other
        return Ruling(
            outcomes=(self.outcomes - NEXT) | other.outcomes,
            policies=(*self.policies, *other.policies),
            rules=(*self.rules, *other.rules),
            assumes=self.assumes or other.assumes,
        )
