"""Custom resources of Ingress controllers that svcmap evaluates: of each the fields that decide about a request.

What else stands in them is forgotten as it is read: users and passwords do not stay in memory.
"""

from __future__ import annotations

from msgspec import field, structs

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.labels import LabelSelector


class Present(Part, frozen=True):
    """A setting that is there, whatever it says."""


def field_of(spec: Part) -> str:
    """The field that is set of a spec of which one is, or where none of those that are read is set the spec."""
    names = (item.encode_name for item in structs.fields(spec) if getattr(spec, item.name) is not None)
    return ".".join(["spec", *list(names)[:1]])


class Prefixes(Part, frozen=True):
    prefixes: tuple[str, ...] = ()


class Patterns(Part, frozen=True):
    regex: tuple[str, ...] = ()


class AddPrefix(Part, frozen=True):
    prefix: str = ""


class ReplacePath(Part, frozen=True):
    path: str = ""


class ReplacePathRegex(Part, frozen=True):
    regex: str = ""
    replacement: str = ""


class RedirectScheme(Part, frozen=True):
    scheme: str = ""
    port: str | int = ""
    permanent: bool = False


class RedirectRegex(Part, frozen=True):
    regex: str = ""
    replacement: str = ""
    permanent: bool = False


class IPStrategy(Part, frozen=True):
    depth: int = 0
    excluded_ips: tuple[str, ...] = field(default=(), name="excludedIPs")
    ipv6_subnet: int = 0


class AddressList(Part, frozen=True):
    source_range: tuple[str, ...] = ()
    ip_strategy: IPStrategy | None = None
    reject_status_code: int = 0


class Credentials(Part, frozen=True):
    secret: str = ""


class MiddlewareReference(Part, frozen=True):
    name: str = ""
    namespace: str = ""


class Chain(Part, frozen=True):
    middlewares: tuple[MiddlewareReference, ...] = ()


class Headers(Part, frozen=True):
    access_control_allow_methods: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()


class MiddlewareSpec(Part, frozen=True):
    """One kind of middleware is set (CT-A4; traefik: pkg/provider/kubernetes/crd/traefikio/v1alpha1/middleware.go)."""

    add_prefix: AddPrefix | None = None
    strip_prefix: Prefixes | None = None
    strip_prefix_regex: Patterns | None = None
    replace_path: ReplacePath | None = None
    replace_path_regex: ReplacePathRegex | None = None
    redirect_scheme: RedirectScheme | None = None
    redirect_regex: RedirectRegex | None = None
    ip_white_list: AddressList | None = None
    ip_allow_list: AddressList | None = None
    basic_auth: Credentials | None = None
    digest_auth: Credentials | None = None
    chain: Chain | None = None
    headers: Headers | None = None
    rate_limit: Present | None = None
    in_flight_req: Present | None = None
    buffering: Present | None = None
    circuit_breaker: Present | None = None
    compress: Present | None = None
    content_type: Present | None = None
    errors: Present | None = None
    retry: Present | None = None
    grpc_web: Present | None = None
    pass_tls_client_cert: Present | None = field(default=None, name="passTLSClientCert")
    forward_auth: Present | None = None
    encoded_characters: Present | None = None
    plugin: Present | None = None


class Middleware(KubernetesObject, frozen=True):
    """traefik.io/v1alpha1"""

    spec: MiddlewareSpec = MiddlewareSpec()


class RedirectToHTTPS(Part, frozen=True):
    enabled: bool = False
    response_code_name: str = ""


class FrontendConfigSpec(Part, frozen=True):
    redirect_to_https: RedirectToHTTPS = RedirectToHTTPS()


class FrontendConfig(KubernetesObject, frozen=True):
    """networking.gke.io/v1beta1 (CG-A2)"""

    spec: FrontendConfigSpec = FrontendConfigSpec()


class IAP(Part, frozen=True):
    enabled: bool = False


class SecurityPolicy(Part, frozen=True):
    name: str = ""


class HealthCheck(Part, frozen=True):
    request_path: str = ""
    port: int = 0


class BackendConfigSpec(Part, frozen=True):
    iap: IAP = IAP()
    security_policy: SecurityPolicy = SecurityPolicy()
    health_check: HealthCheck | None = None


class BackendConfig(KubernetesObject, frozen=True):
    """cloud.google.com/v1 (CG-A7)"""

    spec: BackendConfigSpec = BackendConfigSpec()


class AccessControl(Part, frozen=True):
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class NginxPolicySpec(Part, frozen=True):
    """One kind of policy is set (k8s.nginx.org: docs/crd/k8s.nginx.org_policies)."""

    access_control: AccessControl | None = None
    basic_auth: Credentials | None = None
    rate_limit: Present | None = None
    cache: Present | None = None
    egress_mtls: Present | None = field(default=None, name="egressMTLS")
    jwt: Present | None = None
    ingress_mtls: Present | None = field(default=None, name="ingressMTLS")
    oidc: Present | None = None
    waf: Present | None = None
    api_key: Present | None = None
    cors: Present | None = None
    external_auth: Present | None = None


class NginxPolicy(KubernetesObject, frozen=True):
    """k8s.nginx.org/v1 Policy (CI-A11)"""

    spec: NginxPolicySpec = NginxPolicySpec()


class IngressGroup(Part, frozen=True):
    name: str = ""


class ListenerPort(Part, frozen=True):
    protocol: str = ""
    port: int = 0


class IngressClassParamsSpec(Part, frozen=True):
    namespace_selector: LabelSelector | None = None
    group: IngressGroup = IngressGroup()
    scheme: str = ""
    inbound_cidrs: tuple[str, ...] = field(default=(), name="inboundCIDRs")
    certificate_arn: tuple[str, ...] = ()
    ssl_redirect_port: str = ""
    target_type: str = ""
    listeners: tuple[ListenerPort, ...] = ()
    prefix_lists_ids: tuple[str, ...] = field(default=(), name="prefixListsIDs")
    wafv2_acl_arn: str = ""
    wafv2_acl_name: str = ""


class IngressClassParams(KubernetesObject, frozen=True):
    """elbv2.k8s.aws/v1beta1, for the whole cluster (CA-2)"""

    spec: IngressClassParamsSpec = IngressClassParamsSpec()


class KongPlugin(KubernetesObject, frozen=True):
    """configuration.konghq.com/v1 KongPlugin, and KongClusterPlugin for the whole cluster (CK-10, CK-A7)"""

    plugin: str = ""
    disabled: bool = False
