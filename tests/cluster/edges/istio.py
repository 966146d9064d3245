"""The real istiod with a real Envoy as its gateway: `python -m tests.cluster.edges.istio FOLDER`.

It asks every request of `istio_cases`, as `nginx` does. What only Istio's own Envoy knows is turned off (exchange of
metadata), or taken out by an EnvoyFilter (istio.alpn). There are no sidecars: mesh routing and mTLS are not asked here.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

import yaml

from tests.cluster import build
from tests.cluster.contour import envoy
from tests.cluster.edges.asking import Request
from tests.cluster.edges.gateway_cases import HOST, NAMESPACES, OTHER, SERVICES, SHOP, opaque
from tests.cluster.edges.istio_cases import CASES, CLASS, GATEWAY_OBJECTS, GUARD, GUARDED, SERVICE, SYSTEM
from tests.cluster.edges.lab import EDGE, Front, Lab, alone
from tests.cluster.objects import Json

XDS, HTTP = 15010, 8180
MESH: Json = {
    "enableAutoMtls": False,
    "accessLogFile": "",
    "defaultConfig": {"discoveryAddress": f"127.0.0.1:{XDS}"},
    "trustDomain": "cluster.local",
}
FLAGS = f"""--domain=cluster.local --registries=Kubernetes --grpcAddr=127.0.0.1:{XDS} --secureGRPCAddr= --httpsAddr=
    --httpAddr=127.0.0.1:{HTTP} --monitoringAddr=127.0.0.1:15014 --ctrlz_port=0"""
ENVIRONMENT = {
    "POD_NAME": "istiod",
    "POD_NAMESPACE": SYSTEM,
    "ENABLE_CA_SERVER": "false",
    "VALIDATION_WEBHOOK_CONFIG_NAME": "",
    "INJECTION_WEBHOOK_CONFIG_NAME": "",
    "PILOT_ENABLE_GATEWAY_API_DEPLOYMENT_CONTROLLER": "false",
    "PILOT_ENABLE_METADATA_EXCHANGE": "false",
    "REVISION": "default",
    # The gateway proves itself by a token on a port without TLS: certificates are not given out otherwise.
    "XDS_AUTH_PLAINTEXT": "true",
}
OPTIONS = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def custom_resources() -> list[Json]:
    """The definitions of Istio and of Gateway API, of the version that this istiod watches."""
    texts = [build.component(name).read_text() for name in ("istio.crds", "istio-gateway-api.crds")]
    items = [item for text in texts for item in yaml.safe_load_all(text)]
    return [item for item in items if item and item["kind"] == "CustomResourceDefinition"]


def without_alpn() -> Json:
    """Takes a filter out of every gateway that only Istio's own Envoy has."""
    chain = {"filter": {"name": "envoy.filters.network.http_connection_manager", "subFilter": {"name": "istio.alpn"}}}
    match = {"context": "GATEWAY", "listener": {"filterChain": chain}}
    patch = {"applyTo": "HTTP_FILTER", "match": match, "patch": {"operation": "REMOVE"}}
    return {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "plain-envoy", "namespace": SYSTEM},
        "spec": {"configPatches": [patch]},
    }


def start(lab: Lab) -> None:
    """istiod, and then the gateway: a Service, a pod, and Envoy at its address. It is in the namespace of the Gateways, as
    Istio gives a certificate to proxies of the Secret's own namespace only.
    """
    lab.front(Front(SHOP, SERVICE), "istio-proxy")
    account = f"/api/v1/namespaces/{SHOP}/serviceaccounts"
    lab.control.call("POST", account, {"metadata": {"name": SERVICE}})
    wanted = {"spec": {"audiences": ["istio-ca"], "expirationSeconds": 3600}}
    code, answer = lab.control.call("POST", f"{account}/{SERVICE}/token", wanted)
    assert code == 201, answer
    mesh = lab.place / "mesh.yaml"
    mesh.write_text(json.dumps(MESH))
    given = [f"--kubeconfig={lab.control.kubeconfig()}", f"--meshConfig={mesh}", *FLAGS.split()]
    lab.spawn("controller", str(build.component("pilot-discovery")), "discovery", *given, **ENVIRONMENT)
    lab.control.wait("istiod", lambda: is_ready(HTTP))
    bootstrap = lab.place / "envoy.json"
    bootstrap.write_text(json.dumps(configuration(answer["status"]["token"])))
    lab.spawn("envoy", envoy() or "", *f"-c {bootstrap} --disable-hot-restart --concurrency 1".split())
    lab.control.wait("Envoy", lambda: is_ready(15000))


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def configuration(token: str) -> Json:
    """What makes an Envoy take everything else from istiod, as one of the gateway's pods."""
    http2 = {"@type": OPTIONS, "explicit_http_config": {"http2_protocol_options": {}}}
    address = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": XDS}}}
    metadata = {
        "NAMESPACE": SHOP,
        "LABELS": {"app": SERVICE},
        "CLUSTER_ID": "Kubernetes",
        "ISTIO_VERSION": "1.31.0",
        "MESH_ID": "cluster.local",
        "NAME": f"{SERVICE}-0",
        "INSTANCE_IPS": EDGE,
    }
    authorization = {"key": "authorization", "value": f"Bearer {token}"}
    service = {"envoy_grpc": {"cluster_name": "xds"}, "initial_metadata": [authorization]}
    return {
        "node": {
            "id": f"router~{EDGE}~{SERVICE}-0.{SHOP}~{SHOP}.svc.cluster.local",
            "cluster": f"{SERVICE}.{SHOP}",
            "metadata": metadata,
        },
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 15000}}},
        "dynamic_resources": {
            "ads_config": {"api_type": "GRPC", "transport_api_version": "V3", "grpc_services": [service]},
            "cds_config": {"ads": {}, "resource_api_version": "V3"},
            "lds_config": {"ads": {}, "resource_api_version": "V3"},
        },
        "static_resources": {
            "clusters": [
                {
                    "name": "xds",
                    "type": "STATIC",
                    "connect_timeout": "1s",
                    "typed_extension_protocol_options": {
                        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2
                    },
                    "load_assignment": {
                        "cluster_name": "xds",
                        "endpoints": [{"lb_endpoints": [{"endpoint": address}]}],
                    },
                }
            ]
        },
    }


def main(place: Path) -> None:
    """Everything, once."""
    lab = Lab(place)
    try:
        lab.start((*NAMESPACES, SYSTEM), custom_resources())
        for namespace, name, count in SERVICES:
            lab.service(name, namespace, count)
        lab.make(
            lab.certificate(SHOP, HOST), lab.certificate(OTHER, HOST), opaque(), without_alpn(), CLASS, *GATEWAY_OBJECTS
        )
        for case in (*CASES, GUARDED):
            lab.make(*case.objects)
        start(lab)
        lab.settle(Request(f"http://paths.{HOST}/"), lambda answer: answer.status == 200)
        lab.settle(Request(f"https://safe.{HOST}/"), lambda answer: answer.status == 200)
        lab.record(CASES, hidden=without_alpn())
        lab.make(*GUARD)
        lab.settle(GUARDED.requests[0], lambda answer: answer.status == 403)
        lab.record([GUARDED], "guarded", hidden=without_alpn())
    finally:
        lab.stop()


if __name__ == "__main__":
    alone()
    main(Path(sys.argv[1]))
