"""route.openshift.io: Routes, and what routers say of them."""

from __future__ import annotations

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.core import Condition
from svcmap.model.refs import Name


class TargetReference(Part, frozen=True):
    """A Service and its weight; the API server gives it 100 where nothing is written."""

    kind: str = "Service"
    name: str = ""
    weight: int = 100


class RoutePort(Part, frozen=True):
    target_port: int | str = ""


class TLSConfig(Part, frozen=True):
    """Without certificates and keys: what svcmap does not need it does not read."""

    termination: str = ""
    insecure_edge_termination_policy: str = ""


class RouteSpec(Part, frozen=True):
    host: str = ""
    path: str = ""
    to: TargetReference = TargetReference()
    alternate_backends: tuple[TargetReference, ...] = ()
    port: RoutePort | None = None
    tls: TLSConfig | None = None
    wildcard_policy: str = ""


class RouteIngress(Part, frozen=True):
    """What one router makes of a Route."""

    host: str = ""
    router_name: str = ""
    router_canonical_hostname: str = ""
    conditions: tuple[Condition, ...] = ()

    @property
    def is_refused(self) -> bool:
        return any(item.type == "Admitted" and item.status == "False" for item in self.conditions)


class RouteStatus(Part, frozen=True):
    ingress: tuple[RouteIngress, ...] = ()


class Route(KubernetesObject, frozen=True):
    spec: RouteSpec = RouteSpec()
    status: RouteStatus = RouteStatus()

    @property
    def host(self) -> str:
        """Its host in lower case; empty where the API server is yet to make one of its name."""
        return (self.spec.host or next((item.host for item in self.status.ingress if item.host), "")).lower()

    @property
    def canonical_hostname(self) -> str:
        """The host name of a router that does not refuse it; empty where the status has none."""
        names = (item.router_canonical_hostname for item in self.status.ingress if not item.is_refused)
        return next((name for name in names if name), "")

    @property
    def routers(self) -> list[str]:
        """What the routers are called that do not refuse it."""
        return [item.router_name for item in self.status.ingress if item.router_name and not item.is_refused]

    @property
    def termination(self) -> str:
        """`edge`, `passthrough`, `reencrypt`; empty where the Route is one of plain http."""
        return self.spec.tls.termination.lower() if self.spec.tls else ""

    @property
    def insecure_policy(self) -> str:
        """What becomes of plain http where it has TLS: `Allow`, `Redirect`, and `None` or nothing for neither."""
        return self.spec.tls.insecure_edge_termination_policy if self.spec.tls else ""

    @property
    def targets(self) -> tuple[TargetReference, ...]:
        return (self.spec.to, *self.spec.alternate_backends)

    @property
    def backend_services(self) -> list[Name]:
        """The Services it names, each as often as it does."""
        return [Name(self.metadata.namespace, target.name) for target in self.targets if target.kind == "Service"]
