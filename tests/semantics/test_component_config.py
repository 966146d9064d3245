"""kube-proxy and kubelet as their files, flags and k3s say they run (config-api, cmd/kube-proxy/app)."""

from __future__ import annotations

import pytest

from svcmap.model.assumptions import KubeletAssumptions, ProxyAssumptions
from svcmap.paths.known.assumptions import settled
from svcmap.paths.known.configuration import proxy_configuration
from svcmap.semantics import component_config
from tests import objects
from tests.conftest import state_of


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({}, ProxyAssumptions()),
        ({"mode": ""}, ProxyAssumptions(mode="iptables")),
        ({"mode": "ipvs"}, ProxyAssumptions(mode="ipvs")),
        ({"clusterCIDR": "10.0.0.0/8"}, ProxyAssumptions(cluster_cidr="10.0.0.0/8")),
        ({"clusterCIDR": ""}, ProxyAssumptions(cluster_cidr="")),
        ({"clusterCIDR": "10.0.0.0/8", "detectLocalMode": "NodeCIDR"}, ProxyAssumptions()),
        ({"nodePortAddresses": ["10.20.0.0/16"]}, ProxyAssumptions(node_port_addresses=("10.20.0.0/16",))),
        ({"nodePortAddresses": None, "iptables": {"masqueradeAll": True}}, ProxyAssumptions(masquerade_all=True)),
    ],
)
def test_a_file_of_kube_proxy(document: dict[str, object], says: ProxyAssumptions) -> None:
    assert component_config.proxy_of(document) == says


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("kube-proxy", "--config=/var/lib/kube-proxy/config.conf", "--proxy-mode=ipvs"), None),
        (("kube-proxy", "--hostname-override=n1"), None),
        (
            ("--proxy-mode=ipvs", "--cluster-cidr", "10.0.0.0/8"),
            ProxyAssumptions(mode="ipvs", cluster_cidr="10.0.0.0/8"),
        ),
        (("--nodeport-addresses=10.0.0.0/8,primary",), ProxyAssumptions(node_port_addresses=("10.0.0.0/8", "primary"))),
        (("--masquerade-all",), ProxyAssumptions(masquerade_all=True)),
    ],
)
def test_flags_of_kube_proxy_count_without_a_file(words: tuple[str, ...], says: ProxyAssumptions | None) -> None:
    assert component_config.proxy_of_flags(words) == says


CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\\nkind: KubeProxyConfiguration\\nmode: ipvs\\n"
KUBELET = "kind: KubeletConfiguration\\nclusterDNS: [169.254.20.10]\\nclusterDomain: corp.example\\n"
K3S = (
    """'["server","--kube-proxy-arg","proxy-mode=ipvs","--cluster-dns","10.43.0.99","--cluster-domain=k3s.example"]'"""
)


def config_map(key: str, text: str, name: str) -> str:
    return objects.document("ConfigMap", name, f'data: {{{key}: "{text}"}}', namespace="kube-system")


def daemon_set(*args: str) -> str:
    words = ", ".join(f"'{word}'" for word in args)
    spec = f"containers: [{{name: c, image: registry.example/kube-proxy:v1.34.0, command: [{words}]}}]"
    return objects.document(
        "DaemonSet", "proxy", f"spec: {{template: {{spec: {{{spec}}}}}}}", "apps/v1", namespace="kube-system"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (config_map("config.conf", CONFIG, "kube-proxy"), "ConfigMap"),
        (config_map("anything", CONFIG, "of-another-name"), "ConfigMap"),
        (daemon_set("kube-proxy", "--proxy-mode=ipvs"), "DaemonSet"),
        (objects.document("Node", "n1", meta=f"annotations: {{k3s.io/node-args: {K3S}}}"), "Node"),
    ],
)
def test_the_mode_is_read_wherever_it_stands(text: str, kind: str) -> None:
    state = state_of(text)
    assert settled(state).proxy.mode == "ipvs"
    found = proxy_configuration(state)
    assert found is not None
    assert found.ref.kind == kind


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            config_map("kubelet", KUBELET, "kubelet-config"),
            KubeletAssumptions(cluster_dns=("169.254.20.10",), cluster_domain="corp.example"),
        ),
        (
            objects.document("Node", "n1", meta=f"annotations: {{k3s.io/node-args: {K3S}}}"),
            KubeletAssumptions(cluster_dns=("10.43.0.99",), cluster_domain="k3s.example"),
        ),
        (objects.document("Node", "n1", meta="annotations: {k3s.io/node-args: 'no list'}"), KubeletAssumptions()),
    ],
)
def test_kubelets_are_read_too(text: str, says: KubeletAssumptions) -> None:
    assert settled(state_of(text)).kubelet == says


def test_a_text_that_is_no_yaml_says_nothing() -> None:
    assert list(component_config.documents(["kind: [", "kind: Other"], component_config.PROXY)) == []


def test_what_applications_keep_in_config_maps_is_forgotten() -> None:
    text = objects.document("ConfigMap", "app", "data: {password: s3cret, Corefile: '. {\\n}'}")
    state = state_of(text)
    assert [item.data for item in state.objects[next(iter(state.objects))].values()] == [{"Corefile": ". {\\n}"}]  # type: ignore[attr-defined]
