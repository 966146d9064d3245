"""The real Envoy Gateway with a real Envoy in the place of the Deployment it makes: `python -m … FOLDER`.

It asks every request of `envoy_gateway_cases`, as `nginx` does. Envoy listens 10,000 ports above those of the Gateway,
and the requests of these tests go there.
"""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
from pathlib import Path

import yaml

from tests.cluster import build
from tests.cluster.contour import envoy
from tests.cluster.edges.asking import Request
from tests.cluster.edges.envoy_gateway_cases import CASES, CLASS, CONTROLLER, GATEWAY_OBJECTS
from tests.cluster.edges.gateway_cases import GATEWAY, HOST, NAMESPACES, OTHER, SERVICES, SHOP, opaque
from tests.cluster.edges.lab import EDGE, NODE, Lab, alone
from tests.cluster.filling import report
from tests.cluster.objects import Json, running

SYSTEM = "envoy-gateway-system"
SHIFT, XDS = 10000, 18000
CERTIFICATES = Path("/certs")
"""Where the controller looks for its own; an empty folder is all that stays on the machine."""
CONFIGURATION: Json = {
    "apiVersion": "gateway.envoyproxy.io/v1alpha1",
    "kind": "EnvoyGateway",
    "gateway": {"controllerName": CONTROLLER},
    "provider": {
        "type": "Kubernetes",
        "kubernetes": {"leaderElection": {"disable": True}, "proxyTopologyInjector": {"disabled": True}},
    },
}
OPTIONS = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"


def custom_resources() -> list[Json]:
    """The definitions of Gateway API, and of the controller's own kinds."""
    text = build.component("envoy-gateway.crds").read_text()
    return [item for item in yaml.safe_load_all(text) if item and item["kind"] == "CustomResourceDefinition"]


def start(lab: Lab) -> None:
    """The controller, with the certificates that it makes for itself and its proxies."""
    program = str(build.component("envoy-gateway"))
    environment = {"KUBECONFIG": lab.control.kubeconfig(), "ENVOY_GATEWAY_NAMESPACE": SYSTEM}
    made = ["env", *(f"{key}={value}" for key, value in environment.items()), program, "certgen"]
    subprocess.run([*made, "--disable-topology-injector"], check=True, capture_output=True)
    for name in ("envoy-gateway", "envoy"):
        _, secret = lab.control.call("GET", f"/api/v1/namespaces/{SYSTEM}/secrets/{name}")
        (lab.place / name).mkdir()
        for key, value in secret["data"].items():
            (lab.place / name / key).write_bytes(base64.b64decode(value))
    CERTIFICATES.mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", str(lab.place / "envoy-gateway"), str(CERTIFICATES)], check=True)
    configured = lab.place / "envoy-gateway.yaml"
    configured.write_text(json.dumps(CONFIGURATION))
    lab.spawn("controller", program, "server", "--config-path", str(configured), **environment)
    lab.control.wait("Envoy Gateway", lambda: listens(XDS))


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def proxy(lab: Lab) -> None:
    """Envoy as the pod of the Deployment that the controller has made for the Gateway, and its load balancer's address."""
    own = f"gateway.envoyproxy.io/owning-gateway-name={GATEWAY}"
    lab.control.wait("the proxy's pod", lambda: bool(pods(lab, own)))
    name = pods(lab, own)[0]["metadata"]["name"]
    target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name}, "target": target}
    code, answer = lab.control.call("POST", f"/api/v1/namespaces/{SYSTEM}/pods/{name}/binding", binding)
    assert code == 201, answer
    report(lab.control, name, running(EDGE), SYSTEM)
    _, services = lab.control.call("GET", f"/api/v1/namespaces/{SYSTEM}/services?labelSelector={own}")
    lab.give_address(SYSTEM, services["items"][0]["metadata"]["name"])
    bootstrap = lab.place / "envoy.json"
    bootstrap.write_text(json.dumps(configuration(lab.place / "envoy")))
    words = f"-c {bootstrap} --service-cluster {SHOP}/{GATEWAY} --service-node n --disable-hot-restart --concurrency 1"
    lab.spawn("envoy", envoy() or "", *words.split())


def pods(lab: Lab, selector: str) -> list[Json]:
    found: list[Json] = lab.control.call("GET", f"/api/v1/namespaces/{SYSTEM}/pods?labelSelector={selector}")[1][
        "items"
    ]
    return found


def configuration(certificates: Path) -> Json:
    """What makes an Envoy take everything else from the controller."""
    address = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": XDS}}}
    socket_ = {
        "@type": TLS,
        "sni": "envoy-gateway",
        "common_tls_context": {
            "tls_params": {"tls_maximum_protocol_version": "TLSv1_3"},
            "tls_certificates": [
                {
                    "certificate_chain": {"filename": f"{certificates}/tls.crt"},
                    "private_key": {"filename": f"{certificates}/tls.key"},
                }
            ],
            "validation_context": {"trusted_ca": {"filename": f"{certificates}/ca.crt"}},
        },
    }
    http2 = {"@type": OPTIONS, "explicit_http_config": {"http2_protocol_options": {}}}
    cluster = {
        "name": "xds",
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2},
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": socket_},
        "load_assignment": {"cluster_name": "xds", "endpoints": [{"lb_endpoints": [{"endpoint": address}]}]},
    }
    return {
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 15000}}},
        "dynamic_resources": {
            "ads_config": {
                "api_type": "DELTA_GRPC",
                "transport_api_version": "V3",
                "set_node_on_first_message_only": True,
                "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}],
            },
            "cds_config": {"ads": {}, "resource_api_version": "V3"},
            "lds_config": {"ads": {}, "resource_api_version": "V3"},
        },
        "static_resources": {"clusters": [cluster]},
    }


def main(place: Path) -> None:
    """Everything, once."""
    lab = Lab(place, SHIFT)
    try:
        lab.start((*NAMESPACES, SYSTEM), custom_resources())
        for namespace, name, count in SERVICES:
            lab.service(name, namespace, count)
        lab.make(lab.certificate(SHOP, HOST), lab.certificate(OTHER, HOST), opaque(), CLASS, *GATEWAY_OBJECTS)
        for case in CASES:
            lab.make(*case.objects)
        start(lab)
        proxy(lab)
        lab.settle(Request(f"http://paths.{HOST}/"), lambda answer: answer.status == 200)
        lab.settle(Request(f"https://safe.{HOST}/"), lambda answer: answer.status == 200)
        lab.record(CASES)
    finally:
        lab.stop()


if __name__ == "__main__":
    alone()
    main(Path(sys.argv[1]))
