"""Arguments of controllers that say whose Ingresses they look at (CX-4)."""

from __future__ import annotations

import pytest

from svcmap.model.components import component_of, kept_words, watches
from svcmap.paths.asking.request import parse_request, parse_vantage
from svcmap.paths.trace import trace
from svcmap.sources.snapshot import dump
from tests import objects
from tests.conftest import state_of

WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8") + objects.ingress(objects.path(), host="a.example", of_class="c")
VALUES = {
    "nginx/nginx-ingress:5.1": "nginx.org/ingress-controller",
    "docker.io/haproxytech/kubernetes-ingress:3.1": "haproxy.org/ingress-controller",
    "quay.io/jcmoraisjr/haproxy-ingress": "haproxy-ingress.github.io/controller",
    "kong/kubernetes-ingress-controller:3.4": "ingress-controllers.konghq.com/kong",
}


def controller(image: str, *args: str) -> str:
    words = ", ".join(f"'{word}'" for word in args)
    spec = f"containers: [{{name: c, image: '{image}', args: [{words}]}}]"
    template = f"{{metadata: {{labels: {{app: proxy}}}}, spec: {{{spec}}}}}"
    return objects.document("Deployment", "proxy", f"spec: {{template: {template}}}", "apps/v1", namespace="edge")


@pytest.mark.parametrize("image", VALUES)
@pytest.mark.parametrize(
    ("args", "is_seen"),
    [
        ((), True),
        (("--watch-namespace=default",), True),
        (("-watch-namespace", "default,prod"), True),
        (("--watch-namespace=prod", "--token", "secret"), False),
        (("--namespace-whitelist=prod", "--namespace-whitelist=default"), True),
        (("--namespace-blacklist=default",), False),
    ],
)
def test_ingresses_of_other_namespaces_are_not_served(image: str, args: tuple[str, ...], is_seen: bool) -> None:
    state = state_of(BASE + objects.ingress_class(VALUES[image], "c") + controller(image, *args))
    found = trace(state, parse_request("http://a.example/", parse_vantage("internet")))
    assert (found.reason == "not-accepted") is not is_seen
    assert b"secret" not in dump(state)


def test_one_of_several_controllers_is_enough() -> None:
    image = next(iter(VALUES))
    text = controller(image, "-watch-namespace=prod") + controller(image, "-watch-namespace=default")
    text = text.replace("name: proxy", "name: other", 1)
    state = state_of(BASE + objects.ingress_class(VALUES[image], "c") + text)
    assert trace(state, parse_request("http://a.example/", parse_vantage("internet"))).reason is None


def test_what_is_kept_of_a_command_line() -> None:
    component = component_of("nginx/nginx-ingress:5.1", ())
    kept = kept_words(component, ("/nginx-ingress", "-watch-namespace", "a,b", "-license", "x", "-watch-namespace=c"))
    assert kept == ("/nginx-ingress", "-watch-namespace=a,b", "-watch-namespace=c")
    assert [watches(kept, name) for name in "abcd"] == [True, True, True, False]
    assert component_of("haproxy:3.1", ()) == ""
