"""Who makes load balancers, and what each does that the Service does not say (S15, K12, K16; controllers.md CF-20 on).

A provider is recognised by the class or the annotations of a Service, else by the provider IDs of the nodes, else by
its own workloads.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from svcmap.model.core import Service

Targets = Literal["instance", "ip"]
AWS = "service.beta.kubernetes.io/aws-load-balancer-"
TARGET_TYPE, TYPE = f"{AWS}nlb-target-type", f"{AWS}type"


class Provider(NamedTuple):
    """One provider. `classes` begin a Service's loadBalancerClass, `annotations` its annotations, `nodes` the
    providerID of nodes; `workloads` are names of the programs that it runs in a cluster.

    `is_local`: whether a node has the address itself (None: not known). `mixes`: whether one address takes several
    protocols; `dials` is what it connects to where the Service does not say; one that `hands_over` sends no connection
    of its own: packets come to a node with the address they were sent to. One that `is_of_cluster` runs on its nodes
    alone, and asks no cloud; one that `takes_all_nodes` has those that a label takes out of load balancers, too.
    """

    title: str
    classes: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    is_local: bool | None = None
    mixes: bool | None = None
    dials: Targets | None = None
    hands_over: bool = False
    is_of_cluster: bool = False
    takes_all_nodes: bool = False


AWS_CONTROLLER = Provider(
    "AWS Load Balancer Controller",
    classes=("service.k8s.aws/",),
    mixes=True,
)
EKS_AUTO = Provider("EKS Auto Mode", classes=("eks.amazonaws.com/",), mixes=True, dials="ip")
METALLB = Provider(
    "MetalLB",
    classes=("metallb",),
    annotations=("metallb.io/", "metallb.universe.tf/"),
    workloads=("metallb-controller", "metallb-speaker"),
    is_of_cluster=True,
    is_local=False,
    mixes=True,
    hands_over=True,
)
KUBE_VIP = Provider(
    "kube-vip",
    classes=("kube-vip.io/",),
    annotations=("kube-vip.io/",),
    workloads=("kube-vip", "kube-vip-cloud-provider"),
    is_of_cluster=True,
    takes_all_nodes=True,
    is_local=True,
    mixes=True,
    hands_over=True,
)
CILIUM = Provider(
    "Cilium",
    classes=("io.cilium/",),
    annotations=("io.cilium/lb-ipam", "lbipam.cilium.io/"),
    takes_all_nodes=True,
    mixes=True,
    hands_over=True,
)
AWS_CLOUD = Provider("AWS", nodes=("aws://",), mixes=False, dials="instance")
AZURE = Provider("Azure", nodes=("azure://",), annotations=("service.beta.kubernetes.io/azure-",), mixes=True)
OF_AWS = (AWS_CONTROLLER, EKS_AUTO, AWS_CLOUD)
SERVICE_LB = Provider(
    "ServiceLB of k3s", nodes=("k3s://",), is_local=True, mixes=True, is_of_cluster=True, takes_all_nodes=True
)
PROVIDERS = (
    *(AWS_CONTROLLER, EKS_AUTO, METALLB, KUBE_VIP, CILIUM, SERVICE_LB),
    AWS_CLOUD,
    Provider(
        "GCP", nodes=("gce://",), annotations=("networking.gke.io/load-balancer", "cloud.google.com/load-balancer")
    ),
    AZURE,
    Provider("OpenStack", nodes=("openstack://",), annotations=("loadbalancer.openstack.org/",)),
    Provider("Hetzner", nodes=("hcloud://",), annotations=("load-balancer.hetzner.cloud/",)),
    Provider("DigitalOcean", nodes=("digitalocean://",), annotations=("service.beta.kubernetes.io/do-loadbalancer-",)),
)


def by_service(service: Service) -> Provider | None:
    """The provider that a Service itself names."""
    if wanted := service.spec.load_balancer_class:
        return next((p for p in PROVIDERS if any(wanted.startswith(known) for known in p.classes)), None)
    if service.metadata.annotations.get(TYPE) in ("external", "nlb-ip"):
        return AWS_CONTROLLER
    keys = service.metadata.annotations
    return next((p for p in PROVIDERS if any(key.startswith(known) for key in keys for known in p.annotations)), None)


def by_node(provider_id: str) -> Provider | None:
    """The provider of a cluster whose nodes have such IDs."""
    return next((p for p in PROVIDERS if any(provider_id.startswith(known) for known in p.nodes)), None)


def by_workload(name: str) -> Provider | None:
    """The provider of which a workload of that name is a part."""
    return next((p for p in PROVIDERS if name in p.workloads), None)


def targets(service: Service, provider: Provider | None, default: str = "") -> Targets | None:
    """What a load balancer connects to: node ports, or the pods; None where nobody says. `default` is the argument of
    the AWS controller that decides where the Service does not (--default-target-type).
    """
    annotations = service.metadata.annotations
    if annotations.get(TARGET_TYPE) in ("ip", "instance"):
        return "ip" if annotations[TARGET_TYPE] == "ip" else "instance"
    if annotations.get(TYPE) == "nlb-ip":
        return "ip"
    if provider is AWS_CONTROLLER and default in ("ip", "instance"):
        return "ip" if default == "ip" else "instance"
    return provider.dials if provider is not None else None


def takes(service: Service, protocol: str, provider: Provider | None) -> bool | None:
    """Whether the load balancer of a Service takes a protocol; None where several on one address are its own matter."""
    protocols = list(dict.fromkeys(port.protocol or "TCP" for port in service.spec.ports))
    if len(protocols) < 2 or protocol == protocols[0]:
        return True
    return True if provider is not None and provider.mixes else None
