"""The command line of ingress-nginx, where the source has its workload (CN-50)."""

from __future__ import annotations

import pytest

from svcmap.model.components import component_of, flag
from svcmap.paths.asking.request import parse_request
from svcmap.paths.outcome import Trace
from svcmap.paths.trace import trace
from svcmap.semantics.ingress.nginx_settings import arguments_from
from tests import objects
from tests.conftest import state_of

IMAGE = "registry.example/ingress-nginx/controller:v1.11.0"
WEB = objects.service("{clusterIP: 10.96.0.8, selector: {app: web}, ports: [{port: 80}]}", "web")
BASE = WEB + objects.pod("web-0", "10.1.0.8") + objects.ingress_class("k8s.io/ingress-nginx", "nginx")


def controller(*args: str, name: str = "controller", image: str = IMAGE) -> str:
    words = ", ".join(f"'{word}'" for word in ("/nginx-ingress-controller", *args))
    spec = f"containers: [{{name: controller, image: {image}, args: [{words}]}}]"
    return objects.document(
        "Deployment",
        name,
        f"spec: {{template: {{metadata: {{labels: {{app: x}}}}, spec: {{{spec}}}}}}}",
        "apps/v1",
        namespace="edge",
    )


def ask(text: str, to: str = "http://a.example/") -> Trace:
    return trace(state_of(BASE + text), parse_request(to))


def rules(of_class: str = "nginx", paths: str = "") -> str:
    return objects.ingress(paths or objects.path(), host="a.example", of_class=of_class)


@pytest.mark.parametrize(
    ("args", "verdict"),
    [
        ((), "reachable"),
        (("--watch-namespace=default",), "reachable"),
        (("--watch-namespace", "other"), "unreachable"),
        (("--watch-namespace=$(POD_NAMESPACE)",), "unreachable"),
        (("--watch-namespace-selector=team=a",), "unknown"),
        (("--watch-namespace-selector=kubernetes.io/metadata.name=default",), "reachable"),
        (("--watch-namespace=other", "--controller-class=k8s.io/other"), "unknown"),
    ],
)
def test_a_controller_looks_at_the_namespaces_it_is_told_to(args: tuple[str, ...], verdict: str) -> None:
    found = ask(rules() + controller(*args))
    assert found.verdict == verdict
    if verdict == "unreachable":
        assert found.reason == "not-accepted"
        assert found.stop is not None
        assert "Deployment" in found.stop.says


def test_a_controller_of_another_class_is_named_unless_a_status_shows_that_one_serves() -> None:
    other = controller("--controller-class=k8s.io/other")
    found = ask(rules() + other)
    assert (found.verdict, found.likely) == ("unknown", "reachable")
    assert [(item.field, "k8s.io/other" in item.could) for item in found.undecided] == [("--controller-class", True)]
    assert ask(rules() + other + controller("--v=2", name="second")).verdict == "reachable"
    served = rules().replace("spec:", "status: {loadBalancer: {ingress: [{ip: 203.0.113.7}]}}\nspec:", 1)
    assert not any(item.field == "--controller-class" for item in ask(served + other).undecided)


def test_of_several_controllers_of_a_class_nobody_knows_which_is_meant() -> None:
    assert (
        ask(rules() + controller("--watch-namespace=other") + controller("--v=2", name="second")).verdict == "reachable"
    )


@pytest.mark.parametrize(("adopts", "verdict"), [("true", "reachable"), ("false", "unreachable")])
def test_ingresses_without_a_class_may_be_adopted(adopts: str, verdict: str) -> None:
    text = rules(of_class="") + controller(f"--watch-ingress-without-class={adopts}")
    assert ask(text).verdict == verdict


@pytest.mark.parametrize("to", ["http://a.example/other", "http://b.example/"])
def test_what_no_rule_takes_goes_to_the_default_backend(to: str) -> None:
    text = rules(paths=objects.path("/web")) + controller("--default-backend-service=default/web")
    found = ask(text, to)
    assert found.verdict == "reachable"
    assert any("--default-backend-service" in hop.says for hop in found.hops)
    assert ask(text.replace("default/web", "default/gone"), to).answer.status == 404


def test_the_config_map_is_the_one_of_the_arguments() -> None:
    maps = [
        objects.document("ConfigMap", name, f"data: {{denylist-source-range: {block}}}", namespace="edge")
        for name, block in (("nginx-one", "0.0.0.0/0"), ("nginx-two", "192.0.2.0/24"))
    ]
    for name, status in (("nginx-one", 403), ("nginx-two", None)):
        text = rules() + controller(f"--configmap=$(POD_NAMESPACE)/{name}") + "".join(maps)
        assert ask(text).answer.status == status


@pytest.mark.parametrize(
    ("image", "programs", "component"),
    [
        (IMAGE, (), "ingress-nginx"),
        ("registry.example:5000/ingress-nginx/controller-chroot:v1@sha256:abc", (), "ingress-nginx"),
        ("registry.example/kube-proxy:v1.34.0", (), "kube-proxy"),
        ("own/image", ("/usr/local/bin/kube-proxy",), "kube-proxy"),
        ("shop/web:1", ("/bin/sh",), ""),
        ("shop/controller:1", (), ""),
    ],
)
def test_a_component_is_known_by_its_image_or_program(image: str, programs: tuple[str, ...], component: str) -> None:
    assert component_of(image, programs) == component


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (("--mode=ipvs",), "ipvs"),
        (("--mode", "ipvs"), "ipvs"),
        (("-mode", "ipvs", "--mode=nftables"), "nftables"),
        (("--mode", "--other"), "true"),
        (("--model=x",), None),
    ],
)
def test_flags_are_written_as_go_takes_them(words: tuple[str, ...], value: str | None) -> None:
    assert flag(words, "mode") == value


def test_the_arguments_of_other_containers_are_forgotten() -> None:
    state = state_of(controller("--token=s3cret", image="shop/web:1").replace("/nginx-ingress-controller", "/run"))
    (container,) = state.workloads[0].template.spec.containers
    assert (container.image, container.command, container.args) == ("", (), ())


@pytest.mark.parametrize(
    ("args", "default_backend", "reason"),
    [
        ((), True, None),
        (("--disable-catch-all",), True, "not-accepted"),
        (("--disable-catch-all=false",), True, None),
        (("--disable-catch-all",), False, None),
    ],
)
def test_a_controller_may_ignore_ingresses_with_a_default_backend(
    args: tuple[str, ...], default_backend: bool, reason: str | None
) -> None:
    more = "defaultBackend: {service: {name: web, port: {number: 80}}}" if default_backend else ""
    text = objects.ingress(objects.path(), host="a.example", of_class="nginx", more=more)
    assert ask(text + controller(*args)).reason == reason


@pytest.mark.parametrize(("args", "status"), [((), None), (("--disable-svc-external-name",), 503)])
def test_a_controller_may_look_up_no_alias(args: tuple[str, ...], status: int | None) -> None:
    alias = objects.service("{type: ExternalName, externalName: shop.example.org, ports: [{port: 80}]}", "away")
    found = ask(rules(paths=objects.path(backend="away")) + alias + controller(*args))
    assert found.answer.status == status
    assert found.reason == ("no-endpoints" if status else None)
    stand_in = objects.ingress(
        objects.path(backend="away"),
        host="a.example",
        of_class="nginx",
        meta=", annotations: {nginx.ingress.kubernetes.io/default-backend: web}",
    )
    assert ask(stand_in + alias + controller(*args)).verdict == "reachable"


def test_a_list_of_the_config_map_is_named_as_its_own() -> None:
    settings = objects.document(
        "ConfigMap", "nginx-settings", "data: {whitelist-source-range: 192.0.2.0/24}", namespace="edge"
    )
    text = rules() + controller("--configmap=edge/nginx-settings") + settings
    (broken,) = ask(text.replace("192.0.2.0/24", "office")).undecided
    assert (str(broken.object), broken.field) == ("ConfigMap/edge/nginx-settings", "data.whitelist-source-range")
    assert "'office', which is no CIDR" in broken.could
    (doubt,) = ask(text).undecided
    assert (str(doubt.object), doubt.field) == ("ConfigMap/edge/nginx-settings", "data.whitelist-source-range")


def test_an_alias_has_every_port_that_a_rule_names() -> None:
    """ingress-nginx, externalNamePorts in controller.go."""
    for ports in ("", ", ports: [{port: 443}]"):
        alias = objects.service(f"{{type: ExternalName, externalName: shop.example.org{ports}}}", "away")
        assert ask(rules(paths=objects.path(backend="away")) + alias).verdict == "reachable"


def test_where_addresses_are_read_from_counts_for_a_list_of_the_config_map_too() -> None:
    data = "data: {whitelist-source-range: 192.0.2.0/24, use-forwarded-headers: 'true'}"
    text = rules() + controller("--configmap=edge/nginx-settings")
    found = ask(text + objects.document("ConfigMap", "nginx-settings", data, namespace="edge"))
    assert "data.use-forwarded-headers" in [item.field for item in found.undecided]


def test_annotations_may_begin_otherwise() -> None:
    found = ask(rules() + controller("--annotations-prefix=own.example"))
    assert [item.field for item in found.undecided] == ["--annotations-prefix"]


def test_defaults_are_those_of_the_program() -> None:
    found = arguments_from((), "edge")
    assert (found.controller, found.class_name, found.adopts) == ("k8s.io/ingress-nginx", "nginx", False)
