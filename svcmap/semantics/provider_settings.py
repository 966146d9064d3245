"""Settings of providers' load balancers that stand in annotations of a Service (controllers.md CF-25, CF-27, CF-34)."""

from __future__ import annotations

from svcmap.model.core import Service, ServicePort

AZURE = "service.beta.kubernetes.io/"
AZURE_PATH = f"{AZURE}azure-load-balancer-health-probe-request-path"
AZURE_PROTOCOL = f"{AZURE}azure-load-balancer-health-probe-protocol"
AWS = f"{AZURE}aws-load-balancer-"
GROUP_ATTRIBUTES, TARGET_TYPE = f"{AWS}target-group-attributes", f"{AWS}nlb-target-type"
KEEPS, NLB = "preserve_client_ip.enabled", ("external", "nlb", "nlb-ip")
METALLB = ("metallb.io/", "metallb.universe.tf/")
OF_HTTP = ("http", "https")


def azure_probe_path(service: Service, port: ServicePort) -> str:
    """The path for which Azure probes a port; empty where it connects only (azure_loadbalancer_healthprobe.go)."""
    annotations = service.metadata.annotations
    own = f"{AZURE}port_{port.port}_health-probe_"
    protocol = annotations.get(f"{own}protocol") or annotations.get(AZURE_PROTOCOL) or port.app_protocol
    if protocol.lower() not in OF_HTTP:
        return ""
    return annotations.get(f"{own}request-path") or annotations.get(AZURE_PATH) or "/"


def keeps_client(service: Service) -> bool:
    """Whether an NLB sends packets on with the client's address: by default to nodes, and not to pods."""
    annotations = service.metadata.annotations
    kind = annotations.get(f"{AWS}type", "")
    if kind not in NLB and not service.spec.load_balancer_class.startswith("service.k8s.aws/"):
        return False
    pairs = dict(part.strip().partition("=")[::2] for part in annotations.get(GROUP_ATTRIBUTES, "").split(","))
    if KEEPS in pairs:
        return pairs[KEEPS].strip().lower() == "true"
    return kind != "nlb-ip" and annotations.get(TARGET_TYPE, "instance") != "ip"


def metallb_address(service: Service) -> str:
    """The one address that a Service asks MetalLB for; empty where it asks for none."""
    found = (service.metadata.annotations.get(f"{prefix}loadBalancerIPs", "").strip() for prefix in METALLB)
    written = next((text for text in found if text), service.spec.load_balancer_ip.strip())
    return "" if "," in written else written


def metallb_pool(service: Service) -> str:
    """The pool that a Service asks MetalLB for; empty where it takes one of any."""
    found = (service.metadata.annotations.get(f"{prefix}address-pool", "").strip() for prefix in METALLB)
    return next((text for text in found if text), "")


def not_shared(one: Service, other: Service) -> str:
    """Why two Services cannot have one address; empty where they can (metallb.io/usage, IP address sharing)."""
    keys = [_key(one), _key(other)]
    if not keys[0] or keys[0] != keys[1]:
        return "annotation metallb.io/allow-shared-ip is not the same on both"
    mine, theirs = ({(port.protocol or "TCP", port.port) for port in item.spec.ports} for item in (one, other))
    if both := mine & theirs:
        return f"both have port {min(both)[1]}/{min(both)[0]}"
    policies = {one.spec.external_traffic_policy or "Cluster", other.spec.external_traffic_policy or "Cluster"}
    if policies != {"Cluster"} and one.spec.selector != other.spec.selector:
        return "externalTrafficPolicy is Local, and they select other pods"
    return ""


def _key(service: Service) -> str:
    found = (service.metadata.annotations.get(f"{prefix}allow-shared-ip", "") for prefix in METALLB)
    return next((text for text in found if text), "")
