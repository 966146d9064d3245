"""The names of the kinds svcmap reads, each with the group it is served in today; what is known of them: `kinds`."""

from __future__ import annotations

from functools import lru_cache

from svcmap.model.refs import GroupKind

NETWORKING, APPS, BATCH = "networking.k8s.io", "apps", "batch"
GATEWAY_API, GATEWAY_API_X = "gateway.networking.k8s.io", "gateway.networking.x-k8s.io"
EXTENSIONS = "extensions"

SERVICE = GroupKind("", "Service")
POD = GroupKind("", "Pod")
ENDPOINTS = GroupKind("", "Endpoints")
NODE = GroupKind("", "Node")
NAMESPACE = GroupKind("", "Namespace")
CONFIG_MAP = GroupKind("", "ConfigMap")
SECRET = GroupKind("", "Secret")
EVENT = GroupKind("", "Event")
REPLICATION_CONTROLLER = GroupKind("", "ReplicationController")
ENDPOINT_SLICE = GroupKind("discovery.k8s.io", "EndpointSlice")
DEPLOYMENT = GroupKind(APPS, "Deployment")
REPLICA_SET = GroupKind(APPS, "ReplicaSet")
STATEFUL_SET = GroupKind(APPS, "StatefulSet")
DAEMON_SET = GroupKind(APPS, "DaemonSet")
JOB = GroupKind(BATCH, "Job")
CRON_JOB = GroupKind(BATCH, "CronJob")
INGRESS = GroupKind(NETWORKING, "Ingress")
INGRESS_CLASS = GroupKind(NETWORKING, "IngressClass")
NETWORK_POLICY = GroupKind(NETWORKING, "NetworkPolicy")
SERVICE_CIDR = GroupKind(NETWORKING, "ServiceCIDR")
GATEWAY_CLASS = GroupKind(GATEWAY_API, "GatewayClass")
GATEWAY = GroupKind(GATEWAY_API, "Gateway")
LISTENER_SET = GroupKind(GATEWAY_API, "ListenerSet")
X_LISTENER_SET = GroupKind(GATEWAY_API_X, "XListenerSet")
REFERENCE_GRANT = GroupKind(GATEWAY_API, "ReferenceGrant")
BACKEND_TLS_POLICY = GroupKind(GATEWAY_API, "BackendTLSPolicy")
HTTP_ROUTE = GroupKind(GATEWAY_API, "HTTPRoute")
GRPC_ROUTE = GroupKind(GATEWAY_API, "GRPCRoute")
TLS_ROUTE = GroupKind(GATEWAY_API, "TLSRoute")
TCP_ROUTE = GroupKind(GATEWAY_API, "TCPRoute")
UDP_ROUTE = GroupKind(GATEWAY_API, "UDPRoute")
OPENSHIFT_ROUTE = GroupKind("route.openshift.io", "Route")
POLICY_API = "policy.networking.k8s.io"
CLUSTER_NETWORK_POLICY = GroupKind(POLICY_API, "ClusterNetworkPolicy")
ADMIN_NETWORK_POLICY = GroupKind(POLICY_API, "AdminNetworkPolicy")
BASELINE_ADMIN_NETWORK_POLICY = GroupKind(POLICY_API, "BaselineAdminNetworkPolicy")
CILIUM = "cilium.io"
CALICO = ("crd.projectcalico.org", "projectcalico.org")
"""One API, as it is stored and as Calico's own server shows it."""
CILIUM_NETWORK_POLICY = GroupKind(CILIUM, "CiliumNetworkPolicy")
CILIUM_CLUSTERWIDE_NETWORK_POLICY = GroupKind(CILIUM, "CiliumClusterwideNetworkPolicy")
CALICO_NETWORK_POLICIES = tuple(GroupKind(group, "NetworkPolicy") for group in CALICO)
CALICO_GLOBAL_NETWORK_POLICIES = tuple(GroupKind(group, "GlobalNetworkPolicy") for group in CALICO)
TRAEFIK = ("traefik.io", "traefik.containo.us")
"""The groups of one API, the second the older."""
MIDDLEWARES = tuple(GroupKind(group, "Middleware") for group in TRAEFIK)
FRONTEND_CONFIG = GroupKind("networking.gke.io", "FrontendConfig")
INGRESS_CLASS_PARAMS = GroupKind("elbv2.k8s.aws", "IngressClassParams")
NGINX_POLICY = GroupKind("k8s.nginx.org", "Policy")
KONG_PLUGIN = GroupKind("configuration.konghq.com", "KongPlugin")
KONG_CLUSTER_PLUGIN = GroupKind("configuration.konghq.com", "KongClusterPlugin")
BACKEND_CONFIG = GroupKind("cloud.google.com", "BackendConfig")
IP_ADDRESS_POOL = GroupKind("metallb.io", "IPAddressPool")
ADVERTISEMENTS = tuple(GroupKind("metallb.io", name) for name in ("L2Advertisement", "BGPAdvertisement"))

ROUTES = (HTTP_ROUTE, GRPC_ROUTE, TLS_ROUTE, TCP_ROUTE, UDP_ROUTE)
CLUSTER_NETWORK_POLICIES = (CLUSTER_NETWORK_POLICY, ADMIN_NETWORK_POLICY, BASELINE_ADMIN_NETWORK_POLICY)
CILIUM_POLICIES = (CILIUM_NETWORK_POLICY, CILIUM_CLUSTERWIDE_NETWORK_POLICY)
CALICO_POLICIES = (*CALICO_NETWORK_POLICIES, *CALICO_GLOBAL_NETWORK_POLICIES)
LISTENER_SETS = (LISTENER_SET, X_LISTENER_SET)
WORKLOADS = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET, REPLICA_SET, REPLICATION_CONTROLLER, JOB, CRON_JOB)

MOVED = {
    EXTENSIONS: (INGRESS, NETWORK_POLICY, DEPLOYMENT, REPLICA_SET, DAEMON_SET, STATEFUL_SET),
    "events.k8s.io": (EVENT,),
    GATEWAY_API: (X_LISTENER_SET,),
    GATEWAY_API_X: (*ROUTES, GATEWAY_CLASS, GATEWAY, LISTENER_SET, REFERENCE_GRANT),
}
"""Another group → the kinds that are the same objects there: an Ingress of `extensions` is one of networking.k8s.io."""
_TODAY = {(group, kind.kind): kind for group, kinds in MOVED.items() for kind in kinds}


def group_of(api_version: str) -> str:
    """The API group of an apiVersion; the core group is the empty one, and so is what has no `/`."""
    group, slash, _ = api_version.partition("/")
    return group if slash else ""


@lru_cache(maxsize=4096)
def group_kind(api_version: str, kind: str) -> GroupKind:
    """What an object is, by the group that its kind is served in today."""
    group = group_of(api_version)
    return _TODAY.get((group, kind)) or GroupKind(group, kind)
