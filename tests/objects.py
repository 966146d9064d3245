"""The objects that tests are made of, as YAML: the one place that writes them. Each begins a document of its own.

What varies is given in flow style, as it would be in a file: `service("{ports: [{port: 80}]}")`. `meta` is what stands in
metadata beside name and namespace (`labels: {app: web}`).
"""

from __future__ import annotations

API = {
    "EndpointSlice": "discovery.k8s.io/v1",
    **dict.fromkeys(("Ingress", "IngressClass", "NetworkPolicy"), "networking.k8s.io/v1"),
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), "apps/v1"),
    **dict.fromkeys(("Job", "CronJob"), "batch/v1"),
    **dict.fromkeys(
        ("GatewayClass", "Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"),
        "gateway.networking.k8s.io/v1",
    ),
    "Route": "route.openshift.io/v1",
    "ClusterNetworkPolicy": "policy.networking.k8s.io/v1alpha2",
    **dict.fromkeys(("AdminNetworkPolicy", "BaselineAdminNetworkPolicy"), "policy.networking.k8s.io/v1alpha1"),
}
"""Kind → its apiVersion; of others it is v1."""
HTTP = "[{name: http, containerPort: 8080}]"


def document(kind: str, name: str, rest: str = "", api: str = "", meta: str = "", *, namespace: str = "") -> str:
    """An object; `rest` are the lines below its metadata."""
    parts = [f"name: {name}", f"namespace: {namespace}" if namespace else "", meta.strip(", ")]
    metadata = ", ".join(part for part in parts if part)
    end = f"{rest}\n" if rest else ""
    return f"---\napiVersion: {api or API.get(kind, 'v1')}\nkind: {kind}\nmetadata: {{{metadata}}}\n{end}"


def service(spec: str, name: str = "web", *, namespace: str = "", meta: str = "", status: str = "") -> str:
    rest = f"spec: {spec}" + (f"\nstatus: {status}" if status else "")
    return document("Service", name, rest, namespace=namespace, meta=meta)


def slice_(
    endpoints: str,
    ports: str = "[{port: 8080}]",
    *,
    of: str = "web",
    name: str = "",
    kind: str = "IPv4",
    namespace: str = "",
    meta: str = "",
) -> str:
    """An EndpointSlice of the Service `of`; `meta` are more of its labels."""
    labels = ", ".join(part for part in (f"kubernetes.io/service-name: {of}", meta.strip(", ")) if part)
    rest = f"addressType: {kind}\nports: {ports}\nendpoints: [{endpoints}]"
    own = name or f"{of}-{kind.lower()}"
    return document("EndpointSlice", own, rest, namespace=namespace, meta=f"labels: {{{labels}}}")


def pod(
    name: str = "p",
    ips: str = "10.1.0.1",
    *,
    labels: str = "{app: web}",
    ports: str = HTTP,
    ready: str = "True",
    phase: str = "Running",
    namespace: str = "",
    meta: str = "",
    spec: str = "",
    status: str = "",
) -> str:
    """A pod with some addresses (separated by blanks), ready: `ready` and `phase` as its status has them."""
    addresses = [f"{{ip: '{ip}'}}" for ip in ips.split()]
    first = f", podIP: '{ips.split(maxsplit=1)[0]}', podIPs: [{', '.join(addresses)}]" if addresses else ""
    condition = f", conditions: [{{type: Ready, status: '{ready}'}}]" if ready else ""
    more, also = (f", {text.strip(', ')}" if text else "" for text in (spec, status))
    rest = (
        f"spec: {{containers: [{{name: c, ports: {ports}}}]{more}}}\nstatus: {{phase: {phase}{first}{condition}{also}}}"
    )
    own = meta.strip(", ")
    return document("Pod", name, rest, namespace=namespace, meta=f"labels: {labels}{f', {own}' if own else ''}")


def workload(
    kind: str = "Deployment",
    spec: str = "replicas: 1",
    name: str = "w",
    *,
    labels: str = "{app: web}",
    ports: str = HTTP,
    namespace: str = "",
) -> str:
    """What makes pods; a CronJob has its template where a CronJob has it."""
    template = f"template: {{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: c, ports: {ports}}}]}}}}"
    if kind == "CronJob":
        return document(kind, name, f"spec: {{{spec}, jobTemplate: {{spec: {{{template}}}}}}}", namespace=namespace)
    return document(kind, name, f"spec: {{{spec}, {template}}}", namespace=namespace)


def node(name: str = "n1", addresses: str = "", rest: str = "", *, meta: str = "") -> str:
    """A node with some internal addresses (separated by blanks)."""
    given = ", ".join(f"{{type: InternalIP, address: '{ip}'}}" for ip in addresses.split())
    status = f"status: {{addresses: [{given}]}}" if given else ""
    return document("Node", name, "\n".join(part for part in (rest.strip("\n"), status) if part), meta=meta)


def namespace(name: str, labels: str = "{}") -> str:
    return document("Namespace", name, meta=f"labels: {labels}")


def path(value: str = "/", backend: str = "web", kind: str = "Prefix", port: str = "number: 80") -> str:
    """A path of an Ingress' rule."""
    return f"{{path: {value}, pathType: {kind}, backend: {{service: {{name: {backend}, port: {{{port}}}}}}}}}"


def ingress(
    paths: str = "",
    name: str = "i",
    *,
    host: str = "x.io",
    of_class: str = "c",
    namespace: str = "",
    meta: str = "",
    more: str = "",
    status: str = "",
) -> str:
    """An Ingress with one rule; `more` stands beside its rules."""
    extra = f", {more.strip(', ')}" if more else ""
    known = f"ingressClassName: {of_class}, " if of_class else ""
    spec = f"spec: {{{known}rules: [{{host: {host}, http: {{paths: [{paths or path()}]}}}}]{extra}}}"
    return document("Ingress", name, spec + (f"\nstatus: {status}" if status else ""), namespace=namespace, meta=meta)


def ingress_class(controller: str, name: str = "c", *, meta: str = "") -> str:
    return document("IngressClass", name, f"spec: {{controller: {controller}}}", meta=meta)


def gateway(
    listeners: str = "{name: http, port: 80, protocol: HTTP}", name: str = "g", *, more: str = "", status: str = ""
) -> str:
    spec = (
        f"spec: {{gatewayClassName: c, listeners: [{listeners}]{f', {more.strip(chr(44) + chr(32))}' if more else ''}}}"
    )
    return document("Gateway", name, spec + (f"\nstatus: {status}" if status else ""))


def route(
    rules: str,
    name: str = "r",
    kind: str = "HTTPRoute",
    *,
    host: str = "x.io",
    parent: str = "{name: g}",
    namespace: str = "",
) -> str:
    """A route of the Gateway API; `rules` are the items of its rules."""
    spec = f"spec: {{parentRefs: [{parent}], hostnames: [{host}], rules: [{rules}]}}"
    return document(kind, name, spec, namespace=namespace)
