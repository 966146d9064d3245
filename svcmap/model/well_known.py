"""Names that Kubernetes gives a meaning and that several rules read (Kubernetes documentation, "Well-Known Labels")."""

from __future__ import annotations

from svcmap.model.core import Service
from svcmap.model.refs import Name

SERVICE_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
TOPOLOGY_MODE = "service.kubernetes.io/topology-mode"
TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints"
SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
LEFT_OUT = "node.kubernetes.io/exclude-from-external-load-balancers"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""Repeats the whole object as text: of files its ports are read, and neither a snapshot nor a live state carries it."""
API_SERVER = Name("default", "kubernetes")
"""The Service of the API servers, which every cluster has and no manifest."""
CLUSTER_DNS = Name("kube-system", "kube-dns")
"""The Service of the cluster's DNS, by convention, whichever server runs behind it."""
DNS_LABELS = {"k8s-app": ("kube-dns", "coredns"), "dns.operator.openshift.io/owning-dns": ("default",)}
DNS_SERVICES = (CLUSTER_DNS, Name("kube-system", "coredns"), Name("openshift-dns", "dns-default"))


def is_cluster_dns(service: Service) -> bool:
    """Whether a Service leads to the DNS of the cluster, by the name or label that distributions give it."""
    labels = service.metadata.labels
    is_labelled = any(labels.get(key) in values for key, values in DNS_LABELS.items())
    serves = any(port.port == 53 for port in service.spec.ports)
    return serves and (service.name in DNS_SERVICES or is_labelled)


def hints_by_zone(service: Service) -> bool:
    """S18: whether an annotation has the EndpointSlice controller give endpoints to zones by their share of CPUs,
    whatever spec.trafficDistribution says.
    """
    annotations = service.metadata.annotations
    return annotations.get(TOPOLOGY_HINTS, annotations.get(TOPOLOGY_MODE, "")) in ("Auto", "auto")
