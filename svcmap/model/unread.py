"""Objects of other APIs that can route, filter or protect requests, as what they mention: hosts, Services, targets.

Nothing else of them is kept: what they do is not evaluated, and credentials that stand in some stay out of memory. A
kind that routes is a row of the table below; any custom resource with `targetRef` or `targetRefs` (Gateway API, policy
attachment) mentions those.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from msgspec import Raw, json
from msgspec.structs import force_setattr, replace

from svcmap.model.base import KubernetesObject, Part
from svcmap.model.refs import GroupKind, Name, ObjectRef


class Fields(NamedTuple):
    """Where objects of a kind name hosts and Services: paths, `[]` for every item of a list, apart by blanks. `handles`
    are Services that they lead nobody to, and say how proxies speak to.
    """

    hosts: str = ""
    services: str = ""
    handles: str = ""


_TRAEFIK = Fields("spec.routes[].match", "spec.routes[].services[]")
_ISTIO = "spec.{}[].route[].destination.host"
TABLE: dict[tuple[str, str], Fields] = {
    ("networking.istio.io", "VirtualService"): Fields(
        "spec.hosts[]", " ".join(_ISTIO.format(part) for part in ("http", "tcp", "tls"))
    ),
    ("networking.istio.io", "Gateway"): Fields("spec.servers[].hosts[]"),
    ("networking.istio.io", "ServiceEntry"): Fields("spec.hosts[]"),
    ("networking.istio.io", "DestinationRule"): Fields(handles="spec.host"),
    ("policy.linkerd.io", "HTTPRoute"): Fields("", "spec.parentRefs[]"),
    **{
        (group, f"IngressRoute{suffix}"): _TRAEFIK
        for group in ("traefik.io", "traefik.containo.us")
        for suffix in ("", "TCP", "UDP")
    },
    ("projectcontour.io", "HTTPProxy"): Fields(
        "spec.virtualhost.fqdn", "spec.routes[].services[] spec.tcpproxy.services[]"
    ),
    ("k8s.nginx.org", "VirtualServer"): Fields("spec.host", "spec.upstreams[].service"),
    ("k8s.nginx.org", "VirtualServerRoute"): Fields("spec.host", "spec.upstreams[].service"),
    ("k8s.nginx.org", "TransportServer"): Fields("spec.host", "spec.upstreams[].service"),
    ("configuration.konghq.com", "TCPIngress"): Fields("spec.rules[].host", "spec.rules[].backend"),
    ("configuration.konghq.com", "UDPIngress"): Fields("", "spec.rules[].backend"),
    ("getambassador.io", "Mapping"): Fields("spec.hostname spec.host", "spec.service"),
    ("getambassador.io", "Host"): Fields("spec.hostname"),
    ("gateway.solo.io", "VirtualService"): Fields("spec.virtualHost.domains[]"),
    ("apisix.apache.org", "ApisixRoute"): Fields("spec.http[].match.hosts[]", "spec.http[].backends[]"),
    ("serving.knative.dev", "DomainMapping"): Fields("metadata.name", "spec.ref"),
    ("serving.knative.dev", "Service"): Fields("status.url"),
    ("networking.internal.knative.dev", "Ingress"): Fields("spec.rules[].hosts[]"),
    ("elbv2.k8s.aws", "TargetGroupBinding"): Fields("", "spec.serviceRef"),
}
"""What of each kind is kept (the API references of the projects)."""
ATTACHED: dict[str, str] = {
    "gateway.envoyproxy.io": """SecurityPolicy BackendTrafficPolicy ClientTrafficPolicy EnvoyExtensionPolicy
        EnvoyPatchPolicy""",
    "gateway.kgateway.dev": "TrafficPolicy ListenerPolicy HTTPListenerPolicy BackendConfigPolicy",
    "gateway.nginx.org": "ClientSettingsPolicy RateLimitPolicy SnippetsPolicy WAFPolicy UpstreamSettingsPolicy",
    "networking.gke.io": "GCPBackendPolicy HealthCheckPolicy GCPGatewayPolicy GCPAuthzPolicy",
    "security.istio.io": "AuthorizationPolicy RequestAuthentication",
}
"""Kinds of policies that are attached to Gateways, routes or Services by `targetRef` (controllers.md GW-40 and on)."""
SELECTING: dict[tuple[str, str], str] = {
    ("security.istio.io", "AuthorizationPolicy"): "spec.selector.matchLabels",
    ("security.istio.io", "RequestAuthentication"): "spec.selector.matchLabels",
    ("security.istio.io", "PeerAuthentication"): "spec.selector.matchLabels",
    ("networking.istio.io", "EnvoyFilter"): "spec.workloadSelector.labels",
    ("extensions.istio.io", "WasmPlugin"): "spec.selector.matchLabels",
    ("policy.linkerd.io", "Server"): "spec.podSelector.matchLabels",
}
"""Kinds about the proxies of a mesh, and where each has the labels of the pods; without any all pods of the namespace
(controllers.md GW-41; istio.io/latest/docs/reference/config; linkerd.io, authorization policy).
"""
MESH_ROOT = "istio-system"
"""The namespace whose policies are for the whole mesh (MeshConfig.rootNamespace)."""
DOMAINS = ("", "svc", "cluster", "local")
"""What is behind the asterisk of a host that is one of all Services."""
OWN_TLS = ("spec.trafficPolicy.tls", "spec.trafficPolicy.portLevelSettings[].tls")
"""Where a DestinationRule says that TLS is spoken, or which certificates."""
STRICT, IN_MESH = "STRICT", "mesh"
PLAIN = ("PERMISSIVE", "DISABLE")
OF_ISTIO_ITSELF = ("stats-filter-", "tcp-stats-filter-", "metadata-exchange-", "tcp-metadata-exchange-")
"""The EnvoyFilters that installations of Istio come with: they count, and decide nothing."""
GROUPS = frozenset({*(group for group, _ in (*TABLE, *SELECTING)), *ATTACHED})
ANY = "*"
"""In the place of a name: objects that labels select, which may be any of the kind and namespace."""
SELECTORS = "spec.targetSelectors[]"
TARGETS = f"spec.targetRef spec.targetRefs[] {SELECTORS}"
IN_MATCH = re.compile(r"\bHost(?:SNI|Header)?\(([^)]*)\)")
QUOTED = re.compile(r"[`'\"]([^`'\"]+)[`'\"]")
MATCH = ".match"
"""The end of a path whose text is a rule of Traefik: its hosts stand in it as Host(`…`)."""


class Mention(Part, frozen=True):
    """A host, or an object as `Kind/namespace/name`, and the field that names it.

    `value` is the section of an object that is meant alone (a listener, a rule, a port), or `mesh` where a host is one
    for the proxies of pods; `group` the API group of an object, where it is said.
    """

    what: str
    field: str
    value: str = ""
    group: str = ""


class PodSelection(Part, frozen=True):
    """The pods whose proxies an object is about: those of a namespace (empty: of all) with labels, and the field.
    `lifts`: it asks for nothing, and takes the place of another of its kind that is about more pods.
    """

    namespace: str
    labels: dict[str, str]
    field: str
    lifts: bool = False


class Unread(Part, frozen=True):
    """An object that is not evaluated, as what it mentions; `pods` are those whose proxies in a mesh it is about."""

    ref: ObjectRef
    hosts: tuple[Mention, ...] = ()
    services: tuple[Mention, ...] = ()
    targets: tuple[Mention, ...] = ()
    pods: PodSelection | None = None
    handled: tuple[Mention, ...] = ()


class UnreadObject(KubernetesObject, frozen=True):
    """One as an API server sends it: what it mentions is picked out at once, and the rest forgotten."""

    spec: Raw = Raw(b"{}")
    status: Raw = Raw(b"{}")
    found: Unread | None = None

    def pick(self) -> None:
        """Put what is mentioned in the place of the whole."""
        named = {"name": self.metadata.name}
        value = {"metadata": named, "spec": json.decode(self.spec), "status": json.decode(self.status)}
        force_setattr(self, "found", unread_of(self.of_kind, value, self.metadata.namespace))
        force_setattr(self, "spec", Raw(b"{}"))
        force_setattr(self, "status", Raw(b"{}"))


def is_unread(kind: GroupKind) -> bool:
    """Whether objects of a kind are asked for what they mention, and not evaluated."""
    key = kind.group, kind.kind
    return key in TABLE or key in SELECTING or kind.kind in ATTACHED.get(kind.group, "").split()


def unread_of(kind: GroupKind, value: Mapping[str, Any], namespace: str) -> Unread | None:
    """What an object mentions; None where that is nothing, or it is of no kind that could matter.

    `namespace` is that of the object where it says none.
    """
    metadata = value.get("metadata")
    if not kind.group or not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        return None
    own = metadata.get("namespace")
    own = own if isinstance(own, str) and own else namespace
    fields = TABLE.get((kind.group, kind.kind), Fields())
    hosts = [host for path in fields.hosts.split() for host in _hosts(value, path)]
    if kind.kind == "VirtualService" and _is_of_mesh(value):
        hosts = [replace(host, value=IN_MESH) for host in hosts]
    found = Unread(
        ref=kind.ref(own, metadata["name"]),
        # A Gateway of Istio opens a port for every host: what is served there VirtualServices say.
        hosts=tuple(host for host in hosts if host.what != ANY or kind.kind != "Gateway"),
        services=tuple(item for path in fields.services.split() for item in _services(value, path, own)),
        targets=tuple(item for path in TARGETS.split() for item in _targets(value, path, own)),
        handled=tuple(_handled(value, fields, own)),
    )
    found = replace(found, pods=_pods(kind, value, own) if not found.targets else None)
    is_about = found.hosts or found.services or found.targets or found.pods or found.handled
    return found if is_about else None


def _handled(value: Mapping[str, Any], fields: Fields, namespace: str) -> Iterator[Mention]:
    """The Services to which TLS is spoken in a way of its own; subsets and limits fail no request by themselves."""
    tls = next((field for path in OWN_TLS for _, field in _at(value, path)), "")
    for item in _services(value, fields.handles, namespace) if fields.handles and tls else ():
        _, within, name = item.what.split("/", 2)
        if name == ANY and within in DOMAINS:  # `*.local`: of every namespace where the whole mesh goes by it
            within = ANY if namespace == MESH_ROOT else namespace
        yield replace(item, field=tls, what=f"Service/{within}/{name}")


def _is_of_mesh(value: Mapping[str, Any]) -> bool:
    """Whether a VirtualService is for the proxies of pods: it names no gateways, or `mesh` among them."""
    gateways = next((found for found, _ in _at(value, "spec.gateways") if isinstance(found, list)), None)
    return not gateways or IN_MESH in gateways


def _pods(kind: GroupKind, value: Mapping[str, Any], namespace: str) -> PodSelection | None:
    """The pods that an object of a mesh is about; None where it is about none, or asks for nothing."""
    path = SELECTING.get((kind.group, kind.kind))
    if path is None:
        return None
    lifts = kind.kind == "PeerAuthentication" and not _is_strict(value)
    if lifts and all(mode not in PLAIN for mode, _ in _at(value, "spec.mtls.mode")):
        return None
    if kind.kind == "EnvoyFilter" and str(value["metadata"]["name"]).startswith(OF_ISTIO_ITSELF):
        return None
    labels = next((found for found, _ in _at(value, path) if isinstance(found, Mapping)), {})
    # In the root namespace a selector is about pods of all namespaces, but for that of a PeerAuthentication.
    is_wide = namespace == MESH_ROOT and (not labels or kind.kind != "PeerAuthentication")
    where = "" if is_wide else namespace
    return PodSelection(where, {str(key): str(text) for key, text in labels.items()}, path if labels else "spec", lifts)


def _is_strict(value: Mapping[str, Any]) -> bool:
    """Whether plain connections are refused, on one port at least."""
    modes = [mode for mode, _ in _at(value, "spec.mtls.mode")]
    ports = next((found for found, _ in _at(value, "spec.portLevelMtls") if isinstance(found, Mapping)), {})
    return STRICT in [*modes, *(item.get("mode") for item in ports.values() if isinstance(item, Mapping))]


def _at(value: Any, path: str, field: str = "") -> Iterator[tuple[Any, str]]:
    """What stands at a path, each with its field."""
    if not path:
        yield value, field
        return
    step, _, rest = path.partition(".")
    key = step.removesuffix("[]")
    inner = value.get(key) if isinstance(value, Mapping) else None
    here = f"{field}.{key}" if field else key
    if not step.endswith("[]"):
        if inner is not None:
            yield from _at(inner, rest, here)
        return
    for index, item in enumerate(inner if isinstance(inner, list) else ()):
        yield from _at(item, rest, f"{here}[{index}]")


def _hosts(value: Mapping[str, Any], path: str) -> Iterator[Mention]:
    for text, field in _at(value, path):
        if not isinstance(text, str):
            continue
        names = [text.rpartition("/")[2]]  # Istio: `namespace/host`
        if path.endswith(MATCH):
            names = [name for part in IN_MATCH.findall(text) for name in QUOTED.findall(part)]
            if not names:  # a pattern of hosts, or no host at all
                names = [ANY]
        yield from (Mention(what=name.lower(), field=field) for name in names if name)


def _services(value: Mapping[str, Any], path: str, namespace: str) -> Iterator[Mention]:
    for item, field in _at(value, path):
        name: Any = item
        within = namespace
        if isinstance(item, Mapping):
            name = item.get("name") or item.get("serviceName")
            within = str(item.get("namespace") or namespace)
        if not isinstance(name, str) or not name:
            continue
        first, _, rest = name.partition(":")[0].partition(".")
        yield Mention(what=f"Service/{rest.partition('.')[0] or within}/{first}", field=field)


def _targets(value: Mapping[str, Any], path: str, namespace: str) -> Iterator[Mention]:
    for item, field in _at(value, path):
        if path == SELECTORS and isinstance(item, Mapping) and isinstance(item.get("kind"), str):
            yield Mention(what=f"{item['kind']}/{namespace}/{ANY}", field=field)
        elif isinstance(item, Mapping) and isinstance(item.get("kind"), str) and isinstance(item.get("name"), str):
            within = str(item.get("namespace") or ("" if item["kind"] == "GatewayClass" else namespace))
            section = str(item.get("sectionName") or "")
            group = str(item.get("group") or "")
            yield Mention(what=f"{item['kind']}/{within}/{item['name']}", field=field, value=section, group=group)


def service_named(mention: Mention) -> Name:
    """The Service of a mention."""
    _, namespace, name = mention.what.split("/", 2)
    return Name(namespace, name)
