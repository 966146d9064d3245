"""What is kept of ConfigMaps: how components of a cluster are configured, found by content and not by one name.

All else is forgotten as it is read: what applications keep in theirs is nobody's business here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from svcmap.model.refs import Name

COREFILE, CUSTOM = "Corefile", "coredns-custom"
IMPORTED = (".server", ".override")
"""Endings of what the Corefiles of AKS and k3s import, if the ConfigMap that one may add has it."""
CA_CERTIFICATE = "ca.crt"
"""What a ConfigMap has that certificates of pods are verified by: only that it is there is kept."""
COMPONENT = re.compile(r"""["']?\bkind["']?\s*:\s*["']?(KubeProxyConfiguration|KubeletConfiguration)\b""")
"""The documents of kubeadm's ConfigMaps that are read (kubernetes.io/docs/reference/config-api)."""
BY_NAME = (
    *(Name("kube-system", name) for name in ("coredns", CUSTOM, "rke2-coredns-rke2-coredns", "node-local-dns")),
    *(Name("kube-system", name) for name in ("kube-proxy", "kubelet-config")),
    Name("openshift-dns", "dns-default"),
    *(Name("ingress-nginx", f"ingress-nginx-{what}") for what in ("controller", "tcp", "udp")),
    *(Name("ingress-nginx", f"{what}-services") for what in ("tcp", "udp")),
)
"""Those that a cluster is asked for: never all of them."""
OF_NGINX: dict[str, str] = {
    **dict.fromkeys(("force-ssl-redirect", "ssl-reject-handshake"), "false"),
    **dict.fromkeys(("enable-modsecurity", "enable-owasp-modsecurity-crs"), "false"),
    **dict.fromkeys(("whitelist-source-range", "denylist-source-range", "global-auth-url"), ""),
    **dict.fromkeys(("block-cidrs", "block-user-agents", "block-referers"), ""),
    **dict.fromkeys(("main-snippet", "http-snippet", "server-snippet", "location-snippet"), ""),
    **dict.fromkeys(("use-forwarded-headers", "enable-real-ip", "service-upstream"), "false"),
    "enable-underscores-in-headers": "false",
    **dict.fromkeys(("annotations-risk-level", "allow-snippet-annotations", "use-proxy-protocol"), ""),
    "ssl-redirect": "true",
    "http-redirect-code": "308",
    "no-tls-redirect-locations": "/.well-known/acme-challenge",
}
"""Keys of the ConfigMap of ingress-nginx that may decide about requests, with their defaults (controllers.md CN-40)."""
FOLLOWED = frozenset(
    {
        "ssl-redirect",
        "force-ssl-redirect",
        "http-redirect-code",
        "no-tls-redirect-locations",
        "whitelist-source-range",
        "denylist-source-range",
        "annotations-risk-level",
        "allow-snippet-annotations",
        "use-proxy-protocol",
        "use-forwarded-headers",
    }
)
"""Those of them that are evaluated: their values are kept, of the others only that they are there."""
OF_OTHERS: dict[str, tuple[str, ...]] = {
    "nginx": (
        *("ssl-redirect", "redirect-to-https", "default-server-return", "proxy-protocol", "server-snippets"),
        *("main-snippets", "http-snippets", "location-snippets", "main-template", "ingress-template"),
    ),
    "haproxy": (
        *("allow-list", "whitelist", "deny-list", "blacklist", "auth-type", "request-redirect", "ssl-redirect"),
        *("path-rewrite", "set-host", "frontend-config-snippet", "backend-config-snippet", "proxy-protocol"),
        *("allowlist-source-range", "whitelist-source-range", "denylist-source-range", "auth-url", "waf"),
        *("config-frontend", "config-backend", "rewrite-target", "strict-host", "path-type", "path-type-order"),
        *("redirect-to", "redirect-to-code", "redirect-from", "redirect-from-code", "ssl-redirect-code"),
        *("ssl-redirect-port", "server-alias", "app-root", "no-tls-redirect-locations"),
    ),
}
"""By a part of its name: keys of a ConfigMap of NGINX Inc's controller, or of one of HAProxy, that may decide (CI-14,
CH-7). Only that they are there is kept.
"""
STREAM = re.compile(r"[\w.-]+/[\w.-]+:[\w.-]+(?::(?:PROXY)?){0,2}", re.IGNORECASE)
"""What ConfigMaps of ingress-nginx lead ports of TCP and UDP to (CN-31), whatever they are called."""
IS_SET = "(set)"
NGINX_NAMES = re.compile(r"ingress|nginx")
OF_INGRESS_NGINX = ("ingress-nginx-controller", "nginx-configuration")
"""What its charts and manifests call its ConfigMap: one that sets nothing says that all of it is as by default."""


def kept(name: str, data: Mapping[str, str]) -> dict[str, str]:
    """The keys of a ConfigMap's data that say how a component is configured."""
    found = {key: text for key, text in data.items() if key == COREFILE or COMPONENT.search(text)}
    found |= {key: text for key, text in data.items() if key.isdecimal() and STREAM.fullmatch(text.strip())}
    if corefile := data.get(COREFILE):
        found |= {key: text for key, text in data.items() if key in corefile}
    if CA_CERTIFICATE in data:
        found[CA_CERTIFICATE] = IS_SET
    if name == CUSTOM:
        found |= {key: text for key, text in data.items() if key.endswith(IMPORTED)}
    if NGINX_NAMES.search(name):
        found |= {
            key: data[key] if key in FOLLOWED else IS_SET
            for key, default in OF_NGINX.items()
            if data.get(key, default) != default
        }
    for part, keys in OF_OTHERS.items():
        if part in name:
            found = {key: IS_SET for key in keys if key in data and key not in OF_NGINX} | found
    return found
