"""Load balancers of a private network, for a client of the internet (S17, CF-23)."""

from __future__ import annotations

import pytest

from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from tests import objects
from tests.conftest import state_of

HOST = "k8s-a-b.elb.eu-west-1.amazonaws.com"
POD = objects.pod("web-0", "10.1.0.8")
AWS, AZURE = "service.beta.kubernetes.io/aws-load-balancer-", "service.beta.kubernetes.io/azure-load-balancer-"


def balancer(annotations: str, more: str = "", address: str = f"hostname: {HOST}") -> str:
    ports = "[{port: 80, nodePort: 30080}]"
    return objects.service(
        f"{{type: LoadBalancer, clusterIP: 10.96.0.8, selector: {{app: web}}, {more}ports: {ports}}}",
        meta=f", annotations: {{{annotations}}}",
        status=f"{{loadBalancer: {{ingress: [{{{address}}}]}}}}",
    )


def ask(text: str, to: str = f"http://{HOST}/", who: str = "internet") -> Trace:
    return trace(state_of(POD + text), parse_request(to, parse_vantage(who)))


@pytest.mark.parametrize(
    ("annotations", "more", "verdict", "why"),
    [
        ("", "", "reachable", ""),
        (f"{AWS}type: external", "", "unknown", "unless service.beta.kubernetes.io/aws-load-balancer-scheme"),
        (f"{AWS}type: external, {AWS}scheme: internet-facing", "", "reachable", ""),
        (f"{AWS}type: external, {AWS}scheme: internal", "", "unknown", "aws-load-balancer-scheme is internal"),
        ("", "loadBalancerClass: service.k8s.aws/nlb, ", "unknown", "unless"),
        (f"{AWS}internal: 'true'", "", "unknown", "aws-load-balancer-internal says so"),
        (f"{AZURE}internal: 'true'", "", "unknown", "azure-load-balancer-internal says so"),
    ],
)
def test_the_name_of_a_private_one_says_nothing(annotations: str, more: str, verdict: str, why: str) -> None:
    found = ask(balancer(annotations, more))
    assert found.verdict == verdict
    if why:
        assert found.stop is not None
        assert why in found.stop.says
    assert ask(balancer(annotations, more), who="192.0.2.9").likely in (None, "reachable")


def test_a_public_address_is_one_whatever_an_annotation_says() -> None:
    found = ask(balancer(f"{AWS}type: external", address="ip: 203.0.113.9"), "http://203.0.113.9/")
    assert found.verdict == "reachable"


@pytest.mark.parametrize(("who", "verdict"), [("internet", "unknown"), ("10.9.0.1", "reachable")])
def test_a_front_with_a_private_address_and_no_service_is_no_matter_of_the_internet(who: str, verdict: str) -> None:
    web = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}")
    status = "{loadBalancer: {ingress: [{ip: 10.1.2.3}]}}"
    rules = objects.ingress(objects.path(), host="a.example", of_class="nginx", status=status)
    text = web + objects.ingress_class("k8s.io/ingress-nginx", "nginx") + rules
    assert ask(text, "http://a.example/", who).verdict == verdict
