"""networking.k8s.io: Ingress and its classes, NetworkPolicy, ServiceCIDR."""

from __future__ import annotations

import msgspec

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.core import LoadBalancerStatus
from svcmap.model.labels import LabelSelector
from svcmap.model.refs import Name


class ServiceBackendPort(Part, frozen=True):
    name: str = ""
    number: int = 0


class IngressServiceBackend(Part, frozen=True):
    name: str = ""
    port: ServiceBackendPort = ServiceBackendPort()


class TypedReference(Part, frozen=True):
    kind: str = ""
    name: str = ""
    api_group: str = ""


class IngressBackend(Part, frozen=True):
    """A backend in the form of v1; `service_name` and `service_port` are those of both v1beta1 versions (I8)."""

    service: IngressServiceBackend | None = None
    resource: TypedReference | None = None
    service_name: str = ""
    service_port: int | str | None = None

    @property
    def as_service(self) -> IngressServiceBackend | None:
        """The Service backend, whichever version wrote it: a servicePort that is a number is one, text is a name."""
        if self.service or not self.service_name:
            return self.service
        port = self.service_port
        number = ServiceBackendPort(number=port) if isinstance(port, int) else ServiceBackendPort(name=port or "")
        return IngressServiceBackend(name=self.service_name, port=number)


class HTTPIngressPath(Part, frozen=True):
    path: str = ""
    path_type: str = ""
    backend: IngressBackend = IngressBackend()


class HTTPIngressRuleValue(Part, frozen=True):
    paths: tuple[HTTPIngressPath, ...] = ()


class IngressRule(Part, frozen=True):
    host: str = ""
    http: HTTPIngressRuleValue | None = None


class IngressTLS(Part, frozen=True):
    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Part, frozen=True):
    """`backend` is v1beta1's name of `default_backend` (I8)."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] = ()
    tls: tuple[IngressTLS, ...] = ()


class IngressStatus(Part, frozen=True):
    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Ingress(KubernetesObject, frozen=True):
    spec: IngressSpec = IngressSpec()
    status: IngressStatus = IngressStatus()

    @property
    def default_backend(self) -> IngressBackend | None:
        return self.spec.default_backend or self.spec.backend

    @property
    def backend_services(self) -> list[Name]:
        """The Services it names, in a rule or as the default backend, each as often as it does."""
        backends = [self.default_backend] if self.default_backend else []
        backends += [path.backend for rule in self.spec.rules if rule.http for path in rule.http.paths]
        found = (backend.as_service for backend in backends)
        return [Name(self.metadata.namespace, service.name) for service in found if service]


class IngressClassParameters(Part, frozen=True):
    """An object with settings of the controller."""

    kind: str = ""
    name: str = ""


class IngressClassSpec(Part, frozen=True):
    controller: str = ""
    parameters: IngressClassParameters | None = None


class IngressClass(KubernetesObject, frozen=True):
    spec: IngressClassSpec = IngressClassSpec()


class IPBlock(Part, frozen=True):
    cidr: str = ""
    except_: tuple[str, ...] = msgspec.field(default=(), name="except")


class NetworkPolicyPeer(Part, frozen=True):
    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class NetworkPolicyPort(Part, frozen=True):
    port: int | str | None = None
    end_port: int = 0
    protocol: str = ""


class NetworkPolicyIngressRule(Part, frozen=True):
    from_: tuple[NetworkPolicyPeer, ...] = msgspec.field(default=(), name="from")
    ports: tuple[NetworkPolicyPort, ...] = ()


class NetworkPolicyEgressRule(Part, frozen=True):
    to: tuple[NetworkPolicyPeer, ...] = ()
    ports: tuple[NetworkPolicyPort, ...] = ()


class NetworkPolicySpec(Part, frozen=True):
    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[str, ...] = ()
    ingress: tuple[NetworkPolicyIngressRule, ...] = ()
    egress: tuple[NetworkPolicyEgressRule, ...] = ()

    @property
    def peers(self) -> list[NetworkPolicyPeer]:
        """Every peer that a rule of either direction names."""
        sources = [peer for inward in self.ingress for peer in inward.from_]
        return sources + [peer for outward in self.egress for peer in outward.to]


class NetworkPolicy(KubernetesObject, frozen=True):
    spec: NetworkPolicySpec = NetworkPolicySpec()


class ServiceCIDRSpec(Part, frozen=True):
    cidrs: tuple[str, ...] = ()


class ServiceCIDR(KubernetesObject, frozen=True):
    spec: ServiceCIDRSpec = ServiceCIDRSpec()
