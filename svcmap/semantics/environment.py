"""Service environment variables (V1-V5): what the kubelet puts into a container when it starts.

Upstream: pkg/kubelet/envvars/envvars.go FromServices, pkg/kubelet/kubelet_pods.go getServiceEnvVarMap.
"""

from __future__ import annotations

from collections.abc import Iterable

from svcmap.model.core import Service
from svcmap.model.well_known import API_SERVER


def visible_services(services: Iterable[Service], namespace: str, *, links: bool) -> list[Service]:
    """V1: the Services whose variables a pod of a namespace gets; `links` is its enableServiceLinks (true by default).

    A Service called kubernetes in the pod's own namespace stands in for the API server's.
    """
    found: dict[str, Service] = {}
    for service in services:
        if not service_variables(service):
            continue
        if service.name == API_SERVER:
            found.setdefault(service.metadata.name, service)
        elif links and service.metadata.namespace == namespace:
            found[service.metadata.name] = service
    return list(found.values())


def service_variables(service: Service) -> dict[str, str]:
    """The variables of one Service (with its defaults), in the order the kubelet writes them.

    Empty for a Service without a cluster IP: headless, ExternalName, or not created yet.
    """
    spec = service.spec
    ip = spec.cluster_ip
    if not ip or ip == "None" or spec.type == "ExternalName" or not spec.ports:
        return {}
    name = variable_name(service.metadata.name)
    variables = {f"{name}_SERVICE_HOST": ip, f"{name}_SERVICE_PORT": str(spec.ports[0].port)}
    for port in spec.ports:
        if port.name:
            variables[f"{name}_SERVICE_PORT_{variable_name(port.name)}"] = str(port.port)
    host = f"[{ip}]" if ":" in ip else ip
    for index, port in enumerate(spec.ports):
        protocol = port.protocol or "TCP"
        url = f"{protocol.lower()}://{host}:{port.port}"
        if index == 0:
            variables[f"{name}_PORT"] = url
        prefix = f"{name}_PORT_{port.port}_{protocol.upper()}"
        variables |= {
            prefix: url,
            f"{prefix}_PROTO": protocol.lower(),
            f"{prefix}_PORT": str(port.port),
            f"{prefix}_ADDR": ip,
        }
    return variables


def variable_name(name: str) -> str:
    """V2: upper case, `-` as `_`."""
    return name.upper().replace("-", "_")
