"""What goes into an answer and what comes out: records, answers, and the view of the cluster they are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from svcmap.model.addresses import family_of
from svcmap.model.base import Part
from svcmap.model.core import Service, ServicePort
from svcmap.model.facts import Basis, Endpoint, EndpointSet
from svcmap.model.refs import Name

Upstream = Mapping[str, Mapping[str, Sequence[str]]]
"""What resolvers outside the cluster answer: name (lower case, no final dot) → record type → data."""


class Record(Part, frozen=True):
    """One resource record; `data` is in zone-file form (`0 100 80 web.shop.svc.cluster.local.`)."""

    name: str
    type: str
    ttl: int
    data: str

    def __str__(self) -> str:
        return f"{self.name}. {self.ttl} IN {self.type} {self.data}"


class Answer(Part, frozen=True):
    """What a query gets. NOERROR without answers is NODATA; an empty `rcode` is "nobody here can know".

    `note` says what is not known, for example an address that is allocated when the Service is created; `service` is
    the Service the name belongs to. `dead_end`: the alias in it leads out of the cluster, and nobody is asked there.
    `passed_on`: the kubernetes plugin leaves the name to the next one.
    """

    rcode: str
    answers: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    service: Name | None = None
    basis: Basis = "computed"
    note: str = ""
    rule: str = "D5"
    dead_end: bool = False
    passed_on: bool = False


NXDOMAIN = Answer(rcode="NXDOMAIN", rule="D3")


class Cluster(Protocol):
    """What DNS needs to know of a cluster. Services have their defaults."""

    def service(self, name: Name) -> Service | None:
        """One Service."""

    def endpoints(self, name: Name) -> EndpointSet:
        """The endpoints of a Service."""

    def ports(self, service: Service, name: str) -> Sequence[ServicePort]:
        """The ports of a Service with a name, compared in lower case."""

    def services_at(self, address: str) -> Sequence[Service]:
        """Services whose cluster IP is this address."""

    def endpoints_at(self, address: str) -> Sequence[tuple[Name, Endpoint]]:
        """Ready endpoints with this address, each with the Service its slice names, whether that exists or not."""

    def pod_runs_at(self, namespace: str, address: str) -> bool:
        """Whether a pod of a namespace has this primary address (D16)."""

    def namespace_exists(self, namespace: str) -> bool:
        """D4."""

    def namespace_labels(self, namespace: str) -> Mapping[str, str] | None:
        """Those of a namespace; None where they are not known."""


class Found(Part, frozen=True):
    """One thing a name stands for (CoreDNS' msg.Service): `host` is an address, or the name of an alias.

    `key` is the name its SRV and NS records point to; `port` -1 stands for "no ports declared".
    """

    host: str
    key: str
    port: int = 0
    service: Name | None = None
    text: str = ""

    @property
    def type(self) -> str:
        """A, AAAA, CNAME or TXT, by what `host` is."""
        if self.text:
            return "TXT"
        return address_type(self.host) or "CNAME"


def address_type(text: str) -> str:
    """A or AAAA for an IP address, empty for anything else."""
    return {"IPv4": "A", "IPv6": "AAAA"}.get(family_of(text), "")
