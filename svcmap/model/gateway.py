"""gateway.networking.k8s.io: gateways, their listeners, and the routes that attach to them."""

from __future__ import annotations

import msgspec

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.core import Condition
from svcmap.model.group_kinds import GATEWAY, GATEWAY_API, GATEWAY_API_X, LISTENER_SETS, group_kind
from svcmap.model.labels import LabelSelector
from svcmap.model.refs import Name, ObjectRef


class ParametersReference(Part, frozen=True):
    """An object with settings of the implementation; without a namespace that of a Gateway is of its own."""

    group: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""


class GatewayClassSpec(Part, frozen=True):
    controller_name: str = ""
    parameters_ref: ParametersReference | None = None


class SupportedFeature(Part, frozen=True):
    name: str = ""


class GatewayClassStatus(Part, frozen=True):
    """`supportedFeatures` were plain names before release 1.2 of the API."""

    conditions: tuple[Observed, ...] = ()
    supported_features: tuple[SupportedFeature | str, ...] = ()

    @property
    def features(self) -> frozenset[str]:
        return frozenset(item if isinstance(item, str) else item.name for item in self.supported_features)


class GatewayClass(KubernetesObject, frozen=True):
    spec: GatewayClassSpec = GatewayClassSpec()
    status: GatewayClassStatus = GatewayClassStatus()


class RouteNamespaces(Part, frozen=True):
    from_: str = msgspec.field(default="Same", name="from")
    selector: LabelSelector | None = None


class RouteGroupKind(Part, frozen=True):
    group: str = "gateway.networking.k8s.io"
    kind: str = ""


class AllowedRoutes(Part, frozen=True):
    namespaces: RouteNamespaces = RouteNamespaces()
    kinds: tuple[RouteGroupKind, ...] = ()


class SecretReference(Part, frozen=True):
    group: str = ""
    kind: str = "Secret"
    name: str = ""
    namespace: str = ""


class FrontendValidation(Part, frozen=True):
    """How certificates of clients are looked at (GEP-91)."""

    mode: str = ""


class GatewayTLS(Part, frozen=True):
    """`frontend_validation` is where releases before 1.4 of the API had it."""

    mode: str = "Terminate"
    certificate_refs: tuple[SecretReference, ...] = ()
    frontend_validation: FrontendValidation | None = None


class FrontendTLS(Part, frozen=True):
    validation: FrontendValidation | None = None


class PortTLS(Part, frozen=True):
    port: int = 0
    tls: FrontendTLS = FrontendTLS()


class FrontendTLSConfig(Part, frozen=True):
    default: FrontendTLS = FrontendTLS()
    per_port: tuple[PortTLS, ...] = ()


class GatewayTLSConfig(Part, frozen=True):
    frontend: FrontendTLSConfig = FrontendTLSConfig()


class Listener(Part, frozen=True):
    name: str = ""
    hostname: str = ""
    port: int = 0
    protocol: str = ""
    tls: GatewayTLS | None = None
    allowed_routes: AllowedRoutes = AllowedRoutes()


class AllowedListeners(Part, frozen=True):
    namespaces: RouteNamespaces = RouteNamespaces(from_="None")


class GatewaySpecAddress(Part, frozen=True):
    type: str = ""
    value: str = ""


class Infrastructure(Part, frozen=True):
    parameters_ref: ParametersReference | None = None
    labels: dict[str, str] = {}


class GatewaySpec(Part, frozen=True):
    gateway_class_name: str = ""
    listeners: tuple[Listener, ...] = ()
    addresses: tuple[GatewaySpecAddress, ...] = ()
    allowed_listeners: AllowedListeners = AllowedListeners()
    infrastructure: Infrastructure = Infrastructure()
    tls: GatewayTLSConfig = GatewayTLSConfig()


class Observed(Condition, frozen=True):
    """A condition, and the generation of the object that it is about."""

    observed_generation: int = 0


class ListenerStatus(Part, frozen=True):
    name: str = ""
    conditions: tuple[Observed, ...] = ()


class GatewayStatus(Part, frozen=True):
    addresses: tuple[GatewaySpecAddress, ...] = ()
    conditions: tuple[Observed, ...] = ()
    listeners: tuple[ListenerStatus, ...] = ()


class Gateway(KubernetesObject, frozen=True):
    spec: GatewaySpec = GatewaySpec()
    status: GatewayStatus = GatewayStatus()


class ParentReference(Part, frozen=True):
    group: str = "gateway.networking.k8s.io"
    kind: str = "Gateway"
    namespace: str = ""
    name: str = ""
    section_name: str = ""
    port: int = 0

    def object_of(self, namespace: str) -> ObjectRef | None:
        """What an object of a namespace names with it; None if that is no Gateway and no ListenerSet (a Service, for a
        mesh).
        """
        if self.group not in ("", GATEWAY_API, GATEWAY_API_X):
            return None
        kind = group_kind(f"{self.group or GATEWAY_API}/v1", self.kind)
        return kind.ref(self.namespace or namespace, self.name) if kind in (GATEWAY, *LISTENER_SETS) else None


class ListenerSetSpec(Part, frozen=True):
    parent_ref: ParentReference = ParentReference()
    listeners: tuple[Listener, ...] = ()


class ListenerSetStatus(Part, frozen=True):
    conditions: tuple[Observed, ...] = ()
    listeners: tuple[ListenerStatus, ...] = ()


class ListenerSet(KubernetesObject, frozen=True):
    spec: ListenerSetSpec = ListenerSetSpec()
    status: ListenerSetStatus = ListenerSetStatus()


class BackendRef(Part, frozen=True):
    group: str = ""
    kind: str = "Service"
    name: str = ""
    namespace: str = ""
    port: int | None = None
    weight: int = 1


class ValueMatch(Part, frozen=True):
    """A header or query parameter match."""

    type: str = "Exact"
    name: str = ""
    value: str = ""


class PathMatch(Part, frozen=True):
    type: str = "PathPrefix"
    value: str = "/"


class MethodMatch(Part, frozen=True):
    """GRPCRoute's service and method."""

    type: str = "Exact"
    service: str = ""
    method: str = ""


class RouteMatch(Part, frozen=True):
    """HTTPRoute and GRPCRoute matches in one: `method` is a verb in the one, service and method in the other."""

    path: PathMatch = PathMatch()
    headers: tuple[ValueMatch, ...] = ()
    query_params: tuple[ValueMatch, ...] = ()
    method: str | MethodMatch | None = None


class PathModifier(Part, frozen=True):
    type: str = ""
    replace_full_path: str = ""
    replace_prefix_match: str = ""


class RequestRedirect(Part, frozen=True):
    scheme: str = ""
    hostname: str = ""
    port: int = 0
    status_code: int = 302
    path: PathModifier | None = None


class URLRewrite(Part, frozen=True):
    hostname: str = ""
    path: PathModifier | None = None


class ExtensionRef(Part, frozen=True):
    """A filter that an implementation has as an object of its own."""

    group: str = ""
    kind: str = ""
    name: str = ""


class RouteFilter(Part, frozen=True):
    type: str = ""
    request_redirect: RequestRedirect | None = None
    url_rewrite: URLRewrite | None = None
    extension_ref: ExtensionRef | None = None


class RouteRule(Part, frozen=True):
    name: str = ""
    matches: tuple[RouteMatch, ...] = ()
    filters: tuple[RouteFilter, ...] = ()
    backend_refs: tuple[BackendRef, ...] = ()


class RouteSpec(Part, frozen=True):
    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[str, ...] = ()
    rules: tuple[RouteRule, ...] = ()


class RouteParentStatus(Part, frozen=True):
    parent_ref: ParentReference = ParentReference()
    controller_name: str = ""
    conditions: tuple[Observed, ...] = ()


class RouteStatus(Part, frozen=True):
    parents: tuple[RouteParentStatus, ...] = ()


class Route(KubernetesObject, frozen=True):
    """HTTPRoute, GRPCRoute, TLSRoute, TCPRoute or UDPRoute."""

    spec: RouteSpec = RouteSpec()
    status: RouteStatus = RouteStatus()

    @property
    def backend_services(self) -> list[Name]:
        """The Services its rules name as backends, each as often as they do."""
        refs = (backend for rule in self.spec.rules for backend in rule.backend_refs)
        services = (backend for backend in refs if backend.kind == "Service" and not backend.group)
        return [Name(backend.namespace or self.metadata.namespace, backend.name) for backend in services]


class PolicyTarget(Part, frozen=True):
    """What a policy is attached to; without a section all of it."""

    group: str = ""
    kind: str = ""
    name: str = ""
    section_name: str = ""


class BackendTLSValidation(Part, frozen=True):
    """How certificates of pods are verified: by CA certificates of ConfigMaps, or those of the system."""

    ca_certificate_refs: tuple[SecretReference, ...] = ()
    well_known_ca_certificates: str = msgspec.field(default="", name="wellKnownCACertificates")
    hostname: str = ""


class BackendTLSPolicySpec(Part, frozen=True):
    """`target_ref` is what releases before v1alpha3 had in the place of `target_refs`."""

    target_refs: tuple[PolicyTarget, ...] = ()
    target_ref: PolicyTarget | None = None
    validation: BackendTLSValidation = BackendTLSValidation()

    @property
    def targets(self) -> tuple[PolicyTarget, ...]:
        return self.target_refs or ((self.target_ref,) if self.target_ref else ())


class PolicyAncestorStatus(Part, frozen=True):
    """What a controller says of a policy where it is about one Gateway."""

    ancestor_ref: ParentReference = ParentReference()
    controller_name: str = ""
    conditions: tuple[Observed, ...] = ()


class BackendTLSPolicyStatus(Part, frozen=True):
    ancestors: tuple[PolicyAncestorStatus, ...] = ()


class BackendTLSPolicy(KubernetesObject, frozen=True):
    spec: BackendTLSPolicySpec = BackendTLSPolicySpec()
    status: BackendTLSPolicyStatus = BackendTLSPolicyStatus()


class ReferenceGrantFrom(Part, frozen=True):
    group: str = ""
    kind: str = ""
    namespace: str = ""


class ReferenceGrantTo(Part, frozen=True):
    group: str = ""
    kind: str = ""
    name: str = ""


class ReferenceGrantSpec(Part, frozen=True):
    from_: tuple[ReferenceGrantFrom, ...] = msgspec.field(default=(), name="from")
    to: tuple[ReferenceGrantTo, ...] = ()


class ReferenceGrant(KubernetesObject, frozen=True):
    spec: ReferenceGrantSpec = ReferenceGrantSpec()
