"""What controllers speak to pods, against what a port says of itself: TLS, plain http and gRPC."""

from __future__ import annotations

import pytest

from svcmap.model.base import Metadata
from svcmap.model.core import Service, ServicePort
from svcmap.model.networking import Ingress
from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics.ingress.dialled import dialled
from tests import objects
from tests.conftest import state_of

NGINX, ALB = "nginx.ingress.kubernetes.io/", "alb.ingress.kubernetes.io/"
TRAEFIK, CONTOUR = "traefik.ingress.kubernetes.io/service.", "projectcontour.io/upstream-protocol."
CLASSES = {
    "nginx": "k8s.io/ingress-nginx",
    "inc": "nginx.org/ingress-controller",
    "alb": "ingress.k8s.aws/alb",
    "traefik": "traefik.io/ingress-controller",
    "kong": "ingress-controllers.konghq.com/kong",
    "contour": "projectcontour.io/ingress-controller",
    "haproxy": "haproxy.org/ingress-controller",
    "free": "haproxy-ingress.github.io/controller",
}
PORTS = "[{name: http, containerPort: 8080}, {name: https, containerPort: 8443}]"
PLAIN, SECURE, OLD = "tls-backend-plain-http", "plain-backend-tls", "grpc-backend-http1"


def ask(of: str, of_ingress: str, of_service: str, port: str, to: str = "http://a.example/") -> Trace:
    number = port.partition("port: ")[2].partition(",")[0]
    metas = [f", annotations: {{{text}}}" if text else "" for text in (of_service, of_ingress)]
    if of == "alb":
        own = f"{ALB}target-type: ip, {ALB}scheme: internet-facing"
        metas[1] = f", annotations: {{{', '.join(filter(None, (own, of_ingress)))}}}"
    web = objects.service(
        f"{{clusterIP: 10.96.0.7, selector: {{app: web}}, ports: [{{{port}}}]}}", "web", meta=metas[0]
    )
    item = objects.ingress(objects.path(port=f"number: {number}"), "i", host="a.example", of_class=of, meta=metas[1])
    text = web + item + objects.pod("web-0", "10.1.0.1", ports=PORTS) + objects.ingress_class(CLASSES[of], of)
    return trace(state_of(text), parse_request(to))


@pytest.mark.parametrize(
    ("of", "of_ingress", "of_service", "port", "warning"),
    [
        ("nginx", "", "", "port: 443", PLAIN),
        ("nginx", f"{NGINX}backend-protocol: HTTPS", "", "port: 443", ""),
        ("nginx", f"{NGINX}backend-protocol: AUTO_HTTP", "", "port: 443", ""),
        ("nginx", "", "", "name: https, port: 9000", PLAIN),
        ("nginx", "", "", "name: http, port: 443", ""),
        ("nginx", "", "", "port: 443, appProtocol: http", ""),
        ("nginx", "", "", "port: 80", ""),
        ("nginx", f"{NGINX}backend-protocol: HTTPS", "", "port: 80, targetPort: 8080", SECURE),
        ("nginx", f"{NGINX}backend-protocol: HTTPS", "", "port: 80, targetPort: 8443", ""),
        ("nginx", f"{NGINX}backend-protocol: HTTPS", "", "port: 80, targetPort: https", ""),
        ("nginx", f"{NGINX}backend-protocol: HTTPS", "", "name: http-web, port: 9000", SECURE),
        ("nginx", f"{NGINX}backend-protocol: HTTPS", "", "name: web, port: 9000", ""),
        ("nginx", "", "", "name: grpc, port: 9000", OLD),
        ("nginx", "", "", "port: 9000, appProtocol: grpc", OLD),
        ("nginx", f"{NGINX}backend-protocol: GRPC", "", "name: grpc, port: 9000", ""),
        ("nginx", f"{NGINX}backend-protocol: FCGI", "", "name: grpc, port: 9000", ""),
        ("inc", "", "", "port: 443", PLAIN),
        ("inc", "nginx.org/ssl-services: web", "", "port: 443", ""),
        ("inc", "nginx.org/ssl-services: web", "", "port: 80", SECURE),
        ("inc", "nginx.org/grpc-services: web", "", "name: grpc, port: 9000", ""),
        ("inc", "", "", "name: grpc, port: 9000", OLD),
        ("alb", "", "", "port: 443", PLAIN),
        ("alb", f"{ALB}backend-protocol: HTTPS", "", "port: 443", ""),
        ("alb", f"{ALB}backend-protocol: HTTP", f"{ALB}backend-protocol: HTTPS", "port: 80", SECURE),
        ("traefik", "", "", "port: 443", ""),
        ("traefik", "", "", "port: 8443", PLAIN),
        ("traefik", "", f"{TRAEFIK}serversscheme: https", "port: 80", SECURE),
        ("traefik", "", f"{TRAEFIK}serversscheme: h2c", "name: grpc, port: 9000", ""),
        ("contour", "", "", "port: 443", PLAIN),
        ("contour", "", f"{CONTOUR}tls: '443'", "port: 443", ""),
        ("contour", "", f"{CONTOUR}h2c: grpc", "name: grpc, port: 9000", ""),
        ("kong", "", "", "port: 443", PLAIN),
        ("kong", "", "konghq.com/protocol: grpc", "name: grpc, port: 9000", ""),
        ("haproxy", "", "haproxy.org/server-ssl: 'true'", "port: 80", SECURE),
        ("haproxy", "haproxy.org/server-proto: h2", "", "name: grpc, port: 9000", ""),
        ("free", "haproxy-ingress.github.io/backend-protocol: h1-ssl", "", "port: 80", SECURE),
        ("free", "", "", "name: grpc, port: 9000", OLD),
    ],
)
def test_what_is_spoken_to_a_port(of: str, of_ingress: str, of_service: str, port: str, warning: str) -> None:
    found = ask(of, of_ingress, of_service, port)
    said = " ".join(hop.says for hop in found.hops)
    assert found.verdict == "reachable"
    assert set(found.warnings) & {PLAIN, SECURE, OLD} == ({warning} if warning else set())
    assert ("speaks TLS: set" in said) is (warning == PLAIN)
    assert ("It speaks TLS to port" in said) is (warning == SECURE)
    assert ("speaks gRPC: set" in said) is (warning == OLD)


def test_grpc_needs_more_than_http_1() -> None:
    found = ask("nginx", "", "", "name: grpc, port: 9000", "grpc://a.example/")
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert found.undecided[0].field == f"{NGINX}backend-protocol"
    assert ask("nginx", f"{NGINX}backend-protocol: GRPC", "", "port: 9000", "grpc://a.example/").verdict == "reachable"


@pytest.mark.parametrize(
    ("port", "of_service", "looks"),
    [
        ("port: 443", "", True),
        ("port: 443", f"{TRAEFIK}serverstransport: d-x@kubernetescrd", False),
        ("port: 80", "", False),
    ],
)
def test_traefik_looks_at_the_certificate_of_pods(port: str, of_service: str, looks: bool) -> None:
    found = ask("traefik", "", of_service, port)
    assert any("a certificate that the controller trusts" in text for text in found.assumed) is looks


def test_alb_has_grpc_behind_https_alone() -> None:
    notes = f"{ALB}backend-protocol-version: GRPC, {ALB}certificate-arn: c"
    plain = ask("alb", notes.partition(",")[0], "", "name: grpc, port: 9000")
    assert (plain.verdict, plain.undecided[0].field) == ("unknown", f"{ALB}backend-protocol-version")
    assert ask("alb", notes, "", "name: grpc, port: 9000", "https://a.example/").verdict == "reachable"


@pytest.mark.parametrize(
    ("written", "is_tls", "is_grpc"),
    [
        ('{"web": "HTTPS"}', True, False),
        ('{"web": "HTTP2"}', True, True),
        ('{"web": "HTTP"}', False, False),
        ('{"webs": "HTTPS"}', False, False),
        ('{"9000": "HTTPS"}', True, False),
        ("no JSON", False, False),
        ("", False, False),
    ],
)
def test_gke_reads_the_protocol_by_the_name_of_the_port(written: str, is_tls: bool, is_grpc: bool) -> None:
    port = ServicePort(name="web", port=9000, protocol="TCP")
    service = Service(metadata=Metadata(annotations={"cloud.google.com/app-protocols": written}))
    found = dialled(Ingress(), service, port, "gce")
    assert found is not None
    assert (found.is_tls, found.is_grpc) == (is_tls, is_grpc)
