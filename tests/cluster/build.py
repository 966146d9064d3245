"""Build the real components from their Go modules: `python -m tests.cluster.build`, once for each version of them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MODULES = ("", "ingress", "policies", "cilium", "nginx", "envoy_gateway", "istio")
VERSION = "v1.36.3"
STAMP = "k8s.io/component-base/version"
CORE = ("etcd", "kube-apiserver", "kube-controller-manager", "coredns")
PROXY = ("kube-proxy",)
KUBELET = ("environment",)
"""The part of a kubelet that makes the environment of containers (environment/main.go)."""
INGRESS = ("contour", "contour.crds", "gateway-api.crds")
INGRESS_NGINX = ("nginx-ingress-controller",)
"""ingress-nginx has no releases as a Go module; this commit is the one after v1.11.0."""
NGINX_VERSION = "k8s.io/ingress-nginx/version.RELEASE=v1.11.0"
ENVOY_GATEWAY = ("envoy-gateway", "envoy-gateway.crds")
ISTIO = ("pilot-discovery", "istio.crds", "istio-gateway-api.crds")
POLICIES = ("kube-network-policies", "network-policy-api.crds")
VERDICTS = ("verdicts", "cilium")
"""The engines of kube-network-policies and of Cilium, asked as libraries."""
ALL = (*CORE, *PROXY, *KUBELET, *INGRESS, *INGRESS_NGINX, *ENVOY_GATEWAY, *ISTIO, *POLICIES, *VERDICTS)
RENAMED = {"server": "etcd", "standard": "kube-network-policies", "nginx": "nginx-ingress-controller"}
"""What the Go client calls a binary → what it is."""
CUSTOM_RESOURCES = {
    "gateway-api.crds": ("ingress", "sigs.k8s.io/gateway-api", "config/crd/standard/*.yaml"),
    "contour.crds": ("ingress", "github.com/projectcontour/contour", "examples/contour/01-crds.yaml"),
    "envoy-gateway.crds": (
        "envoy_gateway",
        "github.com/envoyproxy/gateway",
        "charts/gateway-helm/charts/crds/crds/**/*.yaml",
    ),
    "istio.crds": ("istio", "istio.io/istio", "manifests/charts/base/files/crd-all.gen.yaml"),
    "istio-gateway-api.crds": ("istio", "sigs.k8s.io/gateway-api", "config/crd/experimental/gateway.*_*.yaml"),
    "network-policy-api.crds": ("policies", "sigs.k8s.io/network-policy-api", "config/crd/experimental/policy*.yaml"),
}
"""File → ours that asks for it, the module whose definitions of custom resources it holds, and where they are in it."""


def folder() -> Path:
    """Where the components of these versions are, or will be."""
    digest = hashlib.sha256()
    for path in (*(HERE / module / "go.sum" for module in MODULES), *sorted(HERE.glob("**/main.go"))):
        digest.update(path.read_bytes())
    return HERE / ".bin" / digest.hexdigest()[:16]


def missing(*names: str) -> list[str]:
    """Those of the components that are not built yet."""
    return [name for name in names if not (folder() / name).exists()]


def build() -> None:
    """Build what is missing. Raises CalledProcessError where the Go client does."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    if missing(*CORE, *PROXY, *KUBELET):
        stamp = f"-s -w -X {STAMP}.gitVersion={VERSION} -X {STAMP}.gitMajor=1 -X {STAMP}.gitMinor=36"
        _go(HERE, "install", "-ldflags", stamp, "tool", "./environment")
    if missing(*INGRESS):
        _go(HERE / "ingress", "install", "-ldflags", "-s -w", "tool")
    if missing(*INGRESS_NGINX):
        _go(HERE / "nginx", "install", "-ldflags", f"-s -w -X {NGINX_VERSION}", "tool")
    if missing(*ENVOY_GATEWAY):
        _go(HERE / "envoy_gateway", "install", "-ldflags", "-s -w", "tool")
    if missing(*ISTIO):
        _go(HERE / "istio", "install", "-ldflags", "-s -w", "tool")
    if missing(*POLICIES):
        _go(HERE / "policies", "install", "-ldflags", "-s -w", "tool")
    if missing(*VERDICTS):
        _go(HERE / "policies", "install", "-ldflags", "-s -w", "./verdicts")
        _go(HERE / "cilium", "install", "-ldflags", "-s -w", ".")
    for name, (ours, module, pattern) in CUSTOM_RESOURCES.items():
        source = Path(_go(HERE / ours, "list", "-m", "-f", "{{.Dir}}", module).strip())
        (place / name).write_text("\n---\n".join(path.read_text() for path in sorted(source.glob(pattern))))
    for built, name in RENAMED.items():
        if (place / built).exists():
            (place / built).rename(place / name)


def _go(module: Path, *words: str) -> str:
    """What the Go client prints, run in the folder of a module; its complaints go to the terminal."""
    environment = {**os.environ, "GOBIN": str(folder()), "GOFLAGS": "-buildvcs=false"}
    return subprocess.run(
        ["go", *words], cwd=module, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


if __name__ == "__main__":
    if not missing(*ALL):
        sys.exit(0)
    if shutil.which("go") is None:
        sys.exit("the Go client is not installed: the components of a cluster cannot be built")
    build()
